"""The letter that answers a request for erasure, for the person who asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from keepuntil.documents.typesetting import Language, code_to_scan, typeset
from keepuntil.documents.words import NAMES, REQUEST, in_language, spoken
from keepuntil.domain.categories import Text
from keepuntil.domain.requests_of_people import AnswerLine, in_words


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterAbout:
    """What the letter answers. Nobody is named: whoever asked knows the number."""

    controller: str
    number: str
    received_on: date
    as_of: date
    answer_by: date
    regime: Text
    digest: str
    """``sha256:<hex>`` of the answer as the register keeps it."""
    closed: bool


def request_letter(
    about: LetterAbout,
    lines: Sequence[AnswerLine],
    not_searched: Sequence[tuple[Text, str]],
    certificates: Sequence[str],
    language: Language,
) -> bytes:
    """An unsigned PDF."""
    return typeset(
        "request_letter", _content(about, lines, not_searched, certificates, language), language
    )


def _content(
    about: LetterAbout,
    lines: Sequence[AnswerLine],
    not_searched: Sequence[tuple[Text, str]],
    certificates: Sequence[str],
    language: Language,
) -> dict[str, object]:
    words, names = in_language(REQUEST, language), in_language(NAMES, language)
    return {
        "code": code_to_scan(f"keepuntil:{about.number}:{about.digest}"),
        "controller": about.controller,
        "digest": about.digest,
        "number": about.number,
        "on": about.as_of.isoformat(),
        "certificates": list(certificates),
        "lines": {
            "columns": [names["category"], names["place"], names["items"], words["answer"]],
            "rows": [
                [
                    spoken(line.title, language),
                    line.instance,
                    str(line.records),
                    spoken(in_words(line), language),
                ]
                for line in lines
            ],
        },
        "not_searched": {
            "columns": [names["category"], names["place"]],
            "rows": [[spoken(title, language), place] for title, place in not_searched],
        },
        "what": [
            [words["received"], about.received_on.isoformat()],
            [names["as_of"], about.as_of.isoformat()],
            [words["answer_by"], about.answer_by.isoformat()],
            [words["rests_on"], spoken(about.regime, language)],
        ],
        "sentence": words["over" if about.closed else "open"],
        "words": words,
    }
