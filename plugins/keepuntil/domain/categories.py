"""A data category, its one retention rule, and the places where copies of it live.

The words are those of ISO/IEC 27555 (category, deletion rule) and ISO 15489
(disposition authority). Everything here is a frozen value; people write it as
YAML and :mod:`keepuntil.rules` reads it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from enum import StrEnum

from keepuntil.domain.clock import Clock
from keepuntil.domain.periods import Period
from keepuntil.domain.treatments import Treatment


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """One sentence or title in the two languages of every page."""

    zh: str
    en: str


class Rank(StrEnum):
    """Where an authority stands. Only the first two satisfy PIPL 19 and 47 by themselves."""

    LAW = "law"
    ADMIN_REG = "admin_reg"
    DEPT_RULE = "dept_rule"
    NORMATIVE = "normative"
    STANDARD = "standard"
    INSTITUTION = "institution"


class Obligation(StrEnum):
    KEEP = "keep"
    DELETE = "delete"


class Confidence(StrEnum):
    """How the authority's text was established; anything but primary is said aloud."""

    PRIMARY = "primary"
    SECONDARY = "secondary"
    UNVERIFIED = "unverified"


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """A person answers for an authority whose own text the rule's author has not read."""

    by: str
    """Their id in people.yaml."""
    on: date
    note: str
    """What they looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """A legal basis of a rule (处置依据)."""

    cite: str
    rank: Rank
    obligation: Obligation
    period: Period | None = None
    confidence: Confidence = Confidence.UNVERIFIED
    verified_on: date | None = None
    necessity_memo: str | None = None
    confirmed: Confirmation | None = None

    @property
    def answered_for(self) -> bool:
        """Whether somebody has read its text, or answers for it without."""
        return self.verified_on is not None or self.confirmed is not None


class Form(StrEnum):
    """What copies of a record are: each form comes to its end in a way of its own."""

    ELECTRONIC = "electronic"
    SCAN = "scan"
    PAPER = "paper"
    BACKUP = "backup"
    PROCESSOR = "processor"
    """In the hands of somebody who processes it for the organisation (PIPL 21)."""


class ApprovalKind(StrEnum):
    """Who has to say yes: a pre-approved class, the owner, or two distinct people."""

    NONE = "none"
    OWNER = "owner"
    DUAL = "dual"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Blast radius of one run: above it the plan stops and waits for a person."""

    items: int
    share: Decimal
    """Share of the instance's items, between 0 and 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Disposition:
    """How disposal is decided and bounded."""

    approval: ApprovalKind
    approver_roles: tuple[str, ...]
    """For ``dual``: each role gives one approval, by distinct people. For ``owner``: one role."""
    cooling_off: Period | None
    """Nothing is destroyed before this long after the last approval."""
    approval_expires_after: Period
    limits: Limits
    appraised_by: tuple[str, ...] = ()
    """Roles whose people sign the appraisal of every list (鉴定); empty: a list may go without."""
    witness_departments: tuple[str, ...] = ()
    """Departments that witness the destruction of electronic copies together; empty: none has to.
    Paper names its own, for people who stand beside a shredder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Nightly:
    """When the rule runs, in the rule's own zone."""

    at: time
    until: time | None
    """No new batch starts after this time of day; the run resumes the next night."""
    retries: int
    pool: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FromColumn:
    """An event read from a column. ``zone`` says what naive date-times mean."""

    column: str
    zone: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FromExpression:
    """An event computed by the store from a SQL expression over the instance's table."""

    sql: str
    zone: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FromInstance:
    """An event joined, by record group, from another instance of the same rule."""

    instance: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FromAge:
    """The moment the object or file was last written (S3 last modified, file mtime)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FromTag:
    """An ISO 8601 date in an object's tag."""

    tag: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FromMetadata:
    """An ISO 8601 date in an object's user metadata."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FromName:
    """A date inside the key or path: a pattern with named groups ``year``, ``month``, ``day``."""

    pattern: str


EventSource = (
    FromColumn | FromExpression | FromInstance | FromAge | FromTag | FromMetadata | FromName
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """A table whose rows belong to the record and go with it.

    ``by`` are the columns that point at the parent's key, in the key's order;
    empty means: the one foreign key found by reflection. ``children`` nest.
    """

    table: str
    by: tuple[str, ...] = ()
    children: tuple[Child, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlInstance:
    """Rows of one table, with the children that go with them."""

    id: str
    store: str
    table: str
    schema: str | None
    key: tuple[str, ...]
    where: str | None
    """SQL condition that says which rows of the table belong to the category."""
    events: tuple[tuple[str, EventSource], ...]
    record_group: str | None
    """Column that ties the row to its scans and paper."""
    children: tuple[Child, ...]
    form: Form | None = None
    """``scan``: images of what was on paper. None: electronic."""
    subject: str | None = None
    """Column that says whose record a row is: a customer number, say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class S3Instance:
    """Objects below one prefix, every version of them."""

    id: str
    store: str
    prefix: str
    pattern: str | None
    """Regular expression over the whole key; keys that do not match are another category's."""
    events: tuple[tuple[str, EventSource], ...]
    record_group: str | None
    """Regular expression over the key with one named group."""
    form: Form | None = None
    """``scan``: images of what was on paper. None: electronic."""
    subject: str | None = None
    """Regular expression over the key with one named group: whose record an object is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FilesInstance:
    """Regular files below one folder of a store's root."""

    id: str
    store: str
    under: str
    pattern: str | None
    """Regular expression over the path below ``under``."""
    events: tuple[tuple[str, EventSource], ...]
    record_group: str | None
    commit_contents: bool
    """Hash contents into the evidence too: four to five times slower."""
    form: Form | None = None
    """``scan``: images of what was on paper. None: electronic."""
    subject: str | None = None
    """Regular expression over the path with one named group: whose record a file is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperInstance:
    """Items of one series in a register of paper. Their record group is the register's own."""

    id: str
    store: str
    series: str
    """The archive's class (门类), by which the register tells its items apart."""
    events: tuple[tuple[str, EventSource], ...]
    method: Treatment
    """How it is destroyed; where it is shredded, the least that will do."""
    witnesses: int
    """How many have to watch, two or more."""
    witness_departments: tuple[str, ...]
    """Departments that have to be among them."""
    signatories: tuple[str, ...]
    """Who signs the list before it is carried out, by role; empty: the rule's approvers do."""
    remind_after: Period
    """Released paper that people have not carried out by then is a finding."""
    escalate_after: Period
    """From then on it is an alarm every morning. Nothing ever times out into consent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupInstance:
    """Copies nobody can pick single records out of; they age out by themselves."""

    id: str
    ages_out_after: Period


StoredInstance = SqlInstance | S3Instance | FilesInstance | PaperInstance
Instance = StoredInstance | BackupInstance


def form_of(instance: Instance) -> Form:
    """What the copies in an instance are."""
    match instance:
        case PaperInstance():
            return Form.PAPER
        case BackupInstance():
            return Form.BACKUP
        case _:
            return instance.form or Form.ELECTRONIC


def joined_from(instance: StoredInstance) -> str | None:
    """The instance whose events this one borrows by record group, if any."""
    for _, source in instance.events:
        if isinstance(source, FromInstance):
            return source.instance
    return None


def subject_of(instance: StoredInstance) -> str | None:
    """How an instance says by itself whose a copy is: a column or a pattern."""
    return None if isinstance(instance, PaperInstance) else instance.subject


def reached(instance: StoredInstance) -> bool:
    """Whether the copies of one person can be told from others, here or by their record group."""
    if isinstance(instance, PaperInstance):
        return True
    return instance.subject is not None or instance.record_group is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    unit: str
    contact: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """The retention rule of a category (保存期限规则). Exactly one a category."""

    category: str
    title: Text
    purpose: str
    subjects: tuple[str, ...]
    owner: Owner
    sensitivity: str | None
    effective_from: date
    review_by: date
    authorities: tuple[Authority, ...]
    clock: Clock
    disposition: Disposition
    nightly: Nightly
    instances: tuple[Instance, ...]
    digest: str
    """``sha256:<hex>`` of the canonical form: two files with one meaning have one digest."""
    source: str
    """The file it was read from, relative to the policy folder."""
    forms: tuple[Form, ...] = ()
    """What the category is known to exist as; empty: nobody said, so what its instances are."""
    erase_event: str | None = None
    """The trigger that a person sets off by asking for erasure (a consent that is withdrawn);
    None: asking changes nothing of when it is due."""

    @property
    def stored_instances(self) -> tuple[StoredInstance, ...]:
        return tuple(i for i in self.instances if not isinstance(i, BackupInstance))

    @property
    def electronic(self) -> tuple[StoredInstance, ...]:
        """Where copies are that a machine destroys: rows, objects, files, scans among them."""
        return tuple(i for i in self.stored_instances if not isinstance(i, PaperInstance))

    @property
    def backups(self) -> tuple[BackupInstance, ...]:
        return tuple(i for i in self.instances if isinstance(i, BackupInstance))

    @property
    def paper(self) -> tuple[PaperInstance, ...]:
        """Where copies are on paper."""
        return tuple(i for i in self.instances if isinstance(i, PaperInstance))

    def instance(self, instance_id: str) -> StoredInstance:
        """The stored instance of that name; KeyError is a programming error, never a user's."""
        return next(i for i in self.stored_instances if i.id == instance_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownCategory:
    """A category that the survey of all data (全面摸排) found, whether or not it has a rule."""

    category: str
    title: Text
    forms: tuple[Form, ...]
    """What it was found to exist as; empty: nobody said."""
