"""A time stamp is believed when the pinned authority gave it over these bytes, and then only."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from asn1crypto import tsp
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given, settings
from hypothesis import strategies as st

from keepuntil.errors import EvidenceError, KeyFileError, OutsiderUnreachable
from keepuntil.evidence import keys
from keepuntil.transparency import development_authority, timestamps
from keepuntil.transparency.development_authority import (
    DevelopmentAuthority,
    serving,
)
from keepuntil.transparency.timestamps import Authority

AT = datetime(2026, 11, 26, 2, 0, tzinfo=UTC)
DATA = b"signature bytes"
MAKER = DevelopmentAuthority.create(keys.generate(keys.KeyKind.P256), lambda: AT)
OTHER = DevelopmentAuthority.create(keys.generate(keys.KeyKind.P256), lambda: AT)
TOKEN = MAKER.answer(timestamps.request(DATA).der)


@pytest.fixture(scope="module")
def fixtures(shared_dir: Path) -> Path:
    return shared_dir / "vectors" / "rfc3161-client" / "test" / "fixtures"


def authority(folder: Path) -> Authority:
    return Authority.parse((folder / "ts_chain.pem").read_bytes())


@pytest.mark.parametrize("digest", ["sha256", "sha384", "sha512"])
def test_stamps_of_a_public_authority_are_read(fixtures: Path, digest: str) -> None:
    folder = fixtures / "sigstage"
    token = (folder / f"response-{digest}.tsr").read_bytes()
    at = timestamps.verify(token, b"hello", authority(folder))
    assert at.tzinfo is UTC
    assert at.year == 2025
    with pytest.raises(EvidenceError, match="over something else"):
        timestamps.verify(token, b"hullo", authority(folder))


def test_a_stamp_without_its_certificate_is_judged_by_the_pinned_one(fixtures: Path) -> None:
    folder = fixtures / "sigstage"
    token = (folder / "response-no-embedded-cert.tsr").read_bytes()
    assert timestamps.verify(token, b"hello", authority(folder)).year == 2025


def test_a_stamp_with_a_broken_signature_is_refused(fixtures: Path) -> None:
    folder = fixtures / "sigstage"
    token = (folder / "response-invalid-signature.tsr").read_bytes()
    with pytest.raises(EvidenceError, match="not signed by"):
        timestamps.verify(token, b"hello", authority(folder))


def test_a_stamp_outlives_its_certificate(fixtures: Path) -> None:
    """What was stamped while the certificate was valid stays stamped."""
    folder = fixtures / "sigstore.mock"
    token, payload = ((folder / name).read_bytes() for name in ("response-expired.tsr", "payload"))
    pinned = authority(folder)
    at = timestamps.verify(token, payload, pinned)
    assert at < min(one.not_valid_after_utc for one in pinned.certificates) < AT


def test_certificates_that_somebody_slipped_in_change_nothing(fixtures: Path) -> None:
    folder = fixtures / "test_tsa"
    for name in ("response.tsr", "response-injected-certs.tsr"):
        token = (folder / name).read_bytes()
        assert timestamps.verify(token, b"hello", authority(folder)).year >= 2024


def test_the_worked_example_is_read(shared_dir: Path) -> None:
    folder = shared_dir / "evidence-example"
    pem = (folder / "trust/tsa.pem").read_bytes() + (folder / "trust/ca.pem").read_bytes()
    token = (folder / "timestamps/log-checkpoint.tsr").read_bytes()
    data = (folder / "log/checkpoint").read_bytes()
    assert timestamps.verify(token, data, Authority.parse(pem)) == datetime(
        2026, 11, 23, 11, 38, 14, tzinfo=UTC
    )


def test_a_stamp_says_when() -> None:
    question = timestamps.request(DATA)
    token = MAKER.answer(question.der)
    assert timestamps.verify(token, DATA, MAKER.authority, nonce=question.nonce) == AT


def test_an_old_answer_is_no_answer_to_a_new_question() -> None:
    with pytest.raises(EvidenceError, match="another question"):
        timestamps.verify(TOKEN, DATA, MAKER.authority, nonce=timestamps.request(DATA).nonce)


def test_another_authority_of_the_same_name_is_another() -> None:
    assert OTHER.authority.name == MAKER.authority.name
    with pytest.raises(EvidenceError, match="another authority"):
        timestamps.verify(TOKEN, DATA, OTHER.authority)


def test_who_issued_the_certificate_cannot_stamp(monkeypatch: pytest.MonkeyPatch) -> None:
    """An issuer's key is in the chain, and is trusted for nothing but issuing."""
    above = ec.generate_private_key(ec.SECP256R1())
    monkeypatch.setattr(development_authority.ec, "generate_private_key", lambda _curve: above)
    maker = DevelopmentAuthority.create(keys.generate(keys.KeyKind.P256), lambda: AT)
    root = Authority(maker.authority.certificates[1:])
    stamping = DevelopmentAuthority(keys._signing(above), root, lambda: AT)
    asked = tsp.TimeStampReq.load(timestamps.request(DATA).der)
    for certified in (True, False):
        asked["cert_req"] = certified
        with pytest.raises(EvidenceError, match="another authority"):
            timestamps.verify(stamping.answer(asked.dump(force=True)), DATA, maker.authority)


def test_a_certificate_that_may_sign_anything_is_no_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """RFC 3161 section 2.3 wants its purpose marked critical: readers who do not know it stop."""
    lenient = partial(development_authority.x509.CertificateBuilder.add_extension, critical=False)

    def add(builder: x509.CertificateBuilder, extension: x509.ExtensionType, critical: bool):
        return lenient(builder, extension)

    monkeypatch.setattr(development_authority.x509.CertificateBuilder, "add_extension", add)
    chain = development_authority._certificates(MAKER.key.public, AT)
    with pytest.raises(EvidenceError, match="not for time stamps"):
        Authority.parse(b"".join(one.public_bytes(Encoding.PEM) for one in chain))


@pytest.mark.parametrize("off", [timedelta(days=-1), timedelta(days=4000)])
def test_a_stamp_from_outside_the_life_of_its_certificate_is_refused(off: timedelta) -> None:
    wrong = DevelopmentAuthority(MAKER.key, MAKER.authority, lambda: AT + off)
    token = wrong.answer(timestamps.request(DATA).der)
    with pytest.raises(EvidenceError, match="not while its certificate was valid"):
        timestamps.verify(token, DATA, MAKER.authority)


def test_a_refusal_is_no_stamp() -> None:
    with pytest.raises(EvidenceError, match="refused to stamp"):
        timestamps.verify(MAKER.answer(b"nonsense"), DATA, MAKER.authority)


@settings(max_examples=200)
@given(st.integers(0, len(TOKEN) - 1), st.sampled_from(["cut", "insert", "drop", "extend"]))
def test_damaged_stamps_are_refused_in_a_sentence(at: int, how: str) -> None:
    damaged = {
        "cut": TOKEN[:at],
        "insert": TOKEN[:at] + b"\0" + TOKEN[at:],
        "drop": TOKEN[:at] + TOKEN[at + 1 :],
        "extend": TOKEN + TOKEN[: 1 + at],
    }[how]
    with pytest.raises(EvidenceError):
        timestamps.verify(damaged, DATA, MAKER.authority)


@given(st.binary(max_size=300))
def test_noise_is_refused_in_a_sentence(noise: bytes) -> None:
    with pytest.raises(EvidenceError):
        timestamps.verify(noise, DATA, MAKER.authority)


def test_an_oversized_stamp_is_not_even_parsed() -> None:
    with pytest.raises(EvidenceError, match="larger than"):
        timestamps.verify(bytes(timestamps.LARGEST_TOKEN + 1), DATA, MAKER.authority)


def test_an_authority_is_known_by_a_whole_chain(shared_dir: Path) -> None:
    own, root = MAKER.pem.split(b"-----BEGIN CERTIFICATE-----")[1:]
    begin = b"-----BEGIN CERTIFICATE-----"
    for pem, why in [
        (b"", "no certificates"),
        (b"-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----\n", "no certificates"),
        (begin + own, "not issued by"),
        (begin + root + begin + own, "not for time stamps"),
        (MAKER.pem + OTHER.pem, "not issued by"),
        (MAKER.pem * 5, "at most"),
    ]:
        with pytest.raises(EvidenceError, match=why):
            Authority.parse(pem)


def test_an_authority_fetched_over_http_answers() -> None:
    with serving(MAKER) as url:
        token = timestamps.fetch(url, DATA, MAKER.authority)
    assert timestamps.verify(token, DATA, MAKER.authority) == AT


def test_a_stamp_by_somebody_else_is_not_kept() -> None:
    with serving(OTHER) as url, pytest.raises(EvidenceError, match="another authority"):
        timestamps.fetch(url, DATA, MAKER.authority)


def test_a_page_is_no_stamp() -> None:
    from posting_servers import answering

    page = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nhi"
    with answering(page) as url, pytest.raises(OutsiderUnreachable, match="status 200"):
        timestamps.fetch(url, DATA, MAKER.authority)


def test_a_replayed_answer_over_http_is_refused() -> None:
    from posting_servers import answering

    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/timestamp-reply\r\n"
    replay = head + b"Content-Length: %d\r\n\r\n" % len(TOKEN) + TOKEN
    with answering(replay) as url, pytest.raises(EvidenceError, match="another question"):
        timestamps.fetch(url, DATA, MAKER.authority)


def test_only_a_development_certificate_serves_development(shared_dir: Path) -> None:
    folder = shared_dir / "evidence-example" / "trust"
    real = Authority.parse((folder / "tsa.pem").read_bytes() + (folder / "ca.pem").read_bytes())
    assert not real.for_development
    with pytest.raises(KeyFileError, match="say so only"):
        DevelopmentAuthority(MAKER.key, real)
    with pytest.raises(KeyFileError, match="another key"):
        DevelopmentAuthority(MAKER.key, OTHER.authority)
    with pytest.raises(KeyFileError, match="P-256"):
        DevelopmentAuthority.create(keys.generate(keys.KeyKind.ED25519))


def test_everything_of_the_development_authority_says_so() -> None:
    import urllib.request

    assert MAKER.authority.for_development
    for certificate in MAKER.authority.certificates:
        for name in (certificate.subject, certificate.issuer):
            assert timestamps.DEVELOPMENT in "".join(str(part.value) for part in name)
    assert timestamps.DEVELOPMENT.encode() in TOKEN
    with serving(MAKER) as url, urllib.request.urlopen(url) as page:
        assert "DEVELOPMENT" in page.headers["Server"]
        assert timestamps.DEVELOPMENT.encode() in page.read()


def test_the_development_authority_refuses_what_it_cannot_stamp() -> None:
    imprint = {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": bytes(32)}
    good = {"version": "v1", "message_imprint": imprint}
    sha1 = {"hash_algorithm": {"algorithm": "sha1"}, "hashed_message": bytes(20)}
    short = imprint | {"hashed_message": bytes(31)}
    assert status_of(good) == ("granted", None)
    assert status_of(good | {"message_imprint": sha1}) == ("rejection", {"bad_alg"})
    assert status_of(good | {"message_imprint": short}) == ("rejection", {"bad_data_format"})
    assert status_of(good | {"req_policy": "1.2.3"}) == ("rejection", {"unaccepted_policy"})
    extension = tsp.Extension({"extn_id": "1.2.3", "extn_value": b"x"})
    assert status_of(good | {"extensions": [extension]}) == (
        "rejection",
        {"unaccepted_extensions"},
    )


def status_of(fields: dict[str, object]) -> tuple[str, set[str] | None]:
    from asn1crypto import core

    answer = MAKER.answer(tsp.TimeStampReq(fields).dump())
    status = tsp.PKIStatusInfo.load(core.Sequence.load(answer)[0].dump())
    return status["status"].native, status["fail_info"].native


@given(st.binary(max_size=200))
def test_the_development_authority_answers_any_bytes(noise: bytes) -> None:
    assert MAKER.answer(noise)


def test_serial_numbers_do_not_repeat() -> None:
    from asn1crypto import cms

    def serial() -> int:
        answer = tsp.TimeStampResp.load(MAKER.answer(timestamps.request(DATA).der))
        content = answer["time_stamp_token"]["content"]["encap_content_info"]["content"]
        assert isinstance(content, cms.ParsableOctetString)
        return content.parsed["serial_number"].native

    assert len({serial() for _ in range(20)}) == 20


# Bytes of an answer that CMS leaves unsigned and that say nothing about the stamp.
HARMLESS = {
    "the version of the container": 7,
    "the version of the signer's block": 7,
    # RFC 5652 section 5.3 puts it outside of what is signed; the key's own kind is what counts.
    "the name of the signature algorithm": 63,
}


@pytest.mark.slow
def test_every_single_bit_of_a_stamp_counts_but_for_those_listed() -> None:
    passed = [flip for flip in range(len(TOKEN) * 8) if survives(flip)]
    assert len(passed) == sum(HARMLESS.values())
    assert {flip // 8 for flip in passed} == unsigned_places()


def test_a_flipped_bit_counts() -> None:
    unsigned = unsigned_places()
    for flip in random.Random(7).sample(range(len(TOKEN) * 8), 150):
        assert flip // 8 in unsigned or not survives(flip)


def survives(flip: int) -> bool:
    damaged = bytearray(TOKEN)
    damaged[flip // 8] ^= 1 << flip % 8
    try:
        at = timestamps.verify(bytes(damaged), DATA, MAKER.authority)
    except EvidenceError:
        return False
    # Harmless: it says what the whole one says.
    assert at == AT
    return True


def unsigned_places() -> set[int]:
    """Where the bytes listed as harmless stand."""
    signed = tsp.TimeStampResp.load(TOKEN)["time_stamp_token"]["content"]
    signer = signed["signer_infos"][0]
    algorithm = signer["signature_algorithm"]["algorithm"].contents
    after = TOKEN.index(signer["signature"].contents)
    named = TOKEN.rindex(algorithm, 0, after)
    container = TOKEN.index(bytes.fromhex("020103"))
    block = TOKEN.index(signer["sid"].dump()) - 3
    assert TOKEN[block : block + 3] == bytes.fromhex("020101")
    return {container + 2, block + 2, *range(named, named + len(algorithm))}
