"""The SM2 sibling: signed by openssl, checked by openssl and by another maker's SM2."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from keepuntil.errors import EvidenceError, KeyFileError
from keepuntil.evidence import envelope, key_files, keys
from keepuntil.evidence.keys import KeyKind
from keepuntil.signing import sm2

VECTORS = Path(__file__).parents[3] / "shared" / "vectors" / "openssl-sm2" / "evppkey_sm2.json"
PAYLOAD = b'{"_type":"https://in-toto.io/Statement/v1"}'


def openssl(folder: Path, *arguments: str, said: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        ["openssl", *arguments], cwd=folder, input=said, capture_output=True, check=False
    )


def test_stock_openssl_checks_the_sibling_over_the_same_payload(tmp_path: Path) -> None:
    key = sm2.generate()
    line = sm2.seal(PAYLOAD, key)
    found = envelope.Envelope.parse(line)
    assert (found.payload, found.keyid) == (PAYLOAD, key.keyid)
    (tmp_path / "pub.pem").write_text(keys.spki_pem(key.spki))
    (tmp_path / "sig").write_bytes(found.signature)
    for said, code in ((PAYLOAD, 0), (PAYLOAD + b" ", 1)):
        message = envelope.pae(envelope.IN_TOTO, said)
        identity = ("-sigopt", "distid:1234567812345678")
        checked = openssl(
            tmp_path,
            "dgst",
            "-sm3",
            "-verify",
            "pub.pem",
            "-signature",
            "sig",
            *identity,
            said=message,
        )
        assert checked.returncode == code
        (tmp_path / "message").write_bytes(message)
        place = ("-pubin", "-inkey", "pub.pem", "-sigfile", "sig", "-in", "message", "-rawin")
        options = ("-digest", "sm3", "-pkeyopt", "distid:1234567812345678")
        assert openssl(tmp_path, "pkeyutl", "-verify", *place, *options).returncode == code


def test_another_makers_sm2_agrees(tmp_path: Path) -> None:
    gmalg = pytest.importorskip("gmalg")
    key = sm2.generate()
    r, s = decode_dss_signature(key.sign(b"message"))
    other = gmalg.SM2(pk=key.spki[-65:], uid=b"1234567812345678")
    assert other.verify(b"message", r.to_bytes(32, "big"), s.to_bytes(32, "big"))
    assert not other.verify(b"massage", r.to_bytes(32, "big"), s.to_bytes(32, "big"))


def test_the_key_of_openssls_vectors_is_read_and_its_signatures_hold(tmp_path: Path) -> None:
    if not VECTORS.exists():
        pytest.skip("the test vectors of openssl are not beside this checkout")
    vectors = json.loads(VECTORS.read_text())
    key_files.write_new(tmp_path / "key.pem", vectors["key_pem"].encode())
    key = sm2.load(f"file:{tmp_path / 'key.pem'}")
    assert key.pem().decode() == vectors["key_pem"]
    (tmp_path / "pub.pem").write_text(keys.spki_pem(key.spki))
    for each in vectors["verify"]:
        (tmp_path / "sig").write_bytes(bytes.fromhex(each["sig"]))
        (tmp_path / "digest").write_bytes(bytes.fromhex(each["e"]))
        place = ("-pubin", "-inkey", "pub.pem", "-sigfile", "sig", "-in", "digest")
        assert openssl(tmp_path, "pkeyutl", "-verify", *place).returncode == 0
    sm2.verify(key.spki, key.sign(b"message"), b"message")


def test_a_sibling_is_opened_by_its_trusted_key_only() -> None:
    key, other = sm2.generate(), sm2.generate()
    line = sm2.seal(PAYLOAD, key)
    assert sm2.open_sealed(line, [other.spki, key.spki]) == PAYLOAD
    with pytest.raises(EvidenceError, match="none of the 1 trusted SM2 keys"):
        sm2.open_sealed(line, [other.spki])
    with pytest.raises(EvidenceError, match="does not hold text/plain"):
        sm2.open_sealed(line, [key.spki], "text/plain")
    found = envelope.Envelope.parse(line)
    for changed in (
        envelope.Envelope(found.payload_type, b"{}", found.keyid, found.signature),
        envelope.Envelope(found.payload_type, PAYLOAD, found.keyid, found.signature[:-1]),
        envelope.Envelope(found.payload_type, PAYLOAD, found.keyid, other.sign(b"")),
    ):
        with pytest.raises(EvidenceError, match="does not match what is said"):
            sm2.open_sealed(changed.encode(), [key.spki])


def test_an_sm2_key_never_shows_itself_nor_does_openssl_get_it_as_an_argument(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    key = sm2.generate()
    assert "PRIVATE" not in repr(key)
    started: list[list[str]] = []
    run = subprocess.run

    def recorded(command: list[str], **options: object) -> subprocess.CompletedProcess[bytes]:
        started.append(command)
        return run(command, **options)

    monkeypatch.setattr(subprocess, "run", recorded)
    key.sign(b"message")
    assert [argument for argument in started[0] if "PRIVATE" in argument] == []
    assert any(argument.startswith("/dev/fd/") for argument in started[0])


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (keys.generate(KeyKind.P256).pem(), "holds a key of another kind"),
        (keys.generate(KeyKind.ED25519).pem(), "holds a key of another kind"),
        (b"noise", "does not hold an unencrypted private key"),
        (b"", "does not hold an unencrypted private key"),
    ],
)
def test_a_file_without_an_sm2_key_is_refused(
    tmp_path: Path, content: bytes, sentence: str
) -> None:
    key_files.write_new(tmp_path / "key.pem", content)
    with pytest.raises(KeyFileError, match=sentence):
        sm2.load(f"file:{tmp_path / 'key.pem'}")


@pytest.mark.timeout(30)
def test_an_encrypted_sm2_key_is_refused_without_asking_at_the_terminal(tmp_path: Path) -> None:
    key_files.write_new(tmp_path / "plain.pem", sm2.generate().pem())
    openssl(
        tmp_path, "pkcs8", "-topk8", "-in", "plain.pem", "-out", "key.pem", "-passout", "pass:x"
    )
    (tmp_path / "key.pem").chmod(0o600)
    with pytest.raises(KeyFileError, match="does not hold an unencrypted private key"):
        sm2.load(f"file:{tmp_path / 'key.pem'}")


def test_an_exposed_sm2_key_is_refused(tmp_path: Path) -> None:
    key_files.write_new(tmp_path / "key.pem", sm2.generate().pem())
    (tmp_path / "key.pem").chmod(0o640)
    with pytest.raises(KeyFileError, match="is open to others"):
        sm2.load(f"file:{tmp_path / 'key.pem'}")


def test_without_openssl_the_sentence_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(KeyFileError, match="need the program openssl"):
        sm2.generate()
