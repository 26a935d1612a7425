"""Libraries that others wrote read our envelopes, statements and trees."""

from __future__ import annotations

import json
from base64 import b64encode

from asking_outsiders import Ask, judged
from keepuntil.evidence import merkle
from stamped_world import StampedWorld, stamped_world


def hexes(hashes: list[bytes]) -> list[str]:
    return [one.hex() for one in hashes]


def test_securesystemslib_checks_our_envelope(libraries: Ask, world: StampedWorld) -> None:
    key = world.certificate_key.public
    line = world.envelope.encode().decode()
    document = json.loads(line)
    other = stamped_world().certificate_key.public
    longer = document | {"payload": b64encode(world.envelope.payload + b" ").decode()}
    retyped = document | {"payloadType": "text/plain"}
    found = libraries(
        {
            "fresh": ["envelope", line, key.pem, key.keyid],
            "payload": ["envelope", json.dumps(longer), key.pem, key.keyid],
            "type": ["envelope", json.dumps(retyped), key.pem, key.keyid],
            "key": ["envelope", line, other.pem, key.keyid],
        }
    )
    assert judged(found) == ({"fresh"}, {"payload", "type", "key"})


def test_in_toto_attestation_reads_our_statement(libraries: Ask, world: StampedWorld) -> None:
    payload = world.envelope.payload
    nobody = json.dumps(json.loads(payload) | {"subject": []}).encode()
    foreign = payload.replace(b"Statement/v1", b"Statement/v9")
    found = libraries(
        {
            name: ["statement", b64encode(data).decode()]
            for name, data in {"fresh": payload, "nobody": nobody, "foreign": foreign}.items()
        }
    )
    assert judged(found) == ({"fresh"}, {"nobody", "foreign"})


def test_scitt_cose_reaches_our_roots(libraries: Ask) -> None:
    """An implementation of RFC 9162 nobody here wrote: roots, inclusion, consistency."""
    entries = [b"%d" % n for n in range(300)]
    leaves = merkle.LeafHashes(b"".join(map(merkle.leaf_hash, entries)))
    cases: dict[str, list[object]] = {}
    wrong: dict[str, list[object]] = {}
    for size in (1, 2, 3, 7, 8, 255, 256, 257, 300):
        root = leaves.root(size).hex()
        cases[f"root {size}"] = ["root", [one.hex() for one in entries[:size]], root]
        for index in sorted({0, size // 2, size - 1}):
            path = hexes(leaves.inclusion_proof(index, size))
            about = [entries[index].hex(), index, size, path]
            cases[f"inclusion {index} of {size}"] = ["inclusion", *about, root]
            wrong[f"inclusion {index} of {size}, other root"] = ["inclusion", *about, "0" * 64]
        for old in sorted({1, size // 2, size - 1} - {0, size}):
            path = hexes(leaves.consistency_proof(old, size))
            roots = [leaves.root(old).hex(), root]
            cases[f"{old} before {size}"] = ["consistency", *roots, old, size, path]
            wrong[f"{old} before {size}, swapped"] = ["consistency", *roots[::-1], old, size, path]
    assert judged(libraries(cases | wrong)) == (set(cases), set(wrong))
