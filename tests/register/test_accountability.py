"""Changes, requests and reads in the register: added to, never changed, on each database alike."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from keepuntil.errors import EvidenceError, RegisterError, UsageError
from keepuntil.evidence import canonical
from keepuntil.register import Register, reads, requests_made, rule_changes, unlogged
from keepuntil.register.reads import RecordRead
from keepuntil.register.requests_made import Closing, StoredRequest
from keepuntil.register.rule_changes import StoredChange
from register_world import CATEGORY, NOW

DAY = date(2026, 11, 26)
HERS = "C-1001"


def request_of(register: Register, name: str = "REQ-1") -> StoredRequest:
    return StoredRequest(
        request_id=name,
        kind="erase",
        regime="pipl",
        received_on=DAY,
        answer_by=DAY,
        commitment=requests_made.commitment_of(register, HERS),
        entered_by="clerk",
        entered_at=NOW,
    )


def change_of(before: str) -> StoredChange:
    document = {"before": before}
    return StoredChange(
        digest=canonical.digest(document),
        category=CATEGORY,
        before=before,
        after="sha256:b",
        as_of=DAY,
        document=document,
        recorded_at=NOW,
    )


def test_a_request_is_kept_sealed_answered_by_number_and_forgotten_when_closed(
    register: Register,
) -> None:
    requests_made.receive(register, request_of(register), HERS)
    with pytest.raises(RegisterError, match="already"):
        requests_made.receive(register, request_of(register), HERS)
    assert requests_made.load(register, "REQ").request_id == "REQ-1"
    assert requests_made.subject_of(register, "REQ-1") == HERS
    for count in (1, 2):
        assert requests_made.answer(register, "REQ-1", DAY, {"n": count}, NOW).seq == count
    requests_made.close(register, "REQ-1", Closing(at=NOW, by="clerk", because="withdrawn"))
    closed = requests_made.load(register, "REQ-1")
    assert requests_made.closing_of(closed).because == "withdrawn"
    assert requests_made.all_of(register, open_only=True) == []
    with pytest.raises(UsageError, match="is forgotten"):
        requests_made.subject_of(register, "REQ-1")
    with pytest.raises(UsageError, match="was closed"):
        requests_made.answer(register, "REQ-1", DAY, {}, NOW)


def test_a_subject_moved_to_another_request_does_not_open(register: Register) -> None:
    from sqlalchemy import text

    for name in ("REQ-1", "REQ-2"):
        requests_made.receive(register, request_of(register, name), HERS)
    with register.writing() as connection:
        connection.execute(
            text(
                "UPDATE subject_request SET sealed_subject = (SELECT sealed_subject FROM "
                "subject_request WHERE request_id = 'REQ-1') WHERE request_id = 'REQ-2'"
            )
        )
    with pytest.raises(EvidenceError):
        requests_made.subject_of(register, "REQ-2")


def test_a_change_is_kept_once_and_found_by_the_beginning_of_its_digest(
    register: Register,
) -> None:
    change = change_of("sha256:a")
    assert rule_changes.add(register, change) == change
    later = replace(change, recorded_at=NOW.replace(year=NOW.year + 1))
    assert rule_changes.add(register, later) == change
    assert rule_changes.load(register, change.digest[7:15]) == change
    assert rule_changes.approvals_of(register, "sha256:a", "sha256:b") == []
    with pytest.raises(RegisterError, match="change of a rule"):
        rule_changes.load(register, "00")


def test_reads_are_found_by_whose_records_they_were_of(register: Register) -> None:
    mine = requests_made.commitment_of(register, HERS)
    read = RecordRead(
        read_id="read.1",
        reader="clerk",
        verb="explain",
        category=CATEGORY,
        commitment=mine,
        items=None,
        read_at=NOW,
    )
    reads.add(register, read)
    assert reads.of_subject(register, mine) == [read]
    assert reads.of_subject(register, requests_made.commitment_of(register, "C-2")) == []
    with pytest.raises(RegisterError):
        reads.load(register, "read.2")


def test_everything_waits_for_the_log_until_it_is_there(register: Register) -> None:
    requests_made.receive(register, request_of(register), HERS)
    for _ in range(11):
        requests_made.answer(register, "REQ-1", DAY, {}, NOW)
    rule_changes.add(register, change_of("sha256:a"))
    assert unlogged.requests(register, "request") == ["REQ-1"]
    assert [seq for _, seq in unlogged.answers(register, "request_answer")] == list(range(1, 12))
    assert unlogged.rule_changes(register, "rule_change") == [change_of("sha256:a").digest]
    assert unlogged.closed_requests(register, "request_close") == []
    assert unlogged.change_approvals(register, "change_approval") == []
    assert unlogged.reads(register, "read") == []
