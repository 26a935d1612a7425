"""What was accepted is published whole, once, and again the same after any crash."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from keepuntil.disposal import log_keeping
from keepuntil.disposal.log_keeping import Prove, PublishedLog
from keepuntil.errors import EvidenceError, KeyFileError, RegisterError, UsageError
from keepuntil.evidence import keys, merkle, note
from keepuntil.evidence.keys import KeyKind
from keepuntil.evidence.merkle import EMPTY_ROOT
from keepuntil.evidence.note import Checkpoint, Note, NoteKey
from keepuntil.register import Register, log
from keepuntil.register.tables import log_entry, log_head
from keepuntil.transparency import laying
from keepuntil.transparency.folder import FolderStorage
from keepuntil.transparency.following import compare, follow, signed_by
from log_world import AUTHOR, JUDGE, LOG, ORIGIN, SOME, InMemory, grow, signed
from register_world import NOW


def published(storage: object, *signers: keys.SigningKey) -> PublishedLog:
    return PublishedLog(origin=ORIGIN, signers=signers or (LOG,), storage=storage)  # type: ignore[arg-type]


def accept(register: Register, start: int, stop: int) -> None:
    with register.writing() as connection:
        for number in range(start, stop):
            one = SOME[number]
            log.append_within(connection, "event", str(number), one.envelope, one.entry, NOW)


def test_what_was_accepted_is_published_and_grows(register: Register, tmp_path: Path) -> None:
    place = published(FolderStorage(tmp_path / "log"))
    assert log_keeping.publish(register, place, NOW) is None
    checkpoints = []
    for size in (1, 3, 260):
        accept(register, log.size(register), size)
        head = log_keeping.publish(register, place, NOW)
        assert head is not None
        assert head.size == size
        assert place.storage.read("checkpoint") == head.checkpoint
        for older in checkpoints:
            follow(place.storage, JUDGE, older)
            compare(place.storage, JUDGE, older)
        checkpoints.append(head.checkpoint)
    assert [one.checkpoint for one in log.heads(register)] == checkpoints


def test_a_log_is_laid_out_as_if_by_one_hand(register: Register) -> None:
    place, reference = published(InMemory()), InMemory()
    for size in (2, 256, 299):
        accept(register, log.size(register), size)
        log_keeping.publish(register, place, NOW)
    grow(reference, SOME, 2, 256, 299)
    assert place.storage == reference


def test_publishing_again_writes_nothing_new(register: Register) -> None:
    place = published(InMemory())
    accept(register, 0, 5)
    first = log_keeping.publish(register, place, NOW)
    assert log_keeping.publish(register, place, NOW + timedelta(days=1)) == first
    assert len(log.heads(register)) == 1


def test_a_statement_recorded_twice_is_one_entry(register: Register) -> None:
    payload = b'{"certificate":"DC-1"}'
    assert log_keeping.record(register, "certificate", "DC-1", payload, AUTHOR, NOW) == 0
    assert log_keeping.record(register, "certificate", "DC-1", payload, AUTHOR, NOW) == 0
    assert log.size(register) == 1
    with pytest.raises(KeyFileError, match="signed with a P-256 key"):
        log_keeping.record(register, "certificate", "DC-2", payload, LOG, NOW)


class Broken(InMemory):
    """Fails at the write of this number."""

    def __init__(self, writes: int) -> None:
        super().__init__()
        self.writes_left = writes

    def write(self, path: str, content: bytes) -> None:
        if self.writes_left == 0:
            raise KeyboardInterrupt
        self.writes_left -= 1
        super().write(path, content)


@pytest.mark.parametrize("writes", range(10))
def test_broken_off_anywhere_it_is_completed_with_the_same_checkpoint(
    register: Register, writes: int
) -> None:
    storage = Broken(10**6)
    accept(register, 0, 254)
    log_keeping.publish(register, published(storage), NOW)
    before = storage.read("checkpoint")
    accept(register, 254, 258)
    storage.writes_left = writes
    with pytest.raises(KeyboardInterrupt):
        log_keeping.publish(register, published(storage), NOW)
    # What is shown meanwhile is the log as it was, and holds.
    assert storage.read("checkpoint") == before
    assert follow(storage, JUDGE, before).checkpoint.size == 254
    kept = log.head(register)
    assert kept is not None
    storage.writes_left = 10**6
    # More is accepted before anybody tries again, with another key beside the old one.
    accept(register, 258, 259)
    both = published(storage, LOG, keys.generate(KeyKind.ED25519))
    head = log_keeping.publish(register, both, NOW)
    assert head is not None
    assert head.size == 259
    assert log.head_of_size(register, 258) == kept
    follow(storage, JUDGE, kept.checkpoint)
    follow(storage, JUDGE, before)


def test_a_new_key_takes_over_beside_the_old_one(register: Register) -> None:
    storage, new = InMemory(), keys.generate(KeyKind.ED25519)
    of_new = signed_by(ORIGIN, [NoteKey(ORIGIN, note.ED25519, new.public)])
    accept(register, 0, 1)
    old_head = log_keeping.publish(register, published(storage), NOW)
    accept(register, 1, 2)
    log_keeping.publish(register, published(storage, LOG, new), NOW)
    follow(storage, JUDGE)
    follow(storage, of_new)
    accept(register, 2, 3)
    log_keeping.publish(register, published(storage, new), NOW)
    assert old_head is not None
    with pytest.raises(EvidenceError, match="none of the 1 trusted"):
        follow(storage, JUDGE)
    both = [NoteKey(ORIGIN, note.ED25519, key.public) for key in (LOG, new)]
    follow(storage, signed_by(ORIGIN, both), old_head.checkpoint)


def test_witnesses_are_asked_before_the_checkpoint_is_shown(register: Register) -> None:
    storage, witness = InMemory(), keys.generate(KeyKind.ED25519)
    seen: list[Checkpoint] = []

    def cosign(checkpoint: bytes, prove: Prove) -> bytes:
        if b"witness.example/w1" in checkpoint:
            return checkpoint
        claim = laying.claim_of(checkpoint)
        assert storage.read("checkpoint") != checkpoint
        if seen:
            merkle.verify_consistency(
                old_size=seen[-1].size,
                size=claim.size,
                old_root=seen[-1].root,
                root=claim.root,
                proof=prove(seen[-1].size),
            )
        seen.append(claim)
        own = Note.parse(checkpoint)
        mark = note.cosign(own.text, "witness.example/w1", witness, 1_795_399_500)
        return Note(own.text, (*own.signatures, mark)).encode()

    for size in (3, 10):
        accept(register, log.size(register), size)
        head = log_keeping.publish(register, published(storage), NOW, cosign=cosign)
        assert head is not None
        assert head.cosigned is not None
        assert storage.read("checkpoint") == head.cosigned
    # A witness that has signed a head signs it once.
    log_keeping.publish(register, published(storage), NOW, cosign=cosign)
    assert [one.size for one in seen] == [3, 10]
    follow(storage, JUDGE)


def test_a_log_shown_further_than_the_register_knows_is_not_forked(register: Register) -> None:
    """The register was restored from a backup taken before the last entries."""
    storage = InMemory()
    accept(register, 0, 5)
    log_keeping.publish(register, published(storage), NOW)
    shown = grow(storage, SOME, 5, 7)[-1]
    for anew in (False, True):
        with pytest.raises(EvidenceError, match=r"shows 7 entries, and this register signed for 5"):
            log_keeping.publish(register, published(storage), NOW, anew=anew)
    assert storage.read("checkpoint") == shown


def test_another_log_is_not_overwritten(register: Register) -> None:
    storage = InMemory()
    grow(storage, SOME[100:], 3)
    held = dict(storage.objects)
    accept(register, 0, 4)
    with pytest.raises(EvidenceError, match="is not the one of this register"):
        log_keeping.publish(register, published(storage), NOW)
    assert storage.objects == held
    assert log.head(register) is None


def test_a_damaged_log_is_laid_out_anew_byte_for_byte(register: Register) -> None:
    storage = InMemory()
    for size in (10, 270):
        accept(register, log.size(register), size)
        log_keeping.publish(register, published(storage), NOW)
    whole = dict(storage.objects)
    stranger = signed(Checkpoint(ORIGIN, 270, EMPTY_ROOT), keys.generate(KeyKind.ED25519))
    for path, content in (
        ("tile/1/000.p/1", bytes(32)),
        ("checkpoint", b"nothing of a checkpoint"),
        ("checkpoint", stranger),
    ):
        storage.objects = whole | {path: content}
        with pytest.raises(EvidenceError):
            log_keeping.publish(register, published(storage), NOW)
        log_keeping.publish(register, published(storage), NOW, anew=True)
        assert storage.objects == whole
    storage.objects = {}
    log_keeping.publish(register, published(storage), NOW)
    assert storage.objects == whole


def test_entries_changed_in_the_register_are_not_published(register: Register) -> None:
    storage = InMemory()
    accept(register, 0, 5)
    log_keeping.publish(register, published(storage), NOW)
    whole = dict(storage.objects)
    with register.writing() as connection:
        other = log_entry.update().where(log_entry.c.position == 2)
        connection.execute(other.values(entry=SOME[9].entry))
    with pytest.raises(EvidenceError, match="somebody changed them since"):
        log_keeping.publish(register, published(storage), NOW, anew=True)
    with register.writing() as connection:
        connection.execute(log_entry.delete().where(log_entry.c.position == 2))
    with pytest.raises(RegisterError, match="lacks entries of the log"):
        log_keeping.publish(register, published(storage), NOW, anew=True)
    assert storage.objects == whole


def test_a_register_that_lost_its_heads_does_not_sign_the_past_again(register: Register) -> None:
    storage = InMemory()
    accept(register, 0, 5)
    log_keeping.publish(register, published(storage), NOW)
    with register.writing() as connection:
        connection.execute(log_head.delete())
    with pytest.raises(EvidenceError, match="is not the one of this register"):
        log_keeping.publish(register, published(storage), NOW)


@pytest.mark.parametrize(
    "origin", ["", "localhost", "Bank.example", "bank.example/log", "https://bank.example", "a b.c"]
)
def test_the_name_of_a_log_is_a_bare_host_name(origin: str) -> None:
    with pytest.raises(UsageError, match="bare host name"):
        PublishedLog(origin=origin, signers=(LOG,), storage=InMemory())
    with pytest.raises(KeyFileError, match="needs a key"):
        PublishedLog(origin=ORIGIN, signers=(), storage=InMemory())
