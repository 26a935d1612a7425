"""Go's own checker of its module log (golang.org/x/mod) reads our notes, proofs and tiles."""

from __future__ import annotations

import struct
from base64 import b64encode

from asking_outsiders import Ask, judged
from keepuntil.evidence import merkle
from keepuntil.evidence.tiles import GrowingTiles, Tile
from stamped_world import StampedWorld, stamped_world


def b64(data: bytes) -> str:
    return b64encode(data).decode()


def test_go_checks_our_checkpoint(go_log: Ask, world: StampedWorld) -> None:
    """The witness signs in a way Go's note does not know, and must not disturb it."""
    signed = world.bundle.proof.checkpoint.decode()
    ours = {"Kind": "note", "VKey": world.log.vkey}
    found = go_log(
        {
            "fresh": ours | {"Note": signed},
            "size": ours | {"Note": signed.replace("\n5\n", "\n6\n")},
            "cut": ours | {"Note": signed[:-1]},
            "key": ours | {"Note": signed, "VKey": stamped_world().log.vkey},
        }
    )
    assert judged(found) == ({"fresh"}, {"size", "cut", "key"})


def test_go_follows_every_proof(go_log: Ask) -> None:
    entries = [b"entry %d" % n for n in range(20)]
    leaves = merkle.LeafHashes(b"".join(map(merkle.leaf_hash, entries)))
    cases: dict[str, dict[str, object]] = {}
    wrong: dict[str, dict[str, object]] = {}
    for size in range(1, 21):
        tree: dict[str, object] = {"Size": size, "Root": b64(leaves.root(size))}
        for index in range(size):
            proof = [b64(one) for one in leaves.inclusion_proof(index, size)]
            about = tree | {"Kind": "inclusion", "Index": index, "Proof": proof}
            cases[f"{index} in {size}"] = about | {"Entry": b64(entries[index])}
            wrong[f"{index} in {size}, other entry"] = about | {"Entry": b64(b"another")}
        for old in range(1, size):
            proof = [b64(one) for one in leaves.consistency_proof(old, size)]
            about = tree | {"Kind": "consistency", "OldSize": old, "Proof": proof}
            cases[f"{old} before {size}"] = about | {"OldRoot": b64(leaves.root(old))}
            wrong[f"{old} before {size}, forked"] = about | {"OldRoot": b64(bytes(32))}
    found = go_log(cases | wrong)
    assert judged(found) == (set(cases), set(wrong)), {k: found[k] for k in cases}


def named_by_go(tile: Tile) -> str:
    """Go writes the height of tiles into their path; C2SP left it out."""
    return tile.path.replace("tile/", "tile/8/", 1)


def test_go_reads_our_tiles(go_log: Ask) -> None:
    cases: dict[str, dict[str, object]] = {}
    for size in (1, 255, 256, 257, 600):
        growing = GrowingTiles()
        packed = b"".join(merkle.leaf_hash(struct.pack(">I", n)) for n in range(size))
        tiles = [*growing.extend(packed), *growing.unfinished()]
        cases[str(size)] = {
            "Kind": "tiles",
            "Size": size,
            "Root": b64(growing.root()),
            "Tiles": {named_by_go(tile): b64(data) for tile, data in tiles},
        }
    whole = cases["600"]["Tiles"]
    assert isinstance(whole, dict)
    wrong: dict[str, dict[str, object]] = {}
    for path, data in whole.items():
        lost = {name: tile for name, tile in whole.items() if name != path}
        wrong[f"{path} lost"] = cases["600"] | {"Tiles": lost}
        changed = ("A" if data[0] != "A" else "B") + data[1:]
        wrong[f"{path} changed"] = cases["600"] | {"Tiles": lost | {path: changed}}
    found = go_log(cases | wrong)
    assert judged(found) == (set(cases), set(wrong)), {k: found[k] for k in cases}
