"""What an auditor is given by another channel than the evidence: public halves only."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from keepuntil.disposal import paper, publishing, stamping
from keepuntil.disposal.installation import Installation
from keepuntil.disposal.trust import POLICY
from keepuntil.errors import UsageError
from keepuntil.signing import exporting


def export_trust(installation: Installation, folder: Path) -> list[Path]:
    """Write what an auditor is given; the folder must be new or empty. Raises UsageError."""
    if folder.exists() and any(folder.iterdir()):
        raise UsageError(f"{folder} is not empty; export into a folder of its own.")
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, content in _files(installation):
        path = folder / name
        path.write_bytes(content)
        written.append(path)
    return written


def _files(installation: Installation) -> Iterator[tuple[str, bytes]]:
    for name, text in exporting.public_halves(installation.key_ring).items():
        yield name, text.encode("ascii")
    policy = publishing.policy_of(installation)
    yield POLICY, policy.encode().encode("utf-8")
    vkeys = dict.fromkeys(key.vkey for key in (*publishing.log_keys(installation), *policy.keys))
    yield "vkeys.txt", "".join(f"{vkey}\n" for vkey in vkeys).encode("utf-8")
    authority = stamping.authority_pem(installation)
    if authority is not None:
        yield "tsa.pem", authority
    yield "pages.crt", paper.page_certificate(installation)
