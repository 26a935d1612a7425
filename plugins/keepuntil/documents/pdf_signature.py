"""PAdES signatures over finished pages (ETSI EN 319 142-1, level B-B; B-T with a time stamp).

The signature lets any PDF reader say that the pages are unchanged and by whom they were
made. Who that is stands in a certificate that the key signs for itself: readers trust it
once its fingerprint is compared with the one that travelled by another channel.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from keepuntil.errors import KeyFileError, UsageError
from keepuntil.evidence.keys import KeyKind, SigningKey

if TYPE_CHECKING:
    from asn1crypto.x509 import Certificate, TbsCertificate
    from pyhanko.sign.signers import Signer
    from pyhanko.sign.timestamps import TimeStamper

Stamp = Callable[[bytes], bytes]
"""An RFC 3161 request in DER to the authority's response in DER."""

_FIELD: Final = "Keepuntil"
_LASTS: Final = timedelta(days=30 * 365)
_ROOM: Final = 16_384
"""Bytes kept free for the signature: one certificate, one token."""


def sign_pages(
    pages: bytes, key: SigningKey, certificate: bytes, *, stamp: Stamp | None = None
) -> bytes:
    """The same pages with a signature appended; ``certificate`` is :func:`own_certificate`'s.

    Raises UsageError when the library is not installed, and whatever ``stamp`` raises.
    """
    try:
        from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
        from pyhanko.sign import signers
        from pyhanko.sign.fields import SigSeedSubFilter
    except ImportError:
        raise UsageError(
            "Documents cannot be signed here. Install what it takes: "
            "pip install 'keepuntil[documents]'"
        ) from None
    metadata = signers.PdfSignatureMetadata(
        field_name=_FIELD, md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES
    )
    signed = io.BytesIO()
    signers.sign_pdf(
        IncrementalPdfFileWriter(io.BytesIO(pages)),
        metadata,
        signer=_signer(key, certificate),
        timestamper=None if stamp is None else _time_stamper(stamp),
        bytes_reserved=_ROOM,
        output=signed,
    )
    return signed.getvalue()


def own_certificate(key: SigningKey, organisation: str, at: datetime) -> bytes:
    """An X.509 certificate (RFC 5280) of a P-256 key, signed by itself, in DER.

    The same key, organisation and moment give the same certificate but for the signature.
    Raises KeyFileError for another kind of key.
    """
    from asn1crypto import core, x509

    if key.kind is not KeyKind.P256:
        raise KeyFileError(f"pages are signed with a {KeyKind.P256} key, not with {key.kind}")
    to_be_signed = _to_be_signed(key, organisation, at)
    found: bytes = x509.Certificate(
        {
            "tbs_certificate": to_be_signed,
            "signature_algorithm": {"algorithm": "sha256_ecdsa"},
            "signature_value": core.OctetBitString(key.sign(to_be_signed.dump())),
        }
    ).dump()
    return found


def _to_be_signed(key: SigningKey, organisation: str, at: datetime) -> TbsCertificate:
    from asn1crypto import keys, x509

    name = x509.Name.build(
        {"organization_name": organisation, "common_name": f"{organisation} destruction records"}
    )
    moment = at.replace(microsecond=0)
    return x509.TbsCertificate(
        {
            "version": "v3",
            "serial_number": int.from_bytes(sha256(key.public.spki).digest()[:16], "big"),
            "signature": {"algorithm": "sha256_ecdsa"},
            "issuer": name,
            "subject": name,
            "validity": {
                "not_before": x509.Time(name="general_time", value=moment),
                "not_after": x509.Time(name="general_time", value=moment + _LASTS),
            },
            "subject_public_key_info": keys.PublicKeyInfo.load(key.public.spki),
            # pdfsig calls a signer trusted only with the usage of e-mail or with none at all.
            "extensions": [
                {
                    "extn_id": "basic_constraints",
                    "critical": True,
                    "extn_value": x509.BasicConstraints({"ca": False}),
                },
                {
                    "extn_id": "key_usage",
                    "critical": True,
                    "extn_value": x509.KeyUsage({"digital_signature", "non_repudiation"}),
                },
            ],
        }
    )


def _signer(key: SigningKey, certificate: bytes) -> Signer:
    from asn1crypto import x509
    from pyhanko.sign.signers import Signer
    from pyhanko_certvalidator.registry import SimpleCertificateStore

    class KeySigner(Signer):
        """Signs with a key of ours, wherever it is kept."""

        async def async_sign_raw(
            self,
            data: bytes,
            digest_algorithm: str,  # noqa: ARG002 pyHanko's signature; our keys hash by SHA-256
            dry_run: bool = False,  # noqa: ARG002 the same
        ) -> bytes:
            return key.sign(data)

    found: Certificate = x509.Certificate.load(certificate)
    return KeySigner(signing_cert=found, cert_registry=SimpleCertificateStore())


def _time_stamper(stamp: Stamp) -> TimeStamper:
    from asn1crypto import tsp
    from pyhanko.sign.timestamps import TimeStamper

    class Stamper(TimeStamper):
        """Asks the authority that the evidence itself is stamped by."""

        async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
            return tsp.TimeStampResp.load(stamp(req.dump()))

    return Stamper()
