"""A commented starting point: a policy folder that loads clean and says what to change.

Beside the one first rule there are starter sets, whole libraries to adopt from. They lie in
``starter/``: folders of rules, and for each jurisdiction the stores and people they name.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from keepuntil.errors import UsageError
from keepuntil.rules.policy_files import CALENDARS, PEOPLE, RULES, STORES

EXAMPLE: Final = "example_records"

STARTERS: Final[Mapping[str, tuple[str, ...]]] = {
    "cn_bank": ("cn", "cn_bank"),
    "cn_insurer": ("cn", "cn_insurer"),
    "eu": ("eu",),
    "us": ("us",),
}
"""Each starter set with the folders of ``starter/`` it is made of."""

_LIBRARY: Final = Path(__file__).with_name("starter")

_STORES: Final = """\
# How each store is reached. Only the place of a secret stands here, never the secret:
# {env: NAME}, {file: PATH} or {airflow: CONNECTION}.
stores:
  core:
    kind: sql                              # sql, s3, files or paper
    url: {env: KEEPUNTIL_CORE_URL}         # a SQLAlchemy URL of a role that may delete
    # reader: {env: KEEPUNTIL_CORE_READER_URL}   # of one that may only read: plans and verifies
    # zone: Asia/Shanghai                  # what date-times without a zone mean in it
"""

_PEOPLE: Final = """\
# Who may approve. Ids are staff numbers or role accounts, never names of persons.
controller: bank.example                   # the organisation's domain name; it goes on certificates
people:
  - {id: E1001, unit: records, roles: [data_owner]}
  - {id: E1002, unit: records, roles: [records_officer]}
  # A public key lets them approve on the command line: public_key: keys/E1001.pem
  # openssl ecparam -name prime256v1 -genkey -noout -out E1001.key
  # openssl ec -in E1001.key -pubout -out keys/E1001.pem
  # Once anybody has an access role, each command is open only to those whose role gives the
  # right (docs/access.md). Give everybody theirs in one go, with what signs them in:
  # - {id: E2001, unit: records, roles: [data_owner], access: [owner, dpo], logins: [e2001]}
  # - {id: E2002, unit: operations, roles: [operator], access: [executor, witness], logins: [e2002]}
  # - {id: E2003, unit: it, roles: [operator], access: [administrator, auditor], logins: [e2003]}
"""

_RULE: Final = """\
# One file, one category, named like it. Every key is explained in docs/rules.md.
category: example_records
title: {zh: 示例记录, en: Example records}
purpose: what the data is processed for
subjects: [customer]
owner: {unit: records, contact: records@bank.example}
effective: {from: 2025-01-01, review_by: 2027-12-31}
authorities:                               # why it is kept, and why it goes
  - {cite: the law and its article, rank: law, obligation: keep, period: P5Y}
  - {cite: 个人信息保护法 第四十七条, rank: law, obligation: delete, confidence: primary}
clock:
  triggers: {combine: latest, events: [relation_ended]}   # latest, earliest or all_of
  start: event_next_day                    # which day is day one: there is no default
  keep_at_least: P5Y                       # the minimum
  delete_within: P90D                      # gone by this long after it falls due
  zone: Asia/Shanghai                      # whose days count
disposition:
  approval: dual                           # none, owner or dual
  roles: [data_owner, records_officer]     # one approval each, by different people
  expires_after: P14D                      # an approval is good for this long
  limits: {items: 1000, share: 1%}         # above this a run stops and waits for a person
nightly: {at: "01:30", until: "06:00"}
instances:                                 # every place where copies live
  - id: rows
    store: core
    table: example_record
    key: [id]
    events: {relation_ended: ended_on}     # where each event of the clock is read
examples:                                  # checked every time the file is read
  - {relation_ended: 2019-04-02, retain_until: 2024-04-02, due_on: 2024-04-03}
  - {undetermined: missing_trigger}        # still a customer: kept
"""

_CALENDAR: Final = """\
# A working-day calendar, for rules that name one in clock.calendar. Only years that stand
# here are known: add each when its holidays and make-up days are announced.
years:
  2026:
    holidays: [2026-01-01]
    make_up_days: []
"""

_FILES: Final = {
    STORES: _STORES,
    PEOPLE: _PEOPLE,
    f"{RULES}/{EXAMPLE}.yaml": _RULE,
    f"{CALENDARS}/example.yaml": _CALENDAR,
}


def write_starting_point(folder: Path) -> tuple[Path, ...]:
    """Write a first rule with what it needs into ``folder``; return the files written.

    Raises UsageError when one of the files is there already: nothing is overwritten.
    """
    return _write(folder, _FILES)


def write_starter(folder: Path, starter: str) -> tuple[Path, ...]:
    """Write the starter set of that name (see :data:`STARTERS`) into ``folder``.

    Raises UsageError when one of the files is there already: nothing is overwritten.
    """
    files: dict[str, str] = {}
    for part in STARTERS[starter]:
        for path in sorted((_LIBRARY / part).rglob("*.yaml")):
            name = path.relative_to(_LIBRARY / part).as_posix()
            files[name] = path.read_text(encoding="utf-8")
    return _write(folder, files)


def _write(folder: Path, files: Mapping[str, str]) -> tuple[Path, ...]:
    paths = {folder / name: text for name, text in files.items()}
    for path in paths:
        if path.exists():
            raise UsageError(f"{path} is there already; nothing was written.")
    for path, text in paths.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tuple(paths)
