"""A policy folder to a :class:`Schedule`: all mistakes of all files at once, or none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

from keepuntil.domain.categories import Rule
from keepuntil.domain.stores import FilesStore, PaperStore, S3Store, SqlStore, StoreDeclaration
from keepuntil.domain.working_days import WorkingDays
from keepuntil.errors import RuleError
from keepuntil.rules.build import build_rule
from keepuntil.rules.canonical import rule_digest
from keepuntil.rules.declared import (
    People,
    known_categories_of,
    people_of,
    stores_of,
    working_days_of,
)
from keepuntil.rules.document import Document
from keepuntil.rules.document import Mapping as WrittenMapping
from keepuntil.rules.examples import run_examples
from keepuntil.rules.lint import Surroundings, lint
from keepuntil.rules.overlaps import lint_overlaps
from keepuntil.rules.policy_files import (
    CALENDARS,
    CATEGORIES,
    EVIDENCE,
    PEOPLE,
    RULES,
    STORES,
    names_in,
    read_file,
    stem,
)
from keepuntil.rules.problems import nearest, quoted, refuse
from keepuntil.rules.publication import default_publication, publication_of
from keepuntil.rules.reading import LATER_KINDS, read_shape
from keepuntil.rules.schedule import Schedule
from keepuntil.rules.schema import RuleShape

__all__ = ["People", "Schedule", "load", "load_people", "load_rule"]


def load(folder: Path, *, today: date | None = None) -> Schedule:
    """Everything declared in ``folder``, checked.

    ``today`` (a civil date of the reader's choice) is for reviews that are overdue; None
    leaves that out. Raises RuleError, whose sentence lists every mistake of every file.
    """
    names, others = _rule_names(folder)
    return _read(folder, names, others, today, one_rule=False)


def load_people(folder: Path) -> People:
    """What ``people.yaml`` says, whatever the rules beside it are like.

    Who may do what must not hang on a rule that somebody is just putting right.
    Raises RuleError, also when there is no such file.
    """
    document = read_file(folder, PEOPLE)
    people = people_of(document, folder)
    refuse(document.problems)
    if people is None:
        raise RuleError(f"{folder / PEOPLE} could not be read.")
    return people


def load_rule(folder: Path, category: str, *, today: date | None = None) -> Schedule:
    """The schedule of one rule: its file, the stores, the people, and the calendar it names.

    For workers, which run one rule at a time; mistakes in other rules do not matter here,
    nor is it seen whether another rule claims the same copies. Raises RuleError.
    """
    names, _ = _rule_names(folder)
    mine = [name for name in names if stem(name) == category]
    if not mine:
        known = [stem(name) for name in names]
        raise RuleError(f"There is no rule for {quoted(category)}.{nearest(category, known)}")
    return _read(folder, mine, [], today, one_rule=True)


def _rule_names(folder: Path) -> tuple[list[str], list[Document]]:
    if not folder.is_dir():
        raise RuleError(f"There is no policy folder {folder}; 'keepuntil init' writes one.")
    names, others = names_in(folder, RULES)
    if not names and not others:
        raise RuleError(
            f"There is no rule in {folder / RULES}; 'keepuntil init' writes a first one."
        )
    return names, others


def _read(
    folder: Path,
    names: list[str],
    others: list[Document],
    today: date | None,
    *,
    one_rule: bool,
) -> Schedule:
    stores_file, people_file = read_file(folder, STORES), read_file(folder, PEOPLE)
    stores = stores_of(stores_file, folder)
    people = people_of(people_file, folder)
    # Optional: who has no witness and no authority yet keeps a log all the same.
    evidence_file = _optional(folder, EVIDENCE)
    publication = publication_of(evidence_file, folder) if evidence_file else None
    known_file = None if one_rule else _optional(folder, CATEGORIES)
    known = known_categories_of(known_file) if known_file else ()
    calendars = _Calendars(folder)
    around = Surroundings(people=people.people if people else None, calendars=calendars)
    rules = [_rule(folder, name, stores, around, today) for name in names]
    if not one_rule:
        calendars.read_all()
    complete = [(rule, document) for rule, document in rules if rule is not None]
    _one_a_category(complete)
    lint_overlaps(complete)
    documents = [stores_file, people_file, *others, *calendars.documents]
    documents += [file for file in (evidence_file, known_file) if file is not None]
    documents += [document for _, document in rules]
    refuse(problem for document in documents for problem in document.problems)
    if stores is None or people is None:
        raise RuleError("The policy folder could not be read.")
    warnings = (warning for document in documents for warning in document.warnings)
    return Schedule(
        rules=tuple(sorted((rule for rule, _ in complete), key=lambda rule: rule.category)),
        stores=stores,
        controller=people.controller,
        people=people.people,
        public_keys=people.public_keys,
        calendars=calendars.read(),
        publication=publication or default_publication(people.controller),
        known=known or (),
        warnings=tuple(sorted(set(warnings))),
    )


def _optional(folder: Path, name: str) -> Document | None:
    return read_file(folder, name) if (folder / name).exists() else None


class _Calendars(Mapping[str, WorkingDays | None]):
    """The calendars of a folder by name, each read when it is first asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        names, self.documents = names_in(folder, CALENDARS)
        self._names = {stem(name): name for name in names}
        self._read: dict[str, WorkingDays | None] = {}

    def __getitem__(self, name: str) -> WorkingDays | None:
        if name not in self._read:
            document = read_file(self._folder, self._names[name])
            self.documents.append(document)
            self._read[name] = working_days_of(document, name)
        return self._read[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def read_all(self) -> None:
        for name in self._names:
            self[name]

    def read(self) -> dict[str, WorkingDays]:
        """Those that were asked for."""
        return {name: each for name, each in sorted(self._read.items()) if each is not None}


def _rule(
    folder: Path,
    name: str,
    stores: Mapping[str, StoreDeclaration] | None,
    around: Surroundings,
    today: date | None,
) -> tuple[Rule | None, Document]:
    document = read_file(folder, name)
    _mark_instances(document, stores)
    shape = read_shape(document, RuleShape, "a rule")
    rule = None if shape is None else build_rule(document, shape)
    if rule is None or shape is None:
        return None, document
    lint(document, rule, around, today)
    working_days = around.calendars.get(rule.clock.calendar or "")
    run_examples(document, rule, shape.examples, working_days)
    return replace(rule, digest=rule_digest(rule, working_days)), document


_SHAPES: Mapping[type, str] = {
    SqlStore: "<sql>",
    S3Store: "<s3>",
    FilesStore: "<files>",
    PaperStore: "<paper>",
}


def _mark_instances(document: Document, stores: Mapping[str, StoreDeclaration] | None) -> None:
    """Say of each instance which shape it has, by the kind of its store."""
    content = document.content
    instances = content.get("instances") if isinstance(content, WrittenMapping) else None
    for instance in instances if isinstance(instances, list) else []:
        if isinstance(instance, WrittenMapping):
            _mark(document, instance, stores)


def _mark(
    document: Document, instance: WrittenMapping, stores: Mapping[str, StoreDeclaration] | None
) -> None:
    kind, store = instance.get("kind"), instance.get("store")
    if kind in LATER_KINDS:
        document.note_at(
            instance.path, f"Instances of kind {kind} are not supported yet: leave this one out."
        )
        document.spoiled.add(instance.path)
    elif kind is None and stores is not None and isinstance(store, str):
        if store in stores:
            instance.shape = _SHAPES[type(stores[store])]
        else:
            document.note_at(
                (*instance.path, "store"),
                f"There is no store {quoted(store)} in {STORES}.{nearest(store, stores)}",
            )


def _one_a_category(rules: Iterable[tuple[Rule, Document]]) -> None:
    first: dict[str, str] = {}
    for rule, document in rules:
        if rule.category in first:
            document.note_at(
                ("category",),
                f"'{rule.category}' has its rule in {first[rule.category]}: one rule a category.",
            )
        first.setdefault(rule.category, document.file)
