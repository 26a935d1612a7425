"""Every reference leads to a key of the kind that is needed, or to a sentence."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from keepuntil.errors import KeyFileError
from keepuntil.evidence import keys
from keepuntil.evidence.keys import KeyKind
from keepuntil.signing import open_key


@pytest.mark.parametrize("kind", list(KeyKind))
def test_files_and_variables_hold_either_kind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: KeyKind
) -> None:
    made = keys.create_key_file(tmp_path / "key.pem", kind)
    monkeypatch.setenv("SIGNER", made.pem().decode())
    for reference in (f"file:{tmp_path / 'key.pem'}", "env:SIGNER"):
        assert open_key(reference, kind) == made
        assert open_key(reference, kind, made.public) == made
        with pytest.raises(KeyFileError, match="somebody exchanged it"):
            open_key(reference, kind, keys.generate(kind).public)


def test_a_file_is_read_through_securesystemslib_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = keys.create_key_file(tmp_path / "key.pem", KeyKind.P256)
    key = open_key(f"file2:{tmp_path / 'key.pem'}", KeyKind.P256)
    assert key.public == made.public
    made.public.verify(key.sign(b"message"), b"message")
    monkeypatch.setenv("CRYPTO_SIGNER_PATH_PREFIX", str(tmp_path))
    assert open_key("file2:key.pem", KeyKind.P256).public == made.public
    with pytest.raises(KeyFileError, match="does not match"):
        open_key("file2:key.pem", KeyKind.P256, keys.generate(KeyKind.P256).public)
    (tmp_path / "key.pem").chmod(0o644)
    with pytest.raises(KeyFileError, match="is open to others"):
        open_key("file2:key.pem", KeyKind.P256)


@pytest.mark.parametrize(
    ("reference", "kind", "sentence"),
    [
        ("", KeyKind.P256, "begins with none of them"),
        ("hsm", KeyKind.P256, "begins with none of them"),
        ("gnupg:ABCDEF", KeyKind.P256, "begins with none of them"),
        ("pkcs11:object=log", KeyKind.P256, "refer to one with hsm:"),
        ("hsm:2", KeyKind.ED25519, "refer to one with pkcs11: or file:"),
        ("awskms:alias/x", KeyKind.ED25519, "refer to one with pkcs11: or file:"),
        ("hsm:two", KeyKind.P256, "an hsm: reference is"),
        ("hsm:2?label=a&label=b", KeyKind.P256, "an hsm: reference is"),
        ("hsm:2?pin=582914", KeyKind.P256, "an hsm: reference is"),
        ("file2:/nowhere.pem", KeyKind.P256, "does not exist"),
        ("hv:name", KeyKind.P256, "an hv: reference is hv:NAME/VERSION"),
    ],
)
def test_a_reference_that_cannot_be_followed_is_refused(
    reference: str, kind: KeyKind, sentence: str
) -> None:
    with pytest.raises(KeyFileError, match=sentence) as refused:
        open_key(reference, kind)
    assert "582914" not in str(refused.value)


def test_a_key_pasted_in_place_of_its_reference_is_not_repeated() -> None:
    secret = keys.generate(KeyKind.P256).pem().decode()
    with pytest.raises(KeyFileError) as refused:
        open_key(secret, KeyKind.P256)
    assert "BEGIN" not in str(refused.value)


@pytest.mark.parametrize(
    ("reference", "kind", "library", "install"),
    [
        ("file2:key.pem", KeyKind.P256, "securesystemslib", r"keepuntil\[signers\]"),
        ("hsm:2", KeyKind.P256, "pkcs11", r"keepuntil\[signers\]"),
        ("pkcs11:object=log", KeyKind.ED25519, "pkcs11", r"keepuntil\[signers\]"),
        ("awskms:alias/x", KeyKind.P256, "boto3", r"keepuntil\[s3\]"),
        ("gcpkms:projects/p", KeyKind.P256, "google.cloud.kms", r"securesystemslib\[gcpkms\]"),
        ("azurekms://v/keys/n/1", KeyKind.P256, "azure.identity", r"securesystemslib\[azurekms\]"),
        ("hv:name/1", KeyKind.P256, "hvac", r"securesystemslib\[vault\]"),
    ],
)
def test_a_missing_library_is_named_with_what_brings_it(
    monkeypatch: pytest.MonkeyPatch, reference: str, kind: KeyKind, library: str, install: str
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    if library == "pkcs11":
        monkeypatch.setitem(sys.modules, "pkcs11.exceptions", None)
    with pytest.raises(KeyFileError, match=install):
        open_key(reference, kind)


def test_opening_a_key_file_loads_no_library_of_tokens_or_services(tmp_path: Path) -> None:
    keys.create_key_file(tmp_path / "key.pem", KeyKind.P256)
    program = (
        "import sys\n"
        "from keepuntil.signing import open_key\n"
        "from keepuntil.evidence.keys import KeyKind\n"
        f"open_key('file:{tmp_path / 'key.pem'}', KeyKind.P256).sign(b'x')\n"
        "print(sorted({'securesystemslib', 'pkcs11', 'boto3', 'hvac'} & set(sys.modules)))"
    )
    said = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout == "[]\n"
