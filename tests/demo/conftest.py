"""One small bank for all tests of the demonstration; nobody writes to it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from keepuntil.demo import building
from keepuntil.demo.home import Home
from keepuntil.demo.scenario import SEED


@contextmanager
def unnamed_phase(_what: str) -> Iterator[None]:
    yield


@pytest.fixture(scope="session")
def small_home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = Home(tmp_path_factory.mktemp("bank") / "demo")
    building.build(home, "SMALL", SEED, unnamed_phase)
    return home


@pytest.fixture(scope="session")
def small_bank(small_home: Home) -> Path:
    return small_home.bank
