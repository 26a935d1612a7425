"""A folder is read whole: everything that is right, or every mistake of every file."""

from __future__ import annotations

import os
from dataclasses import fields
from datetime import date, time
from decimal import Decimal
from pathlib import Path

import pytest

from keepuntil.domain.categories import (
    ApprovalKind,
    BackupInstance,
    Child,
    Confirmation,
    FilesInstance,
    FromAge,
    FromColumn,
    FromExpression,
    FromInstance,
    FromName,
    FromTag,
    PaperInstance,
    Rule,
    S3Instance,
    SqlInstance,
)
from keepuntil.domain.clock import Combine, Extension, Floor, Trigger
from keepuntil.domain.periods import Period, StartRule, YearStart
from keepuntil.domain.stores import FilesStore, Reference, ReferenceKind, S3Store, SqlStore
from keepuntil.domain.treatments import Treatment
from keepuntil.errors import RuleError
from keepuntil.rules.load import load, load_rule
from policies import CALENDAR, PEOPLE, RULE, STORES, clock_rule, mistakes, schedule, write

EVERYTHING = """\
category: loan_file
title: {zh: 信贷档案, en: Loan file}
purpose: loan servicing
subjects: [borrower, guarantor]
owner: {unit: credit, contact: credit@bank.example}
sensitivity: C2
effective: {from: 2020-01-01, review_by: 2030-01-01}
authorities:
  - cite: DA/T 98-2023
    rank: standard
    obligation: keep
    period: P5Y
    confidence: secondary
    verified_on: 2025-06-01
    necessity_memo: NM-014
    confirmed: {by: E3, on: 2025-07-01, note: read in the library's copy}
clock:
  triggers:
    combine: latest
    events: [settled, {event: claim_closed, optional: true}]
  start: fiscal_year_after
  fiscal_year_starts: 04-01
  keep_at_least: P5Y
  keep_at_most: P30Y
  delete_within: P90D
  floor: {from: opened, period: P10Y}
  extend_while: [litigation, {event: dispute_closed, plus: P2Y}]
  restrict_from: purpose_ended
  zone: Asia/Shanghai
  calendar: cn-bank
disposition:
  approval: dual
  roles: [data_owner, records_officer]
  cooling_off: P7D
  expires_after: P14D
  limits: {items: 20000, share: 2.5%}
nightly: {at: "22:30", until: "06:00", retries: 0, pool: core-db}
instances:
  - id: rows
    store: core
    schema: lending
    table: loan
    key: [branch, "no"]
    where: status <> 'DRAFT'
    events:
      settled: settled_on
      claim_closed: {column: claim_closed_at, zone: UTC}
      opened: {sql: "coalesce(opened_on, created_on)"}
      litigation: in_litigation
      dispute_closed: dispute_closed_on
      purpose_ended: purpose_ended_on
    record_group: file_no
    children: [note, {table: event, by: [branch, loan_no], children: [detail]}]
  - id: scans
    store: scans
    prefix: loans/
    pattern: '.*\\.tif'
    events: {settled: {from: rows}, claim_closed: {from: rows}, opened: {from: rows},
             litigation: {from: rows}, dispute_closed: {from: rows}, purpose_ended: {from: rows}}
    record_group: {from_key: 'loans/(?P<file_no>[^/]+)/.*'}
  - {id: backups, kind: backup, ages_out_after: P35D}
"""


def test_every_key_of_a_rule_arrives(tmp_path: Path) -> None:
    rule = schedule(tmp_path, EVERYTHING, calendars={"cn-bank": CALENDAR}).rules[0]
    assert (rule.category, rule.title.zh, rule.title.en) == ("loan_file", "信贷档案", "Loan file")
    assert (rule.purpose, rule.subjects) == ("loan servicing", ("borrower", "guarantor"))
    assert (rule.owner.unit, rule.owner.contact) == ("credit", "credit@bank.example")
    assert (rule.sensitivity, rule.source) == ("C2", "rules/loan_file.yaml")
    assert (rule.effective_from, rule.review_by) == (date(2020, 1, 1), date(2030, 1, 1))
    (authority,) = rule.authorities
    assert [getattr(authority, each.name) for each in fields(authority)] == [
        "DA/T 98-2023",
        "standard",
        "keep",
        Period(5),
        "secondary",
        date(2025, 6, 1),
        "NM-014",
        Confirmation(by="E3", on=date(2025, 7, 1), note="read in the library's copy"),
    ]
    disposition = rule.disposition
    assert disposition.approval is ApprovalKind.DUAL
    assert disposition.approver_roles == ("data_owner", "records_officer")
    assert (disposition.cooling_off, disposition.approval_expires_after) == (
        Period(0, 0, 7),
        Period(0, 0, 14),
    )
    assert (disposition.limits.items, disposition.limits.share) == (20000, Decimal("0.025"))
    nightly = rule.nightly
    assert (nightly.at, nightly.until) == (time(22, 30), time(6))
    assert (nightly.retries, nightly.pool) == (0, "core-db")


def test_every_key_of_a_clock_arrives(tmp_path: Path) -> None:
    clock = schedule(tmp_path, EVERYTHING, calendars={"cn-bank": CALENDAR}).rules[0].clock
    assert clock.combine is Combine.LATEST
    assert clock.triggers == (
        Trigger(event="settled"),
        Trigger(event="claim_closed", optional=True),
    )
    assert (clock.start, clock.fiscal_year_starts) == (
        StartRule.FISCAL_YEAR_AFTER,
        YearStart(4, 1),
    )
    assert (clock.keep_at_least, clock.keep_at_most) == (Period(5), Period(30))
    assert clock.delete_within == Period(0, 0, 90)
    assert clock.floor == Floor(event="opened", period=Period(10))
    assert clock.extend_while == (
        Extension(event="litigation"),
        Extension(event="dispute_closed", plus=Period(2)),
    )
    assert (clock.restrict_from, clock.zone) == ("purpose_ended", "Asia/Shanghai")
    assert (clock.calendar, clock.permanent) == ("cn-bank", False)


def test_every_key_of_an_instance_arrives(tmp_path: Path) -> None:
    rule = schedule(tmp_path, EVERYTHING, calendars={"cn-bank": CALENDAR}).rules[0]
    rows, scans, backups = rule.instances
    assert rows == SqlInstance(
        id="rows",
        store="core",
        table="loan",
        schema="lending",
        key=("branch", "no"),
        where="status <> 'DRAFT'",
        events=(
            ("claim_closed", FromColumn(column="claim_closed_at", zone="UTC")),
            ("dispute_closed", FromColumn(column="dispute_closed_on")),
            ("litigation", FromColumn(column="in_litigation")),
            ("opened", FromExpression(sql="coalesce(opened_on, created_on)")),
            ("purpose_ended", FromColumn(column="purpose_ended_on")),
            ("settled", FromColumn(column="settled_on")),
        ),
        record_group="file_no",
        children=(
            Child(table="note"),
            Child(table="event", by=("branch", "loan_no"), children=(Child(table="detail"),)),
        ),
    )
    assert isinstance(scans, S3Instance)
    assert (scans.prefix, scans.pattern) == ("loans/", r".*\.tif")
    assert scans.record_group == "loans/(?P<file_no>[^/]+)/.*"
    assert {source for _, source in scans.events} == {FromInstance(instance="rows")}
    assert backups == BackupInstance(id="backups", ages_out_after=Period(0, 0, 35))


DATED = r"(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)"
ONE_EVENT = RULE[: RULE.index("instances:\n")]


@pytest.mark.parametrize(
    ("instance", "source"),
    [
        ("store: scans, prefix: a/, events: {settled: age}", FromAge()),
        ("store: scans, prefix: a/, events: {settled: {tag: ended}}", FromTag(tag="ended")),
        ("store: share, under: ., events: {settled: mtime}", FromAge()),
        (
            f"store: share, under: a, events: {{settled: {{name: '{DATED}'}}}}",
            FromName(pattern=DATED),
        ),
        # In a database these two words are columns like any other.
        ("store: core, table: t, key: [k], events: {settled: age}", FromColumn(column="age")),
        ("store: core, table: t, key: [k], events: {settled: mtime}", FromColumn(column="mtime")),
    ],
)
def test_ways_to_read_an_event(instance: str, source: object, tmp_path: Path) -> None:
    text = f"{ONE_EVENT}instances:\n  - {{id: place, {instance}}}\n"
    (found,) = schedule(tmp_path, text).rules[0].stored_instances
    assert found.events == (("settled", source),)


def test_files_instance_arrives(tmp_path: Path) -> None:
    text = ONE_EVENT + (
        "instances:\n"
        "  - {id: s, store: share, under: a/b, pattern: '.*pdf', commit: contents,\n"
        "     events: {settled: mtime}, record_group: {from_name: '(?P<no>.*)\\.pdf'}}\n"
    )
    (found,) = schedule(tmp_path, text).rules[0].instances
    assert found == FilesInstance(
        id="s",
        store="share",
        under="a/b",
        pattern=".*pdf",
        events=(("settled", FromAge()),),
        record_group=r"(?P<no>.*)\.pdf",
        commit_contents=True,
    )


PAPER = "store: centre, series: PL, events: {settled: settled_on}"
WITH_PAPER = f"{STORES}  centre: {{kind: paper, url: {{env: PAPER_URL}}}}\n"


def paper_rule(paper: str) -> str:
    return f"{ONE_EVENT}instances:\n  - {{id: p, {paper}}}\n"


def test_paper_instance_arrives(tmp_path: Path) -> None:
    text = paper_rule(
        f"{PAPER}, method: {{shred: P-5}}, witnesses: 3, witness_departments: [archives], "
        "signatories: [head_of_unit], escalate_after: P2M"
    )
    (found,) = schedule(tmp_path, text, stores=WITH_PAPER).rules[0].instances
    assert found == PaperInstance(
        id="p",
        store="centre",
        series="PL",
        events=(("settled", FromColumn(column="settled_on")),),
        method=Treatment.P5,
        witnesses=3,
        witness_departments=("archives",),
        signatories=("head_of_unit",),
        remind_after=Period(days=14),
        escalate_after=Period(months=2),
    )


@pytest.mark.parametrize(
    ("paper", "sentence"),
    [
        (f"{PAPER}, method: shred", "'shred' is not one of: pulping, incineration."),
        (f"{PAPER}, method: {{shred: P-8}}", "is not one of: P-1, P-2, P-3, P-4, P-5, P-6, P-7."),
        (f"{PAPER}, method: burn", "'burn' is not one of: pulping, incineration."),
        (f"{PAPER}, method: pulping, witnesses: 1", "2"),
        (
            "store: centre, series: PL, method: pulping, events: {settled: setled_on}",
            "Did you mean 'settled_on'?",
        ),
        (PAPER, "lacks 'method'"),
    ],
)
def test_paper_is_refused_where_it_is_wrong(paper: str, sentence: str, tmp_path: Path) -> None:
    with pytest.raises(RuleError) as refused:
        schedule(tmp_path, paper_rule(paper), stores=WITH_PAPER)
    (line,) = str(refused.value).splitlines()
    assert line.startswith("rules/loan_file.yaml:")
    assert sentence in line


def test_two_places_never_claim_one_series(tmp_path: Path) -> None:
    text = paper_rule(f"{PAPER}, method: pulping") + f"  - {{id: q, {PAPER}, method: pulping}}\n"
    with pytest.raises(RuleError, match="claims what instance 'p'"):
        schedule(tmp_path, text, stores=WITH_PAPER)


def test_permanent_rule_needs_no_trigger(tmp_path: Path) -> None:
    rule = clock_rule(tmp_path, "permanent: true\nzone: Asia/Shanghai")
    assert rule.clock.permanent
    assert rule.clock.events == ()


def test_every_key_of_the_stores_arrives(tmp_path: Path) -> None:
    stores = """\
stores:
  core:
    kind: sql
    url: {env: CORE_URL}
    reader: {airflow: core-reader}
    zone: Asia/Shanghai
    replica_lag_limit_seconds: 30
  scans:
    kind: s3
    bucket: scans
    endpoint: https://s3.bank.example:8080
    region: cn-north-1
    credentials: {file: secrets/scans}
    reader: {file: /run/secrets/reader}
    irrecoverable_after: P14D
  share: {kind: files, root: data/share}
"""
    found = load(write(tmp_path, {"loan_file": RULE}, stores=stores)).stores
    assert found == {
        "core": SqlStore(
            name="core",
            url=Reference(kind=ReferenceKind.ENV, name="CORE_URL"),
            reader=Reference(kind=ReferenceKind.AIRFLOW, name="core-reader"),
            zone="Asia/Shanghai",
            replica_lag_limit_seconds=30,
        ),
        "scans": S3Store(
            name="scans",
            bucket="scans",
            endpoint="https://s3.bank.example:8080",
            region="cn-north-1",
            credentials=Reference(kind=ReferenceKind.FILE, name=str(tmp_path / "secrets/scans")),
            reader=Reference(kind=ReferenceKind.FILE, name="/run/secrets/reader"),
            irrecoverable_after="P14D",
        ),
        "share": FilesStore(name="share", root=str(tmp_path / "data/share")),
    }


# All mistakes at once.


def refusal(folder: Path) -> list[str]:
    with pytest.raises(RuleError) as refused:
        load(folder)
    return refused.value.sentence.splitlines()


def test_all_mistakes_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "loan_file": RULE.replace("P5Y", "5Y").replace("dual", "duel"),
            "note_file": RULE.replace("loan_file", "note_file").replace(
                "store: core", "store: cor"
            ),
        },
        stores=STORES.replace("kind: s3", "kind: s4"),
        people=PEOPLE.replace("roles: [data_owner]", "role: [data_owner]"),
        calendars={"cn": CALENDAR.replace("2026-10-10", "2026-10-32")},
    )
    assert [line.split(" ")[0] for line in refusal(tmp_path)] == [
        "calendars/cn.yaml:4:20:",
        "people.yaml:3:5:",
        "people.yaml:3:28:",
        "rules/loan_file.yaml:8:56:",
        "rules/loan_file.yaml:12:18:",
        "rules/loan_file.yaml:16:13:",
        "stores.yaml:3:17:",
    ]


def test_problems_are_counted_when_there_are_too_many_to_read(tmp_path: Path) -> None:
    keys = "".join(f"key_{n}: 1\n" for n in range(250))
    lines = mistakes(tmp_path, RULE + keys)
    assert len(lines) == 101
    assert lines[-1] == "rules/loan_file.yaml: and 150 more."


@pytest.mark.parametrize(
    ("missing", "sentence"),
    [
        ("stores.yaml", "stores.yaml:1:1: There is no such file."),
        ("people.yaml", "people.yaml:1:1: There is no such file."),
    ],
)
def test_missing_file_is_named(missing: str, sentence: str, tmp_path: Path) -> None:
    folder = write(tmp_path, {"loan_file": RULE})
    (folder / missing).unlink()
    assert refusal(folder) == [sentence]


def test_missing_folder_is_named(tmp_path: Path) -> None:
    (line,) = refusal(tmp_path / "nowhere")
    assert line == f"There is no policy folder {tmp_path / 'nowhere'}; 'keepuntil init' writes one."


def test_folder_without_a_rule_is_refused(tmp_path: Path) -> None:
    """Nothing passes by being empty: a wrong path must not look like a bank without data."""
    (line,) = refusal(write(tmp_path, {}))
    assert line == f"There is no rule in {tmp_path / 'rules'}; 'keepuntil init' writes a first one."


@pytest.mark.parametrize("name", ["rules/other.yml", "rules/other.yaml.bak", "rules/a/other.json"])
def test_rule_under_a_wrong_name_is_not_forgotten(name: str, tmp_path: Path) -> None:
    folder = write(tmp_path, {"loan_file": RULE})
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text(RULE)
    assert refusal(folder) == [
        f"{name}:1:1: Only .yaml files are read here: rename it or take it away."
    ]


def test_notes_and_hidden_folders_are_left_alone(tmp_path: Path) -> None:
    """A mounted volume keeps the files in a hidden folder and links to them."""
    folder = write(tmp_path, {"loan_file": RULE})
    (folder / "rules/README.md").write_text("# Notes")
    hidden = folder / "rules/..2026_06_01"
    hidden.mkdir()
    (folder / "rules/loan_file.yaml").rename(hidden / "loan_file.yaml")
    (folder / "rules/loan_file.yaml").symlink_to(hidden / "loan_file.yaml")
    assert [rule.category for rule in load(folder).rules] == ["loan_file"]


def test_rules_may_stand_in_folders(tmp_path: Path) -> None:
    folder = write(tmp_path, {"retail/loan_file": RULE})
    assert load(folder).rules[0].source == "rules/retail/loan_file.yaml"
    assert load_rule(folder, "loan_file").rules[0].source == "rules/retail/loan_file.yaml"


def test_category_has_one_rule(tmp_path: Path) -> None:
    folder = write(tmp_path, {"a/loan_file": RULE, "b/loan_file": RULE})
    assert refusal(folder)[0] == (
        "rules/b/loan_file.yaml:1:11: 'loan_file' has its rule in rules/a/loan_file.yaml: "
        "one rule a category."
    )


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_unreadable_file_is_a_sentence(tmp_path: Path) -> None:
    folder = write(tmp_path, {"loan_file": RULE})
    (folder / "stores.yaml").chmod(0)
    assert refusal(folder) == ["stores.yaml:1:1: The file cannot be read: Permission denied."]


def test_folder_in_place_of_a_file_is_a_sentence(tmp_path: Path) -> None:
    folder = write(tmp_path, {"loan_file": RULE})
    (folder / "stores.yaml").unlink()
    (folder / "stores.yaml").mkdir()
    assert refusal(folder) == ["stores.yaml:1:1: There is no such file."]


# One rule for a worker.


def test_worker_reads_its_own_rule_whatever_the_others_say(tmp_path: Path) -> None:
    folder = write(
        tmp_path,
        {"loan_file": EVERYTHING, "broken": "category: ["},
        calendars={"cn-bank": CALENDAR, "broken": "years: ["},
    )
    found = load_rule(folder, "loan_file")
    assert [rule.category for rule in found.rules] == ["loan_file"]
    assert list(found.calendars) == ["cn-bank"]
    assert found.working_days(found.rules[0]) is found.calendars["cn-bank"]
    with pytest.raises(RuleError, match=r"^calendars/broken.yaml:1:9: "):
        load(folder)


def test_worker_gets_the_same_rule_as_everybody(tmp_path: Path) -> None:
    folder = write(tmp_path, {"loan_file": EVERYTHING}, calendars={"cn-bank": CALENDAR})
    assert load_rule(folder, "loan_file").rules == load(folder).rules


@pytest.mark.parametrize("category", ["loan_fil", "../people", "*", "", "loan_file.yaml"])
def test_worker_asks_for_a_rule_that_is_not_there(category: str, tmp_path: Path) -> None:
    folder = write(tmp_path, {"loan_file": RULE})
    with pytest.raises(RuleError, match=r"^There is no rule for '"):
        load_rule(folder, category)


def test_schedule_names_the_nearest_category(tmp_path: Path) -> None:
    found = schedule(tmp_path)
    assert found.rule("loan_file") is found.rules[0]
    with pytest.raises(RuleError) as refused:
        found.rule("loan_fiel")
    assert refused.value.sentence == "There is no rule for 'loan_fiel'. Did you mean 'loan_file'?"


def test_schedule_gives_a_rule_only_its_own_stores(tmp_path: Path) -> None:
    found = schedule(tmp_path)
    assert list(found.stores_of(found.rules[0])) == ["core"]
    assert found.working_days(found.rules[0]) is None


def test_digest_is_set_on_every_rule(tmp_path: Path) -> None:
    rule: Rule = schedule(tmp_path).rules[0]
    assert rule.digest.startswith("sha256:")
