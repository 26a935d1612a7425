"""A small bank for tests of the road: a folder of statements, a core database, people with keys."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from keepuntil.disposal import (
    appraisal_panel,
    approving,
    attesting,
    certifying,
    executing,
    nights,
    planning,
    verifying,
)
from keepuntil.disposal.installation import Installation
from keepuntil.domain.plans import Verdict
from keepuntil.evidence import keys
from keepuntil.evidence.keys import KeyKind, SigningKey

AS_OF = date(2026, 11, 23)
NIGHT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)

PANEL = (("E4", "head_of_archives"), ("E5", "head_of_accounting"))
APPRAISED_BY = "head_of_archives, head_of_accounting"
WITNESSES = ("E4", "E5", "E6")
DEPARTMENTS = "archives, accounting, information_systems"

STATEMENT_RULE = """\
category: statement
title: {{zh: 对账单, en: Account statement}}
purpose: account keeping
subjects: [customer]
owner: {{unit: operations, contact: operations@bank.example}}
effective: {{from: 2020-01-01, review_by: 2030-01-01}}
authorities:
  - {{cite: 反洗钱法 第三十四条, rank: law, obligation: keep, period: P10Y, confidence: primary}}
clock:
  triggers: {{combine: latest, events: [issued]}}
  start: event_next_day
  keep_at_least: P10Y
  delete_within: P90D
  zone: Asia/Shanghai
disposition:
  approval: {approval}
{roles}  expires_after: P30D
{cooling_off}{panel}{witnesses}  limits: {{items: {limit}, share: {share}%}}
nightly: {{at: "01:00", retries: 1}}
instances:
  - id: share
    store: statements
    under: statements
    events:
      issued: {{name: 'A[0-9]+-(?P<year>[0-9]{{4}})-(?P<month>[0-9]{{2}})-(?P<day>[0-9]{{2}}).*'}}
    record_group: {{from_name: '(?P<account>A[0-9]+)-.*'}}
{backups}"""

LOAN_RULE = """\
category: loan
title: {zh: 贷款档案, en: Loan file}
purpose: loan servicing
subjects: [borrower]
owner: {unit: retail-credit, contact: credit@bank.example}
effective: {from: 2020-01-01, review_by: 2030-01-01}
authorities:
  - {cite: 反洗钱法 第三十四条, rank: law, obligation: keep, period: P10Y, confidence: primary}
clock:
  triggers: {combine: latest, events: [settled]}
  start: event_next_day
  keep_at_least: P10Y
  delete_within: P90D
  zone: Asia/Shanghai
disposition:
  approval: dual
  roles: [data_owner, records_officer]
  expires_after: P30D
  limits: {items: 100000, share: 100%}
nightly: {at: "01:00", retries: 1}
instances:
  - id: core
    store: core
    table: loan
    key: [id]
    events: {settled: settled_on}
    record_group: file_no
    children: [loan_note]
  - id: scans
    store: statements
    under: scans
    events: {settled: {from: core}}
    record_group: {from_name: '(?P<file_no>F[0-9]+)/.*'}
"""

STORES = """\
stores:
  statements: {{kind: files, root: {root}}}
  core: {{kind: sql, url: {{env: KU_TEST_CORE}}, zone: Asia/Shanghai}}
"""

PEOPLE = """\
controller: bank.example
people:
  - {id: E1, unit: operations, roles: [data_owner, owner], public_key: keys/E1.pem}
  - {id: E2, unit: records, roles: [records_officer], public_key: keys/E2.pem}
  - {id: E3, unit: records, roles: [data_owner, records_officer], public_key: keys/E3.pem}
  - {id: E4, unit: archives, roles: [head_of_archives], public_key: keys/E4.pem}
  - {id: E5, unit: accounting, roles: [head_of_accounting], public_key: keys/E5.pem}
  - {id: E6, unit: information_systems, roles: [operator], public_key: keys/E6.pem}
"""


@dataclass(slots=True)
class World:
    """An installation over real stores, with a clock the test moves."""

    folder: Path
    moment: datetime = NIGHT
    people: dict[str, SigningKey] = field(default_factory=dict)

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def policies(self) -> Path:
        return self.folder / "policies"

    @property
    def statements(self) -> Path:
        return self.folder / "share" / "statements"

    @property
    def scans(self) -> Path:
        return self.folder / "share" / "scans"

    @property
    def core(self) -> Path:
        return self.folder / "core.db"

    def build(self) -> World:
        for folder in (
            self.policies / "rules",
            self.policies / "keys",
            self.statements,
            self.scans,
        ):
            folder.mkdir(parents=True, exist_ok=True)
        for person in ("E1", "E2", "E3", "E4", "E5", "E6"):
            key = keys.generate(KeyKind.P256)
            self.people[person] = key
            (self.policies / "keys" / f"{person}.pem").write_text(key.public.pem)
        (self.policies / "people.yaml").write_text(PEOPLE)
        (self.policies / "stores.yaml").write_text(STORES.format(root=self.folder / "share"))
        self.write_rule()
        Installation.create(self.home)
        return self

    def write_rule(
        self,
        *,
        approval: str = "none",
        roles: str = "",
        limit: int = 100_000,
        share: int = 100,
        cooling_off: str = "",
        backup: str = "",
        appraised_by: str = "",
        witness_departments: str = "",
    ) -> None:
        text = STATEMENT_RULE.format(
            approval=approval,
            roles=f"  roles: [{roles}]\n" if roles else "",
            limit=limit,
            share=share,
            cooling_off=f"  cooling_off: {cooling_off}\n" if cooling_off else "",
            panel=f"  appraised_by: [{appraised_by}]\n" if appraised_by else "",
            witnesses=f"  witness_departments: [{witness_departments}]\n"
            if witness_departments
            else "",
            backups=f"  - {{id: tapes, kind: backup, ages_out_after: {backup}}}\n"
            if backup
            else "",
        )
        (self.policies / "rules" / "statement.yaml").write_text(text)

    def write_loan_rule(self) -> None:
        (self.policies / "rules" / "loan.yaml").write_text(LOAN_RULE)

    def issue(self, *names: str) -> None:
        """Put statements into the share: names carry their date."""
        for name in names:
            (self.statements / name).write_bytes(b"statement")

    def issue_many(self, count: int, *, year: int) -> list[str]:
        names = [f"A{number:06d}-{year}-03-01.pdf" for number in range(count)]
        self.issue(*names)
        return names

    def left(self) -> set[str]:
        return {path.name for path in self.statements.iterdir()}

    def build_core(self, loans: dict[int, str | None], notes: int = 2) -> None:
        """Loans by id with their settlement date; each has notes and one scan."""
        with closing(sqlite3.connect(self.core)) as bank, bank:
            bank.execute(
                "CREATE TABLE loan (id INTEGER PRIMARY KEY, file_no TEXT UNIQUE, "
                "borrower TEXT, settled_on DATE)"
            )
            bank.execute(
                "CREATE TABLE loan_note (id INTEGER PRIMARY KEY, loan_id INTEGER NOT NULL "
                "REFERENCES loan (id), text TEXT)"
            )
            bank.execute("CREATE INDEX ix_settled ON loan (settled_on)")
            bank.execute("CREATE INDEX ix_note ON loan_note (loan_id)")
            for number, settled in loans.items():
                bank.execute(
                    "INSERT INTO loan VALUES (?, ?, ?, ?)",
                    (number, f"F{number}", "Zhang Planted-Name", settled),
                )
                for _ in range(notes):
                    bank.execute("INSERT INTO loan_note (loan_id, text) VALUES (?, 'x')", (number,))
                (self.scans / f"F{number}").mkdir()
                (self.scans / f"F{number}" / "page1.tif").write_bytes(b"scan")

    def loans_left(self) -> set[int]:
        with closing(sqlite3.connect(self.core)) as bank:
            return {number for (number,) in bank.execute("SELECT id FROM loan")}

    @contextmanager
    def open(self) -> Iterator[Installation]:
        with Installation.open(self.home, self.policies, now=lambda: self.moment) as installation:
            yield installation

    def later(self, **by: int) -> None:
        self.moment += timedelta(**by)

    def plan(self, installation: Installation, category: str = "statement") -> str:
        stored = planning.plan(installation, category, AS_OF, proposed_by="planner")
        return stored.plan.plan_id

    def approve(self, installation: Installation, plan_id: str, *given: tuple[str, str]) -> None:
        for person, role in given or (("E1", "data_owner"), ("E2", "records_officer")):
            approving.approve(
                installation,
                plan_id,
                person=person,
                role=role,
                verdict=Verdict.APPROVE,
                reason="",
                via="cli",
                signing_key=self.people[person],
            )

    def appraise(self, installation: Installation, plan_id: str) -> None:
        """The two of the panel sign the appraisal of a list as it stands."""
        for person, role in PANEL:
            appraisal_panel.sign(
                installation, plan_id, person=person, role=role, key=self.people[person]
            )

    def attest(self, installation: Installation, run_id: str, *people: str) -> None:
        """Witnesses sign what a run came to; all three departments unless some are named."""
        for person in people or WITNESSES:
            attesting.attest(installation, run_id, person=person, key=self.people[person])

    def destroy(self, installation: Installation, plan_id: str) -> str:
        run_id = executing.open_run(installation, plan_id, executor="executor")
        for phase in (0, 1):
            for shard in executing.shards(installation, run_id, phase):
                executing.destroy_shard(installation, run_id, shard, worker="worker")
        executing.close_run(installation, run_id)
        return run_id

    def certify(self, installation: Installation, run_id: str) -> certifying.Certificate:
        verifying.verify(installation, run_id, verifier="verifier")
        return certifying.certify(installation, run_id)

    def whole_road(
        self, installation: Installation, category: str = "statement"
    ) -> certifying.Certificate:
        plan_id = self.plan(installation, category)
        if category == "loan":
            self.approve(installation, plan_id)
        return self.certify(installation, self.destroy(installation, plan_id))


__all__ = ["AS_OF", "NIGHT", "World", "nights"]
