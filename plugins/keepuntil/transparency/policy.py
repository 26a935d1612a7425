"""Which logs to believe and which witnesses must have seen them (C2SP tlog-policy).

    log evidence-2026.bank.example+18e960c1+AeDy...
    witness regulator witness.regulator.example/w1+21d6edf2+BEHp... https://witness.regulator.example
    witness audit audit.bank.example/w1+...
    witness third ...
    group inside any audit third
    group both all regulator inside
    quorum both

One instruction a line; a line that begins with ``#`` is a comment. A group is met by ``any``,
``all`` or a number of its members; ``quorum`` names what has to be met, or ``none``. To the
format, names and addresses are bytes: what is not UTF-8 in them is kept as it is.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Final, NoReturn

from keepuntil.errors import EvidenceError
from keepuntil.evidence import note
from keepuntil.evidence.keys import VerifyingKey
from keepuntil.evidence.note import COSIGNATURE, ED25519, Checkpoint, Note, NoteKey

LARGEST_POLICY: Final = 1 << 16
NOBODY: Final = "none"
_COUNT: Final = re.compile(r"[1-9][0-9]{0,4}")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
# Blanks are ASCII's only: a no-break space is part of a name.
_WORD: Final = re.compile(r"[^ \t]+")


@dataclass(frozen=True, slots=True)
class Log:
    """A log and where it can be read, if anybody may. Its key's name is its origin."""

    key: NoteKey
    url: str | None


@dataclass(frozen=True, slots=True)
class Witness:
    """A witness under the name the policy gives it."""

    name: str
    key: NoteKey
    url: str | None
    """Where checkpoints are submitted; None: its cosignatures arrive by other ways."""


@dataclass(frozen=True, slots=True)
class Group:
    """So many of these members, witnesses or groups, have to have signed."""

    name: str
    threshold: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a policy says of one signed checkpoint."""

    log: str | None
    """The origin, when a log of the policy has signed."""
    cosigned: dict[str, int]
    """Witnesses by their name in the policy, and when: seconds since 1970-01-01T00:00Z."""
    missing: str | None
    """What is lacking, in words; None: the checkpoint is valid under the policy."""


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy as read."""

    logs: tuple[Log, ...]
    witnesses: tuple[Witness, ...]
    groups: tuple[Group, ...]
    quorum: str
    _by_name: dict[str, Witness | Group] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        members: tuple[Witness | Group, ...] = (*self.witnesses, *self.groups)
        object.__setattr__(self, "_by_name", {one.name: one for one in members})

    @property
    def keys(self) -> tuple[NoteKey, ...]:
        """The keys of all logs and witnesses."""
        logs = tuple(one.key for one in self.logs)
        return (*logs, *(one.key for one in self.witnesses))

    def evaluate(self, signed: Note) -> Verdict:
        """Say whether a checkpoint is signed by a log and seen by whom the quorum asks for.

        Raises `EvidenceError` when the note is no checkpoint, when nobody the policy
        knows has signed it, or when a signature of somebody it knows is not valid.
        """
        origin = Checkpoint.parse(signed.text).origin
        signers = note.verify(signed, self.keys)
        logs = [one.key for one in self.logs if one.key in signers and one.key.name == origin]
        times = {one.name: signers.get(one.key) for one in self.witnesses}
        missing = self.missing(signers) if logs else "no log of the policy has signed as itself"
        return Verdict(
            log=origin if logs else None,
            cosigned={name: at for name, at in times.items() if at is not None},
            missing=missing,
        )

    def missing(self, signed: Collection[NoteKey]) -> str | None:
        """What the quorum lacks, in words, when these keys have signed; None: nothing."""
        met = self._met(signed)
        if self.quorum == NOBODY or met[self.quorum]:
            return None
        named = ", ".join(shown(one.name) for one in self.witnesses if met[one.name]) or "nobody"
        lacking = "; ".join(self._lacking(met))
        return (
            f"the policy asks for '{shown(self.quorum)}', and of its witnesses {named} has signed:"
            f" {lacking}"
        )

    def _met(self, signed: Collection[NoteKey]) -> dict[str, bool]:
        """Each name, met or not. Members stand above their group, so one pass is enough."""
        met = {one.name: one.key in signed for one in self.witnesses}
        for group in self.groups:
            met[group.name] = sum(met[name] for name in group.members) >= group.threshold
        return met

    def _lacking(self, met: dict[str, bool]) -> Iterator[str]:
        waiting = [self.quorum]
        while waiting:
            found = self._by_name[waiting.pop(0)]
            if isinstance(found, Witness):
                yield f"{shown(found.name)} has not signed"
                continue
            absent = [name for name in found.members if not met[name]]
            yield (
                f"'{shown(found.name)}' needs {found.threshold} of {len(found.members)} and lacks"
                f" {', '.join(map(shown, absent))}"
            )
            waiting += [name for name in absent if isinstance(self._by_name[name], Group)]

    def encode(self) -> str:
        """The policy's text."""
        lines = [_line("log", one.key.vkey, one.url) for one in self.logs]
        lines += [_line("witness", one.name, one.key.vkey, one.url) for one in self.witnesses]
        lines += [_line("group", one.name, str(one.threshold), *one.members) for one in self.groups]
        return "".join(f"{line}\n" for line in (*lines, f"quorum {self.quorum}"))


def _line(*words: str | None) -> str:
    return " ".join(word for word in words if word is not None)


def shown(name: str) -> str:
    """A name of a policy as messages can show it, whatever bytes it is made of."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def parse(text: str | bytes) -> Policy:
    """Read a policy; raise `EvidenceError` with the line that is not as the format says."""
    if len(text) > LARGEST_POLICY:
        raise EvidenceError(f"a policy has at most {LARGEST_POLICY} characters")
    if isinstance(text, bytes):
        text = text.decode("utf-8", "surrogateescape")
    reading = _Reading()
    for number, words in _instructions(text):
        reading.take(number, words)
    return reading.policy()


def _instructions(text: str) -> Iterator[tuple[int, list[str]]]:
    for number, line in enumerate(text.split("\n"), 1):
        if _CONTROL.search(line):
            _refuse(number, "it contains a control character; lines end with a newline alone")
        words = _WORD.findall(line)
        if words and not words[0].startswith("#"):
            yield number, words


class _Reading:
    """A policy while it is read: names must be known before they are used."""

    def __init__(self) -> None:
        self._logs: list[Log] = []
        self._members: dict[str, Witness | Group] = {}
        self._grouped: set[str] = set()
        self._keys: set[tuple[int, VerifyingKey]] = set()
        self._quorum: str | None = None

    def take(self, number: int, words: list[str]) -> None:
        match words:
            case ["log", vkey, *url] if len(url) <= 1:
                self._logs.append(Log(self._key(number, vkey, ED25519), _url(url)))
            case ["witness", name, vkey, *url] if len(url) <= 1:
                key = self._key(number, vkey, COSIGNATURE)
                self._define(number, Witness(name, key, _url(url)))
            case ["group", name, threshold, *members] if members:
                self._define(number, self._group(number, name, threshold, members))
            case ["quorum", name] if self._quorum is None:
                if name != NOBODY and name not in self._members:
                    _refuse(number, "the quorum names neither a witness nor a group above it")
                self._quorum = name
            case ["quorum", *_]:
                _refuse(number, "a policy has one quorum, of one name")
            case _:
                _refuse(number, "this is none of log, witness, group and quorum in their forms")

    def _key(self, number: int, vkey: str, algorithm: int) -> NoteKey:
        key = _note_key(number, vkey)
        if key.algorithm != algorithm:
            _refuse(number, "a log's key begins with the byte 01, a witness's with 04")
        # Under a second name the same key would count twice.
        if (algorithm, key.key) in self._keys:
            _refuse(number, "this key stands in a line above, perhaps under another name")
        self._keys.add((algorithm, key.key))
        return key

    def _group(self, number: int, name: str, threshold: str, members: list[str]) -> Group:
        if len(set(members)) != len(members) or set(members) - self._members.keys():
            _refuse(number, "a group has distinct members that stand above it")
        if self._grouped & set(members):
            _refuse(number, "a name is a member of one group only, so that it counts once")
        self._grouped |= set(members)
        count = {"any": 1, "all": len(members)}.get(threshold, 0)
        if _COUNT.fullmatch(threshold):
            count = int(threshold)
        if not 1 <= count <= len(members):
            _refuse(number, "a group asks for any, all, or a number of its members")
        return Group(name, count, tuple(members))

    def _define(self, number: int, member: Witness | Group) -> None:
        if member.name in self._members or member.name == NOBODY:
            _refuse(number, "this name is taken")
        self._members[member.name] = member

    def policy(self) -> Policy:
        if self._quorum is None:
            raise EvidenceError("the policy lacks its quorum; write 'quorum none' if you mean it")
        witnesses = tuple(one for one in self._members.values() if isinstance(one, Witness))
        groups = tuple(one for one in self._members.values() if isinstance(one, Group))
        return Policy(tuple(self._logs), witnesses, groups, self._quorum)


def _note_key(number: int, vkey: str) -> NoteKey:
    try:
        vkey.encode("utf-8")
    except UnicodeEncodeError:
        _refuse(number, "the name in a verifier key is not UTF-8")
    try:
        return NoteKey.parse(vkey)
    except EvidenceError as error:
        _refuse(number, error.sentence)


def _url(given: list[str]) -> str | None:
    return given[0].rstrip("/") or given[0] if given else None


def _refuse(number: int, why: str) -> NoReturn:
    raise EvidenceError(f"line {number} of the policy: {why}")
