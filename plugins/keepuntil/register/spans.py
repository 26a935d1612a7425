"""What the nights of a span of days came to, added up by the database: for reports.

A night belongs to the day of its list (``as_of``), also when people carried out the last of
it weeks later.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, Subquery, func, select

from keepuntil.domain.outcomes import ORDER, Outcome
from keepuntil.register.connection import Register
from keepuntil.register.tables import certificate, correction, observation, plan, plan_instance, run

_ENDS = tuple(
    func.coalesce(func.sum(observation.c[one.value]), 0).label(one.value) for one in ORDER
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceEnds:
    """What became of the items of one place."""

    category: str
    instance: str
    store: str
    outcomes: Mapping[Outcome, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class LastList:
    """The newest list of a rule in one place, and what its run made of it."""

    category: str
    instance: str
    store: str
    as_of: date
    due: int
    held: int
    undetermined: Mapping[str, int]
    outcomes: Mapping[Outcome, int] | None
    """None: nothing of it was carried out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedCertificate:
    """A certificate by what a report says of it."""

    certificate_id: str
    digest: str
    category: str
    as_of: date
    provisional_until: date | None
    corrections: int


def ends(register: Register, first: date, last: date) -> list[PlaceEnds]:
    """What became of everything on the lists of these days, by rule and place."""
    places = (plan.c.category, plan_instance.c.instance, plan_instance.c.store)
    query = (
        select(*places, *_ENDS)
        .select_from(observation)
        .join(run, run.c.run_id == observation.c.run_id)
        .join(plan, plan.c.digest == run.c.plan_digest)
        .join(plan_instance, _same_place(plan.c.digest))
        .where(plan.c.as_of.between(first, last))
        .group_by(*places)
        .order_by(*places)
    )
    with register.reading() as connection:
        return [
            PlaceEnds(
                category=row.category,
                instance=row.instance,
                store=row.store,
                outcomes=_outcomes(row),
            )
            for row in connection.execute(query)
        ]


def _same_place(digest: ColumnElement[str]) -> ColumnElement[bool]:
    return (plan_instance.c.plan_digest == digest) & (
        plan_instance.c.instance == observation.c.instance
    )


def _outcomes(row: Row[Any]) -> dict[Outcome, int]:
    return {outcome: int(getattr(row, outcome.value)) for outcome in ORDER}


def last_lists(register: Register, first: date, last: date) -> list[LastList]:
    """The newest list of each rule with one in these days, place by place."""
    with register.reading() as connection:
        rows = connection.execute(_places(_newest(first, last))).all()
    return [
        LastList(
            category=row.category,
            instance=row.instance,
            store=row.store,
            as_of=row.as_of,
            due=row.due,
            held=row.listed_held,
            undetermined=json.loads(row.undetermined),
            outcomes=_outcomes(row) if row.observed else None,
        )
        for row in rows
    ]


def _newest(first: date, last: date) -> Subquery:
    age = func.row_number().over(
        partition_by=plan.c.category, order_by=(plan.c.frozen_at.desc(), plan.c.plan_id.desc())
    )
    aged = (
        select(plan.c.digest, plan.c.category, plan.c.as_of, age.label("age"))
        .where(plan.c.as_of.between(first, last))
        .subquery()
    )
    return select(aged).where(aged.c.age == 1).subquery()


def _places(newest: Subquery) -> Select[Any]:
    place = plan_instance.c
    told = (
        *(newest.c.category, newest.c.as_of, place.place, place.instance, place.store),
        *(place.due, place.held.label("listed_held"), place.undetermined),
    )
    mine = (observation.c.run_id == run.c.run_id) & (observation.c.instance == place.instance)
    return (
        select(*told, *_ENDS, func.count(observation.c.seq).label("observed"))
        .select_from(newest)
        .join(plan_instance, place.plan_digest == newest.c.digest)
        .join(run, run.c.plan_digest == newest.c.digest, isouter=True)
        .join(observation, mine, isouter=True)
        .group_by(*told)
        .order_by(newest.c.category, place.place)
    )


def certificates(register: Register, first: date, last: date) -> list[IssuedCertificate]:
    """The certificates of the lists of these days, by day and category."""
    told = (
        *(certificate.c.certificate_id, certificate.c.digest, certificate.c.provisional_until),
        *(plan.c.category, plan.c.as_of),
    )
    query = (
        select(*told, func.count(correction.c.digest).label("corrections"))
        .select_from(certificate)
        .join(run, run.c.run_id == certificate.c.run_id)
        .join(plan, plan.c.digest == run.c.plan_digest)
        .join(correction, correction.c.certificate_id == certificate.c.certificate_id, isouter=True)
        .where(plan.c.as_of.between(first, last))
        .group_by(*told)
        .order_by(plan.c.as_of, plan.c.category, certificate.c.certificate_id)
    )
    with register.reading() as connection:
        return [IssuedCertificate(**row) for row in connection.execute(query).mappings()]
