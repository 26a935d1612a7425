"""Airflow loads the plugin once and nothing else, and DAG files stay light."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

PLUGINS = """
import calendar, json, sys
from airflow import plugins_manager
plugins, errors = plugins_manager._get_plugins()
print(json.dumps({
    "plugins": [f"{type(p).__module__}.{type(p).__name__}" if not isinstance(p, type)
                else f"{p.__module__}.{p.__name__}" for p in plugins if p.name == "keepuntil"],
    "errors": errors,
    "calendar": hasattr(sys.modules["calendar"], "monthrange"),
}))
"""

HEAVY = [
    "great_expectations",
    "boto3",
    "pandas",
    "keepuntil.stores",
    "keepuntil.register",
    "keepuntil.disposal",
    "keepuntil.expectations",
]

DAG_FILES = f"""
import json, runpy, sys
for name in sys.argv[1:]:
    runpy.run_path(name)
print(json.dumps([name for name in {HEAVY!r} if name in sys.modules]))
"""


def seen(code: str, *arguments: str, **environment: str) -> object:
    """What a fresh interpreter prints last."""
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": str(ROOT / "plugins")} | environment,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.strip().splitlines()[-1])


def test_airflow_finds_exactly_one_plugin_and_leaves_the_standard_library_alone() -> None:
    assert seen(PLUGINS) == {
        "plugins": ["keepuntil.orchestration.plugin.KeepuntilPlugin"],
        "errors": {},
        "calendar": True,
    }


@pytest.mark.slow
def test_without_the_ignore_file_airflow_would_execute_every_module(tmp_path: Path) -> None:
    """The guard above can fail: this is what it guards against."""
    folder = tmp_path / "plugins"
    (folder / "keepuntil").mkdir(parents=True)
    shutil.copy(ROOT / "plugins" / "keepuntil" / "errors.py", folder / "keepuntil")
    (folder / "keepuntil" / "calendar.py").write_text("")
    loaded = seen(PLUGINS, AIRFLOW__CORE__PLUGINS_FOLDER=str(folder), PYTHONPATH="")
    assert isinstance(loaded, dict)
    assert not loaded["calendar"]


def test_importing_the_dag_files_loads_nothing_heavy(policies: Path) -> None:
    files = sorted(str(path) for path in (ROOT / "dags").glob("*.py"))
    assert len(files) == 4
    assert seen(DAG_FILES, *files, KEEPUNTIL_POLICIES=str(policies)) == []


@pytest.mark.parametrize("path", sorted((ROOT / "dags").glob("*.py")), ids=lambda p: p.stem)
def test_a_dag_file_is_a_few_lines_that_airflow_does_not_pass_over(path: Path) -> None:
    text = path.read_text(encoding="utf-8").lower()
    assert len(text.splitlines()) < 10
    # Airflow's safe mode parses a file only when both words are in it.
    assert "dag" in text
    assert "airflow" in text
