"""The keys of ``stores.yaml``, ``people.yaml``, ``evidence.yaml``, of
``categories.yaml``, ``discoveries.yaml`` and the calendars.
"""

from __future__ import annotations

import re
from typing import Annotated, Final, Literal

from pydantic import Discriminator, Field, PlainValidator, Tag

from keepuntil.domain.people import PERSON_ID
from keepuntil.rules.shape import Shape, maybe
from keepuntil.rules.value_types import (
    AccessWord,
    Day,
    FormWord,
    Label,
    Line,
    Name,
    PeriodText,
    RelativePath,
    VerdictWord,
    Year,
    Zone,
    text_schema,
)

_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
_CONNECTION: Final = re.compile(r"[A-Za-z0-9_.-]{1,200}")
_LOGIN: Final = re.compile(r"\S{1,255}")
_CONTROLLER: Final = re.compile(r"[a-z0-9]([a-z0-9.-]{0,250}[a-z0-9])?")
_PREFIX: Final = re.compile(r"([A-Za-z0-9._-]+/)*")
_BUCKET: Final = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_ENDPOINT: Final = re.compile(r"https?://[A-Za-z0-9.:\[\]-]+(/[A-Za-z0-9._/-]*)?")


def _matching(pattern: re.Pattern[str], sentence: str) -> PlainValidator:
    # What stands here may be a secret by mistake, so it is never repeated.
    def check(value: object) -> str:
        if not isinstance(value, str) or not pattern.fullmatch(value):
            raise ValueError(sentence)
        return value

    return PlainValidator(check)


def _secret_path(value: object) -> str:
    if not isinstance(value, str) or not value.strip() or "://" in value or "\n" in value:
        raise ValueError("Here stands the path of a file that holds the secret, not the secret.")
    return value


Variable = Annotated[
    str,
    _matching(_VARIABLE, "Here stands the name of an environment variable, not what it holds."),
    text_schema(_VARIABLE.pattern),
]
Connection = Annotated[
    str,
    _matching(_CONNECTION, "Here stands the name of an Airflow connection, not what it holds."),
    text_schema(_CONNECTION.pattern),
]
SecretPath = Annotated[str, PlainValidator(_secret_path), text_schema()]
PersonId = Annotated[
    str,
    _matching(
        PERSON_ID, "An id is a staff number or role account: letters, digits, _ . and - only."
    ),
    text_schema(PERSON_ID.pattern),
]
Login = Annotated[
    str,
    _matching(_LOGIN, "A login is one word without blanks; one of digits alone stands in quotes."),
    text_schema(_LOGIN.pattern),
]
Controller = Annotated[
    str,
    _matching(_CONTROLLER, "The controller is the organisation's domain name, like bank.example."),
    text_schema(_CONTROLLER.pattern),
]
Bucket = Annotated[
    str,
    _matching(_BUCKET, "A bucket has 3 to 63 small letters, digits, dots and hyphens."),
    text_schema(_BUCKET.pattern),
]
Prefix = Annotated[
    str,
    _matching(_PREFIX, "A prefix is made of plain names, each followed by a slash, like log/."),
    text_schema(_PREFIX.pattern),
]
Endpoint = Annotated[
    str,
    _matching(_ENDPOINT, "An endpoint is written http(s)://host[:port], without user or password."),
    text_schema(_ENDPOINT.pattern),
]


class ReferenceShape(Shape):
    env: Variable | None = maybe("the environment variable that holds it")
    file: SecretPath | None = maybe("the file that holds it")
    airflow: Connection | None = maybe("the Airflow connection that holds it")


class SqlStoreShape(Shape):
    kind: Literal["sql"] = Field(description="sql, s3, files or paper")
    url: ReferenceShape = Field(
        description="where the SQLAlchemy URL is found: {env: NAME}, "
        "{file: PATH} or {airflow: CONNECTION}"
    )
    reader: ReferenceShape | None = maybe("where the URL of a credential that only reads is found")
    zone: Zone | None = maybe("what date-times without a zone mean in this database")
    replica_lag_limit_seconds: int | None = Field(
        default=None, ge=1, le=86_400, description="destroying pauses above this replica lag"
    )


class S3StoreShape(Shape):
    kind: Literal["s3"] = Field(description="sql, s3, files or paper")
    bucket: Bucket = Field(description="the bucket")
    endpoint: Endpoint | None = maybe("the address of the service, when it is not Amazon's")
    region: Label | None = maybe("the region")
    credentials: ReferenceShape | None = maybe("where ACCESS_KEY:SECRET_KEY is found")
    reader: ReferenceShape | None = maybe("where the credential that only reads is found")
    irrecoverable_after: PeriodText | None = maybe(
        "after how long the operator declares deleted bytes gone"
    )


class PaperStoreShape(Shape):
    kind: Literal["paper"] = Field(description="sql, s3, files or paper")
    url: ReferenceShape = Field(
        description="where the SQLAlchemy URL of the register is found: {env: NAME}, "
        "{file: PATH} or {airflow: CONNECTION}"
    )
    reader: ReferenceShape | None = maybe("where the URL of a credential that only reads is found")
    fonds: Line | None = maybe("the number of the fonds (全宗号) whose items it keeps")


class FilesStoreShape(Shape):
    kind: Literal["files"] = Field(description="sql, s3, files or paper")
    root: Line = Field(description="the folder; nothing outside it is ever touched")


_KINDS: Final = ("sql", "s3", "files", "paper")


def _kind_of(value: object) -> str | None:
    kind = value.get("kind") if isinstance(value, dict) else None
    return f"<{kind}>" if isinstance(kind, str) and kind in _KINDS else None


StoreEntry = Annotated[
    Annotated[SqlStoreShape, Tag("<sql>")]
    | Annotated[S3StoreShape, Tag("<s3>")]
    | Annotated[FilesStoreShape, Tag("<files>")]
    | Annotated[PaperStoreShape, Tag("<paper>")],
    Discriminator(_kind_of),
]


class StoresShape(Shape):
    stores: dict[Name, StoreEntry] = Field(description="each store by its name")


class PersonShape(Shape):
    id: PersonId = Field(description="a staff number or role account, never a person's name")
    unit: Line = Field(description="the person's unit")
    roles: list[Label] = Field(min_length=1, description="what the person may approve as")
    public_key: RelativePath | None = maybe("the PEM file of the person's public key")
    access: list[AccessWord] = Field(
        default_factory=list, description="what the person is to this installation"
    )
    logins: list[Login] = Field(
        default_factory=list,
        description="what signs the person in: user names, subjects of an identity provider",
    )


class PeopleShape(Shape):
    controller: Controller = Field(description="the organisation's domain name, like bank.example")
    people: list[PersonShape] = Field(description="those who may approve, attest and witness")


class TitleShape(Shape):
    zh: Line = Field(description="the title in Chinese")
    en: Line = Field(description="the title in English")


class KnownCategoryShape(Shape):
    category: Name = Field(description="the data category, as its rule is or will be named")
    title: TitleShape = Field(description="zh and en: the category's title")
    forms: list[FormWord] = Field(
        default_factory=list,
        description="what it was found to exist as: electronic, scan, paper, backup, processor",
    )


class CategoriesShape(Shape):
    categories: list[KnownCategoryShape] = Field(
        min_length=1, description="every category that the survey of all data found"
    )


class AcknowledgementShape(Shape):
    location: Line = Field(
        description="the place as `keepuntil discover` names it; * at its end: all that begin so"
    )
    verdict: VerdictWord = Field(description="not_personal_data or being_ruled")
    reason: Line = Field(description="why, for whoever asks next year")
    by: PersonId = Field(description="who says so: an id of people.yaml")
    until: Day = Field(description="the last day on which it counts")


class DiscoveriesShape(Shape):
    discoveries: list[AcknowledgementShape] = Field(
        description="found places that somebody has looked at"
    )


class LogShape(Shape):
    origin: Controller = Field(
        description="the name of the log for ever: a host name of yours, like log.bank.example"
    )
    folder: Line | None = maybe("the folder the log is written to; default: log in the home folder")
    bucket: Bucket | None = maybe("the bucket the log is written to, instead of a folder")
    prefix: Prefix = Field(default="", description="what the names of its objects begin with")
    endpoint: Endpoint | None = maybe("the address of the service, when it is not Amazon's")
    credentials: ReferenceShape | None = maybe("where ACCESS_KEY:SECRET_KEY is found")
    policy: RelativePath | None = maybe("the C2SP tlog-policy file that names the witnesses")


class TimestampsShape(Shape):
    url: Endpoint | None = maybe("the address of the time-stamping authority (RFC 3161)")
    certificate: RelativePath | None = maybe("the PEM file of its certificate and those above it")
    development: bool = Field(
        default=False, description="an embedded authority that proves nothing, for trying things"
    )


class EvidenceShape(Shape):
    log: LogShape = Field(description="where the append-only log of all governing events is kept")
    timestamps: TimestampsShape | None = maybe("who stamps the time of certificates")
    receipts: bool = Field(
        default=False, description="whether receipts for single records can be made afterwards"
    )


class DaysShape(Shape):
    from_: Day = Field(alias="from", description="the first day")
    to: Day = Field(description="the last day")


def _day_or_days(value: object) -> str:
    return "<keys>" if isinstance(value, dict) else "<text>"


DayEntry = Annotated[
    Annotated[Day, Tag("<text>")] | Annotated[DaysShape, Tag("<keys>")],
    Discriminator(_day_or_days),
]


class CalendarYearShape(Shape):
    holidays: list[DayEntry] = Field(description="days that are not worked, weekends aside")
    make_up_days: list[DayEntry] = Field(
        default_factory=list, description="Saturdays and Sundays that are worked"
    )


class CalendarShape(Shape):
    years: dict[Year, CalendarYearShape] = Field(description="each year that is known")
