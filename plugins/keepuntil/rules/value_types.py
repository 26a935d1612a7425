"""The single values of the files: periods, days, zones, names. Each refuses with a sentence."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterable
from datetime import date, time
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import Annotated, Final
from zoneinfo import available_timezones

from pydantic import PlainValidator, WithJsonSchema

from keepuntil.domain.categories import ApprovalKind, Confidence, Form, Obligation, Rank
from keepuntil.domain.clock import Combine
from keepuntil.domain.paper import EVENTS
from keepuntil.domain.people import AccessRole
from keepuntil.domain.periods import Period, StartRule, YearStart
from keepuntil.domain.treatments import OTHERS, SHREDS, Treatment
from keepuntil.rules.problems import did_you_mean, quoted

LONGEST_LINE: Final = 2000
LONGEST_NAME: Final = 63

_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,62}")
_LABEL: Final = re.compile(r"[a-z][a-z0-9_-]{0,62}")
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME: Final = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
_SHARE: Final = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,4})?)%")
_YEAR: Final = re.compile(r"[0-9]{4}")
PAPER_EVENTS: Final = (*EVENTS, "scan_checked_on")
"""Dates that a register of paper has of each item."""
FILE_FORMS: Final = (Form.ELECTRONIC, Form.SCAN)
"""What rows, objects and files may be copies as."""
_WHOLE_SHARE: Final = Decimal(100)


def said(value: object) -> str:
    """A value of the file for use in a sentence."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return quoted(value)
        case int():
            return str(value)
        case list():
            return "a list"
        case dict():
            return "a mapping"
        case _:
            return "nothing"


def _text(value: object, what: str) -> str:
    if isinstance(value, str):
        return value
    raise ValueError(f"{what}, not {said(value)}.")


def _line(value: object) -> str:
    if not isinstance(value, str):
        help_with = "; put it in quotes" if isinstance(value, int) else ""
        raise ValueError(f"A text is wanted here, not {said(value)}{help_with}.")  # noqa: TRY004 - for pydantic
    if not value.strip():
        raise ValueError("The text is empty.")
    if len(value) > LONGEST_LINE:
        raise ValueError(f"The text is longer than {LONGEST_LINE} characters.")
    return value


def _name(value: object) -> str:
    rule = "A name is made of small letters, digits and _, begins with a letter"
    text = _text(value, rule)
    if not _NAME.fullmatch(text):
        raise ValueError(f"{rule} and has at most {LONGEST_NAME} characters, not {said(text)}.")
    return text


def _label(value: object) -> str:
    rule = "A label is made of small letters, digits, - and _, begins with a letter"
    text = _text(value, rule)
    if not _LABEL.fullmatch(text):
        raise ValueError(f"{rule} and has at most {LONGEST_NAME} characters, not {said(text)}.")
    return text


def _period(value: object) -> Period:
    return Period.parse(_text(value, "A period is written like P5Y, P6M or P90D"))


def _day(value: object) -> date:
    rule = "A day is written YYYY-MM-DD"
    text = _text(value, rule)
    if not _DAY.fullmatch(text):
        raise ValueError(f"{rule}, not {said(text)}.")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{said(text)} is no day of the calendar.") from None


def _time_of_day(value: object) -> time:
    rule = "A time of day is written like 01:30"
    written = _TIME.fullmatch(_text(value, rule))
    if written is None:
        raise ValueError(f"{rule}, not {said(value)}.")
    return time(int(written[1]), int(written[2]))


def _year_start(value: object) -> YearStart:
    return YearStart.parse(_text(value, "A fiscal year's first day is written MM-DD"))


def _share(value: object) -> Decimal:
    rule = "A share is written with a percent sign, above 0% and up to 100%, like 5%"
    written = _SHARE.fullmatch(_text(value, rule))
    share = Decimal(written[1]) / _WHOLE_SHARE if written is not None else Decimal(0)
    if not 0 < share <= 1:
        raise ValueError(f"{rule}, not {said(value)}.")
    return share


def _year(value: object) -> int:
    text = str(value) if isinstance(value, int) else value
    if not isinstance(text, str) or not _YEAR.fullmatch(text):
        raise ValueError(f"A year has four digits, not {said(value)}.")
    return int(text)


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    # These two are whatever the host, or nobody, says they are.
    return frozenset(available_timezones() - {"localtime", "Factory"})


def is_zone(name: str) -> bool:
    """Whether this is an IANA zone that means the same on every host."""
    return name in _zones()


def _zone(value: object) -> str:
    rule = "A zone is an IANA name like Asia/Shanghai"
    text = _text(value, rule)
    if not is_zone(text):
        raise ValueError(f"{rule}; {said(text)} is not one.{did_you_mean(text, _zones())}")
    return text


def _regex(value: object) -> str:
    text = _line(value)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            re.compile(text)
    except (re.error, RecursionError, OverflowError, Warning) as error:
        raise ValueError(f"This is not a regular expression: {error}.") from None
    return text


def _relative(value: object) -> str:
    text = _line(value)
    if text.startswith(("/", "~", "\\")) or "\\" in text or re.match(r"[A-Za-z]:", text):
        raise ValueError("A path here is relative and uses /, so that it stays below its root.")
    if ".." in text.split("/"):
        raise ValueError("A path here never goes up with '..'.")
    return text


def _example_value(value: object) -> bool | date | str:
    if isinstance(value, bool):
        return value
    rule = "An example gives days (YYYY-MM-DD), true or false"
    text = _text(value, rule)
    if _NAME.fullmatch(text):
        return text
    return _day(text)


def _paper_event(value: object) -> str:
    text = _text(value, "A paper item tells of itself one of these")
    if text not in PAPER_EVENTS:
        known = ", ".join(PAPER_EVENTS)
        close = did_you_mean(text, PAPER_EVENTS)
        raise ValueError(f"{quoted(text)} is not one of: {known}.{close}")
    return text


def word_of(
    words: type[StrEnum], some: Iterable[StrEnum] | None = None
) -> Callable[[object], StrEnum]:
    """A validator that takes one of the words of ``words``, or of ``some`` of them."""
    known = [str(word) for word in some or words]

    def take(value: object) -> StrEnum:
        if isinstance(value, str) and value in known:
            return words(value)
        close = did_you_mean(value, known) if isinstance(value, str) else ""
        raise ValueError(f"{said(value)} is not one of: {', '.join(known)}.{close}")

    return take


def _choice_schema(words: type[StrEnum], some: Iterable[StrEnum] | None = None) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "enum": [str(word) for word in some or words]})


def text_schema(pattern: str | None = None) -> WithJsonSchema:
    if pattern is None:
        return WithJsonSchema({"type": "string", "minLength": 1})
    return WithJsonSchema({"type": "string", "pattern": f"^{pattern}$"})


Line = Annotated[str, PlainValidator(_line), text_schema()]
Name = Annotated[str, PlainValidator(_name), text_schema(_NAME.pattern)]
Label = Annotated[str, PlainValidator(_label), text_schema(_LABEL.pattern)]
PeriodText = Annotated[
    Period,
    PlainValidator(_period),
    text_schema(r"P(?=[0-9])([0-9]+Y)?([0-9]+M)?([0-9]+W)?([0-9]+D)?"),
]
Day = Annotated[date, PlainValidator(_day), text_schema(_DAY.pattern)]
TimeOfDay = Annotated[time, PlainValidator(_time_of_day), text_schema(f"({_TIME.pattern})")]
FiscalYearStart = Annotated[
    YearStart, PlainValidator(_year_start), text_schema("[0-9]{2}-[0-9]{2}")
]
Share = Annotated[Decimal, PlainValidator(_share), text_schema(_SHARE.pattern)]
Year = Annotated[int, PlainValidator(_year), text_schema(_YEAR.pattern)]
Zone = Annotated[str, PlainValidator(_zone), text_schema()]
Regex = Annotated[
    str, PlainValidator(_regex), WithJsonSchema({"type": "string", "format": "regex"})
]
RelativePath = Annotated[str, PlainValidator(_relative), text_schema()]

RankWord = Annotated[Rank, PlainValidator(word_of(Rank)), _choice_schema(Rank)]
ObligationWord = Annotated[
    Obligation, PlainValidator(word_of(Obligation)), _choice_schema(Obligation)
]
ConfidenceWord = Annotated[
    Confidence, PlainValidator(word_of(Confidence)), _choice_schema(Confidence)
]
CombineWord = Annotated[Combine, PlainValidator(word_of(Combine)), _choice_schema(Combine)]
StartWord = Annotated[StartRule, PlainValidator(word_of(StartRule)), _choice_schema(StartRule)]
ApprovalWord = Annotated[
    ApprovalKind, PlainValidator(word_of(ApprovalKind)), _choice_schema(ApprovalKind)
]
AccessWord = Annotated[AccessRole, PlainValidator(word_of(AccessRole)), _choice_schema(AccessRole)]
FormWord = Annotated[Form, PlainValidator(word_of(Form)), _choice_schema(Form)]
FileFormWord = Annotated[
    Form, PlainValidator(word_of(Form, FILE_FORMS)), _choice_schema(Form, FILE_FORMS)
]
PaperEventWord = Annotated[
    str,
    PlainValidator(_paper_event),
    WithJsonSchema({"type": "string", "enum": list(PAPER_EVENTS)}),
]
ShredWord = Annotated[
    Treatment, PlainValidator(word_of(Treatment, SHREDS)), _choice_schema(Treatment, SHREDS)
]
OtherTreatmentWord = Annotated[
    Treatment, PlainValidator(word_of(Treatment, OTHERS)), _choice_schema(Treatment, OTHERS)
]
ExampleValue = Annotated[
    bool | date | str,
    PlainValidator(_example_value),
    WithJsonSchema({"anyOf": [{"type": "boolean"}, {"type": "string"}]}),
]
