"""The story: a bank, a night of purging it, an afternoon with its paper, the proof; once more."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from rich.console import Console

from keepuntil.demo import (
    afternoon,
    building,
    leaks,
    offline_check,
    outsiders,
    paper_road,
    results,
    shares,
    tolls,
)
from keepuntil.demo.home import Home
from keepuntil.demo.report import Report, shown
from keepuntil.demo.results import Result, Verdict
from keepuntil.demo.scenario import AS_OF, SEED
from keepuntil.disposal.installation import Installation
from keepuntil.disposal.released_boxes import boxes_waiting

if TYPE_CHECKING:
    from keepuntil.orchestration.answering import Answer, Question
    from keepuntil.orchestration.night import RuleNight

PLAIN_WIDTH: Final = 152

DECIDERS: Final = {
    "data-protection": "D0042",
    "personal_loan_file": "B2017",
    "declined_application": "B2017",
}
"""Who answers for a role or a rule."""

USUAL_DECIDER: Final = "B3102"
"""Who answers for all the others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """What every scene needs. Airflow keeps the log open, so there is one for all scenes."""

    home: Home
    endpoint: str
    report: Report
    log: IO[str]


def play(root: Path, *, fresh: bool, scale: str = "FULL", console: Console | None = None) -> int:
    """Play the night in ``root``. Exit code: 0 when everything came out as worked out beforehand.

    Builds the bank first when there is none, when its night did not come to a good end, or
    when ``fresh``. On a bank whose night is over, plays it once more: nothing more goes.
    """
    home = Home(root.absolute())
    os.environ |= home.environment()
    report = Report(console or _console())
    first = fresh or not home.night_over.exists()
    if first:
        report.heading("The bank")
        building.build(home, scale, SEED, report.phase)
    else:
        report.say(f"The bank in {shown(root)} stands and its night is over; FRESH=1 begins anew.")
    home.airflow.mkdir(exist_ok=True)
    with (
        building.archive_running(home) as endpoint,
        outsiders.witness_running(home),
        home.airflow_log.open("a") as log,
    ):
        stage = Stage(home=home, endpoint=endpoint, report=report, log=log)
        problems = _first_night(stage) if first else []
        if not problems:
            home.night_over.touch()
        problems += _once_more(stage)
    _close(home, report, problems)
    report.total()
    return 1 if problems else 0


def _console() -> Console:
    """This process's output as it is now: what Airflow writes later is redirected."""
    terminal = sys.stdout.isatty()
    return Console(file=sys.stdout, width=None if terminal else PLAIN_WIDTH)


def _first_night(stage: Stage) -> list[str]:
    home, report = stage.home, stage.report
    report.heading(
        f"The night of {AS_OF}, through Airflow: plan, approve, destroy, verify, certify"
    )
    found = _run(stage)
    report.table(found)
    _say_refused(found, report)
    problems = [*tolls.against_releases(home, found)]
    report.heading("The afternoon in the records centre: people carry, count, destroy, witness")
    found = _afternoon(stage, found)
    report.table(found)
    _say_waiting(home, report)
    parts = sum(result.parts for result in found)
    report.say(f"With the records went {parts:,} child rows, versions, markers and uploads.")
    problems += tolls.against_tolls(home, found)
    report.heading("The certificates, checked as an auditor would, with keys from another channel")
    with report.phase("checking every certificate: openssl, sha256, its own verifier, and ours"):
        keys = outsiders.hand_over_keys(home)
        checked = [
            offline_check.check(bundle, keys)
            for bundle in (result.bundle for result in found)
            if bundle is not None
        ]
    report.certificates(checked)
    problems += [
        f"{one.certificate_id}: a check by stock tools failed."
        for one in checked
        if one.openssl is False or not one.sums or not one.small
    ]
    report.heading("The bank, compared row by row with what plain SQL worked out beforehand")
    problems += _compare(stage)
    with report.phase("looking for the bank's people in everything that was written tonight"):
        problems += _leaks(home)
    return problems


def _once_more(stage: Stage) -> list[str]:
    report = stage.report
    report.heading("The same night once more")
    before = _destroyed(stage.home)
    report.table(_run(stage))
    if destroyed := _destroyed(stage.home) - before:
        return [f"Run again the same night, {destroyed} more records were destroyed."]
    report.say(
        "Nothing more was destroyed: what is left is held, shared, with people, or not due.", "bold"
    )
    return _compare(stage)


def _run(stage: Stage) -> list[Result]:
    from keepuntil.orchestration.night import prepare, run_night

    home, report = stage.home, stage.report
    with report.phase("starting Airflow"), _quietly(stage.log):
        prepare(home.airflow)
    began = time.monotonic()

    def on_rule(night: RuleNight) -> None:
        nonlocal began
        report.done(f"{night.category}: {_said(night)}", time.monotonic() - began)
        began = time.monotonic()

    with Installation.open(home.keepuntil, home.policies) as installation:
        paper = paper_road.paper_rules(installation)
    with _quietly(stage.log):
        nights = run_night(
            AS_OF, airflow_home=home.airflow, respond=_answer, on_rule=on_rule, without=paper
        )
    with Installation.open(home.keepuntil, home.policies) as installation:
        found = results.read(installation, nights)
    report.say("Rules with paper take the same road without Airflow: there they wait for weeks.")
    return found + _go_on(stage, paper)


def _go_on(stage: Stage, categories: Iterable[str]) -> list[Result]:
    """Rules with paper, as far as they get without people."""
    found = []
    with Installation.open(stage.home.keepuntil, stage.home.policies) as installation:
        for category in categories:
            began = time.monotonic()
            with _quietly(stage.log):
                night = paper_road.go_on(stage.home, installation, category, _decider)
            stage.report.done(f"{category}: {_said(night)}", time.monotonic() - began)
            found += results.read(installation, [night])
    return found


def _afternoon(stage: Stage, found: Sequence[Result]) -> list[Result]:
    """What people do with the paper, and what the runs that waited for them then come to."""
    home, report = stage.home, stage.report
    with (
        report.phase("carrying, counting, destroying, witnessing, reconciling"),
        Installation.open(home.keepuntil, home.policies) as installation,
    ):
        waiting = paper_road.open_runs(installation)
        journeys = list(afternoon.play(home, installation, waiting))
    report.journeys(journeys)
    others = [result for result in found if result.category not in waiting]
    return others + _go_on(stage, waiting)


def _destroyed(home: Home) -> int:
    with Installation.open(home.keepuntil, home.policies) as installation:
        return results.destroyed_so_far(installation)


def _said(night: RuleNight) -> str:
    if not night.succeeded:
        return "refused"
    if paper_road.DEFERRED in night.tasks.values():
        return "waits for people"
    return "certified" if night.tasks.get("certify") == "success" else "nothing due, and signed"


def _decider(role: str, category: str) -> str:
    return DECIDERS.get(role) or DECIDERS.get(category, USUAL_DECIDER)


def _answer(asked: Question) -> Answer:
    """What the bank's people say: they looked, and approve; also what is above its limit."""
    from keepuntil.orchestration.answering import Answer

    return Answer(
        person=_decider(asked.role, asked.category),
        approve=True,
        reason=paper_road.REASON,
        accepts_exceeded=True,
    )


@contextlib.contextmanager
def _quietly(log: IO[str]) -> Iterator[None]:
    """Airflow talks a lot; what it says goes to its log while the block runs."""
    with contextlib.redirect_stdout(log), contextlib.redirect_stderr(log):
        yield


def _say_refused(found: Iterable[Result], report: Report) -> None:
    for result in found:
        if result.verdict is Verdict.REFUSED:
            report.say(f"{result.category} was refused: {result.sentence}", "red")


def _say_waiting(home: Home, report: Report) -> None:
    """Which boxes wait, and why a rule has no certificate yet."""
    for box, until in afternoon.waits(home).items():
        report.say(
            f"Box {box} waits for its last folders until {until}; what is due counts shared."
        )
    with Installation.open(home.keepuntil, home.policies) as installation:
        for category, run_id in paper_road.open_runs(installation).items():
            lines = boxes_waiting(installation, run_id)
            held = sum(not line.free for line in lines)
            mixed = sum(line.free and line.mixed for line in lines)
            report.say(
                f"{category} has no certificate yet. Boxes with something released in them: "
                f"{held} closed by a hold, {mixed} mixed, of which nobody has decided, and "
                f"{len(lines) - held - mixed} to be looked through again for what was missing.",
                "yellow",
            )


def _compare(stage: Stage) -> list[str]:
    with stage.report.phase("comparing database, archive, share and paper with what must be left"):
        problems = building.check(stage.home, stage.endpoint)
    if not problems:
        stage.report.say("Exactly what had to go is gone, and nothing else.", "bold green")
    return problems


def _leaks(home: Home) -> list[str]:
    names = {shares.GBK_NAME, shares.NEWLINE_NAME, shares.LINKED_NAME, *shares.EDGE_NAMES}
    found = leaks.leaks([home.keepuntil, home.airflow], building.secrets(home), names)
    return [f"{shown(Path(path))}: holds personal data of the bank's people." for path in found]


def _close(home: Home, report: Report, problems: Sequence[str]) -> None:
    report.heading("Where to look")
    report.say(f"  certificates      {shown(home.keepuntil / 'evidence')}")
    report.say(
        f"  log and witness   {shown(home.keepuntil / 'log')}, {shown(home.root / 'regulator')}"
    )
    report.say(f"  an auditor's keys {shown(home.root / 'auditor')}")
    report.say(f"  Data Docs         {shown(home.keepuntil / 'docs')}/*/index.html")
    report.say(f"  what Airflow said {shown(home.airflow_log)}")
    report.say("  Airflow's pages   make up")
    if problems:
        report.heading("This is not what had to happen:")
        for problem in problems:
            report.say(f"  {problem}", "bold red")
