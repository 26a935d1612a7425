"""What every benchmark measures alike: pairs in the same run, clocks, processors, one table.

Absolute figures drift with the machine, so a peer and Keepuntil take turns and only the
ratio inside one run means anything. Processor seconds are counted beside the clock's: on a
busy machine they drift less. Those of a database are of the whole server, so they mean
something only while nobody else uses it.
"""

from __future__ import annotations

import json
import os
import platform
import resource
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Final

TICKS: Final = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Cost:
    """What something took: seconds on the clock, of our processors, of the server's."""

    seconds: float
    processor: float
    server: float = 0.0

    def __add__(self, other: Cost) -> Cost:
        return Cost(
            self.seconds + other.seconds,
            self.processor + other.processor,
            self.server + other.server,
        )


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of the table: the same work by a peer and by Keepuntil."""

    work: str
    peer: str
    unit: str
    size: int
    goal: float | None
    peer_costs: list[Cost]
    our_costs: list[Cost]

    @property
    def ratios(self) -> list[float]:
        """Ours to the peer's, round by round: above 1, ours is the faster."""
        pairs = zip(self.peer_costs, self.our_costs, strict=True)
        return [peer.seconds / ours.seconds for peer, ours in pairs]


def cost_of(work: Callable[[], object], server: str = "") -> Cost:
    """Run it. ``server``: the name of the server's processes, where their time counts too."""
    began = (time.perf_counter(), _own_processor(), _processor_of(server))
    work()
    seconds, processor = time.perf_counter(), _own_processor()
    if server:
        time.sleep(0.3)  # a session of the server may be ending; its time is the server's after
    ended = (seconds, processor, _processor_of(server))
    return Cost(*(after - before for before, after in zip(began, ended, strict=True)))


def _own_processor() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def _processor_of(name: str) -> float:
    """Seconds of all processes of that name, of those too that ended and had a parent of it."""
    if not name:
        return 0.0
    ticks = 0
    for process in Path("/proc").glob("[0-9]*"):
        try:
            found, _, rest = (process / "stat").read_text().partition("(")[2].rpartition(")")
        except OSError:
            continue  # it ended meanwhile
        if found == name:
            ticks += sum(map(int, rest.split()[11:15]))
    return ticks / TICKS


def keep(file: Path | None, lines: Iterable[Line]) -> None:
    """Print the lines, and add them to a file for the table of ``make bench``."""
    lines = list(lines)
    print(table(lines), flush=True)
    if file is not None:
        with file.open("a") as results:
            results.writelines(json.dumps(asdict(line)) + "\n" for line in lines)


def kept(file: Path) -> list[Line]:
    """What :func:`keep` wrote."""
    return [_line(json.loads(text)) for text in file.read_text().splitlines()]


def _line(fields: dict[str, object]) -> Line:
    for name in ("peer_costs", "our_costs"):
        fields[name] = [Cost(**cost) for cost in fields[name]]  # type: ignore[attr-defined]
    return Line(**fields)  # type: ignore[arg-type]


HEADINGS: Final = (
    *("work", "size", "peer", "peer /s", "ours /s", "ratio", "rounds", "goal"),
    *("CPU s: peer", "ours", "server: peer", "ours"),
)


def table(lines: Sequence[Line]) -> str:
    """Peer, ours, the middle ratio of all rounds with the least and the most, the goal."""
    rows = [HEADINGS, *map(_row, lines)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if place in (0, 2) else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )


def _row(line: Line) -> tuple[str, ...]:
    ratios = line.ratios
    spread = f"{min(ratios):.2f}-{max(ratios):.2f}" if len(ratios) > 1 else "1"
    goal = "" if line.goal is None else f"{line.goal:.1f}"
    return (
        line.work,
        f"{line.size:,} {line.unit}",
        line.peer,
        f"{line.size / _middle(line.peer_costs, 'seconds'):,.0f}",
        f"{line.size / _middle(line.our_costs, 'seconds'):,.0f}",
        f"{median(ratios):.2f}",
        spread,
        goal,
        *(
            f"{_middle(costs, what):.1f}"
            for what in ("processor", "server")
            for costs in (line.peer_costs, line.our_costs)
        ),
    )


def _middle(costs: Sequence[Cost], what: str) -> float:
    return float(median(getattr(cost, what) for cost in costs))


def machine() -> str:
    """The machine and how busy it is: a ratio from a loaded machine says so."""
    load = " ".join(f"{value:.1f}" for value in os.getloadavg())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{os.cpu_count()} processors, {memory:.0f} GiB, {platform.system()} "
        f"{platform.release()}, Python {platform.python_version()}; load {load} (1, 5, 15 minutes)"
    )
