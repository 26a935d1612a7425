"""From the registers to forms: which ones there are as a journey stands, and what they say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import pytest

from custody_world import DRAFTER, FIRM, honest
from disposal_world import World
from keepuntil.disposal import consigning, custody, executing
from keepuntil.disposal.custody_forms import write_forms
from keepuntil.disposal.installation import Installation
from keepuntil.disposal.paper_items import years_kept
from keepuntil.domain.consignments import Consignment, State, Step, Vendor, Withdrawal
from keepuntil.domain.course import Run
from keepuntil.domain.periods import CALENDAR_YEAR, Period, StartRule, YearStart
from keepuntil.errors import EvidenceError, UsageError
from paper import run_together, said, texts
from paper_centre import DUE, STORE, build_centre, next_step
from paper_world import PaperWorld

VENDOR = replace(FIRM, licence_expires_on=date(2027, 12, 31))


@dataclass
class Bench:
    """A journey of five items in two boxes, and where its forms go."""

    installation: Installation
    world: World
    paper: PaperWorld
    run_id: str
    folder: Path

    def journey(self, vendor: Vendor | None = VENDOR) -> Consignment:
        return consigning.open_consignment(
            self.installation,
            self.run_id,
            "paper",
            drafted_by=DRAFTER,
            vendor=vendor,
            transported=False,
        )

    def step(self, now: Consignment) -> Consignment:
        """What honest people would do next."""
        return self.take(now, next_step(now))

    def take(self, now: Consignment, step: Step, payload: Withdrawal | None = None) -> Consignment:
        record = replace(honest(now, step), plan_digest=now.plan_digest)
        record = replace(record, payload=payload or record.payload)
        return custody.take(self.installation, STORE, now.consignment, record)

    def to_the_end(self, now: Consignment) -> Consignment:
        while now.state is not State.RECONCILED:
            now = self.step(now)
        return now

    def write(self, now: Consignment) -> dict[str, Path]:
        """The forms that were written, by name."""
        paths = write_forms(self.installation, STORE, now.consignment, self.folder)
        assert set(self.folder.iterdir()) >= set(paths)
        return {path.stem: path for path in paths}


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    centre = build_centre(World(tmp_path).build(), monkeypatch)
    world, paper = centre.world, centre.paper
    for number in range(5):
        paper.put(number, DUE)
        paper.describe(number, reference=f"PZ-2012-{number:03}", year=2012, volumes=2)
    with world.open() as installation:
        run_id = centre.released(installation)
        yield Bench(installation, world, paper, run_id, tmp_path / "forms")


def names(written: dict[str, Path]) -> set[str]:
    """Forms that were written in both languages."""
    zh, en = ({stem[:-3] for stem in written if stem.endswith(end)} for end in (".zh", ".en"))
    assert zh == en
    return zh


def words_of(pdf: Path) -> str:
    return run_together("".join(texts(pdf)))


def test_before_anything_is_signed_every_form_is_there_to_be_filled_in(bench: Bench) -> None:
    written = bench.write(bench.journey())
    assert names(written) == {
        "appraisal_opinion",
        "destruction_list",
        "hand_over_form",
        "witness_record",
        "box_labels",
    }


def test_the_appraisal_is_over_once_the_list_is_signed(bench: Bench) -> None:
    now = bench.journey()
    while now.state is State.LISTED:
        now = bench.step(now)
    assert "appraisal_opinion" not in names(bench.write(now))


def test_boxes_that_stay_in_the_records_centre_have_no_hand_over_form(bench: Bench) -> None:
    assert "hand_over_form" not in names(bench.write(bench.journey(vendor=None)))


def test_there_is_no_certificate_before_the_last_step(bench: Bench) -> None:
    now = bench.journey()
    while now.state is not State.VENDOR_CERTIFIED:
        assert "destruction_certificate" not in names(bench.write(now))
        now = bench.step(now)
    assert "destruction_certificate" not in names(bench.write(now))
    assert "destruction_certificate" in names(bench.write(bench.to_the_end(now)))


def test_the_certificate_is_signed_and_names_no_item(bench: Bench) -> None:
    written = bench.write(bench.to_the_end(bench.journey()))
    for language in ("zh", "en"):
        pdf = written[f"destruction_certificate.{language}"]
        assert "Signature is Valid" in said("pdfsig", pdf)
        text = words_of(pdf)
        assert "B0000" in text
        assert "LIC-7" in text
        assert "I000001" not in text
        assert "PZ-2012" not in text


def test_a_list_says_what_the_register_and_the_rule_know(bench: Bench) -> None:
    written = bench.write(bench.journey())
    text = words_of(written["destruction_list.zh"])
    for expected in ("PZ-2012-004", "2012", "10年", "13年", "2箱，5件，10册", "会计凭证"):
        assert expected in text
    opinion = words_of(written["appraisal_opinion.zh"])
    assert "2012·B0000–B0001" in opinion
    assert "2022-12-31" in opinion
    assert "centre" in words_of(written["box_labels.en"])


def test_a_list_is_not_printed_with_lines_that_are_gone(bench: Bench) -> None:
    now = bench.to_the_end(bench.journey())
    assert "destruction_list" in names(bench.write(now))
    for shard in executing.shards(bench.installation, bench.run_id, 1):
        executing.destroy_shard(bench.installation, bench.run_id, shard, worker="worker")
    executing.close_run(bench.installation, bench.run_id)
    assert bench.paper.keys() == set()
    for path in bench.folder.iterdir():
        path.unlink()
    after = names(bench.write(now))
    assert "destruction_list" not in after
    assert "destruction_certificate" in after


def test_forms_can_be_written_when_everything_was_withdrawn(bench: Bench) -> None:
    now = bench.journey()
    out = Withdrawal(reason="H-1", boxes=now.remaining_boxes)
    now = bench.take(now, Step.WITHDRAW, out)
    assert now.state is State.WITHDRAWN
    written = bench.write(now)
    assert names(written) == {"destruction_list", "witness_record", "box_labels"}
    assert words_of(written["destruction_list.zh"]).count("已撤出") == 5


def test_a_changed_line_makes_no_form(bench: Bench) -> None:
    now = bench.step(bench.journey())
    bench.paper.alter_step(0)
    with pytest.raises(EvidenceError):
        bench.write(now)
    assert not bench.folder.exists()


def test_a_journey_nobody_opened_is_named(bench: Bench) -> None:
    with pytest.raises(UsageError, match="no consignment"):
        write_forms(bench.installation, STORE, "run.x.paper.1", bench.folder)


@pytest.mark.parametrize(
    ("start", "happened_on", "as_of", "expected"),
    [
        (StartRule.EVENT_NEXT_DAY, date(2012, 12, 31), date(2022, 12, 31), 9),
        (StartRule.EVENT_NEXT_DAY, date(2012, 12, 31), date(2023, 1, 1), 10),
        (StartRule.FISCAL_YEAR_AFTER, date(2012, 12, 31), date(2022, 12, 31), 9),
        (StartRule.FISCAL_YEAR_AFTER, date(2012, 12, 31), date(2023, 1, 1), 10),
        (StartRule.FISCAL_YEAR_AFTER, date(2012, 3, 5), date(2023, 1, 1), 10),
        (StartRule.YEAR_OF_EVENT, date(2012, 3, 5), date(2022, 1, 1), 10),
        (StartRule.EVENT_NEXT_DAY, date(2012, 2, 29), date(2013, 2, 28), 0),
        (StartRule.EVENT_NEXT_DAY, date(2012, 2, 29), date(2013, 3, 1), 1),
        (StartRule.EVENT_NEXT_DAY, date(2012, 5, 1), date(2012, 6, 1), 0),
        (StartRule.EVENT_NEXT_DAY, date(2012, 5, 1), date(2011, 6, 1), 0),
    ],
)
def test_years_that_are_over_are_counted_as_the_period_is(
    start: StartRule, happened_on: date, as_of: date, expected: int
) -> None:
    run = Run("year_ended", happened_on, start, Period(10), date.max)
    assert years_kept(run, as_of, CALENDAR_YEAR) == Period(expected)


def test_years_kept_follow_a_fiscal_year_of_its_own() -> None:
    run = Run("e", date(2012, 3, 31), StartRule.FISCAL_YEAR_AFTER, Period(10), date.max)
    assert years_kept(run, date(2022, 4, 1), YearStart(4, 1)) == Period(10)
    assert years_kept(run, date(2022, 4, 1), CALENDAR_YEAR) == Period(9)
