"""What evidence costs by itself: commitments, announcement and run tree, and one proof.

    python benchmarks/evidence_cost.py [--records N] [--rounds N] [--proof-from N]

Ours is all the hashing of a run over N records that each have parts: salts, commitments to
record and parts, the tree of the announcement, and the run tree written out in packed levels.
Beside it stands the least a record could cost: four SHA-256 of a hundred bytes. Then a tree
of ``--proof-from`` leaves is written once, and proofs are made out of its files.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from hashlib import sha256
from pathlib import Path
from statistics import median
from typing import BinaryIO, Final

sys.path[:0] = [
    str(Path(__file__).resolve().parent),
    str(Path(__file__).resolve().parents[1] / "plugins"),
]

from measuring import Line, cost_of, keep  # noqa: E402

from keepuntil.domain.items import key_texts  # noqa: E402
from keepuntil.evidence import commitments, leaves  # noqa: E402
from keepuntil.evidence.leaves import LeafColumns  # noqa: E402
from keepuntil.evidence.merkle import HASH_BYTES, Tree  # noqa: E402
from keepuntil.evidence.packed_tree import PackedWriter, tile_reader  # noqa: E402
from keepuntil.evidence.tiles import StoredTree  # noqa: E402

BATCH: Final = 5_000
PROOFS: Final = 200
GOAL_MICROSECONDS: Final = 15
GOAL_PROOF_MILLISECONDS: Final = 5
HASHES: Final = 4


def batches(records: int) -> Iterator[range]:
    for start in range(0, records, BATCH):
        yield range(start, min(start + BATCH, records))


def bare_hashes(records: int) -> None:
    """The least: as many digests as our evidence has for each record."""
    text = b"x" * 100
    for each in batches(records):
        b"".join([sha256(text).digest() for _ in range(HASHES * len(each))])


def evidence(records: int, folder: Path) -> None:
    """Everything that is hashed for a run, with its tree on the disk."""
    run_key = os.urandom(32)
    announced = Tree()
    with ExitStack() as files:
        written = PackedWriter(lambda name: files.enter_context((folder / name).open("wb")))
        for each in batches(records):
            columns = _columns(run_key, each)
            announced.extend(leaves.intent_hashes("core", "customer", columns.commitments))
            written.extend(leaves.leaf_hashes(columns))
        tree = written.finish()
    assert tree.size == announced.size == records


def _columns(run_key: bytes, each: range) -> LeafColumns:
    cells = commitments.salt_cells(run_key, each.start, len(each))
    keys = key_texts([(number,) for number in each])
    records = [f'{{"category":"customer","instance":"core","key":{key}}}' for key in keys]
    parts = [f'{{"doc":[[{2 * number}],[{2 * number + 1}]]}}' for number in each]
    return LeafColumns(
        instance="core",
        category="customer",
        method="sql.delete",
        words={0: "destroyed"},
        outcomes=bytes(len(each)),
        commitments=commitments.commit_records(cells, records),
        part_counts=[2] * len(each),
        part_commitments=commitments.commit_parts(cells, parts),
    )


def proof_milliseconds(size: int, folder: Path) -> float:
    """The middle time of a proof out of the packed files of a large tree."""
    with ExitStack() as files:
        writer = PackedWriter(lambda name: files.enter_context((folder / name).open("wb")))
        for each in batches(size):
            writer.extend(os.urandom(HASH_BYTES * len(each)))
        root = writer.finish().root()
    with ExitStack() as files:
        levels: dict[str, BinaryIO] = {
            path.name: files.enter_context(path.open("rb")) for path in folder.iterdir()
        }
        times = []
        for number in range(PROOFS):
            began = time.perf_counter()
            tree = StoredTree(size, tile_reader(levels))
            proof = tree.inclusion_proof(number * (size // PROOFS))
            times.append(time.perf_counter() - began)
            assert proof
        assert tree.root() == root
    return 1000 * median(times)


def peak_mebibytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    words.add_argument("--records", type=int, default=1_000_000)
    words.add_argument("--rounds", type=int, default=2)
    words.add_argument("--proof-from", type=int, default=10_000_000)
    words.add_argument("--results", type=Path, default=None)
    asked = words.parse_args()
    ours, bare = [], []
    for _ in range(asked.rounds):
        bare.append(cost_of(lambda: bare_hashes(asked.records)))
        with tempfile.TemporaryDirectory() as folder:
            ours.append(cost_of(lambda: evidence(asked.records, Path(folder))))
    micro = median(cost.seconds for cost in ours) / asked.records * 1e6
    print(
        f"evidence: {micro:.1f} µs a record (goal: at most {GOAL_MICROSECONDS}), "
        f"peak memory {peak_mebibytes():.0f} MiB (goal: below 100)"
    )
    with tempfile.TemporaryDirectory() as folder:
        middle = proof_milliseconds(asked.proof_from, Path(folder))
    print(
        f"one proof out of {asked.proof_from:,} records: {middle:.2f} ms "
        f"(goal: below {GOAL_PROOF_MILLISECONDS})",
        flush=True,
    )
    line = Line(
        work="Evidence: commitments and trees",
        peer=f"{HASHES} bare SHA-256",
        unit="records",
        size=asked.records,
        goal=None,
        peer_costs=bare,
        our_costs=ours,
    )
    keep(asked.results, [line])


if __name__ == "__main__":
    main()
