"""The whole road over a locked bucket; a listing with plain boto3 says what is left of it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from disposal_world import AS_OF, World
from keepuntil.disposal.certifying import Certificate
from keepuntil.disposal.checking_certificates import check_bundle
from keepuntil.disposal.installation import Installation
from keepuntil.disposal.trust import Trust
from keepuntil.domain.outcomes import ORDER, Outcome
from keepuntil.evidence.keys import VerifyingKey
from keepuntil.register import journal, plans
from s3_archive import PLANTED, Archive, listing, protections
from s3_servers import Place, keys_for, server
from stock_tools import statement_of

ROOT = Path(__file__).resolve().parents[2]
RULE = r"""
category: loan_scan
title: {zh: 贷款影像, en: Loan scan}
purpose: loan servicing
subjects: [borrower]
owner: {unit: retail-credit, contact: credit@bank.example}
effective: {from: 2020-01-01, review_by: 2030-01-01}
authorities:
  - {cite: 反洗钱法 第三十四条, rank: law, obligation: keep, period: P10Y, confidence: primary}
clock:
  triggers: {combine: latest, events: [settled]}
  start: event_next_day
  keep_at_least: P10Y
  zone: Asia/Shanghai
disposition:
  approval: dual
  roles: [data_owner, records_officer]
  expires_after: P30D
  limits: {items: 100000, share: 100%}
nightly: {at: "01:00", retries: 1}
instances:
  - id: scans
    store: archive
    prefix: loans/
    events:
      settled: {name: 'loans/[^/]+/(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)/.*'}
  - id: letters
    store: archive
    prefix: letters/
    events:
      settled: {tag: settled}
"""
STORES = """\
stores:
  archive:
    kind: s3
    bucket: {bucket}
    endpoint: {endpoint}
    credentials: {{env: KU_TEST_ARCHIVE}}
"""
PLANTED_ASCII = PLANTED.encode("ascii", "ignore")
SIZES = [
    pytest.param(("moto", 320), id="moto", marks=pytest.mark.slow),
    pytest.param(("ceph", 320), id="ceph", marks=pytest.mark.ceph),
    pytest.param(
        ("ceph", 56_000),
        id="ceph with fifty thousand due",
        marks=[pytest.mark.ceph, pytest.mark.slow, pytest.mark.timeout(7200)],
    ),
]


@pytest.fixture(params=SIZES)
def archive(request: pytest.FixtureRequest) -> Iterator[Archive]:
    name, scans = request.param
    with server(name).place("locked") as place:
        archive = Archive(place)
        archive.fill(scans, keys_for(name))
        yield archive


@pytest.fixture
def bank(world: World, archive: Archive, monkeypatch: pytest.MonkeyPatch) -> World:
    place: Place = archive.place
    monkeypatch.setenv("KU_TEST_ARCHIVE", place.server.credentials)
    (world.policies / "rules" / "statement.yaml").unlink()
    (world.policies / "rules" / "loan_scan.yaml").write_text(RULE)
    declared = STORES.format(bucket=place.bucket, endpoint=place.server.endpoint)
    (world.policies / "stores.yaml").write_text(declared)
    return world


@dataclass(frozen=True, slots=True)
class Ends:
    """What the journal says of each item, read while the list can still be read."""

    outcomes: dict[str, Outcome]
    reasons: dict[str, str]


def ends_of(installation: Installation, plan_id: str, run_id: str) -> Ends:
    outcomes: dict[str, Outcome] = {}
    reasons: dict[str, str] = {}
    for instance in ("scans", "letters"):
        for observed in journal.observed(installation.register, run_id, instance):
            listed = plans.chunk(installation.register, plan_id, instance, observed.seq)
            keys = [str(key[0]) for key in listed.keys]
            outcomes |= {k: ORDER[code] for k, code in zip(keys, observed.outcomes, strict=True)}
            reasons |= {keys[at]: reason for at, reason in observed.reasons.items()}
    return Ends(outcomes, reasons)


def test_exactly_what_is_due_goes_and_the_certificate_says_so(
    archive: Archive, bank: World, tmp_path: Path
) -> None:
    client, bucket = archive.place.client, archive.place.bucket
    before, counts = listing(client, bucket), archive.counts()
    assert set(before) == set(archive.fates)
    stays = {key: parts for key, parts in before.items() if archive.fates[key] != "due"}
    locks = protections(client, bucket, stays)
    with bank.open() as installation:
        plan_id = bank.plan(installation, "loan_scan")
        bank.approve(installation, plan_id)
        assert listing(client, bucket) == before
        run_id = bank.destroy(installation, plan_id)
        ends = ends_of(installation, plan_id, run_id)
        certificate = bank.certify(installation, run_id)
        again = plans.load(installation.register, bank.plan(installation, "loan_scan")).plan
        keys = (
            installation.signing_key("certificate").public,
            installation.signing_key("run").public,
        )

    after = listing(client, bucket)
    assert set(before) - set(after) == archive.keys("due")
    assert after == stays
    assert protections(client, bucket, after) == locks

    destroyed, held = Outcome.DESTROYED, Outcome.HELD
    assert {k for k, end in ends.outcomes.items() if end is destroyed} == archive.keys("due")
    assert {k for k, end in ends.outcomes.items() if end is held} == archive.keys("held")
    assert len(ends.outcomes) == counts["due"] + counts["held"]
    assert ends.reasons == {k: archive.reasons[k] for k in archive.keys("held")}
    assert again.due == counts["held"]

    parts = sum(len(parts) for key, parts in before.items() if archive.fates[key] == "due")
    expected = {"destroyed": counts["due"], "held": counts["held"]}
    expect_certificate(certificate, keys, expected, parts, tmp_path)
    expect_nothing_personal(bank.home)


def expect_certificate(
    certificate: Certificate,
    keys: tuple[VerifyingKey, VerifyingKey],
    outcomes: dict[str, int],
    parts: int,
    scratch: Path,
) -> None:
    """It holds for our checker, for our command line away from home, and for stock tools."""
    bundle = Path(shutil.copytree(certificate.bundle, scratch / "elsewhere" / "bundle"))
    trust = Trust(certificate_keys=(keys[0],), run_keys=(keys[1],))
    checked = check_bundle(bundle, trust)
    assert checked.outcomes == outcomes
    records = statement_of(bundle, keys[0].pem, scratch)["predicate"]["records"]
    assert records["outcomes"] == outcomes
    assert records["partsDestroyed"] == parts
    assert records["treeSize"] == sum(outcomes.values())
    for name, key in zip(("certificate.pem", "run.pem"), keys, strict=True):
        (bundle.parent / name).write_text(key.pem)
    command = [
        sys.executable,
        "-c",
        "from keepuntil.cli.main import main; main()",
    ]
    said = subprocess.run(
        [*command, "cert", "verify", "bundle", "--key", "certificate.pem", "--run-key", "run.pem"],
        cwd=bundle.parent,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "plugins"), "LC_ALL": "C.UTF-8"},
        capture_output=True,
        text=True,
        check=True,
    )
    ends = ", ".join(f"{count:,} {outcome}" for outcome, count in outcomes.items())
    assert f": loan_scan, as of {AS_OF}: {ends}." in said.stdout


def expect_nothing_personal(home: Path) -> None:
    """Evidence, pages and register together: the keys' names are in none of them."""
    for path in home.rglob("*"):
        if path.is_file():
            assert PLANTED_ASCII not in path.read_bytes(), path
