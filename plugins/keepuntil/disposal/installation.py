"""One installation of Keepuntil: its folder, its keys, its register, its policies.

Every stage of the road gets one of these and nothing else, so that what a stage
can reach is plain to see.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from keepuntil.disposal.references import resolve_reference
from keepuntil.domain.categories import Rule
from keepuntil.domain.people import Person
from keepuntil.domain.stores import Reference
from keepuntil.errors import RegisterError
from keepuntil.evidence import sealing
from keepuntil.evidence.keys import SigningKey
from keepuntil.register import Register, migrate
from keepuntil.rules.load import Schedule, load, load_people
from keepuntil.signing import KeyRing, changing, roles
from keepuntil.stores.protocol import Store
from keepuntil.stores.registry import open_store

Resolve = Callable[[Reference], str]


def utc_now() -> datetime:
    """The only place that reads the host's clock."""
    return datetime.now(UTC)


@dataclass(slots=True)
class Installation:
    """What the stages work with. Use as a context manager; see :meth:`open`."""

    home: Path
    policies: Path
    register: Register
    resolve: Resolve
    now: Callable[[], datetime]
    _schedule: Schedule | None = field(default=None, repr=False)

    @classmethod
    def create(cls, home: Path) -> None:
        """Make the folder, the keys and the register. Safe to call again: nothing is overwritten.

        Raises KeyFileError, RegisterError.
        """
        for folder in (home, home / "keys", home / "evidence", home / "docs"):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not _secret_reference(home).startswith("env:") and not _key_path(home).exists():
            sealing.create_secret_file(_key_path(home))
        changing.found(home / "keys", roles.ALWAYS, utc_now())
        migrate(register_url(home))

    @classmethod
    def open(
        cls,
        home: Path,
        policies: Path,
        resolve: Resolve = resolve_reference,
        *,
        now: Callable[[], datetime] = utc_now,
    ) -> Installation:
        """Open an existing installation.

        Raises RegisterError with what to do when there is none, KeyFileError also when
        two roles share a key.
        """
        if not (home / "keys").is_dir():
            raise RegisterError(
                f"There is no installation in {home}. Make one with: keepuntil init --home {home}"
            )
        KeyRing.read(home / "keys")
        secret = sealing.load_secret(_secret_reference(home))
        register = Register.open(register_url(home), secret)
        return cls(home=home, policies=policies, register=register, resolve=resolve, now=now)

    def __enter__(self) -> Installation:
        return self

    def __exit__(self, *_: object) -> None:
        self.register.close()

    @property
    def schedule(self) -> Schedule:
        """All rules, stores, people and calendars; read once.

        Raises RuleError, KeyFileError when a person has one of the installation's keys.
        """
        if self._schedule is None:
            schedule = load(self.policies)
            self.key_ring.refuse_shared(schedule.public_keys)
            self._schedule = schedule
        return self._schedule

    @property
    def people(self) -> tuple[Person, ...]:
        """Those in people.yaml, as the file is now, whatever the rules are like.

        Raises RuleError.
        """
        return load_people(self.policies).people

    def under(self, schedule: Schedule) -> Installation:
        """The same installation as it would be under another schedule; shares the register."""
        return replace(self, _schedule=schedule)

    def rule(self, category: str) -> Rule:
        """The rule of a category. Raises RuleError with the nearest name."""
        return self.schedule.rule(category)

    def today(self, rule: Rule) -> date:
        """The civil date, now, in the rule's own zone."""
        return self.now().astimezone(ZoneInfo(rule.clock.zone)).date()

    @property
    def key_ring(self) -> KeyRing:
        """All keys by role, as they are now: a rotation counts at once. Raises KeyFileError."""
        return KeyRing.read(self.home / "keys")

    def signing_key(self, role: str) -> SigningKey:
        """The installation's current key for a role. Raises KeyFileError."""
        return self.key_ring.signing_key(role)

    @contextmanager
    def store(self, name: str, *, reader: bool) -> Iterator[Store]:
        """An open store; ``reader`` asks for the second, reading credential where there is one."""
        opened = open_store(self.schedule.stores[name], self.resolve, reader=reader)
        try:
            yield opened
        finally:
            opened.close()


def register_url(home: Path) -> str:
    """Where the register is: ``KEEPUNTIL_REGISTER``, else SQLite in the home folder."""
    return os.environ.get("KEEPUNTIL_REGISTER") or f"sqlite:///{home / 'register.db'}"


def _key_path(home: Path) -> Path:
    return home / "keys" / "installation.key"


def _secret_reference(home: Path) -> str:
    return os.environ.get("KEEPUNTIL_INSTALLATION_KEY") or f"file:{_key_path(home)}"
