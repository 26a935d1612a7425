"""An Airflow of the tests' own: its home is a temporary folder, set before Airflow is imported."""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import tempfile
from pathlib import Path

import pytest

from disposal_world import World

ROOT = Path(__file__).resolve().parents[2]

if "airflow" not in sys.modules:
    _HOME = tempfile.mkdtemp(prefix="keepuntil-airflow-")
    atexit.register(shutil.rmtree, _HOME, ignore_errors=True)
    os.environ |= {
        "AIRFLOW_HOME": _HOME,
        "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "WARNING",
    }


@pytest.fixture(scope="session", autouse=True)
def own_airflow() -> Path:
    """Airflow's home. Fails rather than touch anybody's real one."""
    from airflow.configuration import AIRFLOW_HOME

    home = Path(AIRFLOW_HOME)
    if not home.name.startswith("keepuntil-airflow-"):
        pytest.fail(f"Airflow was imported before these tests and lives in {home}.")
    return home


@pytest.fixture
def policies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The policies that come with the project, to be changed at will."""
    folder = tmp_path / "policies"
    shutil.copytree(ROOT / "retention_policies", folder)
    monkeypatch.setenv("KEEPUNTIL_POLICIES", str(folder))
    return folder


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """A small bank whose installation is the one that tasks find."""
    for name in ("KEEPUNTIL_REGISTER", "KEEPUNTIL_INSTALLATION_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("KU_TEST_CORE", f"sqlite:///{tmp_path / 'core.db'}")
    built = World(tmp_path).build()
    monkeypatch.setenv("KEEPUNTIL_HOME", str(built.home))
    monkeypatch.setenv("KEEPUNTIL_POLICIES", str(built.policies))
    return built
