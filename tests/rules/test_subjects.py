"""Whose a record is: said by a column or a pattern, and never half."""

from __future__ import annotations

from pathlib import Path

from keepuntil.domain.categories import S3Instance, SqlInstance
from keepuntil.rules.schedule import Schedule
from policies import RULE, mistakes, schedule

SUBJECT = "    subject: customer_no\n"
SCANS = """\
  - id: images
    store: scans
    prefix: loans/
    events: {settled: age}
"""


def searched_by_halves(read: Schedule) -> list[str]:
    return [str(each) for each in read.warnings if "copies of one person" in str(each)]


def test_a_column_and_patterns_say_whose_a_copy_is(tmp_path: Path) -> None:
    pattern = "    subject: {from_key: 'loans/(?P<customer>[^/]+)/.*'}\n"
    read = schedule(tmp_path, RULE + SUBJECT + SCANS + pattern)
    rows, images = read.rules[0].instances
    assert isinstance(rows, SqlInstance)
    assert rows.subject == "customer_no"
    assert isinstance(images, S3Instance)
    assert images.subject == "loans/(?P<customer>[^/]+)/.*"
    assert not searched_by_halves(read)


def test_a_pattern_without_one_named_group_is_refused(tmp_path: Path) -> None:
    for pattern in ("loans/.*", "(?P<a>.)/(?P<b>.)"):
        text = RULE + SCANS + f"    subject: {{from_key: '{pattern}'}}\n"
        (line,) = mistakes(tmp_path, text)
        assert "exactly one named group" in line


def test_an_instance_that_cannot_be_searched_beside_one_that_can_is_a_warning(
    tmp_path: Path,
) -> None:
    (warning,) = searched_by_halves(schedule(tmp_path, RULE + SUBJECT + SCANS))
    assert "Instance 'images' has neither a subject nor a record_group" in warning
    assert not searched_by_halves(schedule(tmp_path, RULE + SCANS))


def test_a_request_sets_off_a_trigger_of_the_clock(tmp_path: Path) -> None:
    read = schedule(tmp_path, RULE + "requests: {erase: settled}\n")
    assert read.rules[0].erase_event == "settled"
    (line,) = mistakes(tmp_path, RULE + "requests: {erase: setled}\n")
    assert "no trigger 'setled'" in line
    assert "settled" in line.rpartition("'setled'")[2]


def test_a_rule_that_says_nothing_of_requests_keeps_its_digest(tmp_path: Path) -> None:
    plain = schedule(tmp_path, RULE).rules[0].digest
    assert schedule(tmp_path, RULE + SUBJECT).rules[0].digest != plain
    assert plain == schedule(tmp_path, RULE).rules[0].digest
