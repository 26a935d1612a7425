"""Files that a page hands out, made for one answer and gone after it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from fastapi import BackgroundTasks
from fastapi.responses import FileResponse


def attachment(after: BackgroundTasks, name: str, write: Callable[[Path], object]) -> FileResponse:
    """The file of this name that ``write`` makes, to be kept by whoever asked and nobody else."""
    folder = Path(tempfile.mkdtemp(prefix="keepuntil-download-"))
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        path = folder / name
        write(path)
        after.add_task(stack.pop_all().close)
    return FileResponse(path, filename=name)
