"""The keys of an instance: which ones there are follows from the kind of its store."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Discriminator, Field, PlainValidator, Tag, WithJsonSchema

from keepuntil.domain.periods import Period
from keepuntil.rules.document import Mapping
from keepuntil.rules.shape import Shape, maybe, text_or_keys
from keepuntil.rules.value_types import (
    FileFormWord,
    Label,
    Line,
    Name,
    OtherTreatmentWord,
    PaperEventWord,
    PeriodText,
    Regex,
    RelativePath,
    ShredWord,
    Zone,
)


def _only(word: str, value: object, otherwise: str) -> str:
    if value != word:
        raise ValueError(f"Write {word}, or {otherwise}.")
    return word


def _age(value: object) -> str:
    return _only("age", value, "one of {tag: …}, {metadata: …}, {name: …}, {from: …}")


def _mtime(value: object) -> str:
    return _only("mtime", value, "one of {name: …}, {from: …}")


def _contents(value: object) -> str:
    return _only("contents", value, "leave the key out")


Age = Annotated[str, PlainValidator(_age), WithJsonSchema({"const": "age"})]
Mtime = Annotated[str, PlainValidator(_mtime), WithJsonSchema({"const": "mtime"})]
Contents = Annotated[str, PlainValidator(_contents), WithJsonSchema({"const": "contents"})]


class SqlEventShape(Shape):
    column: Line | None = maybe("the column that holds the event")
    sql: Line | None = maybe("a SQL expression over the instance's table")
    zone: Zone | None = maybe("what date-times without a zone mean")
    from_: Name | None = Field(default=None, alias="from", description="the instance it is read in")


class ObjectEventShape(Shape):
    tag: Line | None = maybe("the object's tag that holds an ISO date")
    metadata: Line | None = maybe("the user metadata that holds an ISO date")
    name: Regex | None = maybe("a pattern over the key with the groups year, month and day")
    from_: Name | None = Field(default=None, alias="from", description="the instance it is read in")


class FileEventShape(Shape):
    name: Regex | None = maybe("a pattern over the path with the groups year, month and day")
    from_: Name | None = Field(default=None, alias="from", description="the instance it is read in")


SqlEvent = Annotated[
    Annotated[Line, Tag("<text>")] | Annotated[SqlEventShape, Tag("<keys>")],
    Discriminator(text_or_keys),
]
ObjectEvent = Annotated[
    Annotated[Age, Tag("<text>")] | Annotated[ObjectEventShape, Tag("<keys>")],
    Discriminator(text_or_keys),
]
FileEvent = Annotated[
    Annotated[Mtime, Tag("<text>")] | Annotated[FileEventShape, Tag("<keys>")],
    Discriminator(text_or_keys),
]


Columns = Annotated[
    Annotated[Line, Tag("<text>")] | Annotated[list[Line], Tag("<keys>")],
    Discriminator(text_or_keys),
]


class ChildShape(Shape):
    table: Line = Field(description="the table whose rows go with the record")
    by: Columns | None = maybe("the columns that point at the record's key")
    children: list[ChildEntry] = Field(
        default_factory=list, description="tables whose rows go with these rows"
    )


ChildEntry = Annotated[
    Annotated[Line, Tag("<text>")] | Annotated[ChildShape, Tag("<keys>")],
    Discriminator(text_or_keys),
]


class FromKeyShape(Shape):
    from_key: Regex = Field(description="a pattern over the key with one named group")


class FromNameShape(Shape):
    from_name: Regex = Field(description="a pattern over the path with one named group")


class SqlShape(Shape):
    id: Name = Field(description="the name of this place within the rule")
    store: Name = Field(description="the store in stores.yaml")
    table: Line = Field(description="the table whose rows are the records")
    schema_: Line | None = Field(default=None, alias="schema", description="the table's schema")
    key: list[Line] = Field(min_length=1, description="the columns of the primary key, in order")
    where: Line | None = maybe("a SQL condition: which rows belong to the category")
    events: dict[Name, SqlEvent] = Field(description="where each event of the clock is read")
    record_group: Line | None = maybe("the column that ties a row to its other copies")
    subject: Line | None = maybe("the column that says whose record a row is")
    children: list[ChildEntry] = Field(
        default_factory=list, description="tables whose rows go with the record"
    )
    form: FileFormWord | None = maybe("scan: images of what was on paper; else electronic")


class S3Shape(Shape):
    id: Name = Field(description="the name of this place within the rule")
    store: Name = Field(description="the store in stores.yaml")
    prefix: RelativePath = Field(description="what the keys begin with, ending with /")
    pattern: Regex | None = maybe("a pattern that the whole key must match")
    events: dict[Name, ObjectEvent] = Field(description="where each event of the clock is read")
    record_group: FromKeyShape | None = maybe("from_key: what ties an object to its other copies")
    subject: FromKeyShape | None = maybe("from_key: whose record an object is")
    form: FileFormWord | None = maybe("scan: images of what was on paper; else electronic")


class FilesShape(Shape):
    id: Name = Field(description="the name of this place within the rule")
    store: Name = Field(description="the store in stores.yaml")
    under: RelativePath = Field(description="the folder below the store's root; . for all of it")
    pattern: Regex | None = maybe("a pattern that the path below 'under' must match")
    events: dict[Name, FileEvent] = Field(description="where each event of the clock is read")
    record_group: FromNameShape | None = maybe("from_name: what ties it to its other copies")
    subject: FromNameShape | None = maybe("from_name: whose record a file is")
    commit: Contents | None = maybe("contents: hash the contents into the evidence as well")
    form: FileFormWord | None = maybe("scan: images of what was on paper; else electronic")


class PaperEventShape(Shape):
    from_: Name | None = Field(default=None, alias="from", description="the instance it is read in")


PaperEvent = Annotated[
    Annotated[PaperEventWord, Tag("<text>")] | Annotated[PaperEventShape, Tag("<keys>")],
    Discriminator(text_or_keys),
]


class MethodShape(Shape):
    shred: ShredWord = Field(description="the least level, P-1 to P-7 (ISO/IEC 21964)")


Method = Annotated[
    Annotated[OtherTreatmentWord, Tag("<text>")] | Annotated[MethodShape, Tag("<keys>")],
    Discriminator(text_or_keys),
]


class PaperShape(Shape):
    id: Name = Field(description="the name of this place within the rule")
    store: Name = Field(description="the store in stores.yaml")
    series: Line = Field(description="the archive's class, by which the register tells items apart")
    events: dict[Name, PaperEvent] = Field(description="where each event of the clock is read")
    method: Method = Field(description="{shred: P-5}, pulping or incineration")
    witnesses: int = Field(default=2, ge=2, le=9, description="how many have to watch")
    witness_departments: list[Label] = Field(
        default_factory=list, description="departments that have to be among them"
    )
    signatories: list[Label] = Field(
        default_factory=list, description="who signs the list, by role, beside the approvers"
    )
    remind_after: PeriodText = Field(
        default=Period(days=14), description="after how long released paper is a finding"
    )
    escalate_after: PeriodText = Field(
        default=Period(days=30), description="after how long it is an alarm every morning"
    )


class BackupShape(Shape):
    id: Name = Field(description="the name of this place within the rule")
    kind: Literal["backup"] = Field(description="backup: copies that age out by themselves")
    ages_out_after: PeriodText = Field(description="after how long the last copy is gone")


def shape_of(value: object) -> str:
    """The kind of an instance: as the reader marked it by its store, else by its keys."""
    if isinstance(value, Mapping) and value.shape:
        return value.shape
    keys = value if isinstance(value, dict) else {}
    return next((tag for key, tag in _TELLING if key in keys), "<sql>")


_TELLING: Final = (
    ("kind", "<backup>"),
    ("prefix", "<s3>"),
    ("under", "<files>"),
    ("series", "<paper>"),
)


InstanceEntry = Annotated[
    Annotated[SqlShape, Tag("<sql>")]
    | Annotated[S3Shape, Tag("<s3>")]
    | Annotated[FilesShape, Tag("<files>")]
    | Annotated[PaperShape, Tag("<paper>")]
    | Annotated[BackupShape, Tag("<backup>")],
    Discriminator(shape_of),
]
