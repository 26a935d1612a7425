"""The report to the head of the unit (报单位负责人): one certified journey, on one page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from keepuntil.documents.custody_words import COLUMNS, FACTS, INCIDENTS, STEPS, UNIT_REPORT
from keepuntil.documents.dossier import (
    Dossier,
    columns,
    extent,
    form,
    role_of,
    signature,
    title_of,
    treatments,
    what_of,
)
from keepuntil.documents.predicate import phrase
from keepuntil.documents.typesetting import Language, typeset
from keepuntil.documents.words import in_language
from keepuntil.domain.consignments import Duty, Incident, Step
from keepuntil.domain.reconciliation import totals

READER: Final = "head_of_unit"
"""The role that is reported to."""

MOST_INCIDENTS: Final = 4
"""Incidents told one by one, so that the report keeps to a page."""

_LONGEST: Final = 90
"""Characters of a sentence that are told; the witness record has all of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Copies:
    """What became of the listed items of one place, as the signed certificate counts them."""

    instance: str
    store: str
    listed: int
    destroyed: int
    absent: int
    kept: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitReport:
    """What the report says beside the journey itself."""

    certificate: str
    """The run's certificate of destruction, by its number."""
    digest: str
    copies: tuple[Copies, ...]
    """Of every place of the rule, the paper among them (关联副本)."""
    backups: tuple[str, ...]
    backups_gone_by: date | None
    """The day the last of them has aged out; None: nothing waits for one."""
    findings: tuple[int, ...]
    """Findings of the journey that nobody has closed, by number."""


def unit_report_pages(dossier: Dossier, report: UnitReport, language: Language) -> bytes:
    """An unsigned PDF of one page, for the head of the unit to see and sign."""
    return typeset(
        "unit_report",
        {
            **form(dossier, UNIT_REPORT, language),
            "copies": _copies(report, language),
            "incidents": _incidents(dossier, language),
            "open": _open(dossier, report, language),
            "sentence": _sentence(dossier, language),
            "signatures": [signature(role_of(READER, language))],
            "what": _what(dossier, report, language),
        },
        language,
    )


def _sentence(dossier: Dossier, language: Language) -> str:
    words = in_language(UNIT_REPORT, language)
    watched = words["watched_by"].format(len(dossier.consignment.persons(Duty.WITNESS)))
    title = title_of(dossier.title, language)
    return words["sentence"].format(title, extent(dossier, language), watched)


def _what(dossier: Dossier, report: UnitReport, language: Language) -> list[list[str]]:
    names, words = in_language(FACTS, language), in_language(UNIT_REPORT, language)
    done = [each.treatment for _, each in dossier.destructions()]
    return [
        *what_of(dossier, language),
        [names["done_by"], treatments(done, language)],
        [names["destroyed_at"], dossier.at(Step.DESTROY)],
        [names["place"], "；".join(dossier.places) or names["not_recorded"]],
        [words["certificate"], report.certificate],
        [words["certificate_digest"], report.digest],
    ]


def _incidents(dossier: Dossier, language: Language) -> dict[str, object]:
    met = dossier.consignment.incidents
    more = len(met) - MOST_INCIDENTS
    return {
        "columns": columns(language, "step", "incident", "box", "resolved"),
        "rows": [_incident(each, language) for each in met[:MOST_INCIDENTS]],
        "more": in_language(UNIT_REPORT, language)["more"].format(more) if more > 0 else "",
    }


def _incident(incident: Incident, language: Language) -> list[str]:
    said = incident.resolved or in_language(COLUMNS, language)["open"]
    return [
        phrase(STEPS, incident.step, language, "step"),
        phrase(INCIDENTS, incident.kind, language, "incident"),
        incident.box or "",
        said if len(said) <= _LONGEST else f"{said[:_LONGEST]}…",
    ]


def _open(dossier: Dossier, report: UnitReport, language: Language) -> list[str]:
    """What is not over yet, or stays: a sentence each; none: nothing."""
    words, found = in_language(UNIT_REPORT, language), []
    if report.backups_gone_by is not None:
        names = ", ".join(report.backups)
        found.append(words["copies"].format(names, report.backups_gone_by.isoformat()))
    if kept := sum(each.kept for each in report.copies):
        found.append(words["kept"].format(f"{kept:,}"))
    if out := totals(dossier.consignment).withdrawn.items:
        found.append(words["out"].format(f"{out:,}"))
    if report.findings:
        found.append(words["findings"].format(_numbers(report.findings)))
    return found


def _numbers(findings: tuple[int, ...]) -> str:
    shown = ", ".join(str(number) for number in findings[:MOST_INCIDENTS])
    return shown if len(findings) <= MOST_INCIDENTS else f"{shown} … ({len(findings):,})"


def _copies(report: UnitReport, language: Language) -> dict[str, object]:
    words = in_language(UNIT_REPORT, language)
    return {
        "columns": [words[name] for name in ("place", "listed", "gone", "absent", "stays")],
        "rows": [
            [
                f"{each.instance} · {each.store}",
                *(f"{n:,}" for n in (each.listed, each.destroyed, each.absent, each.kept)),
            ]
            for each in report.copies
        ],
    }
