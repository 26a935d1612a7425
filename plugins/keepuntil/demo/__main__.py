"""``python -m keepuntil.demo``: what ``make demo`` and ``make up`` call."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from keepuntil.demo import night
from keepuntil.errors import KeepuntilError

HOME = Path("var") / "demo"


def main() -> int:
    """Play the night, or show its Airflow. Prints a sentence for every error that is ours."""
    parser = argparse.ArgumentParser(prog="keepuntil demo")
    parser.add_argument("what", nargs="?", choices=("night", "up"), default="night")
    parser.add_argument("--home", type=Path, default=HOME)
    parser.add_argument("--fresh", action="store_true", help="build the bank anew")
    parser.add_argument("--scale", choices=("FULL", "SMALL"), default="FULL")
    asked = parser.parse_args()
    try:
        if asked.what == "up":
            from keepuntil.demo import pages

            return pages.serve(asked.home)
        return night.play(asked.home, fresh=asked.fresh, scale=asked.scale)
    except KeepuntilError as error:
        sys.stderr.write(f"{error.sentence}\n")
        return error.exit_code


if __name__ == "__main__":
    sys.exit(main())
