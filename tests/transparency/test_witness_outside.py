"""The witness among strangers: lost memory, hostile requests, lying witnesses, two servers."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from keepuntil.errors import EvidenceError, UsageError
from keepuntil.evidence import keys, merkle, note
from keepuntil.evidence.keys import KeyKind
from keepuntil.evidence.merkle import LeafHashes
from keepuntil.evidence.note import COSIGNATURE, ED25519, Checkpoint, Note, NoteKey
from keepuntil.transparency import policy, witness_client, witness_server, witness_state
from keepuntil.transparency.witness_server import WitnessServer
from keepuntil.transparency.witnessing import Submission, add_checkpoint

ORIGIN = "log.bank.example"
LOG = keys.generate(KeyKind.ED25519)
LOG_KEY = NoteKey(ORIGIN, ED25519, LOG.public)
WITNESS = keys.generate(KeyKind.ED25519)
WITNESS_KEY = NoteKey("w.example", COSIGNATURE, WITNESS.public)
LEAVES = b"".join(merkle.leaf_hash(b"%d" % number) for number in range(9))
NOW = 1_800_000_000


def signed(size: int, root: bytes | None = None, *extensions: str) -> bytes:
    tree_root = LeafHashes(LEAVES).root(size) if root is None else root
    text = Checkpoint(ORIGIN, size, tree_root, extensions).text
    return Note(text, (note.sign(text, ORIGIN, LOG),)).encode()


def submission(old: int, size: int) -> bytes:
    proof = LeafHashes(LEAVES).consistency_proof(old, size) if old else ()
    return Submission(old, tuple(proof), signed(size)).encode()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "witness"
    witness_state.create(place, "w.example")
    witness_state.add_log(place, LOG_KEY.vkey)
    return place


@contextmanager
def serving(folder: Path, patience: float = 10.0) -> Iterator[tuple[WitnessServer, list[str]]]:
    journal: list[str] = []
    server = WitnessServer(
        witness_state.open_state(folder),
        "127.0.0.1",
        0,
        now=lambda: NOW,
        patience=patience,
        journal=journal.append,
    )
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server, journal
    finally:
        server.shutdown()
        server.settle()
        server.server_close()
        thread.join()


def talk(server: WitnessServer, data: bytes, *, cut: bool = False) -> bytes:
    """Send raw bytes and read until the server closes."""
    host, port = str(server.server_address[0]), server.server_address[1]
    with socket.create_connection((host, port), timeout=20) as connection:
        connection.sendall(data)
        if cut:
            connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def drip(connection: socket.socket) -> None:
    for _ in range(1000):
        connection.sendall(b"P")
        time.sleep(0.05)


def request(body: bytes, *headers: str) -> bytes:
    lines = ["POST /add-checkpoint HTTP/1.1", "Host: w", f"Content-Length: {len(body)}", *headers]
    return ("\r\n".join([*lines, "Connection: close"]) + "\r\n\r\n").encode() + body


def test_what_was_cosigned_is_shown_to_whoever_follows_the_log(folder: Path) -> None:
    path = f"/{sha256(ORIGIN.encode()).hexdigest()}/checkpoint"
    get = f"GET {path} HTTP/1.0\r\n\r\n".encode()
    with serving(folder) as (server, _):
        assert talk(server, get).startswith(b"HTTP/1.1 404")
        line = talk(server, request(submission(0, 5))).partition(b"\r\n\r\n")[2]
        shown = talk(server, get).partition(b"\r\n\r\n")[2]
        assert shown == signed(5) + line
        signers = note.verify(Note.parse(shown), [LOG_KEY, server.state.public])
        assert signers == {LOG_KEY: None, server.state.public: NOW}


def test_a_conflict_has_the_type_of_the_protocol(folder: Path) -> None:
    with serving(folder) as (server, _):
        talk(server, request(submission(0, 5)))
        head, _, body = talk(server, request(submission(0, 7))).partition(b"\r\n\r\n")
    assert (b"409" in head, b"Content-Type: text/x.tlog.size\r\n" in head, body) == (
        True,
        True,
        b"5\n",
    )


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"POST /add-checkpoint HTTP/1.1\r\nHost: w\r\n\r\n", 411),
        (request(b"old 0\n", "Content-Length: 9"), 411),
        (request(b"", "Transfer-Encoding: chunked"), 411),
        (b"POST /add-checkpoint HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
        (b"POST /add-checkpoint HTTP/1.1\r\nContent-Length: 500\r\n\r\nold 0\n", 400),
        (request(b"x" * 200_000), 413),
        (b"DELETE / HTTP/1.1\r\nHost: w\r\n\r\n", 501),
        (b"GET /\x1b[31m%0aforged HTTP/1.0\r\n\r\n", 404),
        (b"GET / HTTP/9.9\r\n\r\n", 505),
        (b"nonsense\r\n\r\n", 400),
        (b"GET /" + b"a" * 70_000 + b" HTTP/1.0\r\n\r\n", 414),
        (request("old 0\n\nlög".encode("latin-1")), 400),
    ],
)
def test_hostile_requests_get_a_plain_refusal(
    folder: Path, capfd: pytest.CaptureFixture[str], data: bytes, status: int
) -> None:
    with serving(folder) as (server, journal):
        answer = talk(server, data, cut=True)
        assert f" {status} ".encode() in answer.partition(b"\r\n")[0] + b" "
        assert b"text/plain" in answer
        assert b"<" not in answer
        said = "\n".join(journal)
    assert str(status) in said
    assert "127.0.0.1" not in said
    assert "forged" not in said
    assert "\x1b" not in said
    assert "Traceback" not in capfd.readouterr().err


def test_who_drips_bytes_is_let_go_when_the_time_is_up(folder: Path) -> None:
    with serving(folder, patience=0.5) as (server, _):
        host, port = str(server.server_address[0]), server.server_address[1]
        with (
            socket.create_connection((host, port), timeout=20) as connection,
            pytest.raises(OSError, match=r"pipe|reset"),
        ):
            drip(connection)
        assert b" 200 " in talk(server, request(submission(0, 2)))


def test_more_connections_than_are_served_are_turned_away(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(witness_server, "MOST_CONNECTIONS", 1)
    with serving(folder) as (server, journal):
        host, port = str(server.server_address[0]), server.server_address[1]
        with socket.create_connection((host, port), timeout=20) as first:
            first.sendall(b"GET / HTTP/1.1\r\n\r\n")
            assert first.recv(100)
            assert talk(server, b"") == b""
        assert "turned away: too many connections" in journal


def test_two_servers_never_share_a_folder(folder: Path) -> None:
    with serving(folder), pytest.raises(UsageError, match="being served"), serving(folder):
        pass
    with serving(folder), pytest.raises(UsageError, match="being served"):
        witness_state.add_log(folder, LOG_KEY.vkey)
    with serving(folder):
        pass


def seen_file(folder: Path) -> Path:
    return folder / "seen" / sha256(ORIGIN.encode()).hexdigest()


@pytest.mark.parametrize("damage", ["lost", "empty", "cut", "unsigned", "older witness"])
def test_a_witness_that_lost_its_memory_signs_nothing(folder: Path, damage: str) -> None:
    state = witness_state.open_state(folder)
    assert add_checkpoint(state, submission(0, 5), lambda: NOW).status == 200
    path = seen_file(folder)
    content = path.read_bytes()
    text = Note.parse(content).text
    match damage:
        case "lost":
            path.unlink()
        case "empty":
            path.write_bytes(b"")
        case "cut":
            path.write_bytes(content[:-20])
        case "unsigned":
            path.write_bytes(signed(3))
        case _:
            path.write_bytes(Note(text, (note.cosign(text, "w.example", WITNESS, 1),)).encode())
    for body in (submission(0, 4), submission(5, 7)):
        assert add_checkpoint(state, body, lambda: NOW).status == 503
    with pytest.raises(EvidenceError, match="newest copy"):
        witness_state.open_state(folder)


def test_a_cosignature_leaves_only_when_it_is_remembered(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = witness_state.open_state(folder)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(witness_state.os, "fsync", full)
        answer = add_checkpoint(state, submission(0, 5), lambda: NOW)
    assert (answer.status, "\u2014" in answer.text) == (503, False)
    assert state.last(ORIGIN) is None
    assert add_checkpoint(state, submission(0, 4), lambda: NOW).status == 200


def test_a_clock_that_runs_backwards_signs_nothing(folder: Path) -> None:
    state = witness_state.open_state(folder)
    assert add_checkpoint(state, submission(0, 5), lambda: NOW).status == 200
    assert add_checkpoint(state, submission(5, 7), lambda: NOW - 1).status == 503
    assert state.last(ORIGIN) == Checkpoint(ORIGIN, 5, LeafHashes(LEAVES).root(5))
    assert add_checkpoint(state, submission(5, 7), lambda: NOW).status == 200


def test_an_empty_log_has_the_root_of_nothing(folder: Path) -> None:
    state = witness_state.open_state(folder)
    wrong = Submission(0, (), signed(0, bytes(32))).encode()
    assert add_checkpoint(state, wrong, lambda: NOW).status == 422
    assert add_checkpoint(state, submission(0, 0), lambda: NOW).status == 200
    assert add_checkpoint(state, submission(0, 5), lambda: NOW).status == 200


def test_a_proof_for_another_tree_and_a_rollback_are_refused(folder: Path) -> None:
    state = witness_state.open_state(folder)
    add_checkpoint(state, submission(0, 5), lambda: NOW)
    foreign = LeafHashes(LEAVES[::-1]).consistency_proof(5, 7)
    body = Submission(5, tuple(foreign), signed(7)).encode()
    assert add_checkpoint(state, body, lambda: NOW).status == 422
    short = Submission(5, (), signed(4)).encode()
    assert add_checkpoint(state, short, lambda: NOW).status == 400
    back = add_checkpoint(state, submission(4, 4), lambda: NOW)
    assert (back.status, back.text) == (409, "5\n")


@contextmanager
def liar(answer: Callable[[bytes], tuple[int, bytes]]) -> Iterator[str]:
    """A witness that answers whatever it likes."""

    class Lying(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, content = answer(body)
            self.send_response(status)
            self.send_header("Content-Type", "text/x.tlog.size")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Lying)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


def ask(url: str) -> witness_client.Collected:
    believed = policy.parse(f"log {LOG_KEY.vkey}\nwitness w {WITNESS_KEY.vkey} {url}\nquorum w\n")
    tree = LeafHashes(LEAVES)
    return witness_client.collect(
        believed, signed(5), lambda old: tree.consistency_proof(old, 5), lambda: NOW, pause=0
    )


def cosignature(text: str, at: int = NOW) -> bytes:
    return note.cosign(text, WITNESS_KEY.name, WITNESS, at).line.encode()


TEXT = Note.parse(signed(5)).text


@pytest.mark.parametrize(
    ("status", "content", "why"),
    [
        (200, b"", "cut off"),
        (200, cosignature(Note.parse(signed(4)).text), "does not match"),
        # Verified over a longer text than the checkpoint: the answer smuggles an extension.
        (200, b"more\n\n" + cosignature(f"{TEXT}\nmore\n"), "more than signatures"),
        (200, cosignature(TEXT, NOW + 90_000), "has not come yet"),
        (200, cosignature(TEXT)[:-9] + b"\n", "signature"),
        (200, b"\xff\n", "not text"),
        (200, b"x" * 100_000, "larger than"),
        (409, b"9\n", "lost its tail"),
        (409, b"05\n", "which size"),
        (409, b"5\n", "contradicts itself"),
        (422, b"no\n", "another log of 5 entries"),
        (302, b"", "answers 302"),
        (500, b"oops\n", "answers 500"),
    ],
)
def test_nothing_a_lying_witness_answers_is_accepted(status: int, content: bytes, why: str) -> None:
    with liar(lambda _: (status, content)) as url:
        got = ask(url)
    assert why in got.refusals["w"]
    assert (got.signed, got.cosigned) == (signed(5), {})


def test_a_witness_that_fails_for_a_moment_is_asked_again() -> None:
    answers = iter([(503, b""), (200, cosignature(TEXT))])
    with liar(lambda _: next(answers)) as url:
        got = ask(url)
    assert (got.cosigned, got.refusals) == ({"w": NOW}, {})


def test_a_checkpoint_no_log_of_the_policy_signed_is_shown_to_nobody() -> None:
    other = NoteKey(ORIGIN, ED25519, WITNESS.public)
    believed = policy.parse(f"log {other.vkey}\nquorum none\n")
    with pytest.raises(EvidenceError, match="trusted keys"):
        witness_client.collect(believed, signed(5), lambda _: (), lambda: NOW)


def test_a_false_cosignature_gives_way_to_the_true_one() -> None:
    false = replace(note.cosign(TEXT, WITNESS_KEY.name, WITNESS, NOW), signature=bytes(72))
    with liar(lambda _: (200, cosignature(TEXT))) as url:
        believed = policy.parse(
            f"log {LOG_KEY.vkey}\nwitness w {WITNESS_KEY.vkey} {url}\nquorum w\n"
        )
        poisoned = signed(5) + false.line.encode()
        got = witness_client.collect(believed, poisoned, lambda _: (), lambda: NOW, pause=0)
    assert believed.evaluate(Note.parse(got.signed)).missing is None


def test_a_witness_on_the_command_line_is_made_served_and_stopped(tmp_path: Path) -> None:
    program = "from keepuntil.cli.main import main; main()"
    place = str(tmp_path / "w")

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", program, "witness", *words]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    made = run("init", place, "--name", "w.example")
    assert NoteKey.parse(made.stdout.strip()).algorithm == COSIGNATURE
    assert run("init", place, "--name", "w.example").returncode == 11
    assert run("add-log", place, LOG_KEY.vkey).returncode == 0
    assert run("add-log", place, "nonsense").returncode == 10
    assert run("serve", place, "--listen", "nowhere").returncode == 2
    process = subprocess.Popen(
        [sys.executable, "-uc", program, "witness", "serve", place, "--listen", "127.0.0.1:0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert "watches 1 logs" in process.stdout.readline()
    assert run("add-log", place, LOG_KEY.vkey).returncode == 2
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, "Stopped" in out, err) == (0, True, "")
    assert f"{ORIGIN}: nothing yet" in run("show", place).stdout
