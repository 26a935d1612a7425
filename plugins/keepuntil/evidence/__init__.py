"""The mechanics of evidence, in public formats only; this floor knows nothing of retention.

    canonical     one byte form for a document, and the strict way back
    merkle        RFC 9162 trees: grow, prove, verify
    tiles         C2SP tlog-tiles: where the hashes of a log stand, proofs out of few reads
    note          C2SP signed notes and checkpoints
    tlog_proof    C2SP tlog-proof: one entry, its way to the root, and the checkpoint
    envelope      DSSE: one signature over exact bytes
    entries       Rekor v2 hashedrekord: what the log holds of an envelope
    statement     in-toto Statement v1: what is being said about which files
    keys          P-256 and Ed25519 keys, by reference
    key_files     key files that nobody else can read, written once
    sealing       AES-256-GCM for lists that must be destroyable by destroying a key
    commitments   salted digests of records, opened one at a time
    packed_tree   a large tree in few files
    leaves        what the run tree says about one record, and bundles of such entries
    base64_text   base64 with exactly one spelling

Needs the standard library and ``cryptography``. Whatever comes from outside is
refused with :class:`~keepuntil.errors.EvidenceError` when it is not exactly as
the format says; keys that cannot be used with
:class:`~keepuntil.errors.KeyFileError`.
"""
