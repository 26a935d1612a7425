"""A bundle holds or it does not: every flipped byte is noticed, in words."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from disposal_world import World
from keepuntil.disposal.certifying import Certificate
from keepuntil.disposal.checking_certificates import Verdict, check_bundle
from keepuntil.disposal.trust import Trust
from keepuntil.errors import EvidenceError
from keepuntil.evidence import keys
from keepuntil.evidence.keys import KeyKind, VerifyingKey
from stock_tools import statement_of


@pytest.fixture(scope="module")
def issued(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, VerifyingKey, VerifyingKey]:
    world = World(tmp_path_factory.mktemp("issued")).build()
    world.issue_many(12, year=2015)
    with world.open() as installation:
        certificate: Certificate = world.whole_road(installation)
        return (
            certificate.bundle,
            installation.signing_key("certificate").public,
            installation.signing_key("run").public,
        )


def check(bundle: Path, issued: tuple[Path, VerifyingKey, VerifyingKey]) -> Verdict:
    return check_bundle(bundle, Trust(certificate_keys=(issued[1],), run_keys=(issued[2],)))


def copied(issued: tuple[Path, VerifyingKey, VerifyingKey], to: Path) -> Path:
    shutil.copytree(issued[0], to / "bundle")
    return to / "bundle"


def test_an_untouched_bundle_holds(
    issued: tuple[Path, VerifyingKey, VerifyingKey],
) -> None:
    assert check(issued[0], issued).outcomes == {"destroyed": 12}


@pytest.mark.parametrize(
    "name", ["certificate.intoto.jsonl", "run/checkpoint", "run/entries", "rule.json"]
)
def test_a_flipped_bit_anywhere_is_noticed(
    issued: tuple[Path, VerifyingKey, VerifyingKey], tmp_path: Path, name: str
) -> None:
    bundle = copied(issued, tmp_path)
    whole = (bundle / name).read_bytes()
    step = max(1, len(whole) // 150)
    for place in range(0, len(whole), step):
        damaged = bytearray(whole)
        damaged[place] ^= 1
        (bundle / name).write_bytes(damaged)
        with pytest.raises(EvidenceError):
            check(bundle, issued)


@pytest.mark.parametrize("name", ["certificate.intoto.jsonl", "run/entries", "rule.json"])
def test_truncated_or_missing_files_are_noticed(
    issued: tuple[Path, VerifyingKey, VerifyingKey], tmp_path: Path, name: str
) -> None:
    bundle = copied(issued, tmp_path)
    whole = (bundle / name).read_bytes()
    for cut in (whole[:-2], whole[: len(whole) // 2], b"", whole + b"x"):
        (bundle / name).write_bytes(cut)
        with pytest.raises(EvidenceError):
            check(bundle, issued)
    (bundle / name).unlink()
    with pytest.raises(EvidenceError, match="cannot be read"):
        check(bundle, issued)


def test_another_key_does_not_open_it(
    issued: tuple[Path, VerifyingKey, VerifyingKey],
) -> None:
    stranger = keys.generate(KeyKind.P256).public
    with pytest.raises(EvidenceError, match="none of the 1 trusted keys"):
        check_bundle(issued[0], Trust(certificate_keys=(stranger,), run_keys=(issued[2],)))


def test_stock_tools_agree(issued: tuple[Path, VerifyingKey, VerifyingKey], tmp_path: Path) -> None:
    """The steps of the bundle's own README, with sha256sum and openssl."""
    said = statement_of(issued[0], issued[1].pem, tmp_path)
    assert said["predicate"]["records"]["outcomes"] == {"destroyed": 12}
