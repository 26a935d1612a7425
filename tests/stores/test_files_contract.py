"""Folder trees keep the contract of every store."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from files_world import FilesWorld
from keepuntil.domain.categories import FromName
from keepuntil.domain.items import Key
from store_contract import StoreContract, World


class DatedByName(FilesWorld):
    """Files whose path says when the record was closed."""

    source = FromName(
        pattern=r"(?P<year>\d{4})/(?P<month>\d\d)/(?P<day>\d\d)/.*",
    )

    def put(self, number: int, closed_on: date | None, *, group: str | None = None) -> Key:
        folder = closed_on.strftime("%Y/%m/%d") if closed_on else "undated"
        return self.write(f"{folder}/{group or 'none'}-{number}.pdf")

    def postpone(self, key: Key) -> bool:
        return False


class TestFilesDatedByAge(StoreContract):
    @pytest.fixture
    def world(self, tmp_path: Path) -> World:
        return FilesWorld(tmp_path)


class TestFilesDatedByName(StoreContract):
    @pytest.fixture
    def world(self, tmp_path: Path) -> World:
        return DatedByName(tmp_path)


class TestFilesWithContentsCommitted(StoreContract):
    @pytest.fixture
    def world(self, tmp_path: Path) -> World:
        return FilesWorld(tmp_path, commit_contents=True)
