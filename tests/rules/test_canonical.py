"""One meaning, one digest: the plan, the approvals and the certificate hang on it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from keepuntil.domain.stores import FilesStore
from keepuntil.evidence import canonical
from keepuntil.rules.canonical import rule_digest, rule_document, stores_digest
from policies import CALENDAR, RULE, schedule

REWRITTEN = """\
# The same rule by another hand: other order, other style, comments, equal periods.
instances:
  - {record_group: file_no, events: {settled: {column: settled_on}}, key:
     [id], table: "loan", store: core, id: rows, children: []}
nightly: {until: "06:00", at: "01:30", retries: 2}
disposition: {limits: {share: 5.00%, items: 1000}, expires_after: P2W, approval: dual,
              roles: [data_owner, records_officer]}
clock:
  zone: Asia/Shanghai
  delete_within: P90D
  keep_at_least: P60M        # five years
  start: event_next_day
  permanent: false
  extend_while: []
  triggers: {events: [{event: settled, optional: false}], combine: latest}
authorities:
  - cite: A law
    confidence: primary
    period: P4Y12M
    obligation: keep
    rank: law
effective:
  review_by: 2030-01-01
  from: "2020-01-01"
owner:
  contact: credit@bank.example
  unit: credit
subjects:
  - borrower
purpose: loan servicing
title:
  en: Loan file
  zh: "\\u4fe1\\u8d37\\u6863\\u6848"
category: loan_file
examples: [{settled: 2015-03-01, due_on: 2020-03-02}]
"""


def digest(folder: Path, text: str) -> str:
    return schedule(folder, text).rules[0].digest


def test_two_files_of_one_meaning_have_one_digest(tmp_path: Path) -> None:
    assert digest(tmp_path, REWRITTEN) == digest(tmp_path, RULE)


def test_digest_of_today_is_the_digest_of_tomorrow(tmp_path: Path) -> None:
    """Plans, approvals and certificates name it: it changes with the meaning alone."""
    assert digest(tmp_path, RULE) == (
        "sha256:1e6fc5d0a2d7b0dde3e775c46cedd1b1d85fcc8d0a8d998e50443249daebe9d2"
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("P5Y, conf", "P4Y, conf"),
        ("keep_at_least: P5Y", "keep_at_least: P6Y"),
        ("event_next_day", "next_january_1"),
        ("settled_on", "settled_at"),
        ("settled: settled_on", "settled: {column: settled_on, zone: UTC}"),
        ("settled: settled_on", "settled: {sql: settled_on}"),
        ("share: 5%", "share: 4%"),
        ("table: loan", "table: loans"),
        ("key: [id]", "key: [id, branch]"),
        ("Asia/Shanghai", "Asia/Urumqi"),
        ("roles: [data_owner, records_officer]", "roles: [records_officer, data_owner]"),
        ("    record_group: file_no\n", "    record_group: file_no\n    children: [note]\n"),
        ("    record_group: file_no\n", "    record_group: file_no\n    where: a = 1\n"),
        ("instances:\n", "instances:\n  - {id: b, kind: backup, ages_out_after: P35D}\n"),
        ("en: Loan file", "en: Loan files"),
    ],
)
def test_other_meaning_has_another_digest(old: str, new: str, tmp_path: Path) -> None:
    assert old in RULE
    assert digest(tmp_path, RULE.replace(old, new)) != digest(tmp_path, RULE)


def test_changed_holiday_changes_the_digest(tmp_path: Path) -> None:
    text = RULE.replace("  zone: Asia", "  calendar: cn\n  zone: Asia")
    digests = {
        schedule(tmp_path, text, calendars={"cn": calendar}).rules[0].digest
        for calendar in (CALENDAR, CALENDAR.replace("2026-10-07", "2026-10-08"))
    }
    assert len(digests) == 2


def test_document_is_plain_json_and_carries_the_calendar(tmp_path: Path) -> None:
    text = RULE.replace("  zone: Asia", "  calendar: cn\n  zone: Asia")
    found = schedule(tmp_path, text, calendars={"cn": CALENDAR})
    rule = found.rules[0]
    document = rule_document(rule, found.working_days(rule))
    assert json.loads(canonical.encode(document)) == document
    assert canonical.digest(document) == rule.digest == rule_digest(rule, found.working_days(rule))
    inner = document["rule"]
    assert isinstance(inner, dict)
    assert inner["working_days"]["make_up_days"] == ["2026-10-10"]
    assert inner["disposition"]["limits"] == {"items": 1000, "share": "0.05"}
    assert inner["nightly"] == {"at": "01:30", "until": "06:00", "retries": 2}
    assert "source" not in inner
    assert "digest" not in inner


def test_stores_have_a_digest_of_where_they_are(tmp_path: Path) -> None:
    found = schedule(tmp_path)
    ours = found.stores_of(found.rules[0])
    assert stores_digest(found.stores) == stores_digest(dict(reversed(list(found.stores.items()))))
    assert stores_digest(ours) != stores_digest(found.stores)
    moved = {"share": FilesStore(name="share", root="/srv/a")}
    assert stores_digest(moved) != stores_digest({"share": FilesStore(name="share", root="/srv/b")})
