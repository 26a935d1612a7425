"""RFC 3161 time stamps: somebody with a clock says that these bytes existed by then.

A stamp is worth what its authority is worth, so an authority is always named by its
certificate, obtained beforehand, never by what an answer brings along. What is kept
is the authority's whole answer (TimeStampResp, DER; ``*.tsr``): ``openssl ts -verify
-in`` and Sigstore's verifiers read that form.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256, sha384, sha512
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization

from keepuntil.errors import EvidenceError, OutsiderUnreachable
from keepuntil.transparency import posting

if TYPE_CHECKING:
    from rfc3161_client import TimeStampResponse

LARGEST_TOKEN: Final = 1 << 16
DEVELOPMENT: Final = "DEVELOPMENT 开发用"
"""Stands in the name of every authority that is none."""

_MOST_CERTIFICATES: Final = 8
_OK: Final = 200
_QUERY: Final = "application/timestamp-query"
_REPLY: Final = "application/timestamp-reply"
_DIGESTS: Final = {
    "2.16.840.1.101.3.4.2.1": sha256,
    "2.16.840.1.101.3.4.2.2": sha384,
    "2.16.840.1.101.3.4.2.3": sha512,
}


@dataclass(frozen=True, slots=True)
class Authority:
    """A time-stamping authority, known by its certificate."""

    certificates: tuple[x509.Certificate, ...]
    """The one it signs with first, then who issued it, up to one that issued itself."""

    @classmethod
    def parse(cls, pem: bytes) -> "Authority":
        """Read the certificates of an authority, one after the other in PEM form.

        Raises `EvidenceError` unless the first may stamp times and nothing else
        (RFC 3161 section 2.3), each is issued by the next, and the last by itself.
        """
        try:
            chain = tuple(x509.load_pem_x509_certificates(pem))
        except ValueError:
            raise EvidenceError(
                "the file for the time-stamping authority holds no certificates in PEM form"
            ) from None
        if len(chain) > _MOST_CERTIFICATES:
            raise EvidenceError(
                f"the file for the time-stamping authority holds {len(chain)} certificates;"
                f" at most {_MOST_CERTIFICATES} are read"
            )
        _refuse_purpose(chain[0])
        for at, (one, issuer) in enumerate(zip(chain, (*chain[1:], chain[-1]), strict=True), 1):
            _refuse_stranger(one, issuer, at)
        return cls(chain)

    @property
    def name(self) -> str:
        """Whose clock it is, as its certificate says; shows when it is for development only."""
        subject = self.certificates[0].subject
        common = subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
        name = str(common[0].value) if common else subject.rfc4514_string()
        return "".join(character if character.isprintable() else "?" for character in name)

    @property
    def for_development(self) -> bool:
        """Whether it says of itself that its stamps prove nothing to anybody."""
        return DEVELOPMENT in self.name


def _refuse_purpose(certificate: x509.Certificate) -> None:
    try:
        usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    except (x509.ExtensionNotFound, x509.DuplicateExtension, ValueError):
        usage = None
    if (
        usage is None
        or not usage.critical
        or list(usage.value) != [x509.oid.ExtendedKeyUsageOID.TIME_STAMPING]
    ):
        raise EvidenceError(
            "the first certificate in the file for the time-stamping authority is not for time"
            " stamps alone; put the authority's own first, then those that issued it"
        )


def _refuse_stranger(one: x509.Certificate, issuer: x509.Certificate, at: int) -> None:
    try:
        one.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        raise EvidenceError(
            f"certificate {at} in the file for the time-stamping authority is not issued by the"
            " one after it; the chain must be whole, up to a certificate that issued itself"
        ) from None


@dataclass(frozen=True, slots=True)
class Question:
    """What an authority is asked, and the number that ties its answer to this asking."""

    der: bytes
    nonce: int


def request(data: bytes) -> Question:
    """Ask for a stamp over the SHA-256 of ``data``: the authority sees nothing but that."""
    from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

    builder = TimestampRequestBuilder(data, HashAlgorithm.SHA256, nonce=True, cert_req=True)
    asked = builder.build()
    if asked.nonce is None:  # without it an old answer would pass for a new one
        raise EvidenceError("the request for a time stamp carries no nonce")
    return Question(asked.as_bytes(), asked.nonce)


def fetch(
    url: str, data: bytes, authority: Authority, *, seconds: float = posting.SECONDS
) -> bytes:
    """A fresh time stamp over ``data``, checked before anybody keeps it (RFC 3161 section 3.4).

    Raises `OutsiderUnreachable` when no stamp comes within ``seconds``, `EvidenceError`
    when one comes that is not by this authority, over these bytes, for this question.
    """
    question = request(data)
    token = ask(url, question.der, seconds=seconds)
    verify(token, data, authority, nonce=question.nonce)
    return token


def ask(url: str, request: bytes, *, seconds: float = posting.SECONDS) -> bytes:
    """The answer to a request in DER, not looked at. Raises `OutsiderUnreachable`."""
    answer = posting.post(url, request, content_type=_QUERY, most=LARGEST_TOKEN, seconds=seconds)
    if answer.status != _OK or answer.content_type != _REPLY:
        raise OutsiderUnreachable(
            f"{posting.shown(url)} answers with status {answer.status} and no time stamp; ask"
            " whoever runs it, or correct the address"
        )
    return answer.body


def verify(
    token: bytes, data: bytes, authority: Authority, *, nonce: int | None = None
) -> datetime:
    """When ``authority`` saw ``data``, in UTC.

    (1) The answer is one, and grants the stamp.
    (2) It is over these bytes, by SHA-256, SHA-384 or SHA-512.
    (3) It answers the question with this ``nonce``, where one is given.
    (4) It names the pinned certificate as its signer's, and no other signer; if it brings
        certificates along, that one is among them, to the byte.
    (5) The signature holds, and the certificates were valid at the time stamped.

    Raises `EvidenceError` otherwise.
    """
    from rfc3161_client import VerificationError, VerifierBuilder

    answer = _granted(token)
    try:
        digest = _refuse_other_data(answer, data)
        if nonce is not None and answer.tst_info.nonce != nonce:
            raise EvidenceError("the time stamp answers another question than was asked")
        _refuse_other_signer(answer, authority)
        chain = authority.certificates
        VerifierBuilder(
            tsa_certificate=chain[0],
            intermediates=list(chain[1:-1]),
            roots=[chain[-1]],
            nonce=nonce,
        ).build().verify(answer, digest)
        return answer.tst_info.gen_time.astimezone(UTC)
    except (VerificationError, ValueError, OverflowError, x509.InvalidVersion):
        raise EvidenceError(
            f"the time stamp is not signed by {authority.name}, or not while its certificate"
            " was valid, or is damaged"
        ) from None


def _granted(token: bytes) -> "TimeStampResponse":
    from rfc3161_client import PKIStatus, decode_timestamp_response

    if len(token) > LARGEST_TOKEN:
        raise EvidenceError(
            f"the time stamp is larger than the {LARGEST_TOKEN} bytes that are read"
        )
    try:
        answer = decode_timestamp_response(token)
    except ValueError:
        raise EvidenceError(
            "the time stamp is not an answer in the form of RFC 3161 (DER, its certificates in"
            " order)"
        ) from None
    if answer.status != PKIStatus.GRANTED:
        raise EvidenceError(
            f"the time-stamping authority refused to stamp (status {answer.status})"
        )
    return answer


def _refuse_other_data(answer: "TimeStampResponse", data: bytes) -> bytes:
    imprint = answer.tst_info.message_imprint
    algorithm = _DIGESTS.get(imprint.hash_algorithm.dotted_string)
    if algorithm is None:
        raise EvidenceError(
            "the time stamp names its data by something else than SHA-256, SHA-384 or SHA-512"
        )
    digest = algorithm(data).digest()
    if imprint.message != digest:
        raise EvidenceError("the time stamp is over something else")
    return digest


def _refuse_other_signer(answer: "TimeStampResponse", authority: Authority) -> None:
    # Who issued its certificate is trusted to issue, not to stamp. Compared by number, which
    # tells the few certificates here apart: names are not read before the signature has held.
    own = authority.certificates[0]
    named = [one.serial_number for one in answer.signed_data.signer_infos]
    brought = answer.signed_data.certificates
    if named != [own.serial_number] or (brought and _der(own) not in brought):
        raise EvidenceError(
            f"the time stamp is by another authority than {authority.name}, whose certificate"
            " you hold"
        )


def _der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.DER)
