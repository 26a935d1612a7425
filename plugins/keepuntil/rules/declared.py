"""What is declared beside the rules (stores, people, categories, calendars): shapes to values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from keepuntil.domain.access import begun
from keepuntil.domain.categories import KnownCategory, Text
from keepuntil.domain.people import AccessRole, Person
from keepuntil.domain.periods import ONE_DAY
from keepuntil.domain.stores import (
    FilesStore,
    PaperStore,
    Reference,
    ReferenceKind,
    S3Store,
    SqlStore,
    StoreDeclaration,
)
from keepuntil.domain.working_days import WorkingDays
from keepuntil.errors import KeyFileError
from keepuntil.evidence import keys
from keepuntil.evidence.keys import VerifyingKey
from keepuntil.rules.build import in_order
from keepuntil.rules.declarations import (
    CalendarShape,
    CategoriesShape,
    DaysShape,
    FilesStoreShape,
    PaperStoreShape,
    PeopleShape,
    PersonShape,
    ReferenceShape,
    S3StoreShape,
    SqlStoreShape,
    StoresShape,
)
from keepuntil.rules.document import Document
from keepuntil.rules.document import Path as Place
from keepuntil.rules.reading import read_shape

_SATURDAY: Final = 5
_LONGEST_HOLIDAY: Final = 31
_LARGEST_KEY: Final = 1 << 14


def stores_of(document: Document, folder: Path) -> dict[str, StoreDeclaration] | None:
    """The stores declared, by name; None when something was noted.

    Relative roots and secret files are taken below ``folder``.
    """
    shape = read_shape(document, StoresShape, "the stores")
    if shape is None:
        return None
    found: dict[str, StoreDeclaration] = {}
    for name, each in shape.stores.items():
        path = ("stores", name)
        match each:
            case SqlStoreShape():
                found[name] = _sql_store(document, path, folder, name, each)
            case S3StoreShape():
                found[name] = _s3_store(document, path, folder, name, each)
            case PaperStoreShape():
                found[name] = PaperStore(
                    name=name,
                    url=_reference(document, (*path, "url"), folder, each.url),
                    reader=any_reference(document, (*path, "reader"), folder, each.reader),
                    fonds=each.fonds,
                )
            case FilesStoreShape():
                found[name] = FilesStore(name=name, root=_root(document, path, folder, each.root))
    return None if document.problems else found


def _sql_store(
    document: Document, path: Place, folder: Path, name: str, shape: SqlStoreShape
) -> SqlStore:
    return SqlStore(
        name=name,
        url=_reference(document, (*path, "url"), folder, shape.url),
        reader=any_reference(document, (*path, "reader"), folder, shape.reader),
        zone=shape.zone,
        replica_lag_limit_seconds=shape.replica_lag_limit_seconds,
    )


def _s3_store(
    document: Document, path: Place, folder: Path, name: str, shape: S3StoreShape
) -> S3Store:
    age_out = shape.irrecoverable_after
    return S3Store(
        name=name,
        bucket=shape.bucket,
        endpoint=shape.endpoint,
        region=shape.region,
        credentials=any_reference(document, (*path, "credentials"), folder, shape.credentials),
        reader=any_reference(document, (*path, "reader"), folder, shape.reader),
        irrecoverable_after=None if age_out is None else str(age_out),
    )


def any_reference(
    document: Document, path: Place, folder: Path, shape: ReferenceShape | None
) -> Reference | None:
    """The reference at ``path``, where one was written."""
    return None if shape is None else _reference(document, path, folder, shape)


def _reference(document: Document, path: Place, folder: Path, shape: ReferenceShape) -> Reference:
    given = {key: value for key, value in shape if value is not None}
    if len(given) != 1:
        document.note_at_key(path, "A secret is found in one place: say env, file or airflow.")
        return Reference(kind=ReferenceKind.ENV, name="")
    ((kind, name),) = given.items()
    if kind == ReferenceKind.FILE:
        name = str(folder.absolute() / name)
    return Reference(kind=ReferenceKind(kind), name=name)


def _root(document: Document, path: Place, folder: Path, root: str) -> str:
    if root.startswith("~"):
        document.note_at((*path, "root"), "A root is written out: ~ differs from user to user.")
    absolute = folder.absolute() / root
    if absolute.resolve() == Path(absolute.anchor):
        document.note_at((*path, "root"), "The root of a store is never the root of the machine.")
    return str(absolute)


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """What ``people.yaml`` says, with the keys it points at."""

    controller: str
    people: tuple[Person, ...]
    public_keys: Mapping[str, VerifyingKey]


def people_of(document: Document, folder: Path) -> People | None:
    """The people declared, in the order of the file; None when something was noted."""
    shape = read_shape(document, PeopleShape, "the people")
    if shape is None:
        return None
    seen: set[str] = set()
    public_keys: dict[str, VerifyingKey] = {}
    for at, each in enumerate(shape.people):
        path = ("people", at)
        if each.id in seen:
            document.note_at((*path, "id"), f"There are two people with the id '{each.id}'.")
        seen.add(each.id)
        if each.public_key is not None:
            key = _public_key(document, (*path, "public_key"), folder, each.public_key)
            public_keys.update({each.id: key} if key is not None else {})
    _one_person_a_key(document, shape, public_keys)
    _one_person_a_login(document, shape)
    if document.problems:
        return None
    people = tuple(_person(each) for each in shape.people)
    _warn_of_access(document, people)
    return People(controller=shape.controller, people=people, public_keys=public_keys)


def _warn_of_access(document: Document, people: tuple[Person, ...]) -> None:
    if not begun(people):
        document.warn_at(
            ("people",),
            "Nobody has an access role, so the operating system alone decides who may use "
            "which command.",
        )
    for at, person in enumerate(people):
        if person.access and not person.logins:
            document.warn_at(
                ("people", at, "access"),
                f"{person.id} has an access role and no login, so cannot use it.",
            )


def _person(shape: PersonShape) -> Person:
    return Person(
        id=shape.id,
        unit=shape.unit,
        roles=tuple(shape.roles),
        public_key=shape.public_key,
        access=tuple(role for role in AccessRole if role in shape.access),
        logins=tuple(shape.logins),
    )


def _one_person_a_login(document: Document, shape: PeopleShape) -> None:
    """Whoever signs in is one person. A login may be a name, so it is not repeated."""
    owner: dict[str, str] = {}
    for at, each in enumerate(shape.people):
        for place, login in enumerate(each.logins):
            if login in owner:
                document.note_at(
                    ("people", at, "logins", place),
                    f"This login is one of {owner[login]} already; it signs in one person.",
                )
            owner.setdefault(login, each.id)


def _public_key(document: Document, path: Place, folder: Path, name: str) -> VerifyingKey | None:
    try:
        with (folder / name).open("rb") as stream:
            pem = stream.read(_LARGEST_KEY)
    except OSError as error:
        document.note_at(path, f"The public key cannot be read: {error.strerror}.")
        return None
    if b"PRIVATE KEY" in pem:
        document.note_at(
            path, "This file holds a private key, which is the person's alone: replace both keys."
        )
        return None
    try:
        key = keys.public_key(pem, name)
    except KeyFileError:
        key = None
    if key is None or key.kind is not keys.KeyKind.P256:
        document.note_at(path, "This file does not hold a P-256 public key in PEM form.")
        return None
    return key


def _one_person_a_key(
    document: Document, shape: PeopleShape, public_keys: Mapping[str, VerifyingKey]
) -> None:
    """Two people with one key would be one person who approves twice."""
    owner: dict[str, str] = {}
    for at, each in enumerate(shape.people):
        if (key := public_keys.get(each.id)) is None:
            continue
        first = owner.setdefault(key.keyid, each.id)
        if first != each.id:
            document.note_at(
                ("people", at, "public_key"),
                f"This is the key of {first}; everybody has their own.",
            )


def known_categories_of(document: Document) -> tuple[KnownCategory, ...] | None:
    """The categories listed, in the order of the file; None when something was noted."""
    shape = read_shape(document, CategoriesShape, "the categories")
    if shape is None:
        return None
    seen: set[str] = set()
    for at, each in enumerate(shape.categories):
        if each.category in seen:
            document.note_at(("categories", at, "category"), f"'{each.category}' is listed twice.")
        seen.add(each.category)
    return tuple(
        KnownCategory(
            category=each.category,
            title=Text(zh=each.title.zh, en=each.title.en),
            forms=in_order(each.forms),
        )
        for each in shape.categories
    )


def working_days_of(document: Document, name: str) -> WorkingDays | None:
    """The calendar in a document; None when something was noted."""
    shape = read_shape(document, CalendarShape, "a calendar")
    if shape is None:
        return None
    holidays: set[date] = set()
    make_up_days: set[date] = set()
    for year, each in shape.years.items():
        path = ("years", str(year))
        holidays.update(_days(document, (*path, "holidays"), year, each.holidays))
        make_up_days.update(_days(document, (*path, "make_up_days"), year, each.make_up_days))
    _contradictions(document, holidays, make_up_days)
    if document.problems:
        return None
    return WorkingDays(
        name=name,
        years=frozenset(shape.years),
        holidays=frozenset(holidays),
        make_up_days=frozenset(make_up_days),
    )


def _contradictions(document: Document, holidays: set[date], make_up_days: set[date]) -> None:
    for day in sorted(holidays & make_up_days):
        document.note_at(("years",), f"{day} is both a holiday and a working day.")
    for day in sorted(make_up_days):
        if day.weekday() < _SATURDAY:
            document.note_at(("years",), f"{day} is no weekend, so it needs no make_up_days.")


def _days(
    document: Document, path: Place, year: int, entries: Iterable[date | DaysShape]
) -> Iterator[date]:
    for at, entry in enumerate(entries):
        first, last = (entry, entry) if isinstance(entry, date) else (entry.from_, entry.to)
        here = (*path, at)
        if first.year != year or last.year != year:
            document.note_at(here, f"The days of the year {year} stand here.")
        elif not 0 <= (last - first).days <= _LONGEST_HOLIDAY:
            document.note_at(here, "The last day comes after the first, within a month.")
        else:
            while first <= last:
                yield first
                first += ONE_DAY
