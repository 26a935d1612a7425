"""One bank is built for all of these tests, on the real road; each test gets a copy of it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import pages_world
from keepuntil.disposal.archives import pack
from keepuntil.register import certificates
from pages_world import Bank

FOLDER = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One worker takes them all, so that the bank is built once."""
    for item in items:
        if FOLDER in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("pages"))


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Bank:
    """The bank as it was built, and beside it a copy that nobody touches."""
    folder = tmp_path_factory.mktemp("bank") / "live"
    with pytest.MonkeyPatch.context() as patch:
        _own_surroundings(patch, folder)
        made = pages_world.bank(folder)
    shutil.copytree(folder, folder.with_name("untouched"))
    return made


@pytest.fixture
def bank(built: Bank, monkeypatch: pytest.MonkeyPatch) -> Bank:
    """The bank as it was built: in the same place, since lists are bound to where stores lie."""
    folder = built.world.folder
    _own_surroundings(monkeypatch, folder)
    shutil.rmtree(folder)
    shutil.copytree(folder.with_name("untouched"), folder)
    return pages_world.reopened(built)


@pytest.fixture
def archive(bank: Bank) -> Path:
    """The bundle of the statements' certificate, as somebody would hand it in."""
    path = bank.world.folder / "bundle.zip"
    with bank.world.open() as installation:
        stored = certificates.load(installation.register, bank.certificate)
    pack(Path(stored.path), path)
    return path


def _own_surroundings(patch: pytest.MonkeyPatch, folder: Path) -> None:
    for name in ("KEEPUNTIL_REGISTER", "KEEPUNTIL_INSTALLATION_KEY"):
        patch.delenv(name, raising=False)
    patch.setenv("KU_TEST_CORE", f"sqlite:///{folder / 'core.db'}")
