"""What the log accepted keeps its number; a size has one checkpoint, for ever."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from keepuntil.errors import EvidenceError, RegisterBusy, RegisterError
from keepuntil.evidence import entries, envelope, keys, merkle, note
from keepuntil.evidence.keys import KeyKind
from keepuntil.evidence.note import Checkpoint, Note
from keepuntil.register import Register, log
from keepuntil.register.tables import log_entry
from register_world import NOW

KEY = keys.generate(KeyKind.P256)
LOG = keys.generate(KeyKind.ED25519)
WITNESS = keys.generate(KeyKind.ED25519)
ORIGIN = "evidence.bank.example"


def statement(number: int) -> tuple[bytes, bytes]:
    signed = envelope.sign(b'{"number":%d}' % number, KEY)
    return signed.encode(), entries.entry(signed, KEY.public)


def accept(register: Register, number: int, kind: str = "plan") -> int:
    return log.append(register, kind, f"subject-{number}", *statement(number), NOW)


def checkpoint(size: int, root: bytes = bytes(32), origin: str = ORIGIN) -> bytes:
    text = Checkpoint(origin, size, root).text
    return Note(text, (note.sign(text, origin, LOG),)).encode()


def test_entries_are_numbered_in_the_order_they_came(register: Register) -> None:
    assert log.size(register) == 0
    assert [accept(register, number) for number in range(3)] == [0, 1, 2]
    found = log.entries(register, 0, 3)
    assert [one.subject for one in found] == ["subject-0", "subject-1", "subject-2"]
    assert [one.subject for one in log.entries(register, 1, 2)] == ["subject-1"]
    assert found[0].recorded_at == NOW
    entries.parse(found[2].entry).confirm(envelope.Envelope.parse(found[2].envelope))
    assert log.find(register, "plan", "subject-1") == found[1]
    assert log.find_statement(register, found[1].statement) == found[1]
    assert log.find(register, "hold", "subject-1") is None


def test_appending_twice_is_once_and_the_first_stands(register: Register) -> None:
    first = statement(1)
    assert log.append(register, "plan", "p", *first, NOW) == 0
    # ECDSA signs differently each time, so a repeated attempt brings other bytes.
    assert log.append(register, "plan", "p", *statement(1), NOW) == 0
    assert log.append(register, "plan", "p", *statement(2), NOW) == 0
    (only,) = log.entries(register, 0, 1)
    assert (only.envelope, only.entry) == first


def test_the_same_statement_is_not_logged_as_two_things(register: Register) -> None:
    accept(register, 1)
    with pytest.raises(RegisterError, match="is in the log already, and not as hold subject-1"):
        accept(register, 1, "hold")
    assert log.size(register) == 1


def test_an_entry_of_another_envelope_is_not_accepted(register: Register) -> None:
    (line, _), (_, entry) = statement(1), statement(2)
    with pytest.raises(EvidenceError, match="speaks of another statement"):
        log.append(register, "plan", "p", line, entry, NOW)
    assert log.size(register) == 0


def test_an_append_inside_a_transaction_that_fails_leaves_nothing(register: Register) -> None:
    def accept_and_fail() -> None:
        with register.writing() as connection:
            assert log.append_within(connection, "plan", "p", *statement(1), NOW) == 0
            raise KeyError

    with pytest.raises(KeyError):
        accept_and_fail()
    assert log.size(register) == 0
    assert accept(register, 2) == 0


def test_many_who_append_at_once_get_numbers_without_gaps(register: Register) -> None:
    got: list[int] = []

    def work(worker: int) -> None:
        got.extend(accept(register, worker * 100 + number) for number in range(12))

    threads = [threading.Thread(target=work, args=(worker,)) for worker in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(got) == list(range(48))
    assert len(log.entries(register, 0, 48)) == 48


def test_removed_entries_are_missed(register: Register) -> None:
    for number in range(4):
        accept(register, number)
    with register.writing() as connection:
        connection.execute(log_entry.delete().where(log_entry.c.position == 2))
    with pytest.raises(RegisterError, match="lacks entries of the log between 0 and 3"):
        log.entries(register, 0, 4)


def test_a_size_has_one_checkpoint_for_ever(register: Register) -> None:
    for number in range(3):
        accept(register, number)
    assert log.head(register) is None
    first = log.keep_head(register, checkpoint(2), NOW)
    assert first == log.LogHead(size=2, checkpoint=checkpoint(2), signed_at=NOW)
    other = checkpoint(2, merkle.EMPTY_ROOT)
    assert log.keep_head(register, other, NOW + timedelta(days=1)) == first
    third = log.keep_head(register, checkpoint(3), NOW)
    assert log.head(register) == third
    assert log.heads(register) == [first, third]
    assert log.heads(register, after=2) == [third]
    assert log.head_of_size(register, 2) == first
    assert log.head_of_size(register, 1) is None


def test_a_checkpoint_goes_neither_back_nor_beyond_nor_elsewhere(register: Register) -> None:
    for number in range(3):
        accept(register, number)
    for beyond in (0, 4):
        with pytest.raises(RegisterError, match=f"of {beyond} entries cannot be kept: 3 were"):
            log.keep_head(register, checkpoint(beyond), NOW)
    log.keep_head(register, checkpoint(2), NOW)
    with pytest.raises(RegisterError, match="never goes back to 1"):
        log.keep_head(register, checkpoint(1), NOW)
    with pytest.raises(RegisterError, match="cannot go on under another name"):
        log.keep_head(register, checkpoint(3, origin="other.example"), NOW)
    assert [head.size for head in log.heads(register)] == [2]


def test_witnesses_and_time_stamps_are_kept_beside_what_was_signed(register: Register) -> None:
    accept(register, 0)
    kept = log.keep_head(register, checkpoint(1), NOW)
    own = Note.parse(kept.checkpoint)
    seen = note.cosign(own.text, "witness.example/w1", WITNESS, 1_795_399_500)
    more = Note(own.text, (*own.signatures, seen)).encode()
    cosigned = log.add_cosigned(register, 1, more)
    assert (cosigned.checkpoint, cosigned.cosigned) == (kept.checkpoint, more)
    assert (kept.shown, cosigned.shown) == (kept.checkpoint, more)
    for foreign in (Note(own.text, (seen,)).encode(), checkpoint(1, merkle.EMPTY_ROOT)):
        with pytest.raises(RegisterError, match="is not the checkpoint of 1 entries"):
            log.add_cosigned(register, 1, foreign)
    with pytest.raises(RegisterError, match="No checkpoint of 7 entries"):
        log.add_cosigned(register, 7, more)
    log.add_token(register, 1, b"token one")
    log.add_token(register, 1, b"token two")
    assert log.add_token(register, 1, b"token one").tokens == (b"token one", b"token two")


def test_one_publishes_at_a_time_and_appending_goes_on(register: Register) -> None:
    with log.writer(register) as confirm:
        confirm()
        busy = pytest.raises(RegisterBusy, match="Another process is publishing the log")
        with busy, log.writer(register, 0.05):
            pytest.fail("two were inside")
        assert accept(register, 0) == 0
        # The fence of batches and holds is another one.
        with register.fence().exclusive(1):
            pass
    with log.writer(register, 1):
        pass
