"""What a witness remembers: for each log the last checkpoint it has put its name to.

    <folder>/witness.pem        the witness's own key (mode 0600)
    <folder>/name               the name it signs under
    <folder>/logs               the logs it watches, one vkey a line
    <folder>/seen/<hash>        per log: the last checkpoint that was cosigned
    <folder>/incidents/         proofs of misbehaviour: two checkpoints that contradict each other

The state is the whole point of a witness. It is durable before a cosignature leaves,
so that a crash at any moment can only lead to signing the same history again.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from keepuntil.errors import EvidenceError, KeyFileError, UsageError
from keepuntil.evidence import key_files, keys, note
from keepuntil.evidence.keys import KeyKind, SigningKey
from keepuntil.evidence.note import COSIGNATURE, ED25519, Checkpoint, NoteKey

_LARGEST: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class WitnessState:
    """A witness's folder, opened."""

    folder: Path
    name: str
    key: SigningKey
    logs: tuple[NoteKey, ...]

    @property
    def public(self) -> NoteKey:
        """The key others put into their policies."""
        return NoteKey(self.name, COSIGNATURE, self.key.public)

    def keys_of(self, origin: str) -> list[NoteKey]:
        """The keys of a log that is watched; empty: it is not."""
        return [key for key in self.logs if key.name == origin]

    @contextmanager
    def only(self, origin: str) -> Iterator[None]:
        """One request at a time for one log, across threads and processes."""
        with self._path(origin).with_suffix(".lock").open("wb") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def last(self, origin: str) -> Checkpoint | None:
        """The last checkpoint of a log that was cosigned here."""
        seen = self.last_note(origin)
        return None if seen is None else Checkpoint.parse(note.Note.parse(seen).text)

    def last_note(self, origin: str) -> bytes | None:
        """The same as the log signed it."""
        path = self._path(origin)
        if not path.exists():
            return None
        with path.open("rb") as file:
            return file.read(_LARGEST)

    def remember(self, origin: str, signed: bytes) -> None:
        """Replace the last checkpoint, durably. The caller holds :meth:`only`."""
        path = self._path(origin)
        scratch = path.with_suffix(".new")
        _write(scratch, signed)
        scratch.rename(path)
        _sync(path.parent)

    def report(self, before: bytes, now: bytes) -> None:
        """Keep two signed checkpoints that no honest log can have signed both."""
        text = before + b"\n" + now
        path = self.folder / "incidents" / f"{sha256(text).hexdigest()[:32]}.txt"
        if not path.exists():
            _write(path, text)
            _sync(path.parent)

    def _path(self, origin: str) -> Path:
        return self.folder / "seen" / sha256(origin.encode("utf-8")).hexdigest()


def create(folder: Path, name: str) -> NoteKey:
    """Make a witness with a key of its own. Raises KeyFileError when there is one already."""
    for each in (folder, folder / "seen", folder / "incidents"):
        each.mkdir(parents=True, exist_ok=True, mode=0o700)
    NoteKey(name, COSIGNATURE, keys.generate(KeyKind.ED25519).public)  # refuses an unfit name
    key = keys.create_key_file(folder / "witness.pem", KeyKind.ED25519)
    key_files.write_new(folder / "name", name.encode("utf-8") + b"\n")
    (folder / "logs").touch(mode=0o600)
    return NoteKey(name, COSIGNATURE, key.public)


def open_state(folder: Path) -> WitnessState:
    """Open a witness's folder. Raises UsageError (there is none), KeyFileError, EvidenceError."""
    if not (folder / "witness.pem").exists():
        raise UsageError(
            f"There is no witness in {folder}. "
            f"Make one: keepuntil witness init {folder} --name NAME"
        )
    return WitnessState(
        folder=folder,
        name=(folder / "name").read_text(encoding="utf-8").strip(),
        key=keys.load(f"file:{folder / 'witness.pem'}", KeyKind.ED25519),
        logs=tuple(_logs(folder / "logs")),
    )


def _logs(path: Path) -> Iterator[NoteKey]:
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
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
    """Watch a log from now on. Adding it twice adds it once. Raises EvidenceError, UsageError."""
    state = open_state(folder)
    key = _log_key(vkey)
    if key.key == state.key.public:
        raise KeyFileError("This is the witness's own key: a log and its witness never share one.")
    if key not in state.logs:
        with (folder / "logs").open("a", encoding="utf-8") as file:
            file.write(f"{key.vkey}\n")
            file.flush()
            os.fsync(file.fileno())
    return key


def _write(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(descriptor)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
