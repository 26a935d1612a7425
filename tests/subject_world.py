"""A bank that knows one person four times over, and another one beside her; for requests."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Final

from disposal_world import World
from keepuntil.domain.holds import Hold, HoldScope

HERS: Final = "C-1001"
HIS: Final = "c-1001"
"""Another person, whom a database that ignores case would take for her."""

_RULE: Final = """\
category: {category}
title: {{zh: {zh}, en: {en}}}
purpose: {en}
subjects: [customer]
owner: {{unit: operations, contact: operations@bank.example}}
effective: {{from: 2020-01-01, review_by: 2030-01-01}}
authorities:
  - {{cite: {cite}, rank: law, obligation: {obligation}{period}, confidence: primary}}
clock:
  triggers: {{combine: latest, events: [{event}]}}
  start: event_next_day
  keep_at_least: {least}
  delete_within: P90D
{restrict}  zone: Asia/Shanghai
disposition:
  approval: none
  expires_after: P30D
  limits: {{items: 100000, share: 100%}}
nightly: {{at: "01:00"}}
{requests}instances:
  - id: core
    store: core
    table: {category}
    key: [id]
    events: {{{events}}}
    record_group: file_no
    subject: customer_no
{more}"""

_SCANS: Final = """\
  - id: scans
    store: statements
    under: scans
    events: {settled: {from: core}}
    record_group: {from_name: '(?P<file_no>F[0-9]+)/.*'}
"""

_RULES: Final = (
    ("live_loan", "贷款", "Loans", "民法典 第一百八十八条", "keep", "settled", "P3Y", None),
    ("account", "账户", "Accounts", "反洗钱法 第三十四条", "keep", "closed", "P10Y", "2020-05-01"),
    (
        "marketing",
        "营销",
        "Marketing",
        "个人信息保护法 第四十七条",
        "delete",
        "withdrawn",
        "P0D",
        None,
    ),
    ("dispute", "争议", "Disputes", "民法典 第一百八十八条", "keep", "ended", "P3Y", "2020-01-01"),
)
"""Category, its titles, authority, what that obliges to, trigger, minimum, and her trigger date."""

MANDATE: Final = "court order (2026) 17 about the fraud"


def build(world: World) -> World:
    """Tables and rules: a live loan with a scan, a closed account, a profile, a dispute."""
    (world.policies / "rules" / "statement.yaml").unlink()
    with closing(sqlite3.connect(world.core)) as core, core:
        for place, (category, zh, en, cite, obligation, event, least, day) in enumerate(_RULES):
            _table(core, category, event, place, day)
            keeps = obligation == "keep"
            restrict = "  restrict_from: over\n" if category == "account" else ""
            events = f"{event}: {event}_on" + (", over: over_on" if restrict else "")
            text = _RULE.format(
                category=category,
                zh=zh,
                en=en,
                cite=cite,
                event=event,
                obligation=obligation,
                period=f", period: {least}" if keeps else "",
                least=least,
                restrict=restrict,
                events=events,
                requests="requests: {erase: withdrawn}\n" if category == "marketing" else "",
                more=_SCANS if category == "live_loan" else "",
            )
            (world.policies / "rules" / f"{category}.yaml").write_text(text)
    (world.scans / "F1").mkdir()
    (world.scans / "F1" / "page1.tif").write_bytes(b"scan")
    return world


def _table(
    core: sqlite3.Connection, category: str, event: str, place: int, day: str | None
) -> None:
    core.execute(
        f"CREATE TABLE {category} (id INTEGER PRIMARY KEY, file_no TEXT, "
        f"customer_no TEXT COLLATE NOCASE, {event}_on DATE, over_on DATE)"
    )
    core.execute(f"CREATE INDEX ix_{category} ON {category} (customer_no)")
    core.execute(f"CREATE INDEX ix_day_{category} ON {category} ({event}_on)")
    core.execute(f"CREATE INDEX ix_file_{category} ON {category} (file_no)")
    rows = [
        (place * 10 + 1, f"F{place * 10 + 1}", HERS, day, "2020-05-01"),
        (place * 10 + 2, f"F{place * 10 + 2}", HIS, "2026-11-01", None),
    ]
    core.executemany(f"INSERT INTO {category} VALUES (?, ?, ?, ?, ?)", rows)


def hold_on_dispute(world: World) -> Hold:
    return Hold(
        hold_id="LIT-7",
        mandate=MANDATE,
        owner="legal",
        category="dispute",
        instance=None,
        scope=HoldScope.RECORD_GROUP,
        value="F31",
        placed_at=world.moment,
        review_by=None,
    )


def say(world: World, sql: str) -> None:
    """Something happens in the bank."""
    with closing(sqlite3.connect(world.core)) as core, core:
        core.execute(sql)
