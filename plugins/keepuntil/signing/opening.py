"""One way to every signing key: a reference says where it is, the scheme says how to get there."""

from keepuntil.errors import KeyFileError
from keepuntil.evidence import keys
from keepuntil.evidence.keys import KeyKind, SigningKey, VerifyingKey
from keepuntil.signing import outside, tokens

SCHEMES = ("file", "env", *outside.SCHEMES, tokens.SCHEME)


def open_key(reference: str, kind: KeyKind, known: VerifyingKey | None = None) -> SigningKey:
    """The signing key behind a reference.

    ``file:PATH`` and ``env:NAME`` hold either kind; ``pkcs11:`` (RFC 7512) an Ed25519
    key; ``file2:``, ``hsm:``, ``awskms:``, ``gcpkms:``, ``azurekms:`` and ``hv:``
    (securesystemslib) a P-256 key. ``known`` is the public half as written down
    earlier: tokens and services are then not asked for it.

    Raises `KeyFileError` when there is no such key, it cannot be used, it is of
    another kind, or it is not the known one.
    """
    scheme, colon, place = reference.partition(":")
    if not colon or scheme not in SCHEMES:
        # What was written may be the key itself, pasted in the wrong place.
        raise KeyFileError(
            "a signing key is referred to by one of "
            + ", ".join(f"{name}:" for name in SCHEMES)
            + " and its place; what is configured begins with none of them"
        )
    if scheme in ("file", "env"):
        return _known_or_refused(keys.load(reference, kind), known, reference)
    if scheme == tokens.SCHEME:
        _refuse_kind(reference, kind, KeyKind.ED25519, "hsm:")
        return tokens.open_ed25519(reference, known)
    _refuse_kind(reference, kind, KeyKind.P256, "pkcs11: or file:")
    return outside.open_p256(scheme, place, known)


def _refuse_kind(reference: str, wanted: KeyKind, offered: KeyKind, instead: str) -> None:
    if wanted is not offered:
        scheme = reference.partition(":")[0]
        raise KeyFileError(
            f"a {scheme}: key is a {offered} key, and here a {wanted} key is needed; "
            f"refer to one with {instead}"
        )


def _known_or_refused(key: SigningKey, known: VerifyingKey | None, reference: str) -> SigningKey:
    if known is not None and key.public != known:
        raise KeyFileError(
            f"{reference} holds the key {key.public.keyid[:16]}, and {known.keyid[:16]} is expected"
            " there: somebody exchanged it. Put the right one back, or rotate the role"
        )
    return key
