"""A bank with planted gaps: each is found, nothing else is, and no value is told anywhere."""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from random import Random

import pytest
import sqlalchemy as sa

import labelled_fields as made
import s3_servers
from disposal_world import AS_OF, World
from keepuntil.cli.output import json_text
from keepuntil.domain.personal_data.kinds import Kind
from keepuntil.errors import UsageError
from keepuntil.oversight import discovery_findings
from keepuntil.oversight.coverage import cover, report
from keepuntil.oversight.discovery import Discovered, discover
from keepuntil.oversight.gaps import Lack
from keepuntil.register import findings
from keepuntil.stores.paper import create_tables

PLANTED = {
    "core/lead.mobile": {Kind.MOBILE},
    "core/lead.note": {Kind.CITIZEN_ID},
    "scans/exports/{…}/": {Kind.BANK_CARD},
    "statements/old/": {Kind.EMAIL},
    "centre/HR": {Kind.PAPER_SERIES},
}


@dataclass
class Bank:
    """Two rules that claim their places; beside them gaps, and places that hold nobody."""

    world: World
    bucket: s3_servers.Place
    secrets: list[str] = field(default_factory=list)

    def secret(self, value: str) -> str:
        self.secrets.append(value)
        return value

    def build(self) -> None:
        world, random = self.world, Random(1)
        world.write_loan_rule()
        world.build_core({1: "2024-05-01", 2: None})
        world.issue("A000001-2024-01-01.pdf")
        centre = world.folder / "centre.db"
        stores = world.policies / "stores.yaml"
        stores.write_text(
            f"{stores.read_text()}"
            f"  scans: {{kind: s3, bucket: {self.bucket.bucket}, endpoint: "
            f'"{self.bucket.server.endpoint}", credentials: {{env: KU_TEST_S3_KEY}}}}\n'
            "  centre: {kind: paper, url: {env: KU_TEST_CENTRE}}\n"
        )
        engine = sa.create_engine(f"sqlite:///{centre}")
        create_tables(engine)
        engine.dispose()
        self._plant_rows(random)
        self._plant_objects(random)
        self._plant_files(random)
        self._plant_paper(centre)

    def _plant_rows(self, random: Random) -> None:
        with closing(sqlite3.connect(self.world.core)) as core, core:
            core.execute("CREATE TABLE lead (id INTEGER PRIMARY KEY, mobile TEXT, note TEXT)")
            core.execute("CREATE TABLE ledger (id INTEGER PRIMARY KEY, order_no TEXT, trace TEXT)")
            for number in range(80):
                mobile = self.secret(made.mobile(random))
                note = f"身份证{self.secret(made.citizen_id(random))}"
                core.execute("INSERT INTO lead VALUES (?, ?, ?)", (number, mobile, note))
                order = made.order_of_16(random)
                row = (number, order, made.uuid(random))
                core.execute("INSERT INTO ledger VALUES (?, ?, ?)", row)

    def _plant_objects(self, random: Random) -> None:
        for month in range(1, 4):
            cards = "\n".join(self.secret(made.bank_card(random)) for _ in range(9))
            self.bucket.put(f"exports/2024-{month:02}/cards.txt", cards.encode())
            self.bucket.put(f"metrics/2024-{month:02}/load.csv", b"host,load\na,0.1\nb,0.2\n")

    def _plant_files(self, random: Random) -> None:
        share = self.world.folder / "share"
        for name in ("old", "tools"):
            (share / name).mkdir()
        mails = "\n".join(self.secret(made.email(random)) for _ in range(9))
        (share / "old" / "list.txt").write_text(mails)
        (share / "tools" / "readme.txt").write_text("run it; write to info@example.com")

    def _plant_paper(self, centre: Path) -> None:
        with closing(sqlite3.connect(centre)) as register, register:
            register.execute("INSERT INTO paper_site VALUES ('north')")
            register.execute(
                "INSERT INTO paper_box (box, site, version, state) VALUES ('B1', 'north', 1, "
                "'shelved')"
            )
            for number in range(3):
                register.execute(
                    "INSERT INTO paper_item (item, box, series, scan_status) VALUES (?, 'B1', "
                    "'HR', 'none')",
                    (f"I{number}",),
                )

    def look(self, as_of: date = AS_OF, *stores: str) -> Discovered:
        with self.world.open() as installation:
            return discover(installation, as_of, stores)

    def report(self, as_of: date = AS_OF, *stores: str) -> list[str]:
        with self.world.open() as installation:
            found = discover(installation, as_of, stores)
            return [each.location for each in discovery_findings.report(installation, found)]

    def open_findings(self) -> dict[str, findings.Finding]:
        with self.world.open() as installation:
            return {
                each.fingerprint: each for each in findings.open_findings(installation.register)
            }

    def say(self, location: str, verdict: str, until: str) -> None:
        path = self.world.policies / "discoveries.yaml"
        text = path.read_text() if path.exists() else "discoveries:\n"
        path.write_text(
            f"{text}  - {{location: '{location}', verdict: {verdict}, reason: it is known, "
            f"by: E1, until: {until}}}\n"
        )


@pytest.fixture
def bank(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bank]:
    server = s3_servers.server("moto")
    monkeypatch.setenv("KU_TEST_S3_KEY", server.credentials)
    monkeypatch.setenv("KU_TEST_CENTRE", f"sqlite:///{world.folder / 'centre.db'}")
    with server.place("unversioned") as bucket:
        built = Bank(world, bucket)
        built.build()
        yield built


def seen(found: Discovered) -> dict[str, set[Kind]]:
    return {each.location: {s.kind for s in each.sightings} for each in found.unclaimed}


def test_what_is_planted_is_found_and_nothing_else(bank: Bank) -> None:
    found = bank.look()
    assert seen(found) == PLANTED
    assert found.unread == ()
    counted = {each.location: each.items for each in found.discoveries}
    assert counted["core/lead.mobile"] == 80
    assert counted["centre/HR"] == 3


def test_only_the_stores_that_are_named_are_looked_at(bank: Bank) -> None:
    assert set(seen(bank.look(AS_OF, "statements"))) == {"statements/old/"}
    with pytest.raises(UsageError, match=r"no store 'statement'.*statements"):
        bank.look(AS_OF, "statement")


def test_no_value_is_in_the_answer_the_findings_the_log_or_the_register(
    bank: Bank, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        found = bank.look()
        bank.report()
    told = [json_text(found), repr(found), caplog.text]
    told += [json.dumps([f.sentence_zh, f.sentence_en]) for f in bank.open_findings().values()]
    files = [path for path in bank.world.home.rglob("*") if path.is_file()]
    told += [path.read_bytes().decode("latin-1") for path in files]
    assert len(bank.secrets) > 150
    for text in told:
        assert [value for value in bank.secrets if value in text] == []


def test_each_place_is_one_finding_and_is_new_once(bank: Bank) -> None:
    assert set(bank.report()) == set(PLANTED)
    assert bank.report() == []
    raised = bank.open_findings()
    assert set(raised) == {f"unclaimed_personal_data/{location}" for location in PLANTED}
    lead = raised["unclaimed_personal_data/core/lead.mobile"]
    assert (lead.seen, lead.counts) == (2, {"items": 80})
    assert lead.sentence_en.startswith(
        "core/lead.mobile seems to hold personal data (mobile number; confidence"
    )
    assert "没有规则认领" in lead.sentence_zh


def test_what_is_claimed_or_gone_closes_its_finding_and_new_places_are_new(bank: Bank) -> None:
    bank.report()
    (bank.world.folder / "share" / "old" / "list.txt").unlink()
    with closing(sqlite3.connect(bank.world.core)) as core, core:
        core.execute("CREATE TABLE fresh (id INTEGER PRIMARY KEY, email TEXT)")
    assert bank.report() == ["core/fresh.email"]
    assert "unclaimed_personal_data/statements/old/" not in bank.open_findings()
    assert bank.report() == []


def test_a_store_that_was_left_out_or_not_reached_closes_nothing(
    bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    bank.report()
    bank.report(AS_OF, "statements")
    assert len(bank.open_findings()) == len(PLANTED)
    monkeypatch.setenv("KU_TEST_CORE", f"sqlite:///{bank.world.folder / 'nowhere.db'}")
    assert bank.report() == []
    raised = bank.open_findings()
    assert set(raised) >= {f"unclaimed_personal_data/{location}" for location in PLANTED}
    assert "no database file" in raised["discovery_unreadable/core/"].sentence_en
    monkeypatch.setenv("KU_TEST_CORE", f"sqlite:///{bank.world.core}")
    bank.report()
    assert "discovery_unreadable/core/" not in bank.open_findings()


def test_what_somebody_answers_for_is_no_finding_until_the_day_it_runs_out(bank: Bank) -> None:
    bank.report()
    bank.say("core/lead.*", "being_ruled", "2026-12-31")
    bank.say("statements/old/", "not_personal_data", "2027-12-31")
    found = bank.look()
    assert set(seen(found)) == {"scans/exports/{…}/", "centre/HR"}
    assert len(found.discoveries) == len(PLANTED)
    assert bank.report() == []
    assert {each.split("/", 1)[1] for each in bank.open_findings()} == set(seen(found))
    late = date(2027, 1, 1)
    assert set(bank.report(late)) == {"core/lead.mobile", "core/lead.note"}
    raised = bank.open_findings()["unclaimed_personal_data/core/lead.mobile"]
    assert raised.reopened == 1
    assert "What E1 said of it held until 2026-12-31." in raised.sentence_en


def test_the_coverage_matrix_shows_what_discovery_found_and_raises_it_no_second_time(
    bank: Bank,
) -> None:
    bank.report()
    with bank.world.open() as installation:
        covered = cover(installation, AS_OF)
        report(installation, covered)
    gaps = {g.where for g in covered.gaps if g.code is Lack.UNCLAIMED_PERSONAL_DATA}
    assert gaps == set(PLANTED)
    raised = bank.open_findings()
    assert {raised[f"unclaimed_personal_data/{place}"].seen for place in PLANTED} == {1}


def test_a_rule_that_comes_claims_its_place(bank: Bank) -> None:
    rule = (bank.world.policies / "rules" / "loan.yaml").read_text()
    assert "children: [loan_note]" in rule
    claimed = rule.replace(
        "children: [loan_note]", "children: [loan_note, {table: lead, by: [id]}]"
    )
    (bank.world.policies / "rules" / "loan.yaml").write_text(claimed)
    assert set(seen(bank.look(AS_OF, "core"))) == set()


def test_discovery_changes_nothing(bank: Bank) -> None:
    before = bank.world.core.read_bytes(), bank.bucket.keys(), bank.world.left()
    bank.look()
    assert before == (bank.world.core.read_bytes(), bank.bucket.keys(), bank.world.left())
