"""Sets the stage: the bank, its share, its archives, our installation, and what must come of it."""

from __future__ import annotations

import base64
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

from keepuntil.demo import (
    archive_process,
    bank,
    holds,
    leaks,
    leftovers,
    outsiders,
    paper_twin,
    records_centre,
    shares,
    twin,
)
from keepuntil.demo.home import Home, Settings, port_for, scale_of, write_policies
from keepuntil.disposal.installation import Installation, utc_now
from keepuntil.signing import changing

Phase = Callable[[str], AbstractContextManager[None]]
"""Names what is being done while it is done."""


@dataclass(frozen=True, slots=True)
class Toll:
    """Of what was due in one place: how many must be gone after the night, how many stay."""

    gone: int
    stay: int


def build(home: Home, scale_name: str, seed: int, phase: Phase) -> None:
    """Make everything anew below ``home.root``, which is emptied first."""
    shutil.rmtree(home.root, ignore_errors=True)
    home.expected.parent.mkdir(parents=True)
    settings = Settings(scale=scale_name, seed=seed, port=archive_process.free_port())
    scale = scale_of(settings)
    with phase(f"building the core banking database ({scale.customers:,} customers)"):
        bank.build(home.bank, scale, seed)
    with phase(f"filling the shared folder ({scale.statements:,} statements)"):
        shares.build(home.share, home.outside, scale, seed)
    with phase(f"taking in the records centre's list ({3 * scale.boxes_a_series:,} boxes)"):
        records_centre.build(home.paper, home.paper_list, home.bank, scale, seed)
    with phase("working out by plain SQL, on a copy, what tonight must come to"):
        _expect(home, settings)
    with phase("making keys, register and policies; placing legal holds"):
        write_policies(home, settings.port)
        _install(home)
    home.keep(settings)


def _install(home: Home) -> None:
    from keepuntil.register import holds as held

    Installation.create(home.keepuntil)
    changing.found(home.keepuntil / "keys", ("timestamp",), utc_now())
    outsiders.introduce(home)
    with Installation.open(home.keepuntil, home.policies) as installation:
        for hold in holds.holds(installation.now()):
            held.add(installation.register, hold)


def _expect(home: Home, settings: Settings) -> None:
    scale, seed = scale_of(settings), settings.seed
    due_loans = twin.due_loans(home.bank)
    tables = twin.purge_copy(home.bank, home.twin)
    paper = paper_twin.purge_copy(home.paper, home.bank, home.paper_twin, scale.boxes_a_series)
    numbers = b"\n".join(sorted(leaks.secrets_of(home.bank)))
    (home.expected.parent / "numbers").write_bytes(numbers)
    objects_gone, objects_kept = leftovers.objects_to_go(scale, seed, due_loans)
    files = leftovers.files_found(os.fsencode(home.share))
    files_gone, files_kept = leftovers.files_to_go(files)
    expected = {
        "tolls": {
            **tables,
            **paper,
            "loans/": _toll(objects_gone, objects_kept, "loans/"),
            "recordings/": _toll(objects_gone, objects_kept, "recordings/"),
            "statements": (len(files_gone), len(files_kept)),
        },
        "objects_gone": sorted(objects_gone),
        "files_left": sorted(base64.b64encode(name).decode() for name in files - files_gone),
    }
    home.expected.write_text(json.dumps(expected), encoding="utf-8")


def _toll(gone: set[str], kept: set[str], prefix: str) -> tuple[int, int]:
    below = [sum(key.startswith(prefix) for key in keys) for keys in (gone, kept)]
    return below[0], below[1]


def tolls(home: Home) -> Mapping[str, Toll]:
    """By table, prefix or folder, what was worked out beforehand."""
    expected = json.loads(home.expected.read_text(encoding="utf-8"))
    return {place: Toll(*counts) for place, counts in expected["tolls"].items()}


def secrets(home: Home) -> frozenset[bytes]:
    """Identity and card numbers of everybody who was in the bank before the night."""
    return frozenset((home.expected.parent / "numbers").read_bytes().split(b"\n"))


def check(home: Home, endpoint: str) -> list[str]:
    """Sentences on everything that is not as worked out beforehand; empty when all is."""
    return [
        *twin.differences(home.bank, home.twin),
        *paper_twin.differences(home.paper, home.paper_twin),
        *_check_objects_and_files(home, endpoint),
    ]


def _check_objects_and_files(home: Home, endpoint: str) -> Iterator[str]:
    settings = home.settings()
    expected = json.loads(home.expected.read_text(encoding="utf-8"))
    gone = frozenset(expected["objects_gone"])
    wanted = leftovers.objects_expected(scale_of(settings), settings.seed, gone)
    found = leftovers.objects_found(endpoint)
    yield from leftovers.unlike("scan archive", wanted.items(), found.items())
    left = {base64.b64decode(name) for name in expected["files_left"]}
    yield from leftovers.unlike(
        "statement share", left, leftovers.files_found(os.fsencode(home.share))
    )
    if not (home.outside / "target.txt").exists():
        yield "statement share: a file outside the share, which a link points at, is gone."


@contextmanager
def archive_running(home: Home) -> Iterator[str]:
    """The scan archive, served while the block runs; gives its endpoint."""
    port = port_for(home)
    settings = home.settings()
    with archive_process.serving(
        home.archive_state, port, settings.scale, settings.seed
    ) as endpoint:
        yield endpoint
