"""Every single bit of a bundle counts: flipped, it is refused, or listed here with its reason."""

from __future__ import annotations

import json
import random
from base64 import b64decode, b64encode
from collections.abc import Iterator

import pytest

from asking_outsiders import Ask, question
from keepuntil.errors import EvidenceError
from keepuntil.evidence import sigstore
from stamped_world import StampedWorld, changed

# What may differ in a bundle that we accept. Each is a byte of the time stamp that CMS leaves
# unsigned and no reader draws a conclusion from; the time, what was stamped, by whom: all signed.
HARMLESS = {
    "container version": "CMSVersion of SignedData follows from its content, RFC 5652 5.1",
    "signer version": "CMSVersion of SignerInfo follows from how the signer is named, RFC 5652 5.3",
    "signature algorithm": "signed by nobody, RFC 5652 5.3; the pinned key is of one kind only",
}


def unsigned(token: bytes) -> dict[str, range]:
    """Where the harmless bytes of a stamp stand."""
    from asn1crypto import tsp

    [signer] = tsp.TimeStampResp.load(token)["time_stamp_token"]["content"]["signer_infos"]
    name = signer["signature_algorithm"]["algorithm"].contents
    named = token.rindex(name, 0, token.rindex(signer["signature"].contents))
    container, block = token.index(b"\x02\x01\x03"), token.index(signer["sid"].dump())
    return {
        "container version": range(container + 2, container + 3),
        "signer version": range(block - 1, block),
        "signature algorithm": range(named, named + len(name)),
    }


def flipped(data: bytes, flip: int) -> bytes:
    damaged = bytearray(data)
    damaged[flip // 8] ^= 1 << flip % 8
    return bytes(damaged)


def survivors(world: StampedWorld, file: bytes, flips: list[int]) -> Iterator[int]:
    whole = world.accept(file)
    for flip in flips:
        try:
            found = world.accept(flipped(file, flip))
        except EvidenceError:
            continue
        # Harmless: whoever reads it reads what the whole one says.
        assert (found.payload, found.stamped_at) == (whole.payload, whole.stamped_at)
        assert (found.index, found.checkpoint) == (whole.index, whole.checkpoint)
        yield flip


def harmless(file: bytes, damaged: bytes) -> bool:
    """Whether two bundles differ in bytes listed above, and in no others."""
    one, two = sigstore.Bundle.parse(file), sigstore.Bundle.parse(damaged)
    [token], [other] = one.tokens, two.tokens
    rest = json.loads(file), json.loads(damaged)
    for document in rest:
        document["verificationMaterial"]["timestampVerificationData"] = None
    listed = {place for places in unsigned(token).values() for place in places}
    differing = {n for n, (a, b) in enumerate(zip(token, other, strict=True)) if a != b}
    return rest[0] == rest[1] and len(differing) > 0 and differing <= listed


def test_what_is_listed_as_harmless_is_all_there_is_a_reason_for(world: StampedWorld) -> None:
    assert set(unsigned(world.bundle.tokens[0])) == set(HARMLESS)


def test_a_flipped_bit_of_a_bundle_counts(world: StampedWorld) -> None:
    file = world.bundle.encode()
    some = random.Random(3161).sample(range(len(file) * 8), 1500)
    assert all(harmless(file, flipped(file, flip)) for flip in survivors(world, file, some))


@pytest.mark.slow
def test_every_flipped_bit_of_a_bundle_counts(world: StampedWorld) -> None:
    file = world.bundle.encode()
    passed = list(survivors(world, file, list(range(len(file) * 8))))
    assert all(harmless(file, flipped(file, flip)) for flip in passed)
    # A test that lets nothing pass for a mistake of its own would look the same.
    assert passed


def test_the_harmless_bits_are_harmless(world: StampedWorld) -> None:
    """Listed bits really pass: the list is no excuse for bits that nobody tried."""
    file = world.bundle.encode()
    document = json.loads(file)
    place = document["verificationMaterial"]["timestampVerificationData"]["rfc3161Timestamps"][0]
    token = b64decode(place["signedTimestamp"])
    for places in unsigned(token).values():
        damaged = flipped(token, places[0] * 8)
        place["signedTimestamp"] = b64encode(damaged).decode()
        assert world.accept(json.dumps(document).encode()).payload == world.envelope.payload


def parts(world: StampedWorld) -> dict[str, tuple[str, bytes]]:
    """What is signed or leads to what is signed, where it stands in the bundle, and its bytes."""
    logged = "verificationMaterial__tlogEntries__0__"
    stamps = "verificationMaterial__timestampVerificationData__rfc3161Timestamps"
    made = world.bundle
    whole = {
        "payload": ("dsseEnvelope__payload", made.envelope.payload),
        "signature": ("dsseEnvelope__signatures__0__sig", made.envelope.signature),
        "entry": (f"{logged}canonicalizedBody", made.entry),
        "stamp": (f"{stamps}__0__signedTimestamp", made.tokens[0][-60:]),
    }
    hashes = made.proof.hashes
    return whole | {
        f"hash {n}": (f"{logged}inclusionProof__hashes__{n}", one) for n, one in enumerate(hashes)
    }


def test_sigstore_js_refuses_what_we_refuse(sigstore_js: Ask, world: StampedWorld) -> None:
    """It passes over more than we do, but over nothing that is signed or leads to a root."""
    file, cases = world.bundle.encode(), {}
    for name, (place, data) in parts(world).items():
        front = world.bundle.tokens[0][:-60] if name == "stamp" else b""
        for flip in random.Random(name).sample(range(len(data) * 8), 40):
            damaged = b64encode(front + flipped(data, flip)).decode()
            cases[f"{name}, bit {flip}"] = changed(file, **{place: damaged})
    for data in cases.values():
        with pytest.raises(EvidenceError):
            world.accept(data)
    found = sigstore_js(question(world, cases))
    assert len(found) == len(cases) >= 200
    assert {name for name, why in found.items() if why is None} == set()
