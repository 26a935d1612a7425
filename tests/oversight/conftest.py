"""The small bank every test of the road starts from."""

from __future__ import annotations

from pathlib import Path

import pytest

from disposal_world import World


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """A fresh installation with an empty share; nothing is due in it."""
    for name in ("KEEPUNTIL_REGISTER", "KEEPUNTIL_INSTALLATION_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("KU_TEST_CORE", f"sqlite:///{tmp_path / 'core.db'}")
    return World(tmp_path).build()
