"""What the lowest floor may know of the world above it: nothing."""

import ast
import sys
from pathlib import Path

import pytest

import keepuntil.evidence

FILES = sorted(Path(keepuntil.evidence.__file__).parent.glob("*.py"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_only_the_standard_library_cryptography_and_the_floor_below_are_imported(
    file: Path,
) -> None:
    for node in ast.walk(ast.parse(file.read_bytes())):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            names = [node.module or ""]
        else:
            continue
        for name in names:
            top = name.split(".")[0]
            allowed = top in sys.stdlib_module_names or top == "cryptography"
            assert allowed or name == "keepuntil.errors" or name.startswith("keepuntil.evidence"), (
                name
            )


def test_the_overview_names_every_module() -> None:
    overview = keepuntil.evidence.__doc__ or ""
    for file in FILES:
        if file.stem != "__init__":
            assert f"    {file.stem} " in overview, file.stem


def test_no_module_is_named_like_one_of_the_standard_library() -> None:
    assert not {file.stem for file in FILES} & sys.stdlib_module_names
