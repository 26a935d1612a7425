"""How many are drawn, which, and what follows: against tables, counting and a second hand."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections import Counter
from fractions import Fraction
from itertools import combinations
from math import comb
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from keepuntil.domain import sampling
from keepuntil.domain.sampling import CheckResult, SamplePlan, SampleVerdict
from keepuntil.errors import EvidenceError, UsageError
from keepuntil.evidence import canonical

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "sampling.md").read_text(encoding="utf-8")
GONE, FOUND, UNKNOWN = CheckResult.GONE, CheckResult.FOUND, CheckResult.UNKNOWN

SEEDS = st.binary(min_size=32, max_size=32)


@st.composite
def draws(draw: st.DrawFn) -> tuple[bytes, int, int]:
    population = draw(st.integers(1, 3000))
    return draw(SEEDS), population, draw(st.integers(1, population))


def drawn_by_the_page(document: dict[str, Any]) -> list[int]:
    """Written from docs/sampling.md alone: the whole row, bits as text, no module of ours."""
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    seed = hashlib.sha256(text.encode("utf-8")).digest()
    row = list(range(document["plan"]["population"]))
    used = 0
    for i in range(document["plan"]["size"]):
        m = len(row) - i
        b = len(format(m - 1, "b")) if m > 1 else 0
        number = 0
        while b:
            block = hmac.new(seed, bytes.fromhex(format(used, "016x")), hashlib.sha256).hexdigest()
            used += 1
            number = int(format(int(block[:16], 16), "064b")[:b], 2)
            if number < m:
                break
        row[i], row[i + number] = row[i + number], row[i]
    return row[: document["plan"]["size"]]


def seeded(population: int, size: int, head: int) -> dict[str, Any]:
    plan = SamplePlan(population=population, size=size, outcomes=sampling.GONE_OUTCOMES)
    return sampling.seed_document(
        f"sha256:{'1' * 64}", "evidence.bank.example", head, b"\x22" * 32, plan
    )


@given(st.integers(1, 500), st.data(), st.integers(1, 10**9))
def test_a_second_hand_draws_the_same(population: int, data: st.DataObject, head: int) -> None:
    size = data.draw(st.integers(1, population))
    document = seeded(population, size, head)
    ours = sampling.draw(sampling.seed_of(document), population, size)
    assert ours == drawn_by_the_page(document)


def test_the_example_on_the_page_is_right() -> None:
    (stated,) = re.findall(r'^\{"certificate":"sha256:1+".*\}$', PAGE, re.MULTILINE)
    document = json.loads(stated)
    assert document == seeded(10, 5, 44)
    assert canonical.encode(document).decode() == stated
    seed = sampling.seed_of(document)
    assert f"Seed: `{seed.hex()}`" in PAGE
    for counter in range(6):
        word = hmac.digest(seed, counter.to_bytes(8, "big"), "sha256")[:8].hex()
        assert f"| {counter} | `{word}` |" in PAGE
    numbers = sampling.draw(seed, 10, 5)
    assert f"Positions drawn: {', '.join(map(str, numbers))}." in PAGE
    assert numbers == [8, 3, 0, 5, 4]


def test_the_sizes_on_the_page_are_right() -> None:
    rows = re.findall(r"^\| ([0-9 ]+) \| (\S+%) \| (\S+%) \| (\d) \| (\d+) \|$", PAGE, re.MULTILINE)
    assert len(rows) == 6
    for population, confidence, tolerable, acceptance, size in rows:
        number = int(population.replace(" ", ""))
        assert sampling.sample_size(number, confidence, tolerable, int(acceptance)) == int(size)


@given(draws())
def test_what_is_drawn_is_distinct_and_in_range(drawn: tuple[bytes, int, int]) -> None:
    seed, population, size = drawn
    numbers = sampling.draw(seed, population, size)
    assert len(set(numbers)) == size
    assert set(numbers) <= set(range(population))


@given(draws(), st.data())
def test_drawn_again_it_is_the_same_and_begins_the_same(
    drawn: tuple[bytes, int, int], data: st.DataObject
) -> None:
    seed, population, size = drawn
    numbers = sampling.draw(seed, population, size)
    assert sampling.draw(seed, population, size) == numbers
    fewer = data.draw(st.integers(1, size))
    assert sampling.draw(seed, population, fewer) == numbers[:fewer]


@given(SEEDS, st.integers(0, 255))
def test_a_seed_with_one_bit_changed_gives_another_draw(seed: bytes, bit: int) -> None:
    tampered = (int.from_bytes(seed, "big") ^ (1 << bit)).to_bytes(32, "big")
    assert sampling.draw(seed, 10**6, 20) != sampling.draw(tampered, 10**6, 20)


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d | {"certificate": f"sha256:{'3' * 64}"},
        lambda d: d | {"checkpoint": d["checkpoint"] | {"size": 45}},
        lambda d: d | {"checkpoint": d["checkpoint"] | {"rootHash": "23" * 32}},
        lambda d: d | {"checkpoint": d["checkpoint"] | {"origin": "evidence.other.example"}},
        lambda d: d | {"plan": d["plan"] | {"acceptance": 1}},
    ],
)
def test_the_seed_hangs_on_certificate_head_and_plan(change: Any) -> None:
    document = seeded(10, 5, 44)
    assert sampling.seed_of(change(document)) != sampling.seed_of(document)


def chi_square(observed: Counter[Any], cells: int) -> float:
    expected = observed.total() / cells
    squares = [(count - expected) ** 2 for count in observed.values()]
    return (sum(squares) + (cells - len(observed)) * expected**2) / expected


def test_over_many_seeds_every_number_is_drawn_as_often_and_at_every_place() -> None:
    """Chi-square; the bounds are the 99.99 % points for 12 and for 219 degrees of freedom."""
    seeds = [hashlib.sha256(b"%d" % number).digest() for number in range(13_000)]
    for place in range(4):
        at_place = Counter(sampling.draw(seed, 13, 4)[place] for seed in seeds)
        assert chi_square(at_place, 13) < 39.14, place
    together = Counter(frozenset(sampling.draw(seed, 12, 3)) for seed in seeds)
    assert chi_square(together, comb(12, 3)) < 305.0


@pytest.mark.parametrize(
    ("confidence", "tolerable", "size"),
    [
        ("90%", "10%", 22),
        ("90%", "5%", 45),
        ("90%", "1%", 230),
        ("95%", "10%", 29),
        ("95%", "5%", 59),
        ("95%", "2%", 149),
        ("95%", "1%", 299),
        ("99%", "5%", 90),
        ("99%", "1%", 459),
    ],
)
def test_in_a_large_population_sizes_are_those_of_the_tables(
    confidence: str, tolerable: str, size: int
) -> None:
    """Discovery sampling: the smallest n with (1 - tolerable)**n <= 1 - confidence."""
    assert sampling.sample_size(10**9, confidence, tolerable) == size


@pytest.mark.parametrize(("acceptance", "size"), [(0, 59), (1, 93), (2, 124), (3, 153)])
def test_in_a_large_population_attribute_plans_are_those_of_the_tables(
    acceptance: int, size: int
) -> None:
    """95 % confidence, 5 %: the sizes of Wilks' and of attribute-sampling tables."""
    assert sampling.sample_size(10**9, "95%", "5%", acceptance) == size


def by_brute_force(population: int, defects: int, risk: Fraction, acceptance: int) -> int:
    for size in range(1, population + 1):
        passing = sum(
            comb(defects, k) * comb(population - defects, size - k)
            for k in range(min(acceptance, size) + 1)
        )
        if Fraction(passing, comb(population, size)) <= risk:
            return size
    raise AssertionError("the whole population is enough")


def test_five_hundred_at_one_percent_is_what_counting_says() -> None:
    assert by_brute_force(500, 5, Fraction(1, 20), 0) == 225
    assert sampling.sample_size(500, "95%", "1%") == 225


@given(st.integers(1, 150), st.integers(1, 99), st.integers(1, 99), st.integers(0, 3))
def test_the_size_is_the_smallest_that_is_enough(
    population: int, confidence: int, tolerable: int, acceptance: int
) -> None:
    defects = -(-tolerable * population // 100)
    assume(defects > acceptance)
    risk = Fraction(100 - confidence, 100)
    expected = by_brute_force(population, defects, risk, acceptance)
    assert (
        sampling.sample_size(population, f"{confidence}%", f"{tolerable}%", acceptance) == expected
    )


@given(st.integers(1, 9), st.data())
def test_the_probability_is_what_counting_every_sample_says(
    population: int, data: st.DataObject
) -> None:
    defects = data.draw(st.integers(0, population))
    size = data.draw(st.integers(1, population))
    acceptance = data.draw(st.integers(0, size))
    every = [sum(one < defects for one in s) for s in combinations(range(population), size)]
    counted = Fraction(sum(seen <= acceptance for seen in every), len(every))
    assert sampling.accepting(population, defects, size, acceptance) == counted


def test_tolerable_defects_are_rounded_up() -> None:
    """Rounded down, 1 % of 250 would be two, and a population worse than tolerable is one of 3."""
    assert sampling.tolerable_defects(250, "1%") == 3
    assert sampling.tolerable_defects(300, "1%") == 3
    assert sampling.tolerable_defects(1, "0.5%") == 1


def test_where_no_sample_can_tell_none_is_drawn() -> None:
    with pytest.raises(UsageError, match="no sample can tell"):
        sampling.sample_size(100, "95%", "1%", 1)
    with pytest.raises(UsageError, match="nothing to draw from"):
        sampling.sample_size(0, "95%", "1%")


@pytest.mark.parametrize(
    ("given_text", "spelt"),
    [("95", "95%"), ("1.50%", "1.5%"), ("0.5 %", "0.5%"), ("10", "10%"), ("05%", "5%")],
)
def test_a_percentage_has_one_spelling(given_text: str, spelt: str) -> None:
    assert sampling.percentage(given_text) == spelt
    assert sampling.rate(given_text) == Fraction(spelt[:-1]) / 100


@pytest.mark.parametrize("text", ["0", "0.000%", "100%", "-1", "1e1", "x", "", "1.1234567", "1,5"])
def test_what_is_no_percentage_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="no percentage"):
        sampling.percentage(text)


PLAN = SamplePlan(
    population=500,
    size=225,
    confidence="95%",
    tolerable="0.5%",
    outcomes=sampling.GONE_OUTCOMES,
    instances=("core",),
)


def test_a_plan_is_read_as_it_was_written() -> None:
    assert SamplePlan.of(json.loads(canonical.encode(PLAN.document))) == PLAN


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("format", "sample-plan/v2"),
        ("population", -1),
        ("population", True),
        ("size", 501),
        ("size", 0),
        ("acceptance", "0"),
        ("confidence", 95),
        ("confidence", "95.0%"),
        ("confidence", "0%"),
        ("tolerable", "0.50%"),
        ("outcomes", "destroyed"),
        ("instances", [1]),
        ("more", 1),
    ],
)
def test_a_plan_that_is_none_is_refused(member: str, value: Any) -> None:
    with pytest.raises(EvidenceError):
        SamplePlan.of(PLAN.document | {member: value})


def test_what_was_found_once_stays_found() -> None:
    assert sampling.standing([]) is None
    assert sampling.standing([UNKNOWN, GONE]) is GONE
    assert sampling.standing([GONE, UNKNOWN]) is UNKNOWN
    assert sampling.standing([FOUND, GONE]) is FOUND


def test_only_what_is_certified_as_gone_deviates() -> None:
    deviating = {
        outcome
        for outcome in ("destroyed", "already_absent", "held", "no_longer_due", "shared")
        if sampling.deviates(outcome, FOUND)
    }
    assert deviating == {"destroyed", "already_absent"}
    assert not sampling.deviates("destroyed", GONE)
    assert not sampling.deviates("destroyed", UNKNOWN)


def test_checks_are_counted_entry_by_entry() -> None:
    outcomes = {7: "destroyed", 3: "held", 9: "destroyed", 1: "destroyed"}
    checks = [(7, UNKNOWN), (3, FOUND), (9, GONE), (7, FOUND), (7, GONE)]
    tally = sampling.tally(outcomes, checks)
    assert tally.results == {GONE: 1, FOUND: 2, UNKNOWN: 0}
    assert tally.deviations == 1
    assert tally.unchecked == (1,)


@pytest.mark.parametrize(
    ("acceptance", "deviations", "unknown", "verdict"),
    [
        (0, 0, 0, SampleVerdict.ACCEPTED),
        (0, 1, 0, SampleVerdict.REJECTED),
        (0, 0, 1, SampleVerdict.INCONCLUSIVE),
        (2, 1, 1, SampleVerdict.ACCEPTED),
        (2, 1, 2, SampleVerdict.INCONCLUSIVE),
        (2, 3, 9, SampleVerdict.REJECTED),
    ],
)
def test_unknown_entries_count_against_acceptance(
    acceptance: int, deviations: int, unknown: int, verdict: SampleVerdict
) -> None:
    assert sampling.judge(acceptance, deviations, unknown) is verdict
