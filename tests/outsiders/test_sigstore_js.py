"""npm @sigstore/verify, which others wrote and many run, accepts our bundles and no changed one."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from dataclasses import replace

import pytest

from asking_outsiders import Ask, question
from keepuntil.errors import EvidenceError
from stamped_world import StampedWorld, changed, stamped_world

ENTRY = "verificationMaterial__tlogEntries__0__"
PROOF = f"{ENTRY}inclusionProof__"
STAMPS = "verificationMaterial__timestampVerificationData__rfc3161Timestamps"


def flipped(text: str, at: int = 40) -> str:
    damaged = bytearray(b64decode(text))
    damaged[at % len(damaged)] ^= 1
    return b64encode(damaged).decode()


def tampered(world: StampedWorld) -> dict[str, bytes]:
    data = world.bundle.encode()
    document = json.loads(data)
    envelope = document["dsseEnvelope"]
    logged = document["verificationMaterial"]["tlogEntries"][0]
    proof = logged["inclusionProof"]
    note = proof["checkpoint"]["envelope"]
    token = b64encode(world.bundle.tokens[0]).decode()
    other = b64encode(stamped_world().bundle.tokens[0]).decode()
    changes: dict[str, dict[str, object]] = {
        "payload": {"dsseEnvelope__payload": flipped(envelope["payload"])},
        "payload type": {"dsseEnvelope__payloadType": "application/vnd.in-toto+jsoN"},
        "signature": {
            "dsseEnvelope__signatures__0__sig": flipped(envelope["signatures"][0]["sig"])
        },
        "hint": {"verificationMaterial__publicKey__hint": "AAAA"},
        "no log entry": {"verificationMaterial__tlogEntries": []},
        "log entry": {f"{ENTRY}canonicalizedBody": flipped(logged["canonicalizedBody"])},
        "log id": {f"{ENTRY}logId__keyId": flipped(logged["logId"]["keyId"])},
        "place": {f"{PROOF}logIndex": "3", f"{ENTRY}logIndex": "3"},
        "proof": {f"{PROOF}hashes__0": flipped(proof["hashes"][0])},
        "short proof": {f"{PROOF}hashes": proof["hashes"][:-1]},
        "checkpoint size": {f"{PROOF}checkpoint__envelope": note.replace("\n5\n", "\n6\n")},
        "checkpoint name": {f"{PROOF}checkpoint__envelope": note.replace("2026", "2027", 1)},
        "no stamp": {STAMPS: []},
        "stamp": {STAMPS: [{"signedTimestamp": flipped(token, len(world.bundle.tokens[0]) - 5)}]},
        "stamp of another": {STAMPS: [{"signedTimestamp": other}]},
    }
    return {name: changed(data, **change) for name, change in changes.items()}


def test_a_fresh_bundle_is_accepted_and_every_changed_one_refused(
    sigstore_js: Ask, world: StampedWorld
) -> None:
    changes = tampered(world)
    found = sigstore_js(question(world, {"fresh": world.bundle.encode(), **changes}))
    assert found.pop("fresh") is None
    assert set(found) == set(changes)
    assert [name for name, why in found.items() if why is None] == []


def test_a_root_that_says_again_what_the_checkpoint_says_is_read_by_us_alone(
    sigstore_js: Ask, world: StampedWorld
) -> None:
    """Harmless to them, who take size and root out of the signed checkpoint; refused by us."""
    root = b64encode(world.bundle.proof.checkpoint[:32]).decode()
    other = changed(world.bundle.encode(), **{f"{PROOF}rootHash": root, f"{PROOF}treeSize": "9"})
    assert sigstore_js(question(world, {"other root": other})) == {"other root": None}
    with pytest.raises(EvidenceError, match="another tree"):
        world.accept(other)


def test_logs_of_every_shape_are_accepted(sigstore_js: Ask) -> None:
    for size, index in [(1, 0), (2, 1), (300, 256)]:
        world = stamped_world(size, index)
        assert sigstore_js(question(world, {"fresh": world.bundle.encode()})) == {"fresh": None}


def test_two_stamps_are_accepted_and_one_bad_one_spoils_them(
    sigstore_js: Ask, world: StampedWorld
) -> None:
    spoiled = replace(world.bundle, tokens=world.bundle.tokens + stamped_world().bundle.tokens)
    found = sigstore_js(question(world, {"spoiled": spoiled.encode()}))
    assert found["spoiled"] is not None


def test_a_stranger_to_the_trusted_root_is_refused(sigstore_js: Ask, world: StampedWorld) -> None:
    other = stamped_world()
    assert sigstore_js(question(other, {"ours": world.bundle.encode()}))["ours"] is not None
