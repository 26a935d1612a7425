"""A small log to test with: statements, keys, and ways to lie."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from keepuntil.evidence import entries, envelope, keys, note
from keepuntil.evidence.keys import KeyKind, SigningKey
from keepuntil.evidence.note import Checkpoint, Note, NoteKey
from keepuntil.evidence.tiles import GrowingTiles
from keepuntil.transparency import laying
from keepuntil.transparency.following import signed_by
from keepuntil.transparency.storage import Storage

ORIGIN = "evidence.bank.example"
AUTHOR = keys.generate(KeyKind.P256)
LOG = keys.generate(KeyKind.ED25519)
LOG_KEY = NoteKey(ORIGIN, note.ED25519, LOG.public)
JUDGE = signed_by(ORIGIN, [LOG_KEY])


@dataclass(frozen=True)
class Stated:
    """A statement as the log accepts it."""

    envelope: bytes
    entry: bytes


def stated(words: str, key: SigningKey = AUTHOR) -> Stated:
    signed = envelope.sign(b'{"words":"%b"}' % words.encode(), key)
    return Stated(signed.encode(), entries.entry(signed, key.public))


def statements(count: int) -> list[Stated]:
    return [stated(f"event {number}") for number in range(count)]


SOME = statements(300)
"""Made once: signing takes longer than all else here."""


def source(accepted: Sequence[Stated]) -> Callable[[int, int], Sequence[Stated]]:
    return lambda start, stop: accepted[start:stop]


def signed(checkpoint: Checkpoint, *signers: SigningKey) -> bytes:
    text = checkpoint.text
    made = tuple(note.sign(text, checkpoint.origin, key) for key in signers or (LOG,))
    return Note(text, made).encode()


@dataclass
class InMemory:
    """A log to lie with: changing what lies in it takes no file system."""

    objects: dict[str, bytes] = field(default_factory=dict)

    def __str__(self) -> str:
        return "memory"

    def read(self, path: str) -> bytes | None:
        return self.objects.get(path)

    def write(self, path: str, content: bytes) -> None:
        self.objects[path] = content

    def but(self, **changed: bytes | None) -> InMemory:
        """A copy without the objects given as None, and with the others as given."""
        objects = self.objects | changed
        return InMemory({path: held for path, held in objects.items() if held is not None})


def grow(storage: Storage, accepted: Sequence[Stated], *sizes: int) -> list[bytes]:
    """Lay out and show a log at each of these sizes; its checkpoints."""
    tiles = GrowingTiles()
    checkpoints = []
    for size in sizes:
        root = laying.root_at(tiles, size, source(accepted))
        head = Checkpoint(ORIGIN, size, root)
        laying.lay(storage, tiles, head, source(accepted))
        checkpoints.append(signed(head))
        laying.show(storage, checkpoints[-1])
    return checkpoints


def files(root: Path) -> dict[str, bytes]:
    """What lies in a folder, by path."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file()
    }
