"""Which logs to believe and which witnesses must have seen them (C2SP tlog-policy).

    log evidence-2026.bank.example+18e960c1+AeDy...
    witness regulator witness.regulator.example/w1+21d6edf2+BEHp... https://witness.regulator.example
    witness audit audit.bank.example/w1+...
    group outside any regulator
    group both all outside audit
    quorum both

One instruction a line; ``#`` begins a comment. A group is met by ``any``, ``all`` or a
number of its members; ``quorum`` names what has to be met, or ``none``.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Final, NoReturn

from keepuntil.errors import EvidenceError
from keepuntil.evidence.note import COSIGNATURE, ED25519, NoteKey

LARGEST_POLICY: Final = 1 << 16
NOBODY: Final = "none"
_NAME: Final = re.compile(r"[^\s+\x00-\x1f#]{1,255}")
_COUNT: Final = re.compile(r"[1-9][0-9]{0,3}")
_URL: Final = re.compile(r"https?://[A-Za-z0-9.:\[\]-]+(/[A-Za-z0-9._~/-]*)?")


@dataclass(frozen=True, slots=True)
class Log:
    """A log and where it can be read, if anybody may."""

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

    def missing(self, signed: Collection[NoteKey]) -> str | None:
        """What the quorum lacks, in words, when these keys have signed; None: nothing."""
        if self.quorum == NOBODY or self._met(self.quorum, signed):
            return None
        named = ", ".join(one.name for one in self.witnesses if one.key in signed) or "nobody"
        return f"the policy asks for '{self.quorum}', and of its witnesses {named} has signed"

    def _met(self, name: str, signed: Collection[NoteKey]) -> bool:
        found = self._by_name[name]
        if isinstance(found, Witness):
            return found.key in signed
        return sum(self._met(member, signed) for member in found.members) >= found.threshold

    def encode(self) -> str:
        """The policy's text."""
        lines = [" ".join(filter(None, ("log", one.key.vkey, one.url))) for one in self.logs]
        lines += [
            " ".join(filter(None, ("witness", one.name, one.key.vkey, one.url)))
            for one in self.witnesses
        ]
        lines += [
            f"group {one.name} {one.threshold} {' '.join(one.members)}" for one in self.groups
        ]
        return "".join(f"{line}\n" for line in (*lines, f"quorum {self.quorum}"))


def parse(text: str) -> Policy:
    """Read a policy; raise `EvidenceError` with the line that is not as the format says."""
    if len(text) > LARGEST_POLICY:
        raise EvidenceError(f"a policy has at most {LARGEST_POLICY} characters")
    reading = _Reading()
    for number, words in _instructions(text):
        reading.take(number, words)
    return reading.policy()


def _instructions(text: str) -> Iterator[tuple[int, list[str]]]:
    for number, line in enumerate(text.split("\n"), 1):
        words = line.partition("#")[0].split()
        if words:
            yield number, words


class _Reading:
    """A policy while it is read: names must be known before they are used."""

    def __init__(self) -> None:
        self._logs: list[Log] = []
        self._members: dict[str, Witness | Group] = {}
        self._quorum: str | None = None

    def take(self, number: int, words: list[str]) -> None:
        match words:
            case ["log", vkey, *url] if len(url) <= 1:
                self._logs.append(Log(_key(number, vkey, ED25519), _url(number, url)))
            case ["witness", name, vkey, *url] if len(url) <= 1:
                key = _key(number, vkey, COSIGNATURE)
                self._name(number, Witness(_named(number, name), key, _url(number, url)))
            case ["group", name, threshold, *members] if members:
                self._name(number, self._group(number, _named(number, name), threshold, members))
            case ["quorum", name] if self._quorum is None:
                if name != NOBODY and name not in self._members:
                    _refuse(number, "the quorum names neither a witness nor a group above it")
                self._quorum = name
            case ["quorum", *_]:
                _refuse(number, "a policy has one quorum, of one name")
            case _:
                _refuse(number, "this is none of log, witness, group and quorum in their forms")

    def _group(self, number: int, name: str, threshold: str, members: list[str]) -> Group:
        if len(set(members)) != len(members) or set(members) - self._members.keys():
            _refuse(number, "a group has distinct members that stand above it")
        counts = {"any": 1, "all": len(members)}
        count = counts.get(
            threshold, int(threshold) if re.fullmatch("[1-9][0-9]{0,3}", threshold) else 0
        )
        if not 1 <= count <= len(members):
            _refuse(number, "a group asks for any, all, or a number of its members")
        return Group(name, count, tuple(members))

    def _name(self, number: int, member: Witness | Group) -> None:
        if member.name in self._members or member.name == NOBODY:
            _refuse(number, "this name is taken")
        self._members[member.name] = member

    def policy(self) -> Policy:
        if self._quorum is None:
            raise EvidenceError("the policy lacks its quorum; write 'quorum none' if you mean it")
        if not self._logs:
            raise EvidenceError("the policy names no log")
        witnesses = tuple(one for one in self._members.values() if isinstance(one, Witness))
        if len({one.key for one in witnesses}) != len(witnesses):
            raise EvidenceError("two witnesses of the policy have one key and would count as two")
        groups = tuple(one for one in self._members.values() if isinstance(one, Group))
        return Policy(tuple(self._logs), witnesses, groups, self._quorum)


def _key(number: int, vkey: str, algorithm: int) -> NoteKey:
    try:
        key = NoteKey.parse(vkey)
    except EvidenceError as error:
        _refuse(number, error.sentence)
    if key.algorithm != algorithm:
        _refuse(number, "a log's key begins with the byte 01, a witness's with 04")
    return key


def _named(number: int, name: str) -> str:
    if not _NAME.fullmatch(name):
        _refuse(number, "a name has no blanks and no plus signs")
    return name


def _url(number: int, given: list[str]) -> str | None:
    if given and not _URL.fullmatch(given[0]):
        _refuse(number, "an address is written http(s)://host[:port][/path]")
    return given[0].rstrip("/") if given else None


def _refuse(number: int, why: str) -> NoReturn:
    raise EvidenceError(f"line {number} of the policy: {why}")
