"""One signature over exact bytes, and stock tools agree."""

import json
import subprocess
from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, utils
from hypothesis import given
from hypothesis import strategies as st

from keepuntil.errors import EvidenceError, KeyFileError
from keepuntil.evidence import envelope, keys
from keepuntil.evidence.envelope import Envelope

KEY = keys.generate(keys.KeyKind.P256)
OTHER = keys.generate(keys.KeyKind.P256)
PAYLOAD = b'{"a":1}'
LINE = envelope.sign(PAYLOAD, KEY).encode()


def test_the_dsse_vector_is_reproduced_and_its_signature_holds(shared_dir: Path) -> None:
    vector = json.loads((shared_dir / "vectors" / "extracted" / "dsse.json").read_bytes())
    payload = vector["payload"].encode()
    assert envelope.pae(vector["payloadType"], payload) == vector["pae"].encode()
    numbers = ec.EllipticCurvePublicNumbers(
        int(vector["key"]["x"]), int(vector["key"]["y"]), ec.SECP256R1()
    )
    key = keys.verifying_key(numbers.public_key(), "the vector")
    raw = b64decode(vector["envelope"]["signatures"][0]["sig"])
    der = utils.encode_dss_signature(
        int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")
    )
    line = Envelope(vector["payloadType"], payload, key.keyid, der).encode()
    assert envelope.verify(line, [key], vector["payloadType"]) == (payload, key)


def test_the_foreign_certificate_is_verified(shared_dir: Path) -> None:
    folder = shared_dir / "evidence-example"
    key = keys.public_key((folder / "trust" / "certificate-signer.pub.pem").read_bytes(), "it")
    line = (folder / "certificate.intoto.jsonl").read_bytes()
    payload, signer = envelope.verify(line, [OTHER.public, key])
    assert signer == key
    assert json.loads(payload)["_type"] == "https://in-toto.io/Statement/v1"


def test_stock_openssl_verifies_the_signature(tmp_path: Path) -> None:
    found = Envelope.parse(LINE)
    (tmp_path / "key.pem").write_text(KEY.public.pem)
    (tmp_path / "signature").write_bytes(found.signature)
    (tmp_path / "pae").write_bytes(envelope.pae(found.payload_type, found.payload))
    command = ["openssl", "dgst", "-sha256", "-verify", "key.pem", "-signature", "signature", "pae"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout == "Verified OK\n", done.stderr
    (tmp_path / "pae").write_bytes(envelope.pae(found.payload_type, b'{"a":2}'))
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode


def test_the_key_id_is_what_openssl_says(tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_text(KEY.public.pem)
    command = "openssl pkey -pubin -in key.pem -outform DER | openssl dgst -sha256 -r"
    done = subprocess.run(
        command, shell=True, cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.split()[0] == KEY.public.keyid == Envelope.parse(LINE).keyid


def test_an_envelope_is_one_line() -> None:
    assert LINE.endswith(b"}\n")
    assert LINE.count(b"\n") == 1


def test_what_was_signed_comes_back_with_its_signer() -> None:
    assert envelope.verify(LINE, [OTHER.public, KEY.public]) == (PAYLOAD, KEY.public)


def test_each_flipped_bit_of_an_envelope_is_noticed() -> None:
    for at in range(len(LINE) * 8):
        flipped = bytearray(LINE)
        flipped[at // 8] ^= 1 << at % 8
        with pytest.raises(EvidenceError):
            envelope.verify(bytes(flipped), [KEY.public])


def test_each_cut_of_an_envelope_is_noticed() -> None:
    for end in range(len(LINE) - 1):
        with pytest.raises(EvidenceError):
            envelope.verify(LINE[:end], [KEY.public])


@pytest.mark.parametrize("trusted", [[], [OTHER.public]])
def test_a_key_that_is_not_trusted_does_not_count(trusted: list[keys.VerifyingKey]) -> None:
    with pytest.raises(EvidenceError, match=f"none of the {len(trusted)} trusted keys"):
        envelope.verify(LINE, trusted)


def test_another_type_than_expected_is_refused() -> None:
    line = envelope.sign(PAYLOAD, KEY, "text/plain").encode()
    with pytest.raises(EvidenceError, match="does not hold application"):
        envelope.verify(line, [KEY.public])


def test_a_signature_cannot_be_moved_to_another_key_type_or_payload() -> None:
    found = Envelope.parse(LINE)
    for forged in (
        Envelope(found.payload_type, found.payload, OTHER.public.keyid, found.signature),
        Envelope(found.payload_type, b'{"a":2}', found.keyid, found.signature),
    ):
        with pytest.raises(EvidenceError, match="does not match"):
            envelope.verify(forged.encode(), [KEY.public, OTHER.public])
    moved = Envelope("text/plain", found.payload, found.keyid, found.signature)
    with pytest.raises(EvidenceError, match="does not match"):
        envelope.verify(moved.encode(), [KEY.public], "text/plain")


def test_lengths_keep_type_and_payload_apart() -> None:
    assert envelope.pae("a", b"b c") != envelope.pae("a b", b"c")
    assert envelope.pae("字", b"") == b"DSSEv1 3 \xe5\xad\x97 0 "


def test_only_p256_signs_an_envelope_and_only_p256_is_believed() -> None:
    log = keys.generate(keys.KeyKind.ED25519)
    with pytest.raises(KeyFileError, match="signed with a P-256 key, not with Ed25519"):
        envelope.sign(PAYLOAD, log)
    by_log = Envelope(
        envelope.IN_TOTO,
        PAYLOAD,
        log.public.keyid,
        log.sign(envelope.pae(envelope.IN_TOTO, PAYLOAD)),
    )
    with pytest.raises(EvidenceError, match="none of the 0 trusted keys"):
        envelope.verify(by_log.encode(), [log.public])


def changed(**members: Any) -> bytes:
    return json.dumps(json.loads(LINE) | members).encode()


SIGNATURE = json.loads(LINE)["signatures"][0]


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (b"[]", "the envelope is not an object"),
        (b'{"payload":""}', "lacks the member 'payloadType'"),
        (changed(extra=1), "does not belong there: 'extra'"),
        (changed(signatures=[]), "exactly one signature"),
        (changed(signatures=[SIGNATURE, SIGNATURE]), "exactly one signature"),
        (changed(signatures=SIGNATURE), "exactly one signature"),
        (changed(signatures=["x"]), "signature in the envelope is not an object"),
        (changed(signatures=[SIGNATURE | {"cert": ""}]), "does not belong there: 'cert'"),
        (changed(signatures=[{"sig": "AAAA"}]), "lacks the member 'keyid'"),
        (changed(signatures=[SIGNATURE | {"keyid": 1}]), "key id in the envelope is not a text"),
        (changed(signatures=[SIGNATURE | {"sig": "A"}]), "signature in the envelope is not base64"),
        (changed(signatures=[SIGNATURE | {"sig": ""}]), "does not match"),
        (changed(payload=1), "payload of the envelope is not a text"),
        (changed(payload="eyJhIjoxfQ"), "payload of the envelope is not base64"),
        (changed(payloadType=None), "payload type of the envelope is not a text"),
        (LINE + LINE, "not JSON"),
        (LINE[:-2] + b',"payload":""}', "names 'payload' twice"),
        (b"[[[[[[", "the envelope is not JSON"),
        (b"[[[[]]]]", "deeper than 3 levels"),
    ],
)
def test_a_misshapen_envelope_is_refused_with_a_sentence(line: bytes, sentence: str) -> None:
    with pytest.raises(EvidenceError, match=sentence):
        envelope.verify(line, [KEY.public])


@given(st.binary(max_size=200))
def test_hostile_envelopes_are_refused_and_nothing_else(data: bytes) -> None:
    with pytest.raises(EvidenceError):
        envelope.verify(data, [KEY.public])


@given(st.binary(max_size=100))
def test_hostile_signatures_are_refused_and_nothing_else(data: bytes) -> None:
    with pytest.raises(EvidenceError):
        envelope.verify(
            changed(signatures=[SIGNATURE | {"sig": b64encode(data).decode()}]), [KEY.public]
        )


@given(st.binary(max_size=300), st.text(st.characters(exclude_categories=["Cs"]), max_size=20))
def test_any_payload_of_any_type_survives_the_way_through_its_line(
    payload: bytes, kind: str
) -> None:
    line = envelope.sign(payload, KEY, kind).encode()
    assert line.isascii()
    assert envelope.verify(line, [KEY.public], kind) == (payload, KEY.public)
