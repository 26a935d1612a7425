"""SM2 with SM3 (GB/T 32918, GM/T 0009): a sibling envelope over the same payload bytes.

``certificate.sm2.intoto.jsonl`` is a DSSE envelope like the first one, signed with an
SM2 key instead of P-256, for verifiers who accept commercial cryptography only. The
arithmetic is done by the ``openssl`` program: ``cryptography`` has no SM2, and the
implementations in Python take no care of side channels. The private key reaches
``openssl`` through a pipe, so it stands on no command line and in no second file.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from keepuntil.errors import EvidenceError, KeyFileError
from keepuntil.evidence import key_files
from keepuntil.evidence.envelope import IN_TOTO, Envelope, pae
from keepuntil.evidence.keys import spki_pem

DISTINGUISHED = "distid:1234567812345678"
"""The signer's identity that GM/T 0009 prescribes where none was agreed on."""

# id-ecPublicKey on the curve 1.2.156.10197.1.301, then an uncompressed point.
_SPKI_HEAD = bytes.fromhex("3059301306072a8648ce3d020106082a811ccf5501822d034200") + b"\x04"
_SPKI_BYTES = 91
_PATIENCE_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Sm2Key:
    """An SM2 signing key; it never shows itself in a message."""

    spki: bytes
    _pem: bytes = field(repr=False, compare=False)

    @property
    def keyid(self) -> str:
        """Hex SHA-256 of the SubjectPublicKeyInfo."""
        return sha256(self.spki).hexdigest()

    def sign(self, message: bytes) -> bytes:
        """SM2 over SM3, DER; raise `KeyFileError` when ``openssl`` cannot."""
        with _piped(self._pem) as (place, descriptor):
            return _openssl(
                ["dgst", "-sm3", "-sign", place, "-passin", "pass:", "-sigopt", DISTINGUISHED],
                message,
                descriptor,
            )

    def pem(self) -> bytes:
        """Unencrypted PKCS#8. For writing a key file; nothing else may see it."""
        return self._pem


def generate() -> Sm2Key:
    """A fresh key, in memory only; raise `KeyFileError` when ``openssl`` cannot make one."""
    options = ["-pkeyopt", "ec_paramgen_curve:SM2", "-pkeyopt", "ec_param_enc:named_curve"]
    return _key(_openssl(["genpkey", "-algorithm", "EC", *options]), "the new key")


def load(reference: str) -> Sm2Key:
    """The SM2 key behind ``file:PATH`` or ``env:NAME``; raise `KeyFileError`."""
    return _key(key_files.read(reference), reference)


def _key(pem: bytes, where: str) -> Sm2Key:
    with _piped(pem) as (place, descriptor):
        arguments = ["pkey", "-in", place, "-passin", "pass:", "-pubout", "-outform", "DER"]
        try:
            spki = _openssl(arguments, b"", descriptor)
        except _OpensslRefusedError:
            raise KeyFileError(
                f"{where} does not hold an unencrypted private key in PEM form"
            ) from None
    if not is_sm2(spki):
        raise KeyFileError(f"{where} holds a key of another kind; an SM2 key is needed")
    return Sm2Key(spki, pem)


def is_sm2(spki: bytes) -> bool:
    """Whether a SubjectPublicKeyInfo is that of an SM2 key."""
    return len(spki) == _SPKI_BYTES and spki.startswith(_SPKI_HEAD)


def seal(payload: bytes, key: Sm2Key, payload_type: str = IN_TOTO) -> bytes:
    """The sibling envelope, one line; raise `KeyFileError`."""
    signature = key.sign(pae(payload_type, payload))
    return Envelope(payload_type, payload, key.keyid, signature).encode()


def open_sealed(line: bytes, trusted: Iterable[bytes], payload_type: str = IN_TOTO) -> bytes:
    """The payload of a sibling envelope that one of the trusted keys (SPKI, DER) signed.

    Raises `EvidenceError` otherwise.
    """
    envelope = Envelope.parse(line)
    if envelope.payload_type != payload_type:
        raise EvidenceError(f"the envelope does not hold {payload_type} but something else")
    known = {sha256(spki).hexdigest(): spki for spki in trusted}
    if envelope.keyid not in known:
        raise EvidenceError(f"the envelope is signed by none of the {len(known)} trusted SM2 keys")
    verify(known[envelope.keyid], envelope.signature, pae(payload_type, envelope.payload))
    return envelope.payload


def verify(spki: bytes, signature: bytes, message: bytes) -> None:
    """Raise `EvidenceError` unless this SM2 key's owner signed exactly these bytes."""
    with tempfile.TemporaryDirectory(prefix="keepuntil-sm2-") as folder:
        public, signed = Path(folder, "key.pub.pem"), Path(folder, "signature")
        public.write_text(spki_pem(spki), encoding="ascii")
        signed.write_bytes(signature)
        arguments = ["-verify", str(public), "-signature", str(signed), "-sigopt", DISTINGUISHED]
        try:
            _openssl(["dgst", "-sm3", *arguments], message)
        except _OpensslRefusedError:
            raise EvidenceError(
                f"the signature by the SM2 key {sha256(spki).hexdigest()[:16]} "
                "does not match what is said"
            ) from None


class _OpensslRefusedError(KeyFileError):
    """``openssl`` ran and said no."""


@contextmanager
def _piped(content: bytes) -> Iterator[tuple[str, int]]:
    """A name under which a child process reads these few bytes, and the descriptor it inherits."""
    reading, writing = os.pipe()
    try:
        try:
            os.write(writing, content)  # a key is far smaller than what a pipe holds
        finally:
            os.close(writing)
        yield f"/dev/fd/{reading}", reading
    finally:
        os.close(reading)


def _openssl(arguments: list[str], content: bytes = b"", *inherited: int) -> bytes:
    program = shutil.which("openssl")
    if program is None:
        raise KeyFileError("SM2 keys need the program openssl, 3.0 or newer, and it was not found")
    try:
        done = subprocess.run(  # noqa: S603 found above, no shell, our own arguments
            [program, *arguments],
            input=content,
            pass_fds=inherited,
            capture_output=True,
            timeout=_PATIENCE_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise KeyFileError(f"openssl could not be used for SM2 ({type(error).__name__})") from None
    if done.returncode != 0:
        raise _OpensslRefusedError(
            f"openssl {arguments[0]} refused to work with SM2; `openssl list "
            "-public-key-algorithms` says whether this build of it knows SM2"
        )
    return done.stdout
