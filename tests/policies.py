"""Policy folders for tests: one rule that is right, to be changed in one place at a time."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from keepuntil.domain.categories import Rule
from keepuntil.errors import RuleError
from keepuntil.rules.load import load
from keepuntil.rules.schedule import Schedule

STORES = """\
stores:
  core: {kind: sql, url: {env: CORE_URL}}
  scans: {kind: s3, bucket: scans}
  share: {kind: files, root: /srv/share}
"""

PEOPLE = """\
controller: bank.example
people:
  - {id: E1, unit: credit, roles: [data_owner]}
  - {id: E2, unit: records, roles: [records_officer]}
  - {id: E3, unit: data-protection, roles: [dpo], access: [dpo], logins: [e3]}
"""

RULE = """\
category: loan_file
title: {zh: 信贷档案, en: Loan file}
purpose: loan servicing
subjects: [borrower]
owner: {unit: credit, contact: credit@bank.example}
effective: {from: 2020-01-01, review_by: 2030-01-01}
authorities:
  - {cite: A law, rank: law, obligation: keep, period: P5Y, confidence: primary}
clock:
  triggers: {combine: latest, events: [settled]}
  start: event_next_day
  keep_at_least: P5Y
  delete_within: P90D
  zone: Asia/Shanghai
disposition:
  approval: dual
  roles: [data_owner, records_officer]
  expires_after: P14D
  limits: {items: 1000, share: 5%}
nightly: {at: "01:30", until: "06:00"}
instances:
  - id: rows
    store: core
    table: loan
    key: [id]
    events: {settled: settled_on}
    record_group: file_no
"""

CLOCK = """\
  triggers: {combine: latest, events: [settled]}
  start: event_next_day
  keep_at_least: P5Y
  delete_within: P90D
  zone: Asia/Shanghai
"""

CALENDAR = """\
years:
  2026:
    holidays: [{from: 2026-10-01, to: 2026-10-07}]
    make_up_days: [2026-10-10]
"""

CATEGORIES = """\
categories:
  - {category: loan_file, title: {zh: 信贷档案, en: Loan file}, forms: [paper, electronic]}
  - {category: complaint, title: {zh: 投诉, en: Complaint}}
"""


def write(
    folder: Path,
    rules: Mapping[str, str | bytes],
    *,
    stores: str = STORES,
    people: str = PEOPLE,
    calendars: Mapping[str, str] | None = None,
) -> Path:
    """Write a policy folder: ``rules`` and ``calendars`` by file name without ``.yaml``."""
    files: dict[str, str | bytes] = {"stores.yaml": stores, "people.yaml": people}
    files |= {f"rules/{name}.yaml": text for name, text in rules.items()}
    files |= {f"calendars/{name}.yaml": text for name, text in (calendars or {}).items()}
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


def schedule(
    folder: Path,
    text: str | bytes = RULE,
    *,
    stores: str = STORES,
    calendars: Mapping[str, str] | None = None,
    today: date | None = None,
) -> Schedule:
    """The schedule of a folder with this one rule."""
    written = write(folder, {"loan_file": text}, stores=stores, calendars=calendars)
    return load(written, today=today)


def clock_rule(folder: Path, clock: str, *, calendars: Mapping[str, str] | None = None) -> Rule:
    """The rule with another clock; every event it names is read from a column of that name."""
    text = RULE.replace(CLOCK, textwrap.indent(textwrap.dedent(clock).strip() + "\n", "  "))
    text = text.replace("obligation: keep, period: P5Y,", "obligation: keep,")
    text = text.replace("    events: {settled: settled_on}\n", "    events: {}\n")
    # The reader itself names the events that lack a source; give each of them one.
    lacking = [line.split("'")[3] for line in mistakes(folder, text, calendars=calendars)]
    events = ", ".join(f"{event}: {event}" for event in dict.fromkeys(lacking))
    text = text.replace("    events: {}\n", f"    events: {{{events}}}\n")
    return schedule(folder, text, calendars=calendars).rules[0]


def mistakes(
    folder: Path,
    text: str | bytes = RULE,
    *,
    calendars: Mapping[str, str] | None = None,
    today: date | None = None,
) -> list[str]:
    """The sentences with which this rule is refused, one a mistake; none when it is right."""
    try:
        schedule(folder, text, calendars=calendars, today=today)
    except RuleError as error:
        return error.sentence.splitlines()
    return []
