"""Keys are written once for their owner only, and refused when anyone else could have had them."""

import os
import stat
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa, x25519

from keepuntil.errors import EvidenceError, KeyFileError
from keepuntil.evidence import key_files, keys
from keepuntil.evidence.keys import KeyKind

KINDS = list(KeyKind)


def pem(private) -> bytes:
    return private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def private_file(path: Path, content: bytes) -> str:
    path.touch(mode=0o600)
    path.write_bytes(content)
    return f"file:{path}"


@pytest.mark.parametrize("kind", KINDS)
def test_a_key_survives_the_way_through_its_file(tmp_path: Path, kind: KeyKind) -> None:
    path = tmp_path / "keys" / "signer.pem"
    made = keys.create_key_file(path, kind)
    loaded = keys.load(f"file:{path}", kind)
    assert loaded == made
    made.public.verify(loaded.sign(b"message"), b"message")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [file.name for file in path.parent.iterdir()] == ["signer.pem"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_key_is_read_from_a_variable(monkeypatch: pytest.MonkeyPatch, kind: KeyKind) -> None:
    made = keys.generate(kind)
    monkeypatch.setenv("SIGNER", made.pem().decode())
    assert keys.load("env:SIGNER", kind) == made


@pytest.mark.parametrize("kind", KINDS)
def test_openssl_reads_the_key_file_and_agrees_on_the_public_key(
    tmp_path: Path, kind: KeyKind
) -> None:
    made = keys.create_key_file(tmp_path / "key.pem", kind)
    command = ["openssl", "pkey", "-in", "key.pem", "-pubout"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == made.public.pem


@pytest.mark.parametrize("kind", KINDS)
def test_a_public_key_survives_the_way_through_its_texts(kind: KeyKind) -> None:
    public = keys.generate(kind).public
    assert keys.public_key(public.pem, "it") == public == keys.public_key(public.pem.encode(), "it")
    assert keys.public_key_of_spki(public.spki, "it") == public
    assert len({public, keys.public_key(public.pem, "it"), keys.generate(kind).public}) == 2


@pytest.mark.parametrize("kind", KINDS)
def test_a_signature_holds_for_its_key_and_message_only(kind: KeyKind) -> None:
    key, other = keys.generate(kind), keys.generate(kind)
    signature = key.sign(b"message")
    for public, sign, message in (
        (key.public, signature, b"massage"),
        (other.public, signature, b"message"),
        (key.public, signature + b"\x00", b"message"),
        (key.public, signature[:-1], b"message"),
        (key.public, b"", b"message"),
    ):
        with pytest.raises(EvidenceError, match="does not match what is said"):
            public.verify(sign, message)


@pytest.mark.parametrize("taken", ["file", "link", "dangling", "directory"])
def test_what_stands_under_the_name_is_never_overwritten(tmp_path: Path, taken: str) -> None:
    path, elsewhere = tmp_path / "key.pem", tmp_path / "elsewhere"
    if taken == "file":
        path.write_text("precious")
    elif taken == "directory":
        path.mkdir()
    else:
        if taken == "link":
            elsewhere.write_text("precious")
        path.symlink_to(elsewhere)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(KeyFileError, match="already exists and is never overwritten"):
        keys.create_key_file(path, KeyKind.P256)
    assert sorted(tmp_path.iterdir()) == before
    if taken in ("file", "link"):
        assert path.read_text() == "precious"


def test_a_key_that_cannot_be_written_whole_is_not_there_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(KeyFileError, match="cannot be written: No space left on device"):
        keys.create_key_file(tmp_path / "key.pem", KeyKind.P256)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_a_file_is_reported(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("")
    with pytest.raises(KeyFileError, match="already exists"):
        keys.create_key_file(tmp_path / "keys" / "key.pem", KeyKind.P256)


@pytest.mark.parametrize("umask", [0, 0o777])
def test_the_mode_does_not_depend_on_the_umask(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        keys.create_key_file(tmp_path / "key.pem", KeyKind.P256)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "key.pem").stat().st_mode) == 0o600


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o610, 0o644, 0o666])
def test_a_key_that_others_can_open_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "key.pem"
    keys.create_key_file(path, KeyKind.P256)
    path.chmod(mode)
    with pytest.raises(
        KeyFileError, match=f"mode {mode:04o} and is open to others; run: chmod 600"
    ):
        keys.load(f"file:{path}", KeyKind.P256)


def test_a_link_to_a_key_is_refused(tmp_path: Path) -> None:
    keys.create_key_file(tmp_path / "key.pem", KeyKind.P256)
    (tmp_path / "link").symlink_to(tmp_path / "key.pem")
    with pytest.raises(KeyFileError, match="is a symbolic link"):
        keys.load(f"file:{tmp_path / 'link'}", KeyKind.P256)


def test_a_key_of_another_user_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "key.pem"
    keys.create_key_file(path, KeyKind.P256)
    if os.geteuid() == 0:
        os.chown(path, 4711, -1)
    else:
        monkeypatch.setattr(os, "geteuid", lambda: 4711)
    with pytest.raises(KeyFileError, match="who could exchange it"):
        keys.load(f"file:{path}", KeyKind.P256)


@pytest.mark.timeout(20)
def test_a_pipe_or_a_folder_under_the_name_does_not_hang_the_run(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe", mode=0o600)
    for path in (tmp_path / "pipe", tmp_path):
        with pytest.raises(KeyFileError, match="not a regular file"):
            keys.load(f"file:{path}", KeyKind.P256)


@pytest.mark.parametrize(
    ("reference", "sentence"),
    [
        ("file:/nowhere/key.pem", "the key file /nowhere/key.pem does not exist"),
        ("file:/dev/null/key.pem", "cannot be opened: Not a directory"),
        ("file:a\x00b", "contains a zero byte"),
        ("env:KEEPUNTIL_NOT_SET", "the environment variable KEEPUNTIL_NOT_SET is to hold a key"),
        ("file:", "file:PATH or env:NAME"),
        ("env", "file:PATH or env:NAME"),
        ("", "file:PATH or env:NAME"),
        ("https://example.org/key", "file:PATH or env:NAME"),
    ],
)
def test_a_reference_that_leads_nowhere_is_refused(reference: str, sentence: str) -> None:
    with pytest.raises(KeyFileError, match=sentence):
        keys.load(reference, KeyKind.P256)


def test_a_key_pasted_in_place_of_its_reference_is_not_repeated() -> None:
    secret = keys.generate(KeyKind.P256).pem().decode()
    with pytest.raises(KeyFileError) as refused:
        keys.load(secret, KeyKind.P256)
    assert "BEGIN" not in str(refused.value)


WRONG = {
    "another kind": (pem(ed25519.Ed25519PrivateKey.generate()), "holds a key of another kind"),
    "another curve": (pem(ec.generate_private_key(ec.SECP384R1())), "holds a key of another kind"),
    "not for signing": (pem(x25519.X25519PrivateKey.generate()), "holds a key of another kind"),
    "RSA": (pem(rsa.generate_private_key(65537, 2048)), "holds a key of another kind"),
    "DSA": (pem(dsa.generate_private_key(2048)), "holds a key of another kind"),
    "public": (keys.generate(KeyKind.P256).public.pem.encode(), "does not hold a private key"),
    "empty": (b"", "does not hold a private key"),
    "noise": (bytes(range(256)), "does not hold a private key"),
    "cut": (keys.generate(KeyKind.P256).pem()[:-60], "does not hold a private key"),
    "long": (b"A" * 20_000, "too long to be a key file"),
    "encrypted": (
        ec.generate_private_key(ec.SECP256R1()).private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"secret"),
        ),
        "is encrypted",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_file_without_the_right_key_is_refused(tmp_path: Path, name: str) -> None:
    content, sentence = WRONG[name]
    with pytest.raises(KeyFileError, match=sentence):
        keys.load(private_file(tmp_path / "key.pem", content), KeyKind.P256)


def test_a_variable_that_is_too_long_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGNER", "A" * 20_000)
    with pytest.raises(KeyFileError, match="SIGNER is too long"):
        keys.load("env:SIGNER", KeyKind.P256)


@pytest.mark.parametrize("name", ["private", "noise", "another curve"])
def test_a_public_key_that_cannot_be_used_is_refused(name: str) -> None:
    other = ec.generate_private_key(ec.SECP384R1()).public_key()
    text = {
        "private": keys.generate(KeyKind.P256).pem(),
        "noise": b"\xff",
        "another curve": other.public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        ),
    }[name]
    with pytest.raises(KeyFileError, match=r"people.yaml:7 is n"):
        keys.public_key(text, "people.yaml:7")
    with pytest.raises(KeyFileError, match=r"people.yaml:7 is n"):
        keys.public_key_of_spki(text, "people.yaml:7")


@pytest.mark.parametrize("kind", KINDS)
def test_a_key_never_shows_itself(kind: KeyKind) -> None:
    key = keys.generate(kind)
    assert "private" not in repr(key).lower()
    assert "PrivateKey" not in repr(key)


def test_a_key_is_on_disk_before_it_has_its_name_and_the_name_before_it_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    link, fsync, done = os.link, os.fsync, []

    def recorded_fsync(descriptor: int) -> None:
        found = os.fstat(descriptor)
        done.append(("folder" if stat.S_ISDIR(found.st_mode) else "file", found.st_size))
        fsync(descriptor)

    def recorded_link(*places: Path, follow_symlinks: bool) -> None:
        done.append(("name", 0))
        link(*places, follow_symlinks=follow_symlinks)

    monkeypatch.setattr(os, "fsync", recorded_fsync)
    monkeypatch.setattr(os, "link", recorded_link)
    key_files.write_new(tmp_path / "key.pem", b"content")
    assert done[:2] == [("file", 7), ("name", 0)]
    assert [what for what, _ in done] == ["file", "name", "folder"]


def test_no_open_file_is_left_behind(tmp_path: Path) -> None:
    def count() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    before = count()
    keys.create_key_file(tmp_path / "key.pem", KeyKind.P256)
    keys.load(f"file:{tmp_path / 'key.pem'}", KeyKind.P256)
    (tmp_path / "key.pem").chmod(0o644)
    with pytest.raises(KeyFileError):
        keys.load(f"file:{tmp_path / 'key.pem'}", KeyKind.P256)
    assert count() == before


def test_a_key_that_root_provides_is_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 4711)
    found = os.stat_result((stat.S_IFREG | 0o400, 0, 0, 1, 0, 0, 100, 0, 0, 0))
    key_files._refuse_exposed("key.pem", found)


@pytest.mark.parametrize("length", [16_384, 16_385])
def test_a_key_file_is_read_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, length: int
) -> None:
    monkeypatch.setenv("SIGNER", "A" * length)
    for reference in (private_file(tmp_path / "key", b"A" * length), "env:SIGNER"):
        if length == 16_384:
            assert len(key_files.read(reference)) == length
        else:
            with pytest.raises(KeyFileError, match="too long"):
                key_files.read(reference)


def test_a_crash_before_the_name_is_given_leaves_no_key_under_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "link", crash)
    with pytest.raises(KeyboardInterrupt):
        key_files.write_new(tmp_path / "key.pem", b"x")
    assert not (tmp_path / "key.pem").exists()
