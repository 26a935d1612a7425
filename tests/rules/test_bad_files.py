"""Files that are wrong, one mistake at a time, and the exact sentence each is refused with.

The table is also a promise about wording and places: people search for these sentences.
"""

# ruff: noqa: E501 - the sentences stand here as they are printed

from __future__ import annotations

from pathlib import Path

import pytest

from keepuntil.errors import RuleError
from keepuntil.rules.load import load
from policies import RULE, STORES, mistakes, write

Case = tuple[str, str | None, str | bytes, list[str]]
"""What is wrong, the text replaced (None: the whole file), its replacement, the refusals."""

COPIES = (
    RULE
    + """\
  - id: objects
    store: scans
    prefix: loans/
    events: {settled: {from: rows}}
    record_group: {from_key: 'loans/(?P<file_no>[^/]+)/.*'}
  - id: statements
    store: share
    under: statements
    events: {settled: mtime}
"""
)

RULE_FILES: list[Case] = [
    (
        "a key is misspelt",
        "  keep_at_least: P5Y",
        "  keep_at_leest: P5Y",
        [
            "12:3: 'keep_at_leest' is not a key here. Did you mean 'keep_at_least'?",
        ],
    ),
    (
        "a top-level key is misspelt",
        "nightly:",
        "nightlt:",
        [
            "1:1: The file lacks 'nightly': when the rule runs.",
            "20:1: 'nightlt' is not a key here. Did you mean 'nightly'?",
        ],
    ),
    (
        "a key is given twice",
        "purpose: loan servicing\n",
        "purpose: loan servicing\npurpose: again\n",
        [
            "4:1: 'purpose' stands here a second time; the first is on line 3.",
        ],
    ),
    (
        "a nested key is given twice",
        "  start: event_next_day\n",
        "  start: event_next_day\n  start: next_january_1\n",
        [
            "12:3: 'start' stands here a second time; the first is on line 11.",
        ],
    ),
    (
        "no start rule",
        "  start: event_next_day\n",
        "",
        [
            "9:1: 'clock' lacks 'start': which day is day one: event_next_day, year_of_event, fiscal_year_after or next_january_1; there is no default.",
        ],
    ),
    (
        "no zone",
        "  zone: Asia/Shanghai\n",
        "",
        [
            "9:1: 'clock' lacks 'zone': the IANA zone whose days count, for example Asia/Shanghai; there is no default.",
        ],
    ),
    (
        "no approval",
        "  approval: dual\n",
        "",
        [
            "15:1: 'disposition' lacks 'approval': who has to say yes: none, owner or dual; there is no default.",
        ],
    ),
    (
        "no limits",
        "  limits: {items: 1000, share: 5%}\n",
        "",
        [
            "15:1: 'disposition' lacks 'limits': items and share: the most one run may destroy; there is no default.",
        ],
    ),
    (
        "no minimum, maximum or permanent",
        "  keep_at_least: P5Y\n",
        "",
        [
            "9:1: 'clock' has no keep_at_least, no keep_at_most and no 'permanent: true': nothing is kept or destroyed for a period nobody wrote.",
        ],
    ),
    (
        "no authority",
        "  - {cite: A law, rank: law, obligation: keep, period: P5Y, confidence: primary}\n",
        "  []\n",
        [
            "8:3: 'authorities' is empty; name at least one.",
        ],
    ),
    (
        "no authorities at all",
        "authorities:\n  - {cite: A law, rank: law, obligation: keep, period: P5Y, confidence: primary}\n",
        "",
        [
            "1:1: The file lacks 'authorities': the legal bases of the rule; without one nothing may be destroyed.",
        ],
    ),
    (
        "no key columns",
        "    key: [id]\n",
        "",
        [
            "22:5: Entry 1 of 'instances' lacks 'key': the columns of the primary key, in order.",
        ],
    ),
    (
        "empty key columns",
        "key: [id]",
        "key: []",
        [
            "25:10: 'key' is empty; name at least one.",
        ],
    ),
    (
        "a bare no",
        "purpose: loan servicing",
        "purpose: no",
        [
            '3:10: A bare no is a text to some readers of YAML and false to others; write true or false, or put the text in quotes: "no".',
        ],
    ),
    (
        "a bare On",
        "subjects: [borrower]",
        "subjects: [On]",
        [
            '4:12: A bare On is a text to some readers of YAML and true to others; write true or false, or put the text in quotes: "On".',
        ],
    ),
    (
        "a number with a leading zero",
        "unit: credit",
        "unit: 012",
        [
            "5:15: A bare 012 is read as different numbers by different readers of YAML; put it in quotes, or write a whole number.",
        ],
    ),
    (
        "a float",
        "cite: A law",
        "cite: 1.5",
        [
            "8:12: A bare 1.5 is read as different numbers by different readers of YAML; put it in quotes, or write a whole number.",
        ],
    ),
    (
        "a hexadecimal number",
        "items: 1000",
        "items: 0x10",
        [
            "19:19: A bare 0x10 is read as different numbers by different readers of YAML; put it in quotes, or write a whole number.",
        ],
    ),
    (
        "a number with underscores",
        "items: 1000",
        "items: 1_000",
        [
            "19:19: A bare 1_000 is read as different numbers by different readers of YAML; put it in quotes, or write a whole number.",
        ],
    ),
    (
        "a number where a text is meant",
        "unit: credit",
        "unit: 17",
        [
            "5:15: A text is wanted here, not 17; put it in quotes.",
        ],
    ),
    (
        "a text where a number is meant",
        "items: 1000",
        'items: "1000"',
        [
            "19:19: 'items' wants a whole number, not '1000'.",
        ],
    ),
    (
        "true where a number is meant",
        "items: 1000",
        "items: true",
        [
            "19:19: 'items' wants a whole number, not true.",
        ],
    ),
    (
        "a number below the least",
        "items: 1000",
        "items: 0",
        [
            "19:19: 'items' wants at least 1, not 0.",
        ],
    ),
    (
        "too many retries",
        'until: "06:00"}',
        'until: "06:00", retries: 11}',
        [
            "20:49: 'retries' wants at most 10, not 11.",
        ],
    ),
    (
        "a value left out",
        "purpose: loan servicing",
        "purpose:",
        [
            "3:1: There is no value; give one, or leave the key out.",
        ],
    ),
    (
        "null",
        "purpose: loan servicing",
        "purpose: null",
        [
            "3:10: There is no value; give one, or leave the key out.",
        ],
    ),
    (
        "a list where a text is meant",
        "purpose: loan servicing",
        "purpose: [a, b]",
        [
            "3:10: A text is wanted here, not a list.",
        ],
    ),
    (
        "a text where a list is meant",
        "key: [id]",
        "key: id",
        [
            "25:10: 'key' wants a list, not 'id'.",
        ],
    ),
    (
        "a text where keys are meant",
        "owner: {unit: credit, contact: credit@bank.example}",
        "owner: credit",
        [
            "5:8: 'owner' wants keys with their values, not 'credit'.",
        ],
    ),
    (
        "an empty text",
        "purpose: loan servicing",
        'purpose: "  "',
        [
            "3:10: The text is empty.",
        ],
    ),
    (
        "an anchor and an alias",
        "title: {zh: 信贷档案, en: Loan file}",
        "title: &t {zh: 信贷档案, en: Loan file}\npurpose_: *t",
        [
            "2:8: Anchors (&) are not read; leave it out.",
            "3:1: 'purpose_' is not a key here. Did you mean 'purpose'?",
            "3:11: Aliases (*) are not read; write the value out.",
        ],
    ),
    (
        "a merge key",
        "title: {zh: 信贷档案, en: Loan file}",
        "title: {<<: {zh: a}, en: Loan file}",
        [
            "2:9: Merge keys (<<) are not read; write the keys out.",
        ],
    ),
    (
        "a tag",
        "purpose: loan servicing",
        "purpose: !!str loan servicing",
        [
            "3:10: Tags (!) are not read; leave it out.",
        ],
    ),
    (
        "a second document",
        "clock:\n",
        "---\nclock:\n",
        [
            "9:1: A second document starts here; one file holds one document.",
        ],
    ),
    (
        "a tab",
        "  start: event_next_day",
        "\tstart: event_next_day",
        [
            "11:1: There is a tab; indent and separate with spaces.",
        ],
    ),
    (
        "an invisible character",
        "purpose: loan servicing",
        "purpose: loan\u200bservicing",
        [
            "3:14: There is the invisible character U+200B; remove it.",
        ],
    ),
    (
        "a right-to-left override",
        "purpose: loan servicing",
        "purpose: loan\u202eservicing",
        [
            "3:14: There is the invisible character U+202E; remove it.",
        ],
    ),
    (
        "an escaped control character",
        "purpose: loan servicing",
        'purpose: "loan\\aservicing"',
        [
            "3:10: The text hides a control or invisible character.",
        ],
    ),
    (
        "wrong indentation",
        "  start: event_next_day",
        "   start: event_next_day",
        [
            "11:4: This is not YAML (expected <block end>, but found '<block mapping start>'); look at this line and those above it.",
        ],
    ),
    (
        "an open bracket",
        "subjects: [borrower]",
        "subjects: [borrower",
        [
            "5:6: This is not YAML (expected ',' or ']', but got ':'); look at this line and those above it.",
        ],
    ),
    (
        "a period without P",
        "keep_at_least: P5Y",
        "keep_at_least: 5Y",
        [
            "12:18: A period starts with the letter P, for example P5Y; got '5Y'.",
        ],
    ),
    (
        "a period with a time",
        "keep_at_least: P5Y",
        "keep_at_least: PT5H",
        [
            "12:18: Retention counts in days: there is no time part T, found at position 2 of 'PT5H'.",
        ],
    ),
    (
        "a period that is a number",
        "keep_at_least: P5Y",
        "keep_at_least: 5",
        [
            "12:18: A period is written like P5Y, P6M or P90D, not 5.",
        ],
    ),
    (
        "a day that is none",
        "from: 2020-01-01",
        "from: 2020-02-30",
        [
            "6:19: '2020-02-30' is no day of the calendar.",
        ],
    ),
    (
        "a day written otherwise",
        "from: 2020-01-01",
        "from: 01.01.2020",
        [
            "6:19: A day is written YYYY-MM-DD, not '01.01.2020'.",
        ],
    ),
    (
        "a time that is none",
        'at: "01:30"',
        'at: "25:30"',
        [
            "20:15: A time of day is written like 01:30, not '25:30'.",
        ],
    ),
    (
        "a share without a percent sign",
        "share: 5%",
        'share: "0.05"',
        [
            "19:32: A share is written with a percent sign, above 0% and up to 100%, like 5%, not '0.05'.",
        ],
    ),
    (
        "a share above all",
        "share: 5%",
        "share: 101%",
        [
            "19:32: A share is written with a percent sign, above 0% and up to 100%, like 5%, not '101%'.",
        ],
    ),
    (
        "an unknown start rule",
        "start: event_next_day",
        "start: next_january",
        [
            "11:10: 'next_january' is not one of: event_next_day, year_of_event, fiscal_year_after, next_january_1. Did you mean 'next_january_1'?",
        ],
    ),
    (
        "an unknown rank",
        "rank: law",
        "rank: Law",
        [
            "8:25: 'Law' is not one of: law, admin_reg, dept_rule, normative, standard, institution. Did you mean 'law'?",
        ],
    ),
    (
        "an unknown approval",
        "approval: dual",
        "approval: duel",
        [
            "16:13: 'duel' is not one of: none, owner, dual. Did you mean 'dual'?",
        ],
    ),
    (
        "an unknown combination",
        "combine: latest",
        "combine: newest",
        [
            "10:23: 'newest' is not one of: latest, earliest, all_of.",
        ],
    ),
    (
        "an unknown zone",
        "zone: Asia/Shanghai",
        "zone: Asia/Shangai",
        [
            "14:9: A zone is an IANA name like Asia/Shanghai; 'Asia/Shangai' is not one. Did you mean 'Asia/Shanghai'?",
        ],
    ),
    (
        "a zone of the host",
        "zone: Asia/Shanghai",
        "zone: localtime",
        [
            "14:9: A zone is an IANA name like Asia/Shanghai; 'localtime' is not one.",
        ],
    ),
    (
        "an offset for a zone",
        "zone: Asia/Shanghai",
        'zone: "+08:00"',
        [
            "14:9: A zone is an IANA name like Asia/Shanghai; '+08:00' is not one.",
        ],
    ),
    (
        "an unknown store",
        "store: core",
        "store: coer",
        [
            "23:12: There is no store 'coer' in stores.yaml. Did you mean 'core'?",
        ],
    ),
    (
        "an unknown calendar",
        "  zone: Asia/Shanghai",
        "  zone: Asia/Shanghai\n  calendar: cn-bank",
        [
            "15:13: There is no calendars/cn-bank.yaml. There is none yet.",
        ],
    ),
    (
        "an event nobody reads",
        "events: [settled]",
        "events: [settled, disputed]",
        [
            "26:5: Instance 'rows' does not say where the event 'disputed' is read.",
        ],
    ),
    (
        "an event the clock does not have",
        "{settled: settled_on}",
        "{settled: settled_on, setled: x}",
        [
            "26:35: The clock has no event 'setled'. Did you mean 'settled'?",
        ],
    ),
    (
        "a name with capitals",
        "category: loan_file",
        "category: LoanFile",
        [
            "1:11: A name is made of small letters, digits and _, begins with a letter and has at most 63 characters, not 'LoanFile'.",
        ],
    ),
    (
        "a file named otherwise",
        "category: loan_file",
        "category: loan_files",
        [
            "1:11: The file of this category is named loan_files.yaml, and this is loan_file.yaml: one rule a file, found by its name.",
        ],
    ),
    (
        "a review before the start",
        "review_by: 2030-01-01",
        "review_by: 2019-01-01",
        [
            "6:42: The review comes after the rule is in force.",
        ],
    ),
    (
        "the run ends as it begins",
        'until: "06:00"',
        'until: "01:30"',
        [
            "20:31: The run ends the minute it begins.",
        ],
    ),
    (
        "an unknown role",
        "roles: [data_owner, records_officer]",
        "roles: [data_owner, record_officer]",
        [
            "17:23: Nobody in people.yaml has the role 'record_officer'. Did you mean 'records_officer'?",
        ],
    ),
    (
        "too few people",
        "roles: [data_owner, records_officer]",
        "roles: [data_owner, data_owner]",
        [
            "17:3: people.yaml has not enough people to give each role another one.",
        ],
    ),
    (
        "dual approval by one role",
        "roles: [data_owner, records_officer]",
        "roles: [data_owner]",
        [
            "17:3: Dual approval names two roles in 'roles', each given by another person.",
        ],
    ),
    (
        "roles without approval",
        "approval: dual",
        "approval: none",
        [
            "17:3: 'roles' has no meaning where approval is none.",
        ],
    ),
    (
        "cooling off longer than the approval",
        "  expires_after: P14D",
        "  cooling_off: P14D\n  expires_after: P14D",
        [
            "18:16: Approvals expire before they have cooled off: nothing could ever be destroyed.",
        ],
    ),
    (
        "a backup alone",
        "  - id: rows\n    store: core\n    table: loan\n    key: [id]\n    events: {settled: settled_on}\n    record_group: file_no\n",
        "  - {id: backups, kind: backup, ages_out_after: P35D}\n",
        [
            "21:1: A backup alone is not enough: name the place the data is backed up from.",
        ],
    ),
    (
        "an unknown kind of instance",
        "  - id: rows\n",
        "  - {id: b, kind: bakup, ages_out_after: P35D}\n  - id: rows\n",
        [
            "22:19: 'bakup' is not a kind here. Did you mean 'backup'?",
        ],
    ),
    (
        "a processor",
        "  - id: rows\n",
        "  - {id: p, kind: processor, contract: C-1}\n  - id: rows\n",
        [
            "22:5: Instances of kind processor are not supported yet: leave this one out.",
        ],
    ),
    (
        "paper of a store nobody declared",
        "  - id: rows\n",
        "  - {id: paper, store: centre, series: PL, method: pulping, events: {settled: settled_on}}\n  - id: rows\n",
        [
            "22:24: There is no store 'centre' in stores.yaml. Did you mean 'core'?",
        ],
    ),
    (
        "two instances of one name",
        "  - id: rows\n",
        "  - {id: rows, kind: backup, ages_out_after: P35D}\n  - id: rows\n",
        [
            "23:9: There are two instances 'rows'.",
        ],
    ),
    (
        "permanent with a period",
        "  delete_within: P90D\n",
        "  permanent: true\n",
        [
            "10:3: 'triggers' has no meaning where 'permanent: true' stands; leave one out.",
            "11:3: 'start' has no meaning where 'permanent: true' stands; leave one out.",
            "12:3: 'keep_at_least' has no meaning where 'permanent: true' stands; leave one out.",
        ],
    ),
    (
        "clock shorter than the law",
        "obligation: keep, period: P5Y",
        "obligation: keep, period: P10Y",
        [
            "8:56: 'A law' obliges to keep for P10Y, and the clock keeps for P5Y.",
        ],
    ),
    (
        "law that deletes before the clock does",
        "confidence: primary}\n",
        "confidence: primary}\n  - {cite: B law, rank: law, obligation: delete, period: P3Y, confidence: primary}\n",
        [
            "9:58: 'B law' obliges to delete within P3Y, and the clock keeps for P5Y: split the data by purpose into two categories.",
        ],
    ),
    (
        "minimum above maximum",
        "  keep_at_least: P5Y\n",
        "  keep_at_least: P10Y\n  keep_at_most: P5Y\n",
        [
            "13:3: The minimum (P10Y) leaves no day before the maximum (P5Y) is over. If two laws pull apart, split the data by purpose into two categories.",
        ],
    ),
    (
        "minimum equal to maximum",
        "  keep_at_least: P5Y\n",
        "  keep_at_least: P5Y\n  keep_at_most: P60M\n",
        [
            "13:3: The minimum (P5Y) leaves no day before the maximum (P5Y) is over. If two laws pull apart, split the data by purpose into two categories.",
        ],
    ),
    (
        "no keep authority",
        "obligation: keep",
        "obligation: delete",
        [
            "7:1: The clock keeps the data, and no authority has the obligation 'keep'.",
        ],
    ),
    (
        "no necessity memo",
        "rank: law",
        "rank: dept_rule",
        [
            "7:1: The keep period rests on nothing above a departmental rule, so PIPL 19 asks why it is necessary: give a necessity_memo beside the authority.",
        ],
    ),
    (
        "a fiscal year without its start rule",
        "  zone: Asia/Shanghai",
        "  zone: Asia/Shanghai\n  fiscal_year_starts: 04-01",
        [
            "15:3: 'fiscal_year_starts' has a meaning with the start rule fiscal_year_after only.",
        ],
    ),
    (
        "a fiscal year from 29 February",
        "  start: event_next_day",
        "  start: fiscal_year_after\n  fiscal_year_starts: 02-29",
        [
            "12:23: A fiscal year starts on a day that every year has, written MM-DD, for example 04-01; got '02-29'.",
        ],
    ),
    (
        "an overriding trigger without all_of",
        "events: [settled]",
        "events: [{event: settled, keep_at_least: P6Y}]",
        [
            "10:40: A trigger has its own start or minimum with all_of only.",
        ],
    ),
    (
        "a maximum with all_of",
        "combine: latest, events: [settled]}",
        "combine: all_of, events: [settled]}\n  keep_at_most: P9Y",
        [
            "11:3: With all_of nobody knows from which trigger 'keep_at_most' counts; say delete_within.",
        ],
    ),
    (
        "a flag that is also a date",
        "  zone: Asia/Shanghai",
        "  extend_while: [settled]\n  zone: Asia/Shanghai",
        [
            "14:18: 'settled' is a date elsewhere in this clock, and here a flag (true or false); to prolong by a date write {event: …, plus: …}.",
        ],
    ),
    (
        "less than a year from the year itself",
        "start: event_next_day\n  keep_at_least: P5Y",
        "start: year_of_event\n  keep_at_least: P6M",
        [
            "8:56: 'A law' obliges to keep for P5Y, and the clock keeps for P6M.",
            "10:3: Less than a year, counted from the event's own year, may be no time at all.",
        ],
    ),
    (
        "an event read in two ways",
        "{settled: settled_on}",
        "{settled: {column: a, sql: b}}",
        [
            "26:14: 'settled' is read in one way: name one of column, sql, from.",
        ],
    ),
    (
        "an event read in no way",
        "{settled: settled_on}",
        "{settled: {zone: UTC}}",
        [
            "26:14: 'settled' is read in one way: name one of column, sql, from.",
        ],
    ),
    (
        "an event joined from nowhere",
        "{settled: settled_on}",
        "{settled: {from: row}}",
        [
            "26:30: There is no instance 'row'. Did you mean 'rows'?",
        ],
    ),
    (
        "an event joined from itself",
        "{settled: settled_on}",
        "{settled: {from: rows}}",
        [
            "26:30: An instance cannot read its events from itself.",
        ],
    ),
    (
        "a SQL comment",
        "    events: {settled",
        "    where: status = 'A' -- all\n    events: {settled",
        [
            "26:12: This SQL has a comment (--); it could reach beyond its place.",
        ],
    ),
    (
        "SQL that closes its parenthesis",
        "    events: {settled",
        "    where: a = 1) OR (1 = 1\n    events: {settled",
        [
            "26:12: This SQL has parentheses that do not match; it could reach beyond its place.",
        ],
    ),
    (
        "SQL with an open quote",
        "    events: {settled",
        "    where: a = 'x\n    events: {settled",
        [
            "26:12: This SQL has a quote that is not closed, or a backslash in quotes; it could reach beyond its place.",
        ],
    ),
    (
        "a child named twice",
        "    record_group: file_no\n",
        "    record_group: file_no\n    children: [note, note]\n",
        [
            "28:22: The child table 'note' is named twice.",
        ],
    ),
    (
        "a child with the wrong number of columns",
        "    record_group: file_no\n",
        "    record_group: file_no\n    children: [{table: note, by: [a, b]}]\n",
        [
            "28:34: 'by' names 2 columns, and the key 1.",
        ],
    ),
    (
        "a key column twice",
        "key: [id]",
        "key: [id, id]",
        [
            "25:10: The key names the column 'id' twice.",
        ],
    ),
    (
        "an example that is wrong",
        "nightly:",
        "examples:\n  - {settled: 2015-03-01, retain_until: 2020-02-29, due_on: 2020-03-02}\nnightly:",
        [
            "21:41: The example says retain_until 2020-02-29; the clock says 2020-03-01.",
        ],
    ),
    (
        "an example that expects nothing",
        "nightly:",
        "examples:\n  - {settled: 2015-03-01}\nnightly:",
        [
            "21:5: The example expects nothing: add one of retain_until, due_on, delete_by, no_end, undetermined.",
        ],
    ),
    (
        "an example with an unknown event",
        "nightly:",
        "examples:\n  - {setled: 2015-03-01, due_on: 2020-03-02}\nnightly:",
        [
            "21:6: 'setled' is no event of the clock. Did you mean 'settled'?",
        ],
    ),
    (
        "an example that cannot be computed",
        "nightly:",
        "examples:\n  - {due_on: 2020-03-02}\nnightly:",
        [
            "21:14: The example says due_on 2020-03-02; the clock cannot be computed: missing_trigger (settled).",
        ],
    ),
    (
        "a relation of keys to nothing",
        "category: loan_file\n",
        "category\n",
        [
            "2:6: This is not YAML (mapping values are not allowed here); look at this line and those above it.",
        ],
    ),
    (
        "full-width colons",
        None,
        "类别：贷款\n",
        [
            "1:1: Here stands a rule: keys with their values. A full-width colon (：) does not separate a key from its value; write ': '.",
        ],
    ),
    (
        "an empty file",
        None,
        "",
        [
            "1:1: The file is empty.",
        ],
    ),
    (
        "only a comment",
        None,
        "# nothing yet\n",
        [
            "1:1: The file is empty.",
        ],
    ),
    (
        "a list of rules",
        None,
        "- category: a\n",
        [
            "1:1: Here stands a rule: keys with their values.",
        ],
    ),
    (
        "a file that is not UTF-8",
        None,
        b"category: \xd0\xc5\xb4\xfb",
        [
            "1:11: The file is not UTF-8 here; save it as UTF-8.",
        ],
    ),
    (
        "a file in UTF-16",
        None,
        b"\xff\xfec\x00a\x00t\x00e\x00g\x00o\x00r\x00y\x00:\x00 \x00a\x00",
        [
            "1:1: The file is UTF-16; save it as UTF-8.",
        ],
    ),
    (
        "a byte order mark",
        None,
        b"\xef\xbb\xbfcategory: a\n",
        [
            "1:1: There is a byte order mark; save the file as UTF-8 without one.",
        ],
    ),
    (
        "a file that is too large",
        None,
        b"# " + b"x" * (1 << 18),
        [
            "1:1: The file is larger than 256 KiB.",
        ],
    ),
    (
        "a file that nests too deep",
        None,
        b"category: [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
        [
            "1:23: The file nests deeper than 12 levels.",
        ],
    ),
    (
        "an alias bomb",
        None,
        b"a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n",
        [
            "1:1: 'a' is not a key here.",
            "1:1: The file lacks 'authorities': the legal bases of the rule; without one nothing may be destroyed.",
            "1:1: The file lacks 'category': the data category; the file is named like it.",
            "1:1: The file lacks 'clock': how long the category is kept.",
            "1:1: The file lacks 'disposition': who approves, and how much a run may destroy.",
            "1:1: The file lacks 'effective': from and review_by.",
            "1:1: The file lacks 'instances': where copies live.",
            "1:1: The file lacks 'nightly': when the rule runs.",
            "1:1: The file lacks 'owner': unit and contact: who answers for the rule.",
            "1:1: The file lacks 'purpose': what the data is processed for.",
            "1:1: The file lacks 'subjects': whose data it is.",
            "1:1: The file lacks 'title': zh and en: the category's title.",
            "1:4: Anchors (&) are not read; leave it out.",
            "2:1: 'b' is not a key here.",
            "2:4: Anchors (&) are not read; leave it out.",
            "2:8: Aliases (*) are not read; write the value out.",
            "2:12: Aliases (*) are not read; write the value out.",
            "3:1: 'c' is not a key here.",
            "3:5: Aliases (*) are not read; write the value out.",
            "3:9: Aliases (*) are not read; write the value out.",
        ],
    ),
]

OTHER_PLACES: list[Case] = [
    (
        "a prefix that begins other names",
        "prefix: loans/",
        "prefix: loans",
        [
            "30:13: The prefix 'loans' also begins names beside the one meant: end it with / and narrow it with 'pattern'.",
        ],
    ),
    (
        "an absolute prefix",
        "prefix: loans/",
        "prefix: /loans/",
        [
            "30:13: A path here is relative and uses /, so that it stays below its root.",
        ],
    ),
    (
        "a prefix that goes up",
        "prefix: loans/",
        "prefix: loans/../",
        [
            "30:13: A path here never goes up with '..'.",
        ],
    ),
    (
        "a pattern that is none",
        "'loans/(?P<file_no>[^/]+)/.*'",
        "'loans/(?P<file_no>[^/+)/.*'",
        [
            "32:30: This is not a regular expression: unterminated character set at position 18.",
        ],
    ),
    (
        "a pattern without its group",
        "(?P<file_no>[^/]+)",
        "[^/]+",
        [
            "32:30: The pattern has exactly one named group, the record's: (?P<file_no>[^/]+).",
        ],
    ),
    (
        "a join without a record group",
        "    record_group: {from_key: 'loans/(?P<file_no>[^/]+)/.*'}\n",
        "",
        [
            "28:5: Instance 'objects' needs a record_group, by which its events are found.",
        ],
    ),
    (
        "a join from a place without rows",
        "settled: {from: rows}",
        "settled: {from: statements}",
        [
            "31:30: 'statements' is not a SQL instance: events are read from rows.",
        ],
    ),
    (
        "an object event that is a column",
        "settled: {from: rows}",
        "settled: settled_on",
        [
            "31:23: Write age, or one of {tag: …}, {metadata: …}, {name: …}, {from: …}.",
        ],
    ),
    (
        "a key of SQL in an object store",
        "    prefix: loans/\n",
        "    prefix: loans/\n    table: loan\n",
        [
            "31:5: 'table' is not a key here. Known here: events, form, id, pattern, prefix, record_group, store, subject.",
        ],
    ),
    (
        "no prefix",
        "    prefix: loans/\n",
        "",
        [
            "28:5: Entry 2 of 'instances' lacks 'prefix': what the keys begin with, ending with /.",
        ],
    ),
    (
        "a name pattern without a day",
        "settled: mtime",
        "settled: {name: '(?P<year>\\d{4})(?P<month>\\d\\d)'}",
        [
            "36:30: The pattern lacks the named group (?P<day>…): a date needs year, month and day.",
        ],
    ),
    (
        "a folder outside the root",
        "under: statements",
        "under: ../other",
        [
            "35:12: A path here never goes up with '..'.",
        ],
    ),
    (
        "a drive letter",
        "under: statements",
        "under: 'C:/statements'",
        [
            "35:12: A path here is relative and uses /, so that it stays below its root.",
        ],
    ),
    (
        "mtime for an object",
        "settled: {from: rows}",
        "settled: mtime",
        [
            "31:23: Write age, or one of {tag: …}, {metadata: …}, {name: …}, {from: …}.",
        ],
    ),
    (
        "contents committed otherwise",
        "    under: statements\n",
        "    under: statements\n    commit: hashes\n",
        [
            "36:13: Write contents, or leave the key out.",
        ],
    ),
]

STORES_FILES: list[Case] = [
    (
        "a literal secret",
        "url: {env: CORE_URL}",
        "url: postgresql://app:hunter2@db/core",
        [
            "2:26: 'url' says where the secret is found, and never holds it: {env: NAME}, {file: PATH} or {airflow: CONNECTION}.",
        ],
    ),
    (
        "a secret for a variable's name",
        "url: {env: CORE_URL}",
        "url: {env: 'postgresql://app:hunter2@db/core'}",
        [
            "2:32: Here stands the name of an environment variable, not what it holds.",
        ],
    ),
    (
        "a secret for a path",
        "url: {env: CORE_URL}",
        "url: {file: 'postgresql://app:hunter2@db/core'}",
        [
            "2:33: Here stands the path of a file that holds the secret, not the secret.",
        ],
    ),
    (
        "two places for one secret",
        "url: {env: CORE_URL}",
        "url: {env: CORE_URL, file: core.url}",
        [
            "2:21: A secret is found in one place: say env, file or airflow.",
        ],
    ),
    (
        "no place for a secret",
        "url: {env: CORE_URL}",
        "url: {}",
        [
            "2:21: A secret is found in one place: say env, file or airflow.",
        ],
    ),
    (
        "no url",
        ", url: {env: CORE_URL}",
        "",
        [
            "2:3: 'core' lacks 'url': where the SQLAlchemy URL is found: {env: NAME}, {file: PATH} or {airflow: CONNECTION}.",
        ],
    ),
    (
        "an unknown kind of store",
        "kind: sql",
        "kind: sqll",
        [
            "2:16: 'sqll' is not a kind here. Did you mean 'sql'?",
        ],
    ),
    (
        "no kind of store",
        "kind: sql, ",
        "",
        [
            "2:3: 'core' lacks 'kind': sql, s3, files, paper.",
        ],
    ),
    (
        "a processor as a store",
        "kind: sql, url: {env: CORE_URL}",
        "kind: processor, contract: C7",
        [
            "2:16: Kind 'processor' is not supported yet: leave it out for now.",
        ],
    ),
    (
        "a store that is a text",
        "{kind: sql, url: {env: CORE_URL}}",
        "CORE_URL",
        [
            "2:9: 'core' wants keys with their values.",
        ],
    ),
    (
        "a key of another kind of store",
        "bucket: scans",
        "bucket: scans, root: /srv",
        [
            "3:36: 'root' is not a key here. Known here: bucket, credentials, endpoint, irrecoverable_after, kind, reader, region.",
        ],
    ),
    (
        "an unknown zone of a store",
        "url: {env: CORE_URL}",
        "url: {env: CORE_URL}, zone: Mars/Base",
        [
            "2:49: A zone is an IANA name like Asia/Shanghai; 'Mars/Base' is not one.",
        ],
    ),
    (
        "a password in an endpoint",
        "bucket: scans",
        "bucket: scans, endpoint: 'https://u:p@s3.bank.example'",
        [
            "3:46: An endpoint is written http(s)://host[:port], without user or password.",
        ],
    ),
    (
        "a bucket that is none",
        "bucket: scans",
        "bucket: Scans",
        [
            "3:29: A bucket has 3 to 63 small letters, digits, dots and hyphens.",
        ],
    ),
    (
        "the whole machine for a root",
        "root: /srv/share",
        "root: /srv/..",
        [
            "4:30: The root of a store is never the root of the machine.",
        ],
    ),
    (
        "somebody's home for a root",
        "root: /srv/share",
        "root: ~/share",
        [
            "4:30: A root is written out: ~ differs from user to user.",
        ],
    ),
    (
        "a store's name with capitals",
        "  core:",
        "  Core:",
        [
            "2:3: A name is made of small letters, digits and _, begins with a letter and has at most 63 characters, not 'Core'.",
        ],
    ),
]


def changed(text: str, case: Case) -> str | bytes:
    _, old, new, _ = case
    if old is None:
        return new
    assert isinstance(new, str)
    assert text.count(old) >= 1, "the case changes nothing"
    return text.replace(old, new, 1)


def sentences(file: str, case: Case) -> list[str]:
    return [f"{file}:{refusal}" for refusal in case[3]]


def named(case: Case) -> str:
    return case[0]


def test_rule_that_the_cases_start_from_is_right(tmp_path: Path) -> None:
    assert mistakes(tmp_path, RULE) == []
    assert mistakes(tmp_path, COPIES) == []


@pytest.mark.parametrize("case", RULE_FILES, ids=named)
def test_mistake_in_a_rule_is_refused_where_it_stands(case: Case, tmp_path: Path) -> None:
    assert mistakes(tmp_path, changed(RULE, case)) == sentences("rules/loan_file.yaml", case)


@pytest.mark.parametrize("case", OTHER_PLACES, ids=named)
def test_mistake_about_a_place_is_refused_where_it_stands(case: Case, tmp_path: Path) -> None:
    assert mistakes(tmp_path, changed(COPIES, case)) == sentences("rules/loan_file.yaml", case)


@pytest.mark.parametrize("case", STORES_FILES, ids=named)
def test_mistake_in_the_stores_is_refused_where_it_stands(case: Case, tmp_path: Path) -> None:
    text = changed(STORES, case)
    assert isinstance(text, str)
    with pytest.raises(RuleError) as refused:
        load(write(tmp_path, {"loan_file": RULE}, stores=text))
    assert refused.value.sentence.splitlines() == sentences("stores.yaml", case)
    assert "hunter2" not in refused.value.sentence
