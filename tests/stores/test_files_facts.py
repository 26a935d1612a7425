"""What a file says of its own date, in the zone of its rule; and what its volume says."""

from __future__ import annotations

import os
import re
import time
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from files_world import FilesWorld
from keepuntil.domain.categories import FromColumn, FromInstance, FromName, FromTag
from keepuntil.domain.clock import Fact, Unreadable
from keepuntil.errors import StoreMismatch
from keepuntil.stores.files.naming import Naming, civil_date, date_in_name
from keepuntil.stores.files.volumes import volume_of, warnings_of
from store_contract import EVENT, contract_query, contract_rule

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOISE = Unreadable.UNREADABLE


def nanoseconds(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp()) * 1_000_000_000


@pytest.mark.parametrize(
    ("instant", "zone", "day"),
    [
        ("2019-06-29T15:59:59+00:00", "Asia/Shanghai", date(2019, 6, 29)),
        ("2019-06-29T16:00:00+00:00", "Asia/Shanghai", date(2019, 6, 30)),
        ("2019-06-29T16:00:00+00:00", "America/New_York", date(2019, 6, 29)),
        # Summer time of 1988: midnight is 15:00 UTC.
        ("1988-07-01T15:00:00+00:00", "Asia/Shanghai", date(1988, 7, 2)),
        ("1988-07-01T14:59:59+00:00", "Asia/Shanghai", date(1988, 7, 1)),
    ],
)
def test_the_day_of_writing_is_the_day_in_the_zone_of_the_rule(
    instant: str, zone: str, day: date
) -> None:
    assert civil_date(nanoseconds(instant), ZoneInfo(zone)) == day


def test_the_zone_of_the_host_plays_no_part(monkeypatch: pytest.MonkeyPatch) -> None:
    instant = nanoseconds("2019-06-29T16:00:00+00:00")
    for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago"):
        monkeypatch.setenv("TZ", zone)
        time.tzset()
        assert civil_date(instant, SHANGHAI) == date(2019, 6, 30)
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize("mtime_ns", [0, 1, -1, -(10**18), 10**9, 86_399 * 10**9, -(2**63), 10**21])
def test_a_time_of_writing_nobody_can_have_meant_is_noise(mtime_ns: int) -> None:
    assert civil_date(mtime_ns, SHANGHAI) is NOISE


@given(st.integers(-(2**63), 2**63 - 1))
def test_any_time_of_writing_gives_a_day_or_noise(mtime_ns: int) -> None:
    assert isinstance(civil_date(mtime_ns, SHANGHAI), date | Unreadable)


DASHED = r"(.*/)?(?P<year>\w+)-(?P<month>\w+)-(?P<day>\w+)[^/]*"


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2019-02-28.pdf", date(2019, 2, 28)),
        ("a/b/2012-02-29 x.pdf", date(2012, 2, 29)),
        ("2019-02-29.pdf", NOISE),
        ("2019-13-01.pdf", NOISE),
        ("2019-00-01.pdf", NOISE),
        ("0000-01-01.pdf", NOISE),
        ("0001-01-01.pdf", NOISE),
        ("1899-12-31.pdf", NOISE),
        ("19-01-01.pdf", NOISE),
        ("abcd-01-01.pdf", NOISE),
        ("20²9-01-01.pdf", NOISE),
        ("2019-xx-01.pdf", NOISE),
        ("20_19-01-01.pdf", NOISE),
        ("2019-0_1-01.pdf", NOISE),
        ("notes.pdf", None),
    ],
)
def test_a_date_in_a_name_is_a_date_or_noise_or_nothing(text: str, day: Fact) -> None:
    assert date_in_name(re.compile(DASHED, re.DOTALL), text) == day


@pytest.mark.parametrize(
    ("pattern", "text", "day"),
    [
        (r"(?P<year>\d{4})/.*", "2019/a", date(2019, 12, 31)),
        (r"(?P<year>\d{4})/(?P<month>\d\d)/.*", "2020/02/a", date(2020, 2, 29)),
        (r"(?P<year>\d{4})(-(?P<month>\d\d))?\.pdf", "2019.pdf", date(2019, 12, 31)),
    ],
)
def test_a_name_without_a_day_means_the_last_it_could_mean(
    pattern: str, text: str, day: date
) -> None:
    """Later, never earlier: the period runs from the end of what the name says."""
    assert date_in_name(re.compile(pattern), text) == day


def test_a_date_somewhere_inside_a_longer_name_is_not_taken() -> None:
    pattern = re.compile(r"(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)\.pdf")
    assert date_in_name(pattern, "account-2001-01-01.pdf") is None


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"pattern": "("}, "no regular expression"),
        ({"record_group": "["}, "no regular expression"),
        ({"record_group": ".*"}, "exactly one named group"),
        ({"record_group": "(?P<a>.)(?P<b>.)"}, "exactly one named group"),
        ({"events": ((EVENT, FromColumn(column="closed_on")),)}, "no columns"),
        ({"events": ((EVENT, FromTag(tag="closed")),)}, "no columns"),
        ({"events": ((EVENT, FromName(pattern=r"\d+")),)}, "named group 'year'"),
        ({"events": ((EVENT, FromName(pattern="(")),)}, "no regular expression"),
    ],
)
def test_a_declaration_no_file_can_answer_is_a_problem(
    tmp_path: Path, changes: dict[str, object], why: str
) -> None:
    world = FilesWorld(tmp_path)
    world.declare(**changes)
    (problem,) = world.store().describe(contract_rule(world.instance), world.instance).problems
    assert why in problem
    with pytest.raises(StoreMismatch):
        world.found_keys()


def test_borrowed_events_need_a_record_group(tmp_path: Path) -> None:
    world = FilesWorld(tmp_path)
    world.declare(events=((EVENT, FromInstance(instance="core")),))
    (problem,) = world.store().describe(contract_rule(world.instance), world.instance).problems
    assert "no record_group" in problem


def test_an_event_the_instance_does_not_declare_is_missing(tmp_path: Path) -> None:
    world = FilesWorld(tmp_path)
    rule = contract_rule(world.instance, events=(EVENT, "file_opened"))
    naming = Naming.of(rule, world.files_instance)
    assert naming.facts("a.pdf", 10**18, None)[1] is None
    assert naming.facts("a.pdf", 10**18, (None, date(2001, 1, 1)))[1] == date(2001, 1, 1)


def test_a_file_written_in_the_future_is_counted_and_kept(tmp_path: Path) -> None:
    world = FilesWorld(tmp_path)
    key = world.write("a.pdf", date(2400, 1, 1))
    (found,) = world.store().find(contract_query(world.instance))
    assert (found.keys, found.passed_over) == ([], {"future_trigger": 1})
    assert world.keys() == {key}


MOUNTS = """\
22 27 0:21 / /proc rw,relatime - proc proc rw
27 1 254:0 / / rw,relatime - ext4 /dev/vda rw,discard
31 27 0:40 / /srv/archive rw shared:1 - nfs4 filer:/archive rw,vers=4.2
32 27 0:41 /@ /srv/copy rw - btrfs /dev/sdb rw,subvol=/@
33 27 0:42 / /srv/seven\\040spaces ro,relatime - ext4 /dev/sdc ro
34 27 253:1 / /srv/sealed rw - ext4 /dev/mapper/sealed rw
35 27 8:1 / /srv/plain rw - ext4 /dev/sda1 rw
"""


@pytest.fixture
def devices(tmp_path: Path) -> Path:
    """Block devices as sysfs shows them: a disk with a partition, and an encrypted one on it."""
    disk = tmp_path / "devices/sda"
    (disk / "queue").mkdir(parents=True)
    (disk / "queue/rotational").write_text("0\n")
    (disk / "sda1").mkdir()
    sealed = tmp_path / "devices/dm-1"
    for folder in ("queue", "dm", "slaves"):
        (sealed / folder).mkdir(parents=True)
    (sealed / "queue/rotational").write_text("0\n")
    (sealed / "dm/uuid").write_text("LVM-1234\n")
    below = tmp_path / "devices/dm-0/dm"
    below.mkdir(parents=True)
    (below / "uuid").write_text("CRYPT-LUKS2-1234\n")
    (sealed / "slaves/dm-0").symlink_to(below.parent)
    block = tmp_path / "block"
    block.mkdir()
    (block / "8:1").symlink_to(disk / "sda1")
    (block / "253:1").symlink_to(sealed)
    return block


@pytest.mark.parametrize(
    ("mount", "said"),
    [
        (27, []),
        (31, ["network file system (nfs4)"]),
        (32, ["copy-on-write (btrfs)"]),
        (33, ["mounted read-only"]),
        (34, ["flash (SSD)", "destroying its key"]),
        (35, ["flash (SSD)"]),
        (99, []),
        (None, []),
    ],
)
def test_what_a_volume_does_to_the_meaning_of_deleting_is_said(
    devices: Path, mount: int | None, said: list[str]
) -> None:
    warnings = warnings_of(volume_of(mount, MOUNTS), devices)
    assert len(warnings) == len(said)
    for warning, words in zip(warnings, said, strict=True):
        assert words in warning


def test_the_caveat_says_deleted_and_promises_no_overwriting(tmp_path: Path) -> None:
    caveat = FilesWorld(tmp_path).store().facts.caveat
    assert "Deleted, not sanitized" in caveat.en
    assert "not attempted" in caveat.en
    assert "destroying its key" in caveat.en
    assert "不作覆写" in caveat.zh


def test_no_sentence_names_a_file_or_folder_below_the_declared_one(tmp_path: Path) -> None:
    """Folder names may be customers' names."""
    world = FilesWorld(tmp_path)
    world.write("Zhang San/6222020200012345678.pdf")
    (world.folder / "Zhang San/link").symlink_to("/")
    os.mkfifo(world.folder / "Zhang San/pipe")
    description = world.store().describe(contract_rule(world.instance), world.instance)
    assert len(description.warnings) == 2
    assert "Zhang" not in repr(description)
    assert "6222" not in repr(world.destroy(world.batch()))
