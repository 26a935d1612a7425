"""A time-stamping authority of our own, for development and demonstrations. 开发用，不具证明力。

It answers RFC 3161 requests correctly, so that everything after it can be tried, but
its clock is this machine's and its key belongs to whoever runs the demonstration: its
stamps prove nothing to anybody else. Therefore the names in its certificates, its page
and its headers all say DEVELOPMENT 开发用, and it refuses to work with a certificate
that does not.
"""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from keepuntil.errors import KeyFileError
from keepuntil.evidence.keys import KeyKind, SigningKey, VerifyingKey, public_key_of_spki
from keepuntil.transparency.timestamps import DEVELOPMENT, Authority

if TYPE_CHECKING:
    from asn1crypto import tsp

# The arc that ISO/IEC 9834-1 sets aside for examples: nobody can take it for a real policy.
POLICY: Final = "2.999.3161"
LARGEST_REQUEST: Final = 4096
_YEARS_VALID: Final = timedelta(days=3653)
_BEFORE: Final = timedelta(minutes=5)
_DIGEST_BYTES: Final = {"sha256": 32, "sha384": 48, "sha512": 64}
_SECONDS: Final = 10.0
_PAGE: Final = f"""{DEVELOPMENT}
This is a time-stamping authority for development. Its stamps prove nothing.
POST an RFC 3161 request (application/timestamp-query) to this address.
""".encode()

Clock = Callable[[], datetime]


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class DevelopmentAuthority:
    """A key, its certificates and a clock."""

    key: SigningKey
    authority: Authority
    clock: Clock = _now

    def __post_init__(self) -> None:
        own = self.authority.certificates[0]
        spki = own.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        if not self.authority.for_development:
            raise KeyFileError(
                "the development authority works with certificates that say so only, and this one"
                f" is named {self.authority.name}"
            )
        if public_key_of_spki(spki, "the key of the development authority") != self.key.public:
            raise KeyFileError("the certificate of the development authority is for another key")

    @classmethod
    def create(cls, key: SigningKey, clock: Clock = _now) -> "DevelopmentAuthority":
        """Certify ``key`` for an authority that exists from now on.

        What signs its certificate is thrown away at once: nothing else can be certified.
        """
        return cls(key, Authority(_certificates(key.public, clock())), clock)

    @property
    def pem(self) -> bytes:
        """Its certificates, for who is to verify its stamps."""
        encoding = serialization.Encoding.PEM
        return b"".join(one.public_bytes(encoding) for one in self.authority.certificates)

    def answer(self, request: bytes) -> bytes:
        """The answer to a request (TimeStampResp, DER): a stamp, or a refusal with its reason."""
        from asn1crypto import tsp

        try:
            asked = tsp.TimeStampReq.load(request, strict=True)
            why = _objection(asked)
        except (ValueError, TypeError, KeyError):
            return _refusal("bad_data_format")
        if why is not None:
            return _refusal(why)
        token = self._token(self._statement(asked), certified=asked["cert_req"].native)
        granted = tsp.TimeStampResp({"status": {"status": "granted"}, "time_stamp_token": token})
        return bytes(granted.dump())

    def _statement(self, asked: "tsp.TimeStampReq") -> bytes:
        """What is signed (TSTInfo, section 2.4.2)."""
        from asn1crypto import tsp
        from asn1crypto import x509 as names

        subject = names.Name.load(self.authority.certificates[0].subject.public_bytes())
        said = {
            "version": "v1",
            "policy": POLICY,
            "message_imprint": asked["message_imprint"],
            "serial_number": secrets.randbits(63) + 1,
            "gen_time": self.clock().astimezone(UTC).replace(microsecond=0),
            "accuracy": {"seconds": 1},
            "tsa": names.GeneralName(name="directory_name", value=subject),
        }
        if asked["nonce"].native is not None:
            said["nonce"] = asked["nonce"].native
        return bytes(tsp.TSTInfo(said).dump())

    def _token(self, statement: bytes, *, certified: bool) -> Any:
        """The statement signed (CMS SignedData, RFC 5652; certificate bound by RFC 5035)."""
        from asn1crypto import cms, core

        own = self.authority.certificates[0]
        content = {"content_type": "tst_info", "content": core.ParsableOctetString(statement)}
        attributes = _attributes(statement, own, self.clock())
        signer = {
            "version": "v1",
            "sid": cms.SignerIdentifier(
                name="issuer_and_serial_number",
                value={
                    "issuer": cms.Name.load(own.issuer.public_bytes()),
                    "serial_number": own.serial_number,
                },
            ),
            "digest_algorithm": {"algorithm": "sha256"},
            "signed_attrs": attributes,
            "signature_algorithm": {"algorithm": "sha256_ecdsa"},
            "signature": self.key.sign(attributes.dump()),
        }
        signed = {
            "version": "v3",
            "digest_algorithms": [{"algorithm": "sha256"}],
            "encap_content_info": content,
            "signer_infos": [signer],
        }
        if certified:
            # One certificate: verifiers insist on DER order among several.
            signed["certificates"] = [_for_asn1crypto(own)]
        return {"content_type": "signed_data", "content": cms.SignedData(signed)}


def _certificates(public: VerifyingKey, at: datetime) -> tuple[x509.Certificate, x509.Certificate]:
    if public.kind is not KeyKind.P256:
        raise KeyFileError(f"the development authority signs with a {KeyKind.P256} key")
    above = ec.generate_private_key(ec.SECP256R1())
    issuer = _name("root")
    root = (
        _certificate(issuer, issuer, above.public_key(), at)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs=False), critical=True)
        .sign(above, hashes.SHA256())
    )
    own_public = serialization.load_der_public_key(public.spki)
    own = (
        _certificate(_name("time stamps"), issuer, own_public, at)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs=True), critical=True)
        .add_extension(
            x509.ExtendedKeyUsage([x509.oid.ExtendedKeyUsageOID.TIME_STAMPING]), critical=True
        )
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(above.public_key()), critical=False
        )
        .sign(above, hashes.SHA256())
    )
    return own, root


def _name(role: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, f"Keepuntil {DEVELOPMENT}"),
            x509.NameAttribute(x509.NameOID.COMMON_NAME, f"{DEVELOPMENT} {role}"),
        ]
    )


def _certificate(
    subject: x509.Name, issuer: x509.Name, public: Any, at: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - _BEFORE)
        .not_valid_after(at + _YEARS_VALID)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=signs,
        content_commitment=signs,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=not signs,
        crl_sign=not signs,
        encipher_only=False,
        decipher_only=False,
    )


def _objection(asked: "tsp.TimeStampReq") -> str | None:
    """Why a request is refused (PKIFailureInfo, RFC 3161 section 2.4.2); None: it is not."""
    imprint = asked["message_imprint"]
    length = _DIGEST_BYTES.get(imprint["hash_algorithm"]["algorithm"].native)
    policy = asked["req_policy"].native
    if length is None:
        return "bad_alg"
    if asked["version"].native != "v1" or len(imprint["hashed_message"].native) != length:
        return "bad_data_format"
    if policy is not None and policy != POLICY:
        return "unaccepted_policy"
    if asked["extensions"].native:
        return "unaccepted_extensions"
    return None


def _refusal(why: str) -> bytes:
    from asn1crypto import tsp

    status = tsp.PKIStatusInfo({"status": "rejection", "fail_info": {why}}).dump()
    # asn1crypto knows answers with a stamp only; the status alone is as short as DER gets.
    return b"\x30" + bytes([len(status)]) + bytes(status)


def _attributes(statement: bytes, own: x509.Certificate, at: datetime) -> Any:
    from asn1crypto import cms, tsp

    fingerprint = own.fingerprint(hashes.SHA256())
    bound = tsp.SigningCertificateV2({"certs": [{"cert_hash": fingerprint}]})
    signed_at = cms.Time(name="utc_time", value=at.astimezone(UTC).replace(microsecond=0))
    return cms.CMSAttributes(
        [
            {"type": "content_type", "values": ["tst_info"]},
            {"type": "signing_time", "values": [signed_at]},
            {"type": "message_digest", "values": [sha256(statement).digest()]},
            {"type": "signing_certificate_v2", "values": [bound]},
        ]
    )


def _for_asn1crypto(certificate: x509.Certificate) -> Any:
    from asn1crypto import cms

    return cms.CertificateChoices(
        name="certificate",
        value=cms.Certificate.load(certificate.public_bytes(serialization.Encoding.DER)),
    )


@contextmanager
def serving(
    authority: DevelopmentAuthority, host: str = "127.0.0.1", port: int = 0
) -> Iterator[str]:
    """Answer over HTTP from a thread of this process while the block runs; gives the address."""

    class Exchange(_Exchange):
        answering = authority

    with ThreadingHTTPServer((host, port), Exchange) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://{host}:{server.server_address[1]}/"
        finally:
            server.shutdown()
            thread.join()


class _Exchange(BaseHTTPRequestHandler):
    """One request and its answer (RFC 3161 section 3.4)."""

    answering: DevelopmentAuthority
    server_version = "Keepuntil-DEVELOPMENT-time-stamps"
    sys_version = ""
    timeout = _SECONDS

    def do_GET(self) -> None:
        self._send(200, "text/plain; charset=utf-8", _PAGE)

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if self.headers.get_content_type() != "application/timestamp-query":
            return self._send(415, "text/plain; charset=utf-8", _PAGE)
        if not length.isascii() or not length.isdigit() or int(length) > LARGEST_REQUEST:
            return self._send(413, "text/plain; charset=utf-8", _PAGE)
        answer = self.answering.answer(self.rfile.read(int(length)))
        return self._send(200, "application/timestamp-reply", answer)

    def _send(self, status: int, content_type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        """Silent: who runs it prints what matters."""
