"""A bundle is what Sigstore's verifiers read, to the byte, and we ask no less of it than they."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepuntil.errors import EvidenceError
from keepuntil.evidence import base64_text, envelope, keys, note, sigstore, trusted_root
from keepuntil.evidence.note import NoteKey
from keepuntil.evidence.tlog_proof import TlogProof
from stamped_world import ORIGIN, STAMPED, changed, stamped_world, statement

WORLD = stamped_world()
FILE = WORLD.bundle.encode()
ENTRY = "verificationMaterial__tlogEntries__0__"
PROOF = f"{ENTRY}inclusionProof__"
STAMPS = "verificationMaterial__timestampVerificationData__rfc3161Timestamps"


def accept(data: bytes) -> sigstore.Verified:
    return sigstore.verify(data, [WORLD.certificate_key.public], log=WORLD.log)


@pytest.fixture(scope="module")
def example(shared_dir: Path) -> Path:
    return shared_dir / "evidence-example"


def test_the_worked_example_is_read_and_written_back_to_the_byte(example: Path) -> None:
    data = (example / "certificate.sigstore.json").read_bytes()
    trust = example / "trust"
    key = keys.public_key((trust / "certificate-signer.pub.pem").read_bytes(), "the key")
    log = NoteKey.parse((trust / "vkeys.txt").read_text().split()[0])
    found = sigstore.verify(data, [key], log=log)
    assert (found.index, found.checkpoint.size) == (2, 3)
    assert found.payload.startswith(b'{"_type":"https://in-toto.io/Statement/v1"')
    assert sigstore.Bundle.parse(data).encode() == data.rstrip() + b"\n"


def test_the_worked_trusted_root_is_written_to_the_byte(example: Path) -> None:
    from cryptography import x509

    trust = example / "trust"
    log = NoteKey.parse((trust / "vkeys.txt").read_text().split()[0])
    chain = [
        one
        for name in ("tsa.pem", "ca.pem")
        for one in x509.load_pem_x509_certificates((trust / name).read_bytes())
    ]
    since = datetime(2026, 1, 1, tzinfo=UTC)
    made = trusted_root.trusted_root(
        [trusted_root.TrustedLog(key=log, since=since)],
        [
            trusted_root.TrustedAuthority(
                url="https://tsa.bank.example", certificates=tuple(chain), since=since
            )
        ],
    )
    assert made == (trust / "trusted_root.json").read_bytes().rstrip() + b"\n"


def test_a_trusted_root_says_until_when_and_never_trusts_nobody() -> None:
    since, until = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
    logs = [trusted_root.TrustedLog(key=WORLD.log, since=since, until=until)]
    root = json.loads(trusted_root.trusted_root(logs, []))
    assert root["tlogs"][0]["publicKey"]["validFor"] == {
        "start": "2026-01-01T00:00:00Z",
        "end": "2027-01-01T00:00:00Z",
    }
    with pytest.raises(EvidenceError, match="without a log"):
        trusted_root.trusted_root([], [])
    nameless = trusted_root.TrustedAuthority(url="https://x", certificates=(), since=since)
    with pytest.raises(EvidenceError, match="has none"):
        trusted_root.trusted_root(logs, [nameless])


def test_a_bundle_says_what_was_signed_where_it_is_logged_and_when_it_was_stamped() -> None:
    found = WORLD.accept(FILE)
    assert found.payload == statement()
    assert found.key == WORLD.certificate_key.public
    assert (found.index, found.checkpoint.size, found.checkpoint.origin) == (2, 5, ORIGIN)
    assert found.stamped_at == (STAMPED,)
    assert sigstore.Bundle.parse(FILE).encode() == FILE


def test_stamps_are_not_called_checked_when_nobody_checked_them() -> None:
    assert accept(FILE).stamped_at == ()


def test_where_a_stamp_is_expected_none_is_refused() -> None:
    bare = replace(WORLD.bundle, tokens=()).encode()
    assert accept(bare).stamped_at == ()
    with pytest.raises(EvidenceError, match="no time stamp"):
        WORLD.accept(bare)


def test_every_stamp_counts_not_only_the_first() -> None:
    other = stamped_world()
    two = replace(WORLD.bundle, tokens=(*WORLD.bundle.tokens, *other.bundle.tokens)).encode()
    with pytest.raises(EvidenceError, match="something else"):
        WORLD.accept(two)


def test_strangers_keys_are_not_believed() -> None:
    other = stamped_world()
    with pytest.raises(EvidenceError, match="none of the 1 trusted keys"):
        sigstore.verify(FILE, [other.certificate_key.public], log=WORLD.log)
    with pytest.raises(EvidenceError, match="another log"):
        sigstore.verify(FILE, [WORLD.certificate_key.public], log=other.log)


def test_a_key_of_the_log_under_another_name_is_another_log() -> None:
    renamed = NoteKey("other.bank.example", note.ED25519, WORLD.log.key)
    with pytest.raises(EvidenceError, match="another log"):
        sigstore.verify(FILE, [WORLD.certificate_key.public], log=renamed)


def test_an_entry_of_another_statement_proves_nothing_for_this_one() -> None:
    """The envelope is genuine, the entry is in the log, and they do not belong together."""
    place = 1
    other = replace(
        WORLD.bundle,
        entry=WORLD.entries[place],
        proof=replace(
            WORLD.bundle.proof, index=place, hashes=tuple(WORLD.leaves.inclusion_proof(place))
        ),
    )
    with pytest.raises(EvidenceError, match="not that of its envelope"):
        accept(other.encode())


def test_the_same_statement_signed_again_is_not_the_one_that_was_logged() -> None:
    again = envelope.sign(statement(), WORLD.certificate_key)
    with pytest.raises(EvidenceError, match="not that of its envelope"):
        accept(replace(WORLD.bundle, envelope=again).encode())


def test_only_in_toto_statements_are_read() -> None:
    foreign = envelope.sign(b"{}", WORLD.certificate_key, "text/plain")
    with pytest.raises(EvidenceError, match="does not hold application"):
        accept(replace(WORLD.bundle, envelope=foreign).encode())


def test_parts_that_do_not_fit_make_no_bundle() -> None:
    made = WORLD.bundle
    key = WORLD.certificate_key.public
    with pytest.raises(EvidenceError, match="another root"):
        sigstore.bundle(made.envelope, key, log=WORLD.log, proof=replace(made.proof, index=3))
    with pytest.raises(EvidenceError, match="no place"):
        sigstore.bundle(made.envelope, key, log=WORLD.log, proof=replace(made.proof, extra=b"x"))
    cut = TlogProof(2, made.proof.hashes, made.proof.checkpoint[:60])
    with pytest.raises(EvidenceError):
        sigstore.bundle(made.envelope, key, log=WORLD.log, proof=cut)


ONE = base64_text.encode(bytes(32))


@pytest.mark.parametrize(
    ("path", "value", "why"),
    [
        ("mediaType", "application/vnd.dev.sigstore.bundle.v0.2+json", "not of the type"),
        ("mediaType", None, "lacks the member"),
        ("more", 1, "does not belong there"),
        ("dsseEnvelope__signatures", [], "exactly one signature"),
        ("dsseEnvelope__signatures__0__keyid", "zz", "not hexadecimal"),
        ("verificationMaterial__publicKey__hint", ONE, "hints at another key"),
        ("verificationMaterial__publicKey__rawBytes", ONE, "does not belong there"),
        ("verificationMaterial__certificate", {"rawBytes": ONE}, "does not belong there"),
        ("verificationMaterial__tlogEntries", [], "not a list of 1 to 1"),
        ("verificationMaterial__tlogEntries", [{}, {}], "not a list of 1 to 1"),
        (f"{ENTRY}integratedTime", "1", "does not belong there"),
        (f"{ENTRY}inclusionPromise", {}, "does not belong there"),
        (f"{ENTRY}kindVersion__version", "0.0.1", "hashedrekord of version 0.0.2"),
        (f"{ENTRY}logIndex", "3", "two different places"),
        (f"{ENTRY}logIndex", 2, "written as text"),
        (f"{ENTRY}logIndex", "02", "shortest form"),
        (f"{ENTRY}logIndex", "-2", "shortest form"),
        (f"{ENTRY}logId__keyId", ONE, "another log"),
        (f"{ENTRY}logId__keyId", "AAAA", "32 are expected"),
        (f"{ENTRY}canonicalizedBody", "e30=", "not that of its envelope"),
        (f"{PROOF}treeSize", "6", "another tree"),
        (f"{PROOF}rootHash", ONE, "another tree"),
        (f"{PROOF}hashes", [ONE] * 3, "another root"),
        (f"{PROOF}hashes", [ONE] * 64, "not a list of 0 to 63"),
        (f"{PROOF}hashes", [], "ends before the root"),
        (f"{PROOF}hashes__0", "AAAA", "32 are expected"),
        (f"{PROOF}checkpoint__envelope", "", "no signature lines"),
        (f"{PROOF}checkpoint__envelope", 7, "not a text"),
        (STAMPS, [{}] * 9, "not a list of 0 to 8"),
        (STAMPS, [{"signedTimestamp": "!"}], "not base64"),
    ],
)
def test_a_bundle_that_is_otherwise_is_refused_with_its_reason(
    path: str, value: Any, why: str
) -> None:
    with pytest.raises(EvidenceError, match=why):
        accept(changed(FILE, **{path: value}))


def test_a_bundle_signed_by_the_witness_alone_is_refused() -> None:
    text, _, lines = WORLD.bundle.proof.checkpoint.decode().rpartition("\n\n")
    alone = f"{text}\n\n{lines.splitlines(keepends=True)[1]}"
    with pytest.raises(EvidenceError, match="none of the 1 trusted keys"):
        accept(changed(FILE, **{f"{PROOF}checkpoint__envelope": alone}))


@given(st.integers(0, len(FILE) - 1))
def test_a_cut_bundle_is_refused_in_a_sentence(at: int) -> None:
    if FILE[at:].strip():
        with pytest.raises(EvidenceError):
            accept(FILE[:at])


def places(document: Any, at: str = "") -> list[str]:
    inside = (
        document.items()
        if isinstance(document, dict)
        else enumerate(document)
        if isinstance(document, list)
        else ()
    )
    found = [at[2:]] if at else []
    return found + [one for name, value in inside for one in places(value, f"{at}__{name}")]


JUNK = [True, 7, -1, 2**70, "", "x", "=", "AAAA", "é", "\0", [], {}, [[]], {"a": {}}, ["x"]]


@given(st.sampled_from(places(json.loads(FILE))), st.sampled_from(JUNK))
def test_junk_anywhere_in_a_bundle_is_refused_in_a_sentence(place: str, junk: object) -> None:
    if place == STAMPS and junk == []:  # a bundle without stamps is one
        junk = None
    with pytest.raises(EvidenceError):
        WORLD.accept(changed(FILE, **{place: junk}))
