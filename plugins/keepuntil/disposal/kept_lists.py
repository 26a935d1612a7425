"""The destruction list of every journey (销毁清册), kept before the register forgets its items.

The list has to be kept for good (会计档案管理办法 附表一), and what stands in its columns is
struck off the register when a run goes on. So it is written among the evidence first.
"""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

from keepuntil.disposal import custody, custody_forms
from keepuntil.disposal.form_files import write_each
from keepuntil.disposal.installation import Installation
from keepuntil.domain.categories import PaperInstance
from keepuntil.domain.consignments import State


def keep_lists(installation: Installation, instance: PaperInstance, plan_id: str) -> None:
    """Write the list of each reconciled journey of a plan, once. Safe to repeat: a crash leaves
    no folder of that name, or a whole one."""
    for journey in custody.journeys_of(installation, instance, plan_id):
        name = journey.consignment.consignment
        folder = kept_list(installation.home, name)
        if journey.consignment.state is not State.RECONCILED or folder.exists():
            continue
        scratch = folder.with_name(f"{folder.name}.partial")
        shutil.rmtree(scratch, ignore_errors=True)
        folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_each(scratch, custody_forms.list_forms(installation, instance.store, name))
        scratch.rename(folder)


def kept_list(home: Path, consignment: str) -> Path:
    """The folder in which the list of a journey is kept, whole or not at all."""
    return home / "evidence" / "custody" / consignment / "list"


def digests(home: Path, consignment: str) -> list[dict[str, str]]:
    """Each document of the list that was kept, by name, with its SHA-256."""
    return [
        {"name": path.name, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
        for path in sorted(kept_list(home, consignment).glob("*.pdf"))
    ]
