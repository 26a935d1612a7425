"""P-256 keys that signers of securesystemslib reach: the only file that imports it.

    file2:PATH                            a key file, below CRYPTO_SIGNER_PATH_PREFIX if set
    hsm:[ID][?label=TOKEN&pin-source=..]  PKCS#11; module in PYKCS11LIB, PIN as for pkcs11:
    awskms:KEY                            AWS KMS: key id, ARN or alias
    gcpkms:projects/../cryptoKeyVersions/N
    azurekms://VAULT.vault.azure.net/keys/NAME/VERSION
    hv:NAME/VERSION                       HashiCorp Vault, transit engine

Services find their credentials as their own clients do. Every signature that comes
back is checked before it is used, so a service that hashes once too often or an alias
that was pointed elsewhere is noticed here and not by the auditor.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlencode

from keepuntil.errors import KeyFileError
from keepuntil.evidence import keys
from keepuntil.evidence.keys import KeyKind, VerifyingKey
from keepuntil.signing import tokens

if TYPE_CHECKING:
    from securesystemslib.signer import Signer, SSlibKey

SCHEMES = ("file2", "hsm", "awskms", "gcpkms", "azurekms", "hv")

_ECDSA = "ecdsa-sha2-nistp256"
_LONGEST = 200
_PREFIX_VARIABLE = "CRYPTO_SIGNER_PATH_PREFIX"

# What a scheme needs beside securesystemslib: modules to import, and what to install for them.
_NEEDED = {
    "file2": ((), ""),
    "hsm": (("pkcs11",), "keepuntil[signers]"),
    "awskms": (("boto3",), "keepuntil[s3]"),
    "gcpkms": (("google.cloud.kms",), "securesystemslib[gcpkms]"),
    "azurekms": (("azure.identity", "azure.keyvault.keys"), "securesystemslib[azurekms]"),
    "hv": (("hvac",), "securesystemslib[vault]"),
}
# What its client raises, as module and names.
_FAULTS = {
    "file2": (),
    "hsm": (),
    "awskms": (("botocore.exceptions", ("BotoCoreError", "ClientError")),),
    "gcpkms": (
        ("google.api_core.exceptions", ("GoogleAPIError",)),
        ("google.auth.exceptions", ("GoogleAuthError",)),
    ),
    "azurekms": (
        ("azure.core.exceptions", ("AzureError",)),
        ("securesystemslib.signer._azure_signer", ("UnsupportedKeyType",)),
    ),
    "hv": (("hvac.exceptions", ("VaultError",)),),
}


@dataclass(frozen=True, slots=True)
class OutsideKey:
    """A P-256 key somewhere else."""

    scheme: str
    reference: str
    public: VerifyingKey
    _signer: Signer = field(repr=False, compare=False)

    @property
    def kind(self) -> KeyKind:
        """What it is."""
        return self.public.kind

    def sign(self, message: bytes) -> bytes:
        """ECDSA as DER; raise `KeyFileError` when the token or service refuses."""
        with _spoken(self.scheme, self.reference):
            signature = bytes.fromhex(self._signer.sign(message).signature)
        tokens.refuse_false(signature, message, self.public, self.reference)
        return signature


def open_p256(scheme: str, place: str, known: VerifyingKey | None) -> OutsideKey:
    """The key behind a reference; its place is asked for the public half unless it is known.

    Raises `KeyFileError`.
    """
    reference = f"{scheme}:{place}"
    _refuse_missing(scheme, reference)
    with _spoken(scheme, reference):
        public = known or _PUBLISHED[scheme](place)
        _refuse_other_kind(public, reference)
        return OutsideKey(scheme, reference, public, _signer(scheme, place, public))


def _refuse_other_kind(public: VerifyingKey, reference: str) -> None:
    if public.kind is not KeyKind.P256:
        raise KeyFileError(f"{reference} holds a key of another kind; a P-256 key is needed")


def _refuse_missing(scheme: str, reference: str) -> None:
    modules, install = _NEEDED[scheme]
    offers = {"securesystemslib": "keepuntil[signers]"} | dict.fromkeys(modules, install)
    for name, offer in offers.items():
        try:
            importlib.import_module(name)
        except ImportError:
            raise KeyFileError(f"{reference} needs the library {name}; install {offer}") from None


@contextmanager
def _spoken(scheme: str, reference: str) -> Iterator[None]:
    """Say in a sentence what a client or a token raises."""
    from securesystemslib.exceptions import Error as LibraryError

    expected: tuple[type[BaseException], ...] = (OSError, ValueError, LibraryError)
    for module, names in _FAULTS[scheme]:
        found = importlib.import_module(module)
        expected += tuple(getattr(found, name) for name in names)
    try:
        with tokens.spoken(reference) if scheme == "hsm" else nullcontext():
            yield
    except expected as error:
        said = " ".join(str(error).split())[:_LONGEST]
        raise KeyFileError(f"{reference}: {said} ({type(error).__name__})") from None


def _signer(scheme: str, place: str, public: VerifyingKey) -> Signer:
    from securesystemslib.signer import Signer, SSlibKey

    key = SSlibKey(public.keyid, "ecdsa", _ECDSA, {"public": public.pem})
    if scheme != "hsm":
        return Signer.from_priv_key_uri(f"{scheme}:{place}", key)
    identifier, label, source = _token(place)
    query = f"?{urlencode({'label': label})}" if label else ""
    tokens.module(None)
    return Signer.from_priv_key_uri(f"hsm:{identifier}{query}", key, lambda _: tokens.pin(source))


def _token(place: str) -> tuple[int, str | None, str | None]:
    """Key id, token label and PIN source of an ``hsm:`` reference."""
    path, _, query = place.partition("?")
    said = parse_qs(query)
    plain = not path or (path.isascii() and path.isdigit())
    if not plain or set(said) - {"label", "pin-source"} or any(len(v) > 1 for v in said.values()):
        raise KeyFileError(
            "an hsm: reference is hsm:ID?label=TOKEN&pin-source=file:PATH: a whole number, "
            "then nothing but these two, each once; never the PIN itself"
        )
    label, source = (said.get(name, [None])[0] for name in ("label", "pin-source"))
    # 2 is where a PIV card keeps its signature key; securesystemslib takes the same.
    return int(path or 2), label, source


def _of_library(key: SSlibKey, reference: str) -> VerifyingKey:
    return keys.public_key(str(key.keyval["public"]), reference)


def _in_file(place: str) -> VerifyingKey:
    path = Path(os.environ.get(_PREFIX_VARIABLE, ""), place)
    return keys.load(f"file:{path}", KeyKind.P256).public


def _in_token(place: str) -> VerifyingKey:
    from securesystemslib.signer import HSMSigner

    identifier, label, source = _token(place)
    tokens.module(None)
    _, key = HSMSigner.import_(identifier, label, lambda _: tokens.pin(source))
    return _of_library(key, f"hsm:{place}")


def _in_aws(place: str) -> VerifyingKey:
    from securesystemslib.signer import AWSSigner

    return _of_library(AWSSigner.import_(place, _ECDSA)[1], f"awskms:{place}")


def _in_google(place: str) -> VerifyingKey:
    from securesystemslib.signer import GCPSigner

    return _of_library(GCPSigner.import_(place)[1], f"gcpkms:{place}")


def _in_azure(place: str) -> VerifyingKey:
    from securesystemslib.signer import AzureSigner

    host, _, path = place.removeprefix("//").partition("/")
    parts = path.split("/")
    if not host.endswith(".vault.azure.net") or len(parts) != 3 or parts[0] != "keys":  # noqa: PLR2004
        raise KeyFileError(
            "an azurekms: reference is azurekms://VAULT.vault.azure.net/keys/NAME/VERSION"
        )
    newest, key = AzureSigner.import_(host.removesuffix(".vault.azure.net"), parts[1])
    if newest.rpartition("/")[2] != parts[2]:
        raise KeyFileError(f"azurekms:{place} is not the newest version of that key; name {newest}")
    return _of_library(key, f"azurekms:{place}")


def _in_vault(place: str) -> VerifyingKey:
    """Read by Vault's own client: securesystemslib imports Ed25519 keys only."""
    import hvac

    name, _, version = place.rpartition("/")
    if not name or not version.isascii() or not version.isdigit():
        raise KeyFileError("an hv: reference is hv:NAME/VERSION, of a key in the transit engine")
    data = hvac.Client().secrets.transit.read_key(name)["data"]
    if data.get("type") != "ecdsa-p256" or version not in data["keys"]:
        raise KeyFileError(f"hv:{place} is not a version of a key of the type ecdsa-p256")
    return keys.public_key(str(data["keys"][version]["public_key"]), f"hv:{place}")


_PUBLISHED: dict[str, Callable[[str], VerifyingKey]] = {
    "file2": _in_file,
    "hsm": _in_token,
    "awskms": _in_aws,
    "gcpkms": _in_google,
    "azurekms": _in_azure,
    "hv": _in_vault,
}
