"""An entry is Rekor's to the byte, and speaks of one envelope only."""

import json
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepuntil.errors import EvidenceError, KeyFileError
from keepuntil.evidence import entries, envelope, keys, merkle, tiles
from keepuntil.evidence.envelope import Envelope
from keepuntil.evidence.keys import KeyKind

KEY = keys.generate(KeyKind.P256)
OTHER = keys.generate(KeyKind.P256)
ENVELOPE = envelope.sign(b'{"a":1}', KEY)
ENTRY = entries.entry(ENVELOPE, KEY.public)


def refused(data: bytes) -> str:
    with pytest.raises(EvidenceError) as error:
        entries.parse(data)
    return error.value.sentence


def changed(*path: str, value: Any) -> bytes:
    document = json.loads(ENTRY)
    inner = document
    for name in path[:-1]:
        inner = inner[name]
    inner[path[-1]] = value
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()


BODY = ("spec", "hashedRekordV002")


def test_the_entry_of_the_worked_example_is_written_byte_for_byte(shared_dir: Path) -> None:
    example = shared_dir / "evidence-example"
    pem = (example / "trust" / "certificate-signer.pub.pem").read_bytes()
    key = keys.public_key(pem, "the example's key")
    found = Envelope.parse((example / "certificate.intoto.jsonl").read_bytes().strip())
    bundle = tiles.Bundle(0, 3)
    logged = tiles.parse_bundle((example / "log" / bundle.path).read_bytes(), bundle)
    written = entries.entry(found, key)
    assert written == logged[2]
    assert merkle.leaf_hash(written).hex().startswith("690143c3")
    assert entries.statement_digest(found).hex().startswith("a4c8102a")
    for one in logged:
        entries.parse(one)
    entries.parse(written).confirm(found)


def test_what_was_written_is_read_again() -> None:
    found = entries.parse(ENTRY)
    signed = envelope.pae(ENVELOPE.payload_type, ENVELOPE.payload)
    assert found.digest == sha256(signed).digest() == entries.statement_digest(ENVELOPE)
    assert (found.signature, found.key) == (ENVELOPE.signature, KEY.public)
    found.confirm(ENVELOPE)


def test_an_entry_speaks_of_one_envelope_only() -> None:
    found = entries.parse(ENTRY)
    with pytest.raises(EvidenceError, match="speaks of another statement"):
        found.confirm(replace(ENVELOPE, payload=b'{"a":2}'))
    with pytest.raises(EvidenceError, match="speaks of another statement"):
        found.confirm(replace(ENVELOPE, payload_type="text/plain"))
    with pytest.raises(EvidenceError, match="under another signature"):
        found.confirm(envelope.sign(b'{"a":1}', OTHER))
    # The entry and the envelope agree, and the key did not sign either.
    foreign = entries.parse(entries.entry(ENVELOPE, OTHER.public))
    with pytest.raises(EvidenceError, match="does not match what is said"):
        foreign.confirm(ENVELOPE)


def test_a_key_that_signs_no_digest_is_not_logged() -> None:
    with pytest.raises(KeyFileError, match="signed with a P-256 key, not Ed25519"):
        entries.entry(ENVELOPE, keys.generate(KeyKind.ED25519).public)


def test_an_entry_of_another_form_is_refused_with_its_reason() -> None:
    ed25519 = b64encode(keys.generate(KeyKind.ED25519).public.spki).decode()
    verifier = (*BODY, "signature", "verifier")
    assert "not a hashedrekord of version" in refused(changed("kind", value="dsse"))
    assert "not a hashedrekord of version" in refused(changed("apiVersion", value="0.0.1"))
    assert "has a member that does not belong" in refused(changed("more", value=1))
    assert "lacks the member" in refused(changed("spec", value={}))
    assert "is not SHA-256" in refused(changed(*BODY, "data", "algorithm", value="SHA2_512"))
    assert "is not SHA-256" in refused(changed(*BODY, "data", "digest", value="AAAA"))
    assert "canonical" in refused(changed(*verifier, "keyDetails", value="PKIX_ED25519"))
    assert "is not a P-256 key" in refused(
        changed(*verifier, "publicKey", "rawBytes", value=ed25519)
    )
    assert "not a public key" in refused(changed(*verifier, "publicKey", "rawBytes", value="AAAA"))
    assert "is not a text" in refused(changed(*BODY, "signature", "content", value=["AAAA"]))
    assert "not an object" in refused(changed(*BODY, value=[]))


def test_an_entry_has_one_spelling() -> None:
    assert "canonical form" in refused(b" " + ENTRY)
    assert "canonical form" in refused(json.dumps(json.loads(ENTRY)).encode())
    assert "canonical form" in refused(ENTRY.replace(b'"kind"', b'"\\u006bind"'))


def test_a_large_entry_is_not_read() -> None:
    assert "more than the 65535" in refused(ENTRY + b" " * 65_535)
    with pytest.raises(EvidenceError, match="at most 65535 bytes"):
        entries.entry(replace(ENVELOPE, signature=bytes(60_000)), KEY.public)


@given(st.binary(max_size=600))
def test_hostile_bytes_are_refused(data: bytes) -> None:
    refused(data)


@given(st.integers(0, len(ENTRY) * 8 - 1))
def test_a_flipped_bit_is_refused_or_makes_the_entry_another_one(bit: int) -> None:
    flipped = (int.from_bytes(ENTRY, "big") ^ 1 << bit).to_bytes(len(ENTRY), "big")
    try:
        found = entries.parse(flipped)
    except EvidenceError:
        return
    with pytest.raises(EvidenceError):
        found.confirm(ENVELOPE)
