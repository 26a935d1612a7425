"""How often the detectors of personal data are right: precision and recall by kind and language.

    python benchmarks/detectors.py [--rounds 100] [--values 200 20 3]

On the labelled set of ``tests/labelled_fields.py``: fields of each kind with and without a
telling name, alone and inside sentences, and look-alikes (order numbers of card length, dates
of 18 digits, numbers in a row, sums, UUIDs, part numbers, cities, products). A field counts as
found when its kind is among those that are said of it; everything else that is said of any
field is a false alarm. Printed for several sizes of sample, since a few values say less.
The set is ours, so the figures tell how the detectors behave and not how your data look.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent.parent / part) for part in ("plugins", "tests")]

from keepuntil.domain.personal_data.judging import judge  # noqa: E402
from keepuntil.domain.personal_data.kinds import Kind  # noqa: E402
from labelled_fields import labelled  # noqa: E402

Cell = tuple[str, str]


def measure(
    rounds: int, size: int
) -> tuple[Counter[Cell], Counter[Cell], Counter[Cell], Counter[str]]:
    """Fields of a kind, those found, and false alarms, by kind and language; what raised them."""
    wanted: Counter[Cell] = Counter()
    found: Counter[Cell] = Counter()
    false: Counter[Cell] = Counter()
    taken: Counter[str] = Counter()
    for each in labelled(rounds, size):
        said = {sighting.kind for sighting in judge(each.field)}
        if each.kind is not None:
            wanted[each.kind, each.language] += 1
            found[each.kind, each.language] += each.kind in said
        for kind in said - {each.kind}:
            false[kind, each.language] += 1
            taken[f"{each.what} for {kind}"] += 1
    return wanted, found, false, taken


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    words.add_argument("--rounds", type=int, default=100, help="fields of each sort")
    words.add_argument("--values", type=int, nargs="+", default=[200, 20, 3], help="a field")
    asked = words.parse_args()
    for size in asked.values:
        wanted, found, false, taken = measure(asked.rounds, size)
        print(
            f"\n{size} values a field\n{'kind':14}{'':4}{'fields':>8}{'precision':>11}{'recall':>9}"
        )
        for kind in Kind:
            for language in ("zh", "en"):
                cell = (kind.value, language)
                if wanted[cell] or false[cell]:
                    print(
                        f"{kind.value:14}{language:4}{wanted[cell]:8}"
                        f"{_share(found[cell], found[cell] + false[cell]):>11}"
                        f"{_share(found[cell], wanted[cell]):>9}"
                    )
        right, alarms = found.total(), false.total()
        print(
            f"{'all':14}{'':4}{wanted.total():8}{_share(right, right + alarms):>11}"
            f"{_share(right, wanted.total()):>9}"
        )
        for what, count in taken.most_common(8):
            print(f"  false: {count} of {asked.rounds} {what}")


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else "-"


if __name__ == "__main__":
    main()
