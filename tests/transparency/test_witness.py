"""A witness puts its name to a log that only grows, over real HTTP, and to nothing else."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keepuntil.errors import EvidenceError, KeyFileError, UsageError
from keepuntil.evidence import keys, merkle, note
from keepuntil.evidence.keys import KeyKind, SigningKey
from keepuntil.evidence.merkle import LeafHashes
from keepuntil.evidence.note import ED25519, Checkpoint, Note, NoteKey
from keepuntil.transparency import policy, witness_client, witness_state
from keepuntil.transparency.witness_server import WitnessServer
from keepuntil.transparency.witnessing import Submission, add_checkpoint

ORIGIN = "log.bank.example"


@dataclass
class Log:
    """A log in memory, honest or not."""

    key: SigningKey = field(default_factory=lambda: keys.generate(KeyKind.ED25519))
    leaves: bytes = b""
    origin: str = ORIGIN

    def add(self, *entries: bytes) -> Log:
        self.leaves += b"".join(merkle.leaf_hash(entry) for entry in entries)
        return self

    @property
    def tree(self) -> LeafHashes:
        return LeafHashes(self.leaves)

    def signed(self, size: int | None = None) -> bytes:
        size = self.tree.size if size is None else size
        text = Checkpoint(self.origin, size, self.tree.root(size)).text
        return Note(text, (note.sign(text, self.origin, self.key),)).encode()

    def prove(self, size: int | None = None) -> Callable[[int], list[bytes]]:
        return lambda old: self.tree.consistency_proof(old, size)

    @property
    def note_key(self) -> NoteKey:
        return NoteKey(self.origin, ED25519, self.key.public)


@pytest.fixture
def log() -> Log:
    return Log().add(b"one", b"two", b"three")


@pytest.fixture
def folder(tmp_path: Path, log: Log) -> Path:
    place = tmp_path / "witness"
    witness_state.create(place, "w1.regulator.example")
    witness_state.add_log(place, log.note_key.vkey)
    return place


@pytest.fixture
def server(folder: Path) -> Iterator[WitnessServer]:
    serving = WitnessServer(witness_state.open_state(folder), "127.0.0.1", 0)
    thread = threading.Thread(target=serving.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield serving
    serving.shutdown()
    serving.server_close()
    thread.join()


def policy_of(server: WitnessServer, log: Log) -> policy.Policy:
    return policy.parse(
        f"log {log.note_key.vkey}\nwitness w {server.state.public.vkey} {server.url}\nquorum w\n"
    )


def now() -> int:
    return int(time.time())


def post(server: WitnessServer, body: bytes, path: str = "/add-checkpoint") -> tuple[int, str]:
    host, port = server.server_address[:2]
    connection = http.client.HTTPConnection(str(host), port, timeout=10)
    connection.request("POST", path, body)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, text


def test_a_growing_log_is_cosigned_again_and_again(server: WitnessServer, log: Log) -> None:
    believed = policy_of(server, log)
    for size in (1, 3):
        got = witness_client.collect(believed, log.signed(size), log.prove(size), now)
        assert got.refusals == {}
        signed = note.verify(Note.parse(got.signed), believed.keys)
        assert believed.missing(signed) is None
    log.add(*(b"%d" % n for n in range(300)))
    again = witness_client.collect(believed, log.signed(), log.prove(), now)
    assert again.refusals == {}
    assert server.state.last(ORIGIN) == Checkpoint(ORIGIN, 303, log.tree.root())


def test_the_same_checkpoint_may_be_cosigned_twice(server: WitnessServer, log: Log) -> None:
    believed = policy_of(server, log)
    for _ in range(2):
        assert witness_client.collect(believed, log.signed(), log.prove(), now).refusals == {}


def test_a_fork_is_refused_and_kept_as_proof(server: WitnessServer, log: Log) -> None:
    believed = policy_of(server, log)
    witness_client.collect(believed, log.signed(), log.prove(), now)
    fork = Log(log.key).add(b"one", b"two", b"another")
    got = witness_client.collect(believed, fork.signed(), fork.prove(), now)
    assert "another log of 3 entries" in got.refusals["w"]
    (incident,) = (server.state.folder / "incidents").iterdir()
    said = json.loads(incident.read_bytes())
    assert said["shown"].encode() == fork.signed()
    assert said["cosigned"].encode().startswith(log.signed())
    for one in ("shown", "cosigned"):
        assert log.note_key in note.verify(Note.parse(said[one].encode()), [log.note_key])
    # Shown again, with a stranger's signature and any old size: nothing more is kept.
    stranger = note.sign(Note.parse(fork.signed()).text, "stranger", log.key).line.encode()
    for old in (0, 3):
        body = Submission(old, (), fork.signed() + stranger).encode()
        assert post(server, body)[0] == (422 if old == 3 else 409)
    assert list((server.state.folder / "incidents").iterdir()) == [incident]


def test_a_grown_fork_is_refused(server: WitnessServer, log: Log) -> None:
    believed = policy_of(server, log)
    witness_client.collect(believed, log.signed(), log.prove(), now)
    fork = Log(log.key).add(b"one", b"two", b"another", b"four", b"five")
    got = witness_client.collect(believed, fork.signed(), fork.prove(), now)
    assert "422" in got.refusals["w"]
    assert server.state.last(ORIGIN) == Checkpoint(ORIGIN, 3, log.tree.root())


def test_a_cut_tail_is_refused(server: WitnessServer, log: Log) -> None:
    believed = policy_of(server, log)
    witness_client.collect(believed, log.signed(), log.prove(), now)
    got = witness_client.collect(believed, log.signed(2), log.prove(2), now)
    assert "lost its tail" in got.refusals["w"]


@pytest.mark.parametrize(
    ("old", "size", "status"),
    [(0, 3, 200), (1, 3, 409), (3, 3, 409), (4, 3, 400)],
)
def test_the_protocol_answers_a_first_contact(
    server: WitnessServer, log: Log, old: int, size: int, status: int
) -> None:
    body = Submission(old, (), log.signed(size)).encode()
    assert post(server, body)[0] == status


def test_the_protocol_refuses_strangers_and_nonsense(server: WitnessServer, log: Log) -> None:
    unknown = Log(origin="other.example").add(b"x")
    forged = Log().add(b"x")
    assert post(server, Submission(0, (), unknown.signed()).encode())[0] == 404
    assert post(server, Submission(0, (), forged.signed()).encode())[0] == 403
    assert post(server, Submission(0, (bytes(32),), log.signed()).encode())[0] == 422
    assert post(server, b"old 0\n\n")[0] == 400
    assert post(server, b"old 00\n\n" + log.signed())[0] == 400
    assert post(server, b"\xff\n\n" + log.signed())[0] == 400
    assert post(server, b"x" * 140_000)[0] == 413
    assert post(server, b"", "/other")[0] == 404
    hashes = (bytes(32),) * 64
    assert post(server, Submission(0, hashes, log.signed()).encode())[0] == 400


def test_a_conflict_says_the_size_that_was_seen(server: WitnessServer, log: Log) -> None:
    post(server, Submission(0, (), log.signed(2)).encode())
    assert post(server, Submission(1, (), log.signed(3)).encode()) == (409, "2\n")


@settings(
    max_examples=80,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.data())
def test_damaged_requests_are_answered_and_change_nothing(
    folder: Path, log: Log, data: st.DataObject
) -> None:
    state = witness_state.open_state(folder)
    body = bytearray(Submission(0, (), log.signed()).encode())
    match data.draw(st.integers(0, 2)):
        case 0:
            place = data.draw(st.integers(0, len(body) - 1))
            body[place] ^= 1 << data.draw(st.integers(0, 7))
        case 1:
            del body[data.draw(st.integers(0, len(body) - 1)) :]
        case _:
            body = bytearray(data.draw(st.binary(max_size=300)))
    answer = add_checkpoint(state, bytes(body), now)
    if answer.status == 200:
        # Only the shape around the signed text may differ, never what was signed.
        assert state.last(ORIGIN) == Checkpoint(ORIGIN, 3, log.tree.root())
    else:
        assert state.last(ORIGIN) in (None, Checkpoint(ORIGIN, 3, log.tree.root()))


def test_many_at_once_never_get_two_histories_signed(server: WitnessServer, log: Log) -> None:
    log.add(*(b"%d" % n for n in range(40)))
    fork = Log(log.key).add(*(b"f%d" % n for n in range(43)))
    believed = policy_of(server, log)
    cosigned: list[Checkpoint] = []

    def submit(which: Log, size: int) -> None:
        got = witness_client.collect(believed, which.signed(size), which.prove(size), now)
        if not got.refusals:
            cosigned.append(Checkpoint(ORIGIN, size, which.tree.root(size)))

    threads = [
        threading.Thread(target=submit, args=(which, size))
        for size in range(1, 43, 4)
        for which in (log, fork)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert cosigned
    histories = {
        which
        for which, tree in (("log", log.tree), ("fork", fork.tree))
        for found in cosigned
        if found.root == tree.root(found.size)
    }
    assert len(histories) == 1


def test_a_witness_that_is_silent_or_lies_is_reported(server: WitnessServer, log: Log) -> None:
    stranger = keys.generate(KeyKind.ED25519).public
    other = NoteKey("w1.regulator.example", note.COSIGNATURE, stranger)
    text = (
        f"log {log.note_key.vkey}\n"
        f"witness gone {server.state.public.vkey} http://127.0.0.1:1\n"
        f"witness liar {other.vkey} {server.url}\n"
        "quorum gone\n"
    )
    got = witness_client.collect(policy.parse(text), log.signed(), log.prove(), now, pause=0)
    assert "cannot be reached" in got.refusals["gone"]
    assert "none of the 1 trusted keys" in got.refusals["liar"]
    assert got.signed == log.signed()


def test_a_cosignature_of_the_future_is_not_accepted(server: WitnessServer, log: Log) -> None:
    believed = policy_of(server, log)
    got = witness_client.collect(believed, log.signed(), log.prove(), lambda: now() - 4000)
    assert "has not come yet" in got.refusals["w"]


def test_a_witness_is_made_once_and_opened_with_care(tmp_path: Path, log: Log) -> None:
    place = tmp_path / "w"
    with pytest.raises(UsageError, match="keepuntil witness init"):
        witness_state.open_state(place)
    public = witness_state.create(place, "w.example")
    with pytest.raises(KeyFileError, match="already exists"):
        witness_state.create(place, "w.example")
    witness_state.add_log(place, log.note_key.vkey)
    witness_state.add_log(place, log.note_key.vkey)
    assert witness_state.open_state(place).logs == (log.note_key,)
    with pytest.raises(EvidenceError, match="key of a witness"):
        witness_state.add_log(place, public.vkey)
    (place / "witness.pem").chmod(0o640)
    with pytest.raises(KeyFileError, match="open to others"):
        witness_state.open_state(place)
