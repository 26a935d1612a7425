"""The store contract on SQLite, PostgreSQL and MariaDB, with whole-number and awkward keys."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sql_servers import KINDS, Place, fresh
from sql_world import LoanWorld, VoucherWorld
from store_contract import StoreContract


@pytest.fixture(params=KINDS)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    with fresh(request.param, tmp_path) as fresh_place:
        yield fresh_place


class TestLoans(StoreContract):
    @pytest.fixture
    def world(self, place: Place) -> LoanWorld:
        return LoanWorld(place)


class TestVouchers(StoreContract):
    @pytest.fixture
    def world(self, place: Place) -> VoucherWorld:
        return VoucherWorld(place)
