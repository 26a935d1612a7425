"""Requests for erasure: four right answers, a letter, and following up until all is gone."""

from __future__ import annotations

import json
import stat
from datetime import date
from pathlib import Path

import pytest

from disposal_world import AS_OF, World
from keepuntil.disposal import erasure_requests, publishing
from keepuntil.disposal.accountability_events import DESTROYED, NOTHING_FOUND
from keepuntil.disposal.answering_people import answer_of
from keepuntil.disposal.erasure_requests import Answered
from keepuntil.disposal.explaining import explain_group
from keepuntil.disposal.installation import Installation
from keepuntil.domain.requests_of_people import REGIMES, AnswerKind, in_words
from keepuntil.errors import StoreError, UsageError
from keepuntil.evidence.envelope import Envelope
from keepuntil.register import holds, log, reads, requests_made
from subject_world import HERS, HIS, MANDATE, build, hold_on_dispute, say


@pytest.fixture
def bank(world: World) -> World:
    return build(world)


def ask(installation: Installation, subject: str = HERS) -> Answered:
    return erasure_requests.receive(
        installation, subject, regime="pipl", received_on=AS_OF, by="clerk"
    )


def by_place(answered: Answered) -> dict[str, tuple[AnswerKind, date | None, int]]:
    return {
        f"{line.category}/{line.instance}": (line.kind, line.until, line.records)
        for line in answered.answer.lines
    }


def test_a_loan_an_account_a_profile_and_a_hold_get_four_right_answers(bank: World) -> None:
    with bank.open() as installation:
        holds.add(installation.register, hold_on_dispute(bank))
        answered = ask(installation)
    assert by_place(answered) == {
        "account/core": (AnswerKind.NOT_YET, date(2030, 5, 1), 1),
        "dispute/core": (AnswerKind.HELD, None, 1),
        "live_loan/core": (AnswerKind.NOT_BEGUN, None, 1),
        "live_loan/scans": (AnswerKind.NOT_BEGUN, None, 1),
        "marketing/core": (AnswerKind.AWAITS_EVENT, date(2026, 11, 24), 1),
    }
    said = {line.category: in_words(line) for line in answered.answer.lines}
    assert "反洗钱法 第三十四条" in said["account"].zh
    assert "2030-05-01" in said["account"].zh
    assert "反洗钱法 第三十四条" in said["account"].en
    assert "until 2030-05-01" in said["account"].en
    assert "legal hold" in said["dispute"].en
    assert "法律冻结" in said["dispute"].zh
    assert "'settled', which has not happened" in said["live_loan"].en
    assert "operations" in said["marketing"].zh
    assert answered.request.answer_by == date(2026, 12, 14)


def test_once_the_withdrawal_is_entered_the_profile_goes_on_the_next_run(bank: World) -> None:
    say(bank, "UPDATE marketing SET withdrawn_on = '2026-11-20' WHERE id = 21")
    with bank.open() as installation:
        answered = ask(installation)
    assert by_place(answered)["marketing/core"] == (AnswerKind.NEXT_RUN, None, 1)


def test_what_is_kept_by_law_and_held_besides_says_both(bank: World) -> None:
    say(bank, "UPDATE dispute SET ended_on = '2026-01-01' WHERE id = 31")
    with bank.open() as installation:
        holds.add(installation.register, hold_on_dispute(bank))
        (line,) = (each for each in ask(installation).answer.lines if each.category == "dispute")
    assert (line.kind, line.also_held) == (AnswerKind.NOT_YET, True)
    assert "legal hold as well" in in_words(line).en


def test_nobody_else_is_answered_about_however_alike_their_number(bank: World) -> None:
    with bank.open() as installation:
        his = by_place(ask(installation, HIS))
        assert "live_loan/scans" not in his
        assert his["live_loan/core"] == (AnswerKind.NOT_YET, date(2029, 11, 1), 1)


def test_neither_hold_nor_person_is_named_in_answer_log_or_letter(bank: World) -> None:
    with bank.open() as installation:
        holds.add(installation.register, hold_on_dispute(bank))
        answered = ask(installation)
        letters = erasure_requests.letters(installation, answered)
        publishing.publish(installation)
        size = log.size(installation.register)
        signed = [
            Envelope.parse(each.envelope.strip()).payload
            for each in log.entries(installation.register, 0, size)
        ]
    told = json.dumps(answered.stored.document).encode() + b"".join(signed)
    for secret in (HERS, MANDATE, "LIT-7", "F31"):
        assert secret.encode() not in told.replace(b"hold/LIT-7", b"").replace(
            b'"holdId":"LIT-7"', b""
        )
    assert [path.name for path in letters] == ["answer-1.zh.pdf", "answer-1.en.pdf"]
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in letters)
    assert not any(HERS in path.read_bytes().decode("latin-1") for path in letters)


def test_the_register_keeps_nobody_in_clear_and_forgets_them_in_the_end(bank: World) -> None:
    with bank.open() as installation:
        answered = ask(installation)
        request_id = answered.request.request_id
        assert requests_made.subject_of(installation.register, request_id) == HERS
        assert not any(HERS.encode() in path.read_bytes() for path in _register_files(bank))
        erasure_requests.close(installation, request_id, by="clerk", because="withdrawn")
        with pytest.raises(UsageError, match="is forgotten"):
            requests_made.subject_of(installation.register, request_id)
        with pytest.raises(UsageError, match="was closed"):
            erasure_requests.close(installation, request_id, by="clerk", because="again")
        assert erasure_requests.follow_up(installation, AS_OF, by="robot") == []


def test_a_request_comes_back_when_the_day_comes_and_ends_with_the_certificates(
    bank: World,
) -> None:
    for category in ("live_loan", "account"):
        say(bank, f"DELETE FROM {category} WHERE customer_no = '{HERS}' COLLATE BINARY")
    with bank.open() as installation:
        holds.add(installation.register, hold_on_dispute(bank))
        request_id = ask(installation).request.request_id
        assert erasure_requests.follow_up(installation, AS_OF, by="robot") == []
        say(bank, "UPDATE marketing SET withdrawn_on = '2026-11-20' WHERE id = 21")
        holds.lift(installation.register, "LIT-7", "legal", "over", bank.moment)
        (changed,) = erasure_requests.follow_up(installation, AS_OF, by="robot")
        assert {line.kind for line in changed.answer.lines} == {AnswerKind.NEXT_RUN}
        one = bank.whole_road(installation, "marketing")
        (half,) = erasure_requests.follow_up(installation, AS_OF, by="robot")
        assert [each.certificate_id for each in half.answer.ended] == [one.certificate_id]
        assert half.request.closing is None
        two = bank.whole_road(installation, "dispute")
        (last,) = erasure_requests.follow_up(installation, AS_OF, by="robot")
        assert last.answer.lines == ()
        ended = {each.category: each.certificate_id for each in last.answer.ended}
        assert ended == {"marketing": one.certificate_id, "dispute": two.certificate_id}
        assert last.request.closing is not None
        assert last.request.closing.because == DESTROYED
        kept = requests_made.answers(installation.register, request_id)
        assert [each.seq for each in kept] == [1, 2, 3, 4]
        assert answer_of(kept[-1].document) == last.answer
        assert erasure_requests.letters(installation, last)


def test_later_nights_of_a_category_are_no_news_to_who_has_nothing_left_in_it(bank: World) -> None:
    say(bank, "UPDATE marketing SET withdrawn_on = '2026-11-20' WHERE id = 21")
    with bank.open() as installation:
        ask(installation)
        bank.whole_road(installation, "marketing")
        (half,) = erasure_requests.follow_up(installation, AS_OF, by="robot")
        say(bank, "INSERT INTO marketing VALUES (29, 'F29', 'C-7', '2026-11-20', NULL)")
        bank.later(hours=1)
        other = bank.whole_road(installation, "marketing")
        assert erasure_requests.follow_up(installation, AS_OF, by="robot") == []
        (end,) = half.answer.ended
    assert end.certificate_id != other.certificate_id


def test_a_crash_between_the_last_answer_and_the_end_is_made_good_by_the_next_look(
    bank: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(*_: object) -> None:
        raise KeyboardInterrupt

    with bank.open() as installation:
        with monkeypatch.context() as patch:
            patch.setattr(requests_made, "close", dies)
            with pytest.raises(KeyboardInterrupt):
                ask(installation, "C-9999")
        (request,) = requests_made.all_of(installation.register, open_only=True)
        assert erasure_requests.follow_up(installation, AS_OF, by="robot") == []
        closed = requests_made.load(installation.register, request.request_id)
        assert closed.closing is not None
        assert len(requests_made.answers(installation.register, request.request_id)) == 1


def test_what_is_gone_without_a_certificate_leaves_the_request_open(bank: World) -> None:
    with bank.open() as installation:
        ask(installation)
        for category in ("live_loan", "account", "marketing", "dispute"):
            say(bank, f"DELETE FROM {category}")
        (answered,) = erasure_requests.follow_up(installation, AS_OF, by="robot")
    assert answered.answer.lines == ()
    assert answered.request.closing is None


def test_of_whom_nothing_is_found_the_request_is_answered_and_closed(bank: World) -> None:
    with bank.open() as installation:
        answered = ask(installation, "C-9999")
    assert answered.answer.lines == ()
    assert answered.request.closing is not None
    assert answered.request.closing.because == NOTHING_FOUND


def test_places_that_cannot_be_searched_are_named_in_the_answer(bank: World) -> None:
    bank.write_rule()
    with bank.open() as installation:
        answered = ask(installation)
    assert [(n.category, n.instance) for n in answered.answer.not_searched] == [
        ("statement", "share")
    ]


def test_where_no_rule_says_whose_its_records_are_nobody_gets_an_empty_answer(
    world: World,
) -> None:
    with world.open() as installation, pytest.raises(UsageError, match="No rule says whose"):
        ask(installation)


def test_a_store_that_cannot_be_asked_leaves_the_request_open_and_unanswered(
    bank: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with bank.open() as installation:
        with monkeypatch.context() as patch:
            patch.setenv("KU_TEST_CORE", f"sqlite:///{bank.folder / 'gone' / 'core.db'}")
            with pytest.raises(StoreError):
                ask(installation)
        (request,) = requests_made.all_of(installation.register, open_only=True)
        with pytest.raises(UsageError, match="has no answer yet"):
            erasure_requests.load(installation, request.request_id)
        (answered,) = erasure_requests.follow_up(installation, AS_OF, by="robot")
    assert answered.stored.seq == 1


def test_files_say_by_their_names_whose_they_are(bank: World) -> None:
    bank.write_rule()
    path = bank.policies / "rules" / "statement.yaml"
    text = path.read_text()
    path.write_text(text + "    subject: {from_name: '(?P<account>A[0-9]+)-.*'}\n")
    bank.issue("A000001-2015-03-01.pdf", "A000001-2020-03-01.pdf", "A000002-2015-03-01.pdf")
    with bank.open() as installation:
        lines = ask(installation, "A000001").answer.lines
    assert [(line.kind, line.until, line.records) for line in lines] == [
        (AnswerKind.NEXT_RUN, None, 1),
        (AnswerKind.NOT_YET, date(2030, 3, 1), 1),
    ]


def test_every_look_at_a_persons_records_is_written_down_and_logged(bank: World) -> None:
    with bank.open() as installation:
        ask(installation)
        rule = installation.rule("account")
        explain_group(installation, rule, "F11", AS_OF, by="auditor")
        with pytest.raises(UsageError):
            explain_group(installation, rule, "F404", AS_OF, by="curious")
        register = installation.register
        (asked,) = reads.of_subject(register, requests_made.commitment_of(register, HERS))
        assert (asked.reader, asked.verb) == ("clerk", "request erase")
        (looked,) = reads.of_subject(register, requests_made.commitment_of(register, "F11"))
        assert (looked.reader, looked.category) == ("auditor", "account")
        assert reads.of_subject(register, requests_made.commitment_of(register, "F404"))
        publishing.publish(installation)
        entries = log.entries(register, 0, log.size(register))
        said = [Envelope.parse(each.envelope.strip()).payload for each in entries]
    kinds = [each.kind for each in entries]
    assert (kinds.count("read"), kinds.count("request"), kinds.count("request_answer")) == (3, 1, 1)
    assert not any(asked.commitment.encode() in each for each in said)


def test_there_is_a_month_by_one_law_and_fifteen_working_days_by_the_other() -> None:
    from keepuntil.domain.working_days import WorkingDays

    calendar = WorkingDays(
        name="cn",
        years=frozenset({2026}),
        holidays=frozenset({date(2026, 10, day) for day in range(1, 8)}),
        make_up_days=frozenset({date(2026, 10, 10)}),
    )
    assert REGIMES["gdpr"].answer_by(date(2026, 1, 31), None) == date(2026, 2, 28)
    assert REGIMES["pipl"].answer_by(date(2026, 9, 21), None) == date(2026, 10, 12)
    assert REGIMES["pipl"].answer_by(date(2026, 9, 21), calendar) == date(2026, 10, 16)


def _register_files(world: World) -> list[Path]:
    return [path for path in world.home.glob("register.db*") if path.is_file()]
