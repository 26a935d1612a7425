"""Key services over real HTTP: the clients are theirs, the services small ones of our own.

A service for tests must sign the digest it is given as it is; moto hashes it again,
which is what the guard against false signatures is tried with.
"""

from __future__ import annotations

import base64
import json
import sys
import threading
from collections.abc import Iterator
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import ModuleType, SimpleNamespace

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, decode_dss_signature

from keepuntil.errors import KeyFileError
from keepuntil.evidence import keys
from keepuntil.evidence.keys import KeyKind
from keepuntil.signing import open_key, outside

PEM, SPKI = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo


class Service(BaseHTTPRequestHandler):
    """As much of AWS KMS and of Vault's transit engine as signing takes."""

    def log_message(self, *_: object) -> None:
        pass

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        target = self.headers.get("X-Amz-Target", "")
        if target.endswith("GetPublicKey"):
            self._answer(self._published(body["KeyId"]))
        elif target.endswith("Sign"):
            self._answer(self._signed(body))
        else:
            signature = self.server.key.sign(
                base64.b64decode(body["input"]), ec.ECDSA(hashes.SHA256())
            )
            text = base64.b64encode(signature).decode()
            self._answer({"data": {"signature": f"vault:v1:{text}"}})

    do_PUT = do_POST  # noqa: N815 the name http.server asks for

    def do_GET(self) -> None:
        name = self.path.rpartition("/")[2]
        if self.headers.get("X-Vault-Token") != "root-token":
            self._answer({"errors": ["permission denied"]}, 403)
            return
        public = self.server.key.public_key().public_bytes(PEM, SPKI).decode()
        kind = "ecdsa-p256" if name == "certificate" else "aes256-gcm96"
        self._answer({"data": {"type": kind, "keys": {"1": {"public_key": public}}}})

    def _published(self, key_id: str) -> dict[str, object]:
        if key_id == "alias/gone":
            return {"__type": "NotFoundException", "message": "Alias alias/gone is not found."}
        curve = ec.SECP384R1() if key_id == "alias/p384" else None
        public = (ec.generate_private_key(curve) if curve else self.server.key).public_key()
        spki = public.public_bytes(serialization.Encoding.DER, SPKI)
        algorithm = "ECDSA_SHA_384" if curve else "ECDSA_SHA_256"
        encoded = base64.b64encode(spki).decode()
        return {"KeyId": key_id, "PublicKey": encoded, "SigningAlgorithms": [algorithm]}

    def _signed(self, body: dict[str, str]) -> dict[str, object]:
        assert body["MessageType"] == "DIGEST"
        digest = base64.b64decode(body["Message"])
        if self.server.hashes_again:
            digest = sha256(digest).digest()
        signature = self.server.key.sign(digest, ec.ECDSA(Prehashed(hashes.SHA256())))
        return {"KeyId": body["KeyId"], "Signature": base64.b64encode(signature).decode()}

    def _answer(self, document: dict[str, object], status: int = 200) -> None:
        content = json.dumps(document).encode()
        self.send_response(400 if "__type" in document else status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
    server.key = ec.generate_private_key(ec.SECP256R1())
    server.hashes_again = False
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    address = f"http://127.0.0.1:{server.server_port}"
    for name, value in {
        "AWS_ENDPOINT_URL_KMS": address,
        "AWS_ACCESS_KEY_ID": "tests",
        "AWS_SECRET_ACCESS_KEY": "tests",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "VAULT_ADDR": address,
        "VAULT_TOKEN": "root-token",
    }.items():
        monkeypatch.setenv(name, value)
    yield server
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("reference", ["awskms:alias/certificate", "hv:certificate/1"])
def test_a_key_of_a_service_signs(service: ThreadingHTTPServer, reference: str) -> None:
    key = open_key(reference, KeyKind.P256)
    assert key.public == keys.verifying_key(service.key.public_key(), "it")
    key.public.verify(key.sign(b"message"), b"message")
    known = open_key(reference, KeyKind.P256, key.public)
    key.public.verify(known.sign(b"message"), b"message")


def test_a_service_that_hashes_once_too_often_is_noticed(service: ThreadingHTTPServer) -> None:
    service.hashes_again = True
    key = open_key("awskms:alias/certificate", KeyKind.P256)
    with pytest.raises(KeyFileError, match="signs something else than it is asked to"):
        key.sign(b"message")


@pytest.mark.parametrize("reference", ["awskms:alias/certificate", "hv:certificate/1"])
def test_an_alias_that_was_pointed_elsewhere_is_noticed(
    service: ThreadingHTTPServer, reference: str
) -> None:
    known = open_key(reference, KeyKind.P256).public
    service.key = ec.generate_private_key(ec.SECP256R1())
    with pytest.raises(KeyFileError, match="the key was exchanged there"):
        open_key(reference, KeyKind.P256, known).sign(b"message")


@pytest.mark.parametrize(
    ("reference", "sentence"),
    [
        ("awskms:alias/gone", "Alias alias/gone is not found"),
        ("awskms:alias/p384", "Unsupported scheme"),
        ("hv:certificate/7", "is not a version of a key of the type ecdsa-p256"),
        ("hv:sealing/1", "is not a version of a key of the type ecdsa-p256"),
    ],
)
def test_what_a_service_does_not_offer_is_said_in_a_sentence(
    service: ThreadingHTTPServer, reference: str, sentence: str
) -> None:
    with pytest.raises(KeyFileError, match=sentence):
        open_key(reference, KeyKind.P256)


def test_credentials_that_do_not_suffice_are_said_in_a_sentence(
    service: ThreadingHTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VAULT_TOKEN", "another")
    with pytest.raises(KeyFileError, match="hv:certificate/1: permission denied"):
        open_key("hv:certificate/1", KeyKind.P256)
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    with pytest.raises(KeyFileError, match="You must specify a region"):
        open_key("awskms:alias/certificate", KeyKind.P256)


@pytest.fixture
def clouds(monkeypatch: pytest.MonkeyPatch) -> ec.EllipticCurvePrivateKey:
    """Stand-ins for the clients of Google and Azure, which are too heavy to install for tests."""
    private = ec.generate_private_key(ec.SECP256R1())
    key = keys.verifying_key(private.public_key(), "it")
    shown = SimpleNamespace(keyval={"public": key.pem})
    newest = "azurekms://bank.vault.azure.net/keys/certificate/77"

    class CloudSigner:
        @staticmethod
        def import_(*names: str) -> tuple[str, SimpleNamespace]:
            assert names in (("projects/p/cryptoKeyVersions/1",), ("bank", "certificate"))
            return newest, shown

        @classmethod
        def from_priv_key_uri(cls, uri: str, public: object, secrets: object) -> CloudSigner:
            return cls()

        def sign(self, message: bytes) -> SimpleNamespace:
            return SimpleNamespace(signature=private.sign(message, ec.ECDSA(hashes.SHA256())).hex())

    from securesystemslib import signer

    for scheme, name in (("gcpkms", "GCPSigner"), ("azurekms", "AzureSigner")):
        monkeypatch.setattr(signer, name, CloudSigner)
        monkeypatch.setitem(signer.SIGNER_FOR_URI_SCHEME, scheme, CloudSigner)
        for library in outside._NEEDED[scheme][0]:
            monkeypatch.setitem(sys.modules, library, ModuleType(library))
        for library, faults in outside._FAULTS[scheme]:
            module = ModuleType(library)
            for fault in faults:
                setattr(module, fault, type(fault, (Exception,), {}))
            monkeypatch.setitem(sys.modules, library, module)
    return private


@pytest.mark.parametrize(
    "reference",
    [
        "gcpkms:projects/p/cryptoKeyVersions/1",
        "azurekms://bank.vault.azure.net/keys/certificate/77",
    ],
)
def test_a_cloud_key_is_found_by_its_reference(
    clouds: ec.EllipticCurvePrivateKey, reference: str
) -> None:
    key = open_key(reference, KeyKind.P256)
    signature = key.sign(b"message")
    assert all(decode_dss_signature(signature))
    keys.verifying_key(clouds.public_key(), "it").verify(signature, b"message")


@pytest.mark.parametrize(
    ("reference", "sentence"),
    [
        ("azurekms://bank.vault.azure.net/keys/certificate/1", "is not the newest version"),
        ("azurekms://bank.vault.azure.net/keys/certificate", "reference is azurekms://VAULT"),
        ("azurekms://elsewhere.example/keys/certificate/1", "reference is azurekms://VAULT"),
    ],
)
def test_an_azure_reference_names_vault_key_and_newest_version(
    clouds: ec.EllipticCurvePrivateKey, reference: str, sentence: str
) -> None:
    with pytest.raises(KeyFileError, match=sentence):
        open_key(reference, KeyKind.P256)
