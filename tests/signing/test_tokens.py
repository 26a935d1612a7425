"""Keys in a real software token sign like keys in files, and every failure is a sentence."""

from __future__ import annotations

import subprocess
import threading
from pathlib import Path

import pytest

from keepuntil.errors import KeyFileError
from keepuntil.evidence import envelope, keys, note
from keepuntil.evidence.keys import KeyKind
from keepuntil.signing import open_key, tokens

pytestmark = pytest.mark.softhsm
PIN = "582914"
HSM = "hsm:2?label=keepuntil-test"
LOG = "pkcs11:token=keepuntil-test;object=log"


def test_a_p256_key_in_a_token_signs_envelopes_that_openssl_checks(token, tmp_path: Path) -> None:
    key = open_key(HSM, KeyKind.P256)
    line = envelope.sign(b"{}", key).encode()
    assert envelope.verify(line, [key.public]) == (b"{}", key.public)
    (tmp_path / "key.pub.pem").write_text(key.public.pem)
    (tmp_path / "signature").write_bytes(envelope.Envelope.parse(line).signature)
    command = ["openssl", "dgst", "-sha256", "-verify", "key.pub.pem", "-signature", "signature"]
    said = subprocess.run(
        command,
        cwd=tmp_path,
        input=envelope.pae(envelope.IN_TOTO, b"{}"),
        capture_output=True,
        check=True,
    )
    assert said.stdout == b"Verified OK\n"


@pytest.mark.parametrize("reference", [LOG, "pkcs11:id=%03", LOG + ";id=%03"])
def test_an_ed25519_key_in_a_token_signs_notes(token, reference: str) -> None:
    key = open_key(reference, KeyKind.ED25519)
    text = note.Checkpoint("log.bank.example", 0, bytes(32)).text
    signed = note.Note(text, (note.sign(text, "log.bank.example", key),)).encode()
    trusted = note.NoteKey("log.bank.example", note.ED25519, key.public)
    note.verify_checkpoint(signed, "log.bank.example", [trusted])


def test_the_public_half_of_a_token_is_the_one_other_tools_read(token, tmp_path: Path) -> None:
    key = open_key(LOG, KeyKind.ED25519)
    reading = ("--read-object", "--type", "pubkey", "--label", "log")
    shown = subprocess.run(
        ["pkcs11-tool", "--module", token.module, "--token-label", token.label, *reading],
        capture_output=True,
        check=True,
    )
    assert shown.stdout.decode() == key.public.pem


@pytest.mark.parametrize(("reference", "kind"), [(HSM, KeyKind.P256), (LOG, KeyKind.ED25519)])
def test_a_known_key_is_opened_without_asking_the_token(
    token, monkeypatch: pytest.MonkeyPatch, reference: str, kind: KeyKind
) -> None:
    known = open_key(reference, kind).public
    monkeypatch.setenv("KEEPUNTIL_HSM_PIN", "env:NOT_SET_YET")
    key = open_key(reference, kind, known)
    with pytest.raises(KeyFileError, match=r"the PIN of the token: .* NOT_SET_YET is to hold"):
        key.sign(b"message")
    monkeypatch.setenv("NOT_SET_YET", PIN)
    known.verify(key.sign(b"message"), b"message")


@pytest.mark.parametrize(("reference", "kind"), [(HSM, KeyKind.P256), (LOG, KeyKind.ED25519)])
def test_a_token_that_holds_another_key_than_the_known_one_is_noticed(
    token, reference: str, kind: KeyKind
) -> None:
    key = open_key(reference, kind, keys.generate(kind).public)
    with pytest.raises(KeyFileError, match="is not a signature by the key"):
        key.sign(b"message")


@pytest.mark.parametrize("pin", ["000000", "1", "9" * 200])
@pytest.mark.parametrize(("reference", "kind"), [(HSM, KeyKind.P256), (LOG, KeyKind.ED25519)])
def test_a_wrong_pin_is_refused_and_never_repeated(
    token, monkeypatch: pytest.MonkeyPatch, reference: str, kind: KeyKind, pin: str
) -> None:
    known = open_key(reference, kind).public
    monkeypatch.setenv("WRONG_PIN", pin)
    monkeypatch.setenv("KEEPUNTIL_HSM_PIN", "env:WRONG_PIN")
    with pytest.raises(KeyFileError, match="the token refuses the PIN") as refused:
        open_key(reference, kind, known).sign(b"message")
    assert f" {pin}" not in str(refused.value)
    assert refused.value.__cause__ is None


@pytest.mark.parametrize("mode", [0o640, 0o604])
def test_a_pin_that_others_can_read_is_refused(token, tmp_path: Path, mode: int) -> None:
    (tmp_path / "pin").chmod(mode)
    with pytest.raises(KeyFileError, match=rf"the PIN of the token: .* mode {mode:04o}"):
        open_key(LOG, KeyKind.ED25519)


def test_a_reference_brings_its_own_module_and_pin(
    token, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    source = f"pin-source=file:{tmp_path / 'pin'}"
    for name in ("PYKCS11LIB", "KEEPUNTIL_HSM_PIN"):
        monkeypatch.delenv(name)
    with pytest.raises(KeyFileError, match="set PYKCS11LIB to the PKCS#11 module"):
        open_key(LOG, KeyKind.ED25519)
    with pytest.raises(KeyFileError, match="set PYKCS11LIB to the PKCS#11 module"):
        open_key(HSM, KeyKind.P256)
    with pytest.raises(KeyFileError, match="set KEEPUNTIL_HSM_PIN to file:PATH or env:NAME"):
        open_key(f"{LOG}?module-path={token.module}", KeyKind.ED25519)
    open_key(f"{LOG}?module-path={token.module}&{source}", KeyKind.ED25519).sign(b"message")
    monkeypatch.setenv("PYKCS11LIB", token.module)
    open_key(f"{HSM}&{source}", KeyKind.P256).sign(b"message")


@pytest.mark.parametrize(
    ("reference", "kind", "sentence"),
    [
        ("hsm:9?label=keepuntil-test", KeyKind.P256, "could not find ECDSA key"),
        ("hsm:2?label=nowhere", KeyKind.P256, "No PKCS#11 token found for label nowhere"),
        ("hsm:6?label=keepuntil-test", KeyKind.P256, "neither a P-256 nor an Ed25519 key"),
        ("hsm:3?label=keepuntil-test", KeyKind.P256, "could not find ECDSA key"),
        ("pkcs11:object=nothing", KeyKind.ED25519, "no such key on the token"),
        ("pkcs11:object=certificate", KeyKind.ED25519, "no such key on the token"),
        ("pkcs11:token=nowhere;object=log", KeyKind.ED25519, "no token of that name"),
        ("pkcs11:object=log?module-path=/nowhere.so", KeyKind.ED25519, "nowhere.so does not exist"),
    ],
)
def test_what_is_not_on_the_token_is_said_in_a_sentence(
    token, reference: str, kind: KeyKind, sentence: str
) -> None:
    with pytest.raises(KeyFileError, match=sentence):
        open_key(reference, kind)


def test_a_file_that_is_no_module_is_refused(token, tmp_path: Path) -> None:
    (tmp_path / "module.so").write_bytes(b"not a library")
    with pytest.raises(KeyFileError, match="the token or its module failed"):
        open_key(f"{LOG}?module-path={tmp_path / 'module.so'}", KeyKind.ED25519)


def test_threads_take_turns_at_a_token(token) -> None:
    p256, ed25519 = open_key(HSM, KeyKind.P256), open_key(LOG, KeyKind.ED25519)
    failed: list[BaseException] = []

    def sign(key) -> None:
        try:
            for _ in range(10):
                key.public.verify(key.sign(b"message"), b"message")
        except KeyFileError as error:
            failed.append(error)

    threads = [threading.Thread(target=sign, args=(key,)) for key in (p256, ed25519) * 3]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []


@pytest.mark.parametrize(
    "reference",
    [
        "pkcs11:",
        "pkcs11:token=t",
        "pkcs11:object=a;object=b",
        "pkcs11:object=",
        "pkcs11:object",
        "pkcs11:slot-id=0;object=a",
        "pkcs11:object=a?pin-value=582914",
        "pkcs11:object=a?module-name=softhsm2",
    ],
)
def test_a_reference_that_says_too_little_or_a_secret_is_refused(reference: str) -> None:
    with pytest.raises(KeyFileError, match="a pkcs11: reference") as refused:
        tokens.parse(reference)
    assert "582914" not in str(refused.value)
