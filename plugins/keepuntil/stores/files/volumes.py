"""What kind of volume a folder lies on, because that decides what deleting means."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

NETWORK: Final = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "lustre", "glusterfs", "gpfs",
     "beegfs", "fuse.sshfs", "fuse.glusterfs", "fuse.ceph", "fuse.s3fs", "virtiofs"}
)  # fmt: skip
COPY_ON_WRITE: Final = frozenset({"btrfs", "zfs", "overlay", "bcachefs", "apfs", "nilfs2", "f2fs"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """What the kernel says of a mount."""

    file_system: str
    device: str
    """``major:minor``"""
    read_only: bool


def volume_of(mount: int | None, table: str | None = None) -> Volume | None:
    """The volume of a mount by its number; None where the system does not say.

    ``table`` is in the format of proc(5), /proc/[pid]/mountinfo.
    """
    for line in (_mount_table() if table is None else table).splitlines():
        head, _, tail = line.partition(" - ")
        fields = head.split(" ")
        if fields[0] == str(mount):
            return Volume(
                file_system=tail.split(" ")[0],
                device=fields[2],
                read_only="ro" in fields[5].split(",") or "ro" in tail.split(" ")[-1].split(","),
            )
    return None


def warnings_of(volume: Volume | None, devices: Path = Path("/sys/dev/block")) -> list[str]:
    """What an operator should know before believing that deleted means unreadable."""
    if volume is None:
        return []
    found = []
    if volume.file_system in NETWORK:
        found.append(
            f"the volume is a network file system ({volume.file_system}): the server may keep "
            "snapshots and copies that this host cannot see, and its answers may be cached"
        )
    if volume.file_system in COPY_ON_WRITE:
        found.append(
            f"the file system is copy-on-write ({volume.file_system}): overwriting would write "
            "elsewhere, and snapshots keep what was deleted"
        )
    if volume.read_only:
        found.append("the volume is mounted read-only: nothing can be destroyed on it")
    block = devices / volume.device
    if _says(block / "queue" / "rotational", b"0") or _says(
        block / ".." / "queue" / "rotational", b"0"
    ):
        found.append(
            "the device is flash (SSD): it remaps blocks, so overwriting means nothing there; "
            "deleted is what is certified"
        )
    if found and _is_encrypted(block):
        found.append(
            "the volume is encrypted: destroying its key makes everything ever deleted on it "
            "unreadable (cryptographic erase, NIST SP 800-88r2)"
        )
    return found


def _mount_table() -> str:
    try:
        return Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return ""


def _is_encrypted(block: Path) -> bool:
    if _says(block / "dm" / "uuid", b"CRYPT-"):
        return True
    below = block / "slaves"
    return below.is_dir() and any(_is_encrypted(device) for device in below.iterdir())


def _says(file: Path, beginning: bytes) -> bool:
    try:
        return file.read_bytes().startswith(beginning)
    except OSError:
        return False
