"""The scan archive over HTTP and the shared folder: what is planted is there, and stays there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.exceptions import ClientError

from keepuntil.demo import archive, archive_process, building, leftovers, planted, shares
from keepuntil.demo.home import Home
from keepuntil.demo.scenario import SEED, SMALL

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@contextmanager
def client(endpoint: str) -> Iterator[S3Client]:
    s3 = boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id="demo",
        aws_secret_access_key="demo",
    )
    with closing(s3):
        yield s3


def test_the_archive_holds_every_version_marker_and_upload_after_a_restart(tmp_path: Path) -> None:
    state, port = tmp_path / "archive.state", archive_process.free_port()
    planned = leftovers.objects_expected(SMALL, SEED, frozenset())
    for _ in range(2):
        with archive_process.serving(state, port, "SMALL", SEED) as endpoint:
            assert leftovers.objects_found(endpoint) == planned
    assert max(planned.values()) >= 2
    assert any(scan.deleted for scan in archive.contents(SMALL, SEED))


def test_what_was_destroyed_stays_destroyed_after_a_restart(tmp_path: Path) -> None:
    state, port = tmp_path / "archive.state", archive_process.free_port()
    key = "recordings/BR900/R-1.mp4"
    serving = archive_process.serving(state, port, "SMALL", SEED)
    with serving as endpoint, client(endpoint) as s3:
        version = s3.head_object(Bucket=archive.BUCKET, Key=key)["VersionId"]
        s3.delete_object(Bucket=archive.BUCKET, Key=key, VersionId=version)
    with archive_process.serving(state, port, "SMALL", SEED) as endpoint:
        assert key not in leftovers.objects_found(endpoint)


def test_the_locked_scan_cannot_be_deleted(tmp_path: Path) -> None:
    key = f"loans/{archive.LOCKED_LOAN}/contract.tif"
    port = archive_process.free_port()
    serving = archive_process.serving(tmp_path / "archive.state", port, "SMALL", SEED)
    with serving as endpoint, client(endpoint) as s3:
        version = s3.head_object(Bucket=archive.BUCKET, Key=key)["VersionId"]
        with pytest.raises(ClientError, match="AccessDenied"):
            s3.delete_object(Bucket=archive.BUCKET, Key=key, VersionId=version)


def test_names_are_prefixes_of_other_names() -> None:
    keys = {scan.key for scan in archive.contents(SMALL, SEED)}
    assert {"loans/PL-1/contract.tif", "loans/PL-10/contract.tif"} <= keys
    assert {"recordings/BR900/R-1.mp4", "recordings/BR900/R-10.mp4"} <= keys


def test_the_share_has_its_awkward_names(small_home: Home) -> None:
    found = leftovers.files_found(os.fsencode(small_home.share))
    planted_names = (shares.GBK_NAME, shares.NEWLINE_NAME, shares.LINKED_NAME, shares.ESCAPE_NAME)
    assert {b"2013/" + name for name in planted_names} <= found
    with pytest.raises(UnicodeDecodeError):
        shares.GBK_NAME.decode()
    linked = small_home.share / "statements" / "2013" / os.fsdecode(shares.LINKED_NAME)
    assert linked.stat().st_nlink == 2


def test_of_the_files_the_linked_one_stays_and_the_escape_is_not_due(small_home: Home) -> None:
    gone, kept = leftovers.files_to_go(leftovers.files_found(os.fsencode(small_home.share)))
    assert kept == {b"2013/" + shares.LINKED_NAME}
    assert b"2013/" + shares.ESCAPE_NAME not in gone
    assert {b"2013/" + shares.GBK_NAME, b"2013/" + shares.NEWLINE_NAME} <= gone
    assert {name in gone for name in (b"2013/" + edge for edge in shares.EDGE_NAMES)} == {
        True,
        False,
    }
    assert not {b"2013/" + name for name in shares.UNDATED_NAMES} & gone


def test_of_the_objects_the_held_and_the_locked_stay(small_home: Home) -> None:
    due = {archive.LOCKED_LOAN, archive.LEGALLY_HELD_LOAN, planted.HELD_LOAN, "PL-1"}
    gone, kept = leftovers.objects_to_go(SMALL, SEED, due)
    assert f"loans/{archive.LOCKED_LOAN}/contract.tif" in kept
    assert f"loans/{archive.LEGALLY_HELD_LOAN}/contract.tif" in kept
    assert f"loans/{planted.HELD_LOAN}/contract.tif" in kept
    assert "loans/PL-1/contract.tif" in gone
    assert "loans/PL-10/contract.tif" not in gone | kept
    assert f"{planted.HELD_RECORDINGS}R-1.mp4" in kept
    assert "recordings/BR900/R-1.mp4" in gone
    assert "recordings/BR900/R-10.mp4" not in gone | kept


def test_before_the_night_the_check_sees_everything_that_is_still_there(small_home: Home) -> None:
    with building.archive_running(small_home) as endpoint:
        problems = building.check(small_home, endpoint)
    assert any(line.startswith("loan_file:") for line in problems)
    assert any(line.startswith("scan archive:") for line in problems)
    assert any(line.startswith("statement share:") for line in problems)
