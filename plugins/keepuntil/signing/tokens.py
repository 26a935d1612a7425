"""Keys that never leave a token (PKCS#11 v3): the only file that imports ``pkcs11``.

An Ed25519 key is referred to by an RFC 7512 URI of which these attributes are read:

    pkcs11:token=LABEL;object=LABEL;id=%03?module-path=PATH&pin-source=file:PATH

``module-path`` falls back to the environment variable ``PYKCS11LIB``, ``pin-source``
(``file:PATH`` or ``env:NAME``) to ``KEEPUNTIL_HSM_PIN``, so that a reference that is
written down holds no secret. A session lasts for one signature: nothing stays logged
in between, and a process that forks has nothing open.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, unquote_to_bytes

from cryptography.hazmat.primitives.asymmetric import ed25519

from keepuntil.errors import EvidenceError, KeyFileError
from keepuntil.evidence import key_files, keys
from keepuntil.evidence.keys import KeyKind, VerifyingKey

if TYPE_CHECKING:
    import pkcs11

SCHEME = "pkcs11"
MODULE_VARIABLE = "PYKCS11LIB"
PIN_VARIABLE = "KEEPUNTIL_HSM_PIN"

_PATH_ATTRIBUTES = ("token", "object", "id")
_QUERY_ATTRIBUTES = ("module-path", "pin-source")
_POINT_BYTES = 32
# PKCS#11 v3 wraps the point into an OCTET STRING; older tokens give it bare.
_WRAPPED_POINT = b"\x04\x20"

# Who logs in is the process, not the session: two threads at once would find each other there.
_ALONE = threading.RLock()

_PIN_REFUSED = "the token refuses the PIN; look at what pin-source or KEEPUNTIL_HSM_PIN refers to"
_ABSENT = "there is no token of that name in its reader or slot"
_SENTENCES = {
    "PinIncorrect": _PIN_REFUSED,
    "PinInvalid": _PIN_REFUSED,
    "PinLenRange": _PIN_REFUSED,
    "PinExpired": "the PIN of the token has expired; set a new one with the token's own tool",
    "PinLocked": "the PIN of the token is locked after wrong attempts; the security officer "
    "of the token can unlock it",
    "UserPinNotInitialized": "the token has no user PIN yet; set one with the token's own tool",
    "NoSuchToken": _ABSENT,
    "TokenNotPresent": _ABSENT,
    "DeviceRemoved": "the token was taken out of its reader or slot",
    "MultipleTokensReturned": "several tokens are present; name one of them by its label",
    "NoSuchKey": "there is no such key on the token; compare label and id with its own tool",
    "MultipleObjectsReturned": "several keys on the token answer to that; give label and id",
    "MechanismInvalid": "the token does not offer the algorithm that is needed",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a key lies, as its reference says."""

    token: str | None
    label: str | None
    identifier: bytes | None
    module: str | None
    pin_source: str | None


@dataclass(frozen=True, slots=True)
class TokenKey:
    """An Ed25519 key inside a token."""

    reference: str
    public: VerifyingKey
    _place: Place = field(repr=False)

    @property
    def kind(self) -> KeyKind:
        """What it is."""
        return self.public.kind

    def sign(self, message: bytes) -> bytes:
        """The 64 bytes of Ed25519; raise `KeyFileError` when the token refuses."""
        with spoken(self.reference), _session(self._place) as session:
            import pkcs11

            private = _find(session, self._place, pkcs11.ObjectClass.PRIVATE_KEY)
            if not isinstance(private, pkcs11.SignMixin):
                raise KeyFileError(f"{self.reference} may not be used for signing, says its token")
            signature = bytes(private.sign(message, mechanism=pkcs11.Mechanism.EDDSA))
        refuse_false(signature, message, self.public, self.reference)
        return signature


def open_ed25519(reference: str, known: VerifyingKey | None) -> TokenKey:
    """The key behind a ``pkcs11:`` reference; the token is asked only when ``known`` is None.

    Raises `KeyFileError`.
    """
    place = parse(reference)
    if known is not None:
        return TokenKey(reference, known, place)
    with spoken(reference), _session(place) as session:
        import pkcs11

        found = _find(session, place, pkcs11.ObjectClass.PUBLIC_KEY)
        point = bytes(found[pkcs11.Attribute.EC_POINT])
    point = point.removeprefix(_WRAPPED_POINT) if len(point) > _POINT_BYTES else point
    if len(point) != _POINT_BYTES:
        raise KeyFileError(f"{reference} is not an Ed25519 key but another one on an Edwards curve")
    public = ed25519.Ed25519PublicKey.from_public_bytes(point)
    return TokenKey(reference, keys.verifying_key(public, reference), place)


def parse(reference: str) -> Place:
    """Read a ``pkcs11:`` reference; raise `KeyFileError` for what it cannot say."""
    path, _, query = reference.removeprefix(f"{SCHEME}:").partition("?")
    said = _attributes(path, ";", _PATH_ATTRIBUTES) | _attributes(query, "&", _QUERY_ATTRIBUTES)
    if "object" not in said and "id" not in said:
        raise KeyFileError("a pkcs11: reference names its key by object=LABEL or id=%XX, or both")
    texts = {name: unquote(text) for name, text in said.items() if name != "id"}
    return Place(
        token=texts.get("token"),
        label=texts.get("object"),
        identifier=unquote_to_bytes(said["id"]) if "id" in said else None,
        module=texts.get("module-path"),
        pin_source=texts.get("pin-source"),
    )


def _attributes(text: str, separator: str, allowed: tuple[str, ...]) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in filter(None, text.split(separator)):
        name, equals, value = part.partition("=")
        if name not in allowed or name in found or not equals or not value:
            # pin-value is among what is refused here, so nothing of it is repeated.
            raise KeyFileError(
                "a pkcs11: reference may say, once each, "
                f"{', '.join((*_PATH_ATTRIBUTES, *_QUERY_ATTRIBUTES))}; never the PIN itself"
            )
        found[name] = value
    return found


def pin(source: str | None) -> str:
    """The PIN that ``source``, or ``KEEPUNTIL_HSM_PIN``, refers to; raise `KeyFileError`."""
    reference = source or os.environ.get(PIN_VARIABLE)
    if not reference:
        raise KeyFileError(
            f"the token asks for a PIN; set {PIN_VARIABLE} to file:PATH or env:NAME, "
            "where it is found"
        )
    try:
        return key_files.read(reference).decode("utf-8").strip()
    except KeyFileError as error:
        raise KeyFileError(f"the PIN of the token: {error}") from None
    except UnicodeDecodeError:
        raise KeyFileError("the PIN of the token is not UTF-8 text") from None


def module(path: str | None) -> str:
    """The PKCS#11 module that a reference or ``PYKCS11LIB`` names; raise `KeyFileError`."""
    found = path or os.environ.get(MODULE_VARIABLE)
    if not found:
        raise KeyFileError(
            f"set {MODULE_VARIABLE} to the PKCS#11 module of the token, a file of its maker "
            "like /usr/lib/softhsm/libsofthsm2.so"
        )
    if not Path(found).is_file():
        raise KeyFileError(f"the PKCS#11 module {found} does not exist")
    return found


@contextmanager
def spoken(reference: str) -> Iterator[None]:
    """Say in a sentence what a token says in codes, and let one thread at a time talk to it."""
    try:
        from pkcs11.exceptions import PKCS11Error
    except ImportError:
        raise KeyFileError(f"{reference} needs python-pkcs11; install keepuntil[signers]") from None
    with _ALONE:
        try:
            yield
        except PKCS11Error as error:
            name = type(error).__name__
            sentence = _SENTENCES.get(name, f"the token or its module failed ({name})")
            raise KeyFileError(f"{reference}: {sentence}") from None


@contextmanager
def _session(place: Place) -> Iterator[pkcs11.Session]:
    import pkcs11

    library = pkcs11.lib(module(place.module))
    wanted = {"token_flags": pkcs11.TokenFlag.TOKEN_INITIALIZED}
    token = library.get_token(**wanted, **({"token_label": place.token} if place.token else {}))
    with token.open(user_pin=pin(place.pin_source)) as session:
        yield session


def _find(session: pkcs11.Session, place: Place, what: pkcs11.ObjectClass) -> pkcs11.Key:
    from pkcs11 import KeyType

    return session.get_key(what, KeyType.EC_EDWARDS, label=place.label, id=place.identifier)


def refuse_false(signature: bytes, message: bytes, public: VerifyingKey, reference: str) -> None:
    """Raise `KeyFileError` unless what came back from elsewhere is a signature of this key."""
    try:
        public.verify(signature, message)
    except EvidenceError:
        raise KeyFileError(
            f"what {reference} gave back is not a signature by the key {public.keyid[:16]}: "
            "the key was exchanged there, or the service signs something else than it is asked to"
        ) from None
