"""A small log with one certificate in it, witnessed and stamped: what outsiders are shown."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO

from keepuntil.evidence import entries, envelope, keys, merkle, note, sigstore, trusted_root
from keepuntil.evidence.keys import KeyKind, SigningKey
from keepuntil.evidence.note import Checkpoint, Note, NoteKey
from keepuntil.evidence.statement import Subject, make
from keepuntil.evidence.tlog_proof import TlogProof
from keepuntil.transparency import timestamps
from keepuntil.transparency.development_authority import DevelopmentAuthority

ORIGIN = "evidence-2026.bank.example"
WITNESS = "witness.regulator.example/w1"
SINCE = datetime(2026, 1, 1, tzinfo=UTC)
STAMPED = datetime(2026, 11, 26, 2, 0, tzinfo=UTC)
RUN = b"run.example\n1\n+gY/pV9V05HAuH3LCMznK/UQi+pUiGASxg7tAXX3S8o=\n"


@dataclass(frozen=True)
class StampedWorld:
    """Keys of every role, a log of entries, and the bundle of one of them."""

    certificate_key: SigningKey
    log_key: SigningKey
    log: NoteKey
    witness: NoteKey
    authority: timestamps.Authority
    envelope: envelope.Envelope
    entries: list[bytes]
    leaves: merkle.LeafHashes
    bundle: sigstore.Bundle
    index: int

    @property
    def trusted_root(self) -> bytes:
        """What an outsider is to believe, for Sigstore's verifiers."""
        return trusted_root.trusted_root(
            [trusted_root.TrustedLog(key=self.log, since=SINCE)],
            [
                trusted_root.TrustedAuthority(
                    url="https://tsa.bank.example",
                    certificates=self.authority.certificates,
                    since=SINCE,
                )
            ],
        )

    def accept(self, data: bytes) -> sigstore.Verified:
        """All that we check ourselves of a bundle, the witness included."""
        found = sigstore.verify(
            data, [self.certificate_key.public], log=self.log, stamped=self.stamped
        )
        note.verify(Note.parse(found.note), [self.witness])
        return found

    def stamped(self, token: bytes, data: bytes) -> datetime:
        """Believe the authority alone."""
        return timestamps.verify(token, data, self.authority)


def statement(name: str = "run/checkpoint", content: bytes = RUN) -> bytes:
    """An in-toto statement about one file."""
    said = make(
        [Subject.of(name, BytesIO(content))],
        "https://keepuntil.example/DestructionCertificate/v1",
        {"certificateId": "DC-1"},
    )
    return said.encoded


def stamped_world(size: int = 5, index: int = 2) -> StampedWorld:
    """Make it anew: fresh keys, ``size`` entries, the one at ``index`` bundled."""
    certificate_key = keys.generate(KeyKind.P256)
    log_key, witness_key = keys.generate(KeyKind.ED25519), keys.generate(KeyKind.ED25519)
    log = NoteKey(ORIGIN, note.ED25519, log_key.public)
    witness = NoteKey(WITNESS, note.COSIGNATURE, witness_key.public)
    signed = [envelope.sign(statement(f"run/{n}"), certificate_key) for n in range(size)]
    signed[index] = envelope.sign(statement(), certificate_key)
    logged = [entries.entry(one, certificate_key.public) for one in signed]
    leaves = merkle.LeafHashes(b"".join(merkle.leaf_hash(entry) for entry in logged))
    text = Checkpoint(ORIGIN, size, leaves.root()).text
    checkpoint = Note(
        text,
        (note.sign(text, ORIGIN, log_key), note.cosign(text, WITNESS, witness_key, 1_795_399_500)),
    ).encode()
    stamping = DevelopmentAuthority.create(keys.generate(KeyKind.P256), lambda: STAMPED)
    question = timestamps.request(signed[index].signature)
    bundle = sigstore.bundle(
        signed[index],
        certificate_key.public,
        log=log,
        proof=TlogProof(index, tuple(leaves.inclusion_proof(index)), checkpoint),
        tokens=[stamping.answer(question.der)],
    )
    return StampedWorld(
        certificate_key,
        log_key,
        log,
        witness,
        timestamps.Authority.parse(stamping.pem),
        signed[index],
        logged,
        leaves,
        bundle,
        index,
    )


def changed(data: bytes, **replaced: object) -> bytes:
    """A bundle with other values at paths written like ``dsseEnvelope__payload``."""
    document = json.loads(data)
    for path, value in replaced.items():
        *way, last = (int(step) if step.isdigit() else step for step in path.split("__"))
        place = document
        for step in way:
            place = place[step]
        if value is None:
            del place[last]
        else:
            place[last] = value
    return json.dumps(document).encode()
