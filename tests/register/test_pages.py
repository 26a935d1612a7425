"""What the pages keep in the register, and what they read there, on each database."""

from __future__ import annotations

from datetime import date, timedelta

from keepuntil.register import Register, acts, forecasts, nights, plans
from keepuntil.register.forecasts import Forecast
from register_world import NOW, TODAY, frozen


def test_acts_are_told_the_newest_first_and_paged_by_their_number(register: Register) -> None:
    for place, result in enumerate([acts.ASKED, acts.DONE, acts.ASKED]):
        acts.record(
            register,
            person="E1",
            verb="approve",
            subject=f"plan {place}",
            result=result,
            at=NOW + timedelta(seconds=place),
        )
    newest, before = acts.list_acts(register, limit=2)
    assert (newest.subject, newest.result, newest.at) == (
        "plan 2", acts.ASKED, NOW + timedelta(seconds=2))  # fmt: skip
    (first,) = acts.list_acts(register, before=before.number)
    assert first.subject == "plan 0"


def test_a_forecast_takes_the_place_of_the_last_one(register: Register) -> None:
    for day, count in ((date(2026, 11, 23), 5), (date(2026, 11, 24), 7)):
        for category in ("loan", "complaint"):
            forecasts.keep(
                register,
                Forecast(category=category, as_of=day, months={"core": {"2026-12": count}}),
            )
    kept = forecasts.all_kept(register)
    assert [(each.category, each.as_of) for each in kept] == [
        ("complaint", date(2026, 11, 24)),
        ("loan", date(2026, 11, 24)),
    ]
    assert kept[0].months == {"core": {"2026-12": 7}}


def test_the_newest_night_of_each_rule_is_told(register: Register) -> None:
    for category, day in (("loan", 1), ("loan", 2), ("complaint", 1)):
        nights.record(register, category, date(2026, 11, day), "nothing_due", NOW)
    found = nights.last_of_each(register)
    assert {name: night.as_of.day for name, night in found.items()} == {"loan": 2, "complaint": 1}


def test_the_newest_list_of_each_category_is_told(register: Register) -> None:
    frozen(register, {"core": [1]}, as_of=TODAY - timedelta(days=1))
    newer = frozen(register, {"core": [2]}, at=NOW + timedelta(seconds=1))
    assert [each.plan.digest for each in plans.latest(register)] == [newer.plan.digest]
    assert [each.plan.digest for each in plans.list_plans(register, categories=["another"])] == []
    category = newer.plan.category
    assert len(plans.list_plans(register, categories=[category, "another"])) == 2
