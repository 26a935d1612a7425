"""The house stands as drawn: floors, names, sizes, what is shipped, what the pages promise."""

from __future__ import annotations

import ast
import os
import re
import shutil
import statistics
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "plugins" / "keepuntil"
MODULES = sorted(PACKAGE.rglob("*.py"))
TREES = {module: ast.parse(module.read_bytes()) for module in MODULES}

LONGEST_MODULE = 400
LONGEST_FUNCTION = 60
MEDIAN_FUNCTION = 10
EMPTY_WORDS = {"manager", "helper", "helpers", "util", "utils", "handler", "service", "base"}


def where(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def tracked() -> list[Path]:
    """Every file of the project, without what is ignored."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("this copy of the project is not a git checkout")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    return [ROOT / os.fsdecode(name) for name in listed.stdout.split(b"\0") if name]


def functions() -> Iterator[tuple[Path, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for module, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield module, node


def code_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of the body, the docstring aside."""
    body = node.body[1:] if ast.get_docstring(node) is not None else node.body
    return (node.end_lineno or 0) - body[0].lineno + 1 if body else 0


def imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def imported(tree: ast.Module) -> set[str]:
    """Names that stand for modules or what is in them: what is called on them is no method."""
    return {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }


def test_each_floor_imports_only_the_floors_below_it() -> None:
    lint = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": str(ROOT / "plugins")},
    )
    assert lint.returncode == 0, lint.stdout + lint.stderr


@pytest.mark.parametrize(
    ("library", "rooms"),
    [
        ("airflow", ("orchestration/",)),
        ("great_expectations", ("expectations/run.py",)),
        ("pandas", ("expectations/run.py",)),
        # The demonstration checks the archive with a client of its own.
        ("boto3", ("stores/s3/", "transparency/bucket.py", "demo/leftovers.py")),
        ("sqlalchemy", ("stores/sql/", "stores/paper/", "register/", "expectations/")),
        ("openpyxl", ("stores/paper/workbooks.py", "oversight/sheets.py")),
        ("docx", ("documents/reports/word_file.py",)),
        ("moto", ("demo/archive_server.py", "demo/archive_listing.py")),
        ("pkcs11", ("signing/tokens.py",)),
        ("securesystemslib", ("signing/outside.py",)),
        ("hvac", ("signing/outside.py",)),
        ("rfc3161_client", ("transparency/timestamps.py",)),
        ("asn1crypto", ("transparency/development_authority.py", "documents/pdf_signature.py")),
        ("rich", ("cli/", "demo/")),
        ("fastapi", ("pages/", "orchestration/mounted_pages.py")),
        ("starlette", ("pages/",)),
        ("jinja2", ("pages/",)),
        ("authlib", ("pages/openid.py",)),
        ("uvicorn", ("cli/serve_verb.py",)),
        ("click", ("cli/",)),
        ("ruamel", ("rules/",)),
        ("pydantic", ("rules/", "disposal/custody_lines.py", "disposal/signatures.py")),
    ],
)
def test_a_library_is_imported_in_its_room_only(library: str, rooms: tuple[str, ...]) -> None:
    strays = [
        where(module)
        for module, tree in TREES.items()
        if any(name.split(".")[0] == library for name in imports(tree))
        and not module.relative_to(PACKAGE).as_posix().startswith(rooms)
    ]
    assert strays == []


def test_one_file_destroys() -> None:
    """Invariant 1: whatever calls a store's ``destroy`` is the executing stage."""
    callers = {
        where(module)
        for module, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "destroy"
        and not (isinstance(node.func.value, ast.Name) and node.func.value.id in imported(tree))
    }
    assert callers == {"plugins/keepuntil/disposal/executing.py"}


def test_no_module_is_named_like_one_of_the_standard_library() -> None:
    """Airflow would run such a module under that very name and break the host."""
    taken = [
        where(m) for m in MODULES if m.stem in sys.stdlib_module_names and m.stem != "__init__"
    ]
    assert taken == []


def test_no_name_is_an_empty_word() -> None:
    named = [(module, module.stem) for module in MODULES]
    named += [
        (module, node.name)
        for module, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    found = [
        f"{where(module)}: {name}"
        for module, name in named
        if EMPTY_WORDS & set(re.findall(r"[a-z0-9]+", re.sub(r"([A-Z])", r"_\1", name).lower()))
    ]
    assert found == []


def test_modules_and_functions_are_short() -> None:
    long_modules = [
        f"{where(module)}: {count}"
        for module in MODULES
        if (count := len(module.read_text(encoding="utf-8").splitlines())) >= LONGEST_MODULE
    ]
    assert long_modules == []
    lengths = {
        f"{where(module)}: {node.name}": code_lines(node)
        for module, node in functions()
        if "migrations" not in module.parts  # they are lists of columns
    }
    assert [name for name, count in lengths.items() if count > LONGEST_FUNCTION] == []
    assert statistics.median(lengths.values()) <= MEDIAN_FUNCTION


def test_imports_are_absolute() -> None:
    relative = [
        where(module)
        for module, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.level
    ]
    assert relative == []


def test_nothing_is_left_to_do() -> None:
    marks = re.compile(r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X")) + r")\b")
    left = [where(m) for m in MODULES if marks.search(m.read_text(encoding="utf-8"))]
    assert left == []


def test_airflow_is_told_not_to_run_the_package_as_plugins() -> None:
    lines = (ROOT / "plugins" / ".airflowignore").read_text(encoding="ascii").split()
    assert "keepuntil/" in lines
    beside = {path.name for path in (ROOT / "plugins").glob("*.py")}
    assert beside == {"keepuntil_plugin.py"}


def test_no_entry_point_registers_the_plugin_a_second_time() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert "entry-points" not in project
    assert set(project["scripts"]) == {"keepuntil"}


def test_the_whole_is_offered_as_one_extra() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"][
        "optional-dependencies"
    ]
    offered = set(re.findall(r"[a-z0-9]+", extras["all"][0].partition("[")[2]))
    assert offered == set(extras) - {"all", "celery"}


def make_targets() -> set[str]:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    return set(re.findall(r"^([a-z][a-z-]*):(?!=)", makefile, flags=re.MULTILINE))


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "ARCHITECTURE.md"])
def test_every_make_command_on_a_page_exists(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    named = set(re.findall(r"\bmake ([a-z]+(?:-[a-z]+)*)\b", "\n".join(code_of(text))))
    assert named <= make_targets()


def code_of(text: str) -> list[str]:
    """What a Markdown page shows as code: blocks and spans."""
    return re.findall(r"```.*?```|`[^`\n]+`", text, flags=re.DOTALL)


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md"])
def test_every_keepuntil_verb_on_a_page_exists(page: str) -> None:
    from keepuntil.cli.main import VERBS

    text = "\n".join(code_of((ROOT / page).read_text(encoding="utf-8")))
    named = set(re.findall(r"(?:^|[\s`])keepuntil ([a-z]+)\b", text, flags=re.MULTILINE))
    assert named <= set(VERBS)


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "ARCHITECTURE.md", "SECURITY.md"])
def test_every_file_a_page_links_to_exists(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    links = [link.partition("#")[0] for link in re.findall(r"\]\(([^)]+)\)", text)]
    lost = [link for link in links if link and "://" not in link and not (ROOT / link).exists()]
    assert lost == []


def test_make_help_lists_every_target() -> None:
    listed = subprocess.run(
        ["make", "--no-print-directory", "help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert set(re.findall(r"make ([a-z-]+)", listed)) >= make_targets()


def test_a_python_that_is_too_old_is_refused_in_a_sentence(tmp_path: Path) -> None:
    old = tmp_path / "python-of-long-ago"
    old.write_text("#!/bin/sh\nexit 1\n", encoding="ascii")
    old.chmod(0o755)
    shutil.copy(ROOT / "Makefile", tmp_path / "Makefile")
    for name in ("pyproject.toml", "uv.lock"):
        (tmp_path / name).touch()
    refused = subprocess.run(
        ["make", "test", f"PYTHON={old}"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert refused.returncode != 0
    assert "Keepuntil needs Python 3.11" in refused.stdout + refused.stderr
    assert not (tmp_path / ".uv").exists()


def test_ci_runs_lint_and_the_tests() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert "lint test" in script.read_text(encoding="utf-8")


def test_nothing_speaks_of_the_machine_it_was_written_on() -> None:
    homes = ("/wor" + "k/", "/roo" + "t/", "/hom" + "e/")
    spoken = re.compile("|".join(rf"(?<![\w.$}}*{{-]){re.escape(home)}" for home in homes))
    found = [
        where(path)
        for path in tracked()
        if path.is_file() and path.suffix not in {".lock", ".bin"} and path.name != "Dockerfile"
        for text in [path.read_bytes().decode("utf-8", errors="replace")]
        if spoken.search(text)
    ]
    assert found == []


@pytest.mark.slow
def test_the_wheel_holds_the_package_and_nothing_else(tmp_path: Path) -> None:
    uv = ROOT / ".uv" / "bin" / "uv"
    if not uv.exists():
        pytest.skip("uv was not installed by make")
    subprocess.run([uv, "build", "--quiet", "--out-dir", tmp_path], cwd=ROOT, check=True)
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0].split("-")[0] for name in names} == {"keepuntil"}
    for needed in (
        "py.typed",
        "demo/policies/stores.yaml",
        "demo/policies/people.yaml",
        "oversight/campaign_templates/notice.yaml",
        "rules/starter/cn/stores.yaml",
        "rules/starter/cn_bank/rules/personal_loan_file.yaml",
    ):
        assert f"keepuntil/{needed}" in names
    assert any("register/migrations/versions/" in name for name in names)
    assert any(name.endswith("licenses/LICENSE") for name in names)
    (source,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(source) as archive:
        shipped = {name.partition("/")[2] for name in archive.getnames()}
    assert {"LICENSE", "README.md", "plugins/keepuntil/errors.py"} <= shipped
