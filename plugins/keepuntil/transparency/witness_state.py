"""What a witness remembers: for each log the last checkpoint it has put its name to.

    <folder>/witness.pem        the witness's own key (mode 0600)
    <folder>/name               the name it signs under
    <folder>/logs               the logs it watches, one vkey a line
    <folder>/seen/<hash>        per log: the last checkpoint, with the cosignature on it
    <folder>/incidents/         proofs of misbehaviour: two checkpoints that contradict each other
    <folder>/lock               held by the one process that serves or changes the folder

The state is the whole point of a witness. It is durable before a cosignature leaves,
so that a crash at any moment can only lead to signing the same history again. What a
log was never cosigned for is written down too: a file that is missing was lost, and a
witness that lost its memory must not begin anew as if nothing had been.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from threading import Lock
from typing import Final

from keepuntil.errors import EvidenceError, KeyFileError, UsageError
from keepuntil.evidence import keys, note
from keepuntil.evidence.keys import KeyKind, SigningKey
from keepuntil.evidence.note import COSIGNATURE, ED25519, Checkpoint, Note, NoteKey

NOTHING_YET: Final = b"nothing was cosigned yet\n"
MOST_INCIDENTS: Final = 1000


@dataclass(frozen=True, slots=True)
class Seen:
    """The last checkpoint of a log that was cosigned here."""

    checkpoint: Checkpoint
    at: int
    """When, in seconds since 1970-01-01T00:00Z."""
    cosigned: bytes
    """The note, with the log's signatures and this witness's."""


@dataclass(frozen=True, slots=True)
class WitnessState:
    """A witness's folder, opened."""

    folder: Path
    name: str
    key: SigningKey
    logs: tuple[NoteKey, ...]
    _turns: dict[str, Lock] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_turns", {key.name: Lock() for key in self.logs})

    @property
    def public(self) -> NoteKey:
        """The key others put into their policies."""
        return NoteKey(self.name, COSIGNATURE, self.key.public)

    def keys_of(self, origin: str) -> list[NoteKey]:
        """The keys of a log that is watched; empty: it is not."""
        return [key for key in self.logs if key.name == origin]

    @contextmanager
    def only(self, origin: str) -> Iterator[None]:
        """One request at a time for one log. Other processes are kept out by :func:`alone`."""
        with self._turns[origin]:
            yield

    def last(self, origin: str) -> Checkpoint | None:
        """The last checkpoint of a log that was cosigned here; None: none was."""
        seen = self.seen(origin)
        return None if seen is None else seen.checkpoint

    def seen(self, origin: str) -> Seen | None:
        """The same with its time and its signatures.

        Raises `EvidenceError` when the file is missing or is not what this witness wrote.
        """
        path = _path(self.folder, origin)
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            raise EvidenceError(
                f"{path}, what this witness has seen of {origin}, is lost; nothing is cosigned "
                "without it. Bring the newest copy back"
            ) from None
        if content == NOTHING_YET:
            return None
        try:
            return self._read(origin, content)
        except EvidenceError as error:
            raise EvidenceError(
                f"{path} is not what this witness wrote about {origin}: {error.sentence}. "
                "Nothing is cosigned; bring the newest copy back"
            ) from None

    def _read(self, origin: str, content: bytes) -> Seen:
        found = Note.parse(content)
        at = note.verify(found, [self.public])[self.public]
        checkpoint = Checkpoint.parse(found.text)
        if checkpoint.origin != origin or at is None:
            raise EvidenceError("it is about another log")
        return Seen(checkpoint, at, content)

    def shown(self, origin_hash: str) -> bytes | None:
        """The cosigned note of the log whose origin has this SHA-256; None: there is none."""
        for origin in self._turns:
            if _hash(origin) == origin_hash:
                seen = self.seen(origin)
                return None if seen is None else seen.cosigned
        return None

    def remember(self, origin: str, cosigned: Note) -> None:
        """Replace the last checkpoint, durably. The caller holds :meth:`only`. Raises OSError."""
        _replace(_path(self.folder, origin), cosigned.encode())

    def report(self, seen: Seen, shown: Note, why: str) -> None:
        """Keep two signed checkpoints that no honest log can have signed both. Raises OSError.

        Whoever shows the same two again, with other people's signatures added, adds no
        file; nor does anybody fill the disk.
        """
        said = Note.parse(seen.cosigned).text + shown.text
        folder = self.folder / "incidents"
        path = folder / f"{sha256(said.encode()).hexdigest()[:32]}.json"
        if path.exists() or len(list(folder.iterdir())) >= MOST_INCIDENTS:
            return
        incident = {
            "log": seen.checkpoint.origin,
            "why": why,
            "cosigned": seen.cosigned.decode(),
            "shown": shown.encode().decode(),
        }
        text = json.dumps(incident, ensure_ascii=False, indent=1) + "\n"
        _replace(path, text.encode())


def _hash(origin: str) -> str:
    return sha256(origin.encode("utf-8")).hexdigest()


def _path(folder: Path, origin: str) -> Path:
    return folder / "seen" / _hash(origin)


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Keep every other process out of the folder. Raises UsageError when one is in it.

    Two servers on one folder could each cosign what the other has not seen yet. The lock
    goes with its process, however that ends.
    """
    _refuse_empty(folder)
    try:
        descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise UsageError(f"{folder / 'lock'} cannot be opened: {error.strerror}.") from None
    try:
        _lock(descriptor, folder)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int, folder: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise UsageError(
            f"The witness in {folder} is being served; stop that process first."
        ) from None


def create(folder: Path, name: str) -> NoteKey:
    """Make a witness with a key of its own.

    Raises KeyFileError when there is one already, EvidenceError for a name nobody can
    sign under, UsageError when the folder cannot be written.
    """
    NoteKey(name, COSIGNATURE, keys.generate(KeyKind.ED25519).public)  # refuses an unfit name
    try:
        for each in (folder, folder / "seen", folder / "incidents"):
            each.mkdir(parents=True, exist_ok=True, mode=0o700)
        key = keys.create_key_file(folder / "witness.pem", KeyKind.ED25519)
        _replace(folder / "name", name.encode("utf-8") + b"\n")
        _replace(folder / "logs", b"")
    except OSError as error:
        raise UsageError(f"{folder} cannot be written: {error.strerror}.") from None
    return NoteKey(name, COSIGNATURE, key.public)


def open_state(folder: Path) -> WitnessState:
    """Open a witness's folder. Raises UsageError (there is none), KeyFileError, EvidenceError."""
    _refuse_empty(folder)
    state = WitnessState(
        folder=folder,
        name=_text(folder / "name").removesuffix("\n"),
        key=keys.load(f"file:{folder / 'witness.pem'}", KeyKind.ED25519),
        logs=tuple(_logs(folder / "logs")),
    )
    for key in state.logs:
        state.seen(key.name)
    return state


def _refuse_empty(folder: Path) -> None:
    if not (folder / "witness.pem").exists():
        raise UsageError(
            f"There is no witness in {folder}. "
            f"Make one: keepuntil witness init {folder} --name NAME"
        )


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8")
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise EvidenceError(f"{path} is not UTF-8") from None


def _logs(path: Path) -> Iterator[NoteKey]:
    for number, line in enumerate(_text(path).split("\n"), 1):
        if line.strip():
            try:
                yield _log_key(line.strip())
            except EvidenceError as error:
                raise EvidenceError(f"{path}:{number}: {error.sentence}") from None


def _log_key(vkey: str) -> NoteKey:
    key = NoteKey.parse(vkey)
    if key.algorithm != ED25519:
        raise EvidenceError("this is the key of a witness, not of a log")
    return key


def add_log(folder: Path, vkey: str) -> NoteKey:
    """Watch a log from now on. Adding it twice adds it once. Raises EvidenceError, UsageError.

    A log that changes its key is added again with the new one, and what was seen stays.
    """
    with alone(folder):
        state = open_state(folder)
        key = _log_key(vkey)
        if key.key == state.key.public or key.name == state.name:
            raise KeyFileError(
                "This is the witness's own key or name: a log and its witness never share one."
            )
        if key not in state.logs:
            _watch(state, key)
    return key


def _watch(state: WitnessState, key: NoteKey) -> None:
    path = _path(state.folder, key.name)
    lines = "".join(f"{one.vkey}\n" for one in (*state.logs, key))
    try:
        # A crash between the two leaves a memory of a log that is not watched: harmless.
        if not state.keys_of(key.name) and not path.exists():
            _replace(path, NOTHING_YET)
        _replace(state.folder / "logs", lines.encode("utf-8"))
    except OSError as error:
        raise UsageError(f"{state.folder} cannot be written: {error.strerror}.") from None


def _replace(path: Path, content: bytes) -> None:
    """The old file or the new one, whatever happens, and the new one once this returns."""
    scratch = path.with_name(f".{path.name}.new")
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
    with os.fdopen(os.open(scratch, flags, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    scratch.replace(path)
    _sync(path.parent)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
