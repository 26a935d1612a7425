"""A receipt shows one customer their own records and no others, with Python and openssl alone."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import sys
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from disposal_world import World
from keepuntil.disposal import certifying, planning, receipts
from keepuntil.disposal.exporting_trust import export_trust
from keepuntil.disposal.installation import Installation
from keepuntil.disposal.trust import Trust, read_trust
from keepuntil.errors import EvidenceError, UsageError
from keepuntil.evidence import keys
from keepuntil.evidence.keys import KeyKind
from keepuntil.register import certificates

CUSTOMERS = 700
HERS = "A000417-2015-03-01.pdf"
STRANGER = keys.generate(KeyKind.ED25519).public
EVIDENCE = "log: {origin: log.bank.example}\nreceipts: true\n"


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> World:
    world = World(tmp_path_factory.mktemp("bank")).build()
    (world.policies / "evidence.yaml").write_text(EVIDENCE)
    world.issue_many(CUSTOMERS, year=2015)
    with world.open() as installation:
        world.whole_road(installation)
        export_trust(installation, world.folder / "trust")
        content = receipts.make(
            installation, certificate_of(installation), [("share", key(HERS))], by="clerk"
        )
    (world.folder / "receipt.json").write_bytes(content)
    return world


def certificate_of(installation: Installation) -> str:
    return certificates.list_certificates(installation.register)[0].certificate_id


def key(name: str) -> tuple[str, ...]:
    return (name,)


@pytest.fixture
def trust(bank: World) -> Trust:
    return read_trust(bank.folder / "trust")


def test_it_shows_her_records_and_holds(bank: World, trust: Trust) -> None:
    shown = receipts.check((bank.folder / "receipt.json").read_bytes(), trust)
    (record,) = shown.records
    assert record.content["key"] == list(key(HERS))
    assert record.entry.outcome == "destroyed"


def test_it_holds_with_python_and_openssl_alone(bank: World, tmp_path: Path) -> None:
    programs = Path(certifying.__file__).parent / "bundle"
    for name in ("verify.py", "verify_receipt.py"):
        shutil.copy(programs / name, tmp_path)
    command = [
        sys.executable,
        "-S",
        str(tmp_path / "verify_receipt.py"),
        str(bank.folder / "trust"),
        str(bank.folder / "receipt.json"),
    ]
    said = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert said.returncode == 0, said.stderr
    assert said.stdout.startswith("HOLDS")
    assert HERS in said.stdout
    damaged = (bank.folder / "receipt.json").read_text().replace("destroyed", "destroyeD")
    (tmp_path / "damaged.json").write_text(damaged)
    said = subprocess.run(
        [*command[:-1], str(tmp_path / "damaged.json")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 1
    assert "FAILED" in said.stderr
    assert "Traceback" not in said.stderr


def test_nothing_of_other_customers_can_be_learned_from_it(bank: World) -> None:
    """Whoever holds the dictionary of all names finds none but hers in the receipt."""
    receipt = (bank.folder / "receipt.json").read_bytes()
    document = json.loads(receipt)
    hashes = set()
    for record in document["records"]:
        head = record["tlogProof"].split("\n\n")[0]
        hashes |= {base64.b64decode(line) for line in head.split("\n")[2:]}
    assert len(hashes) >= 9
    for number in range(CUSTOMERS):
        name = f"A{number:06d}-2015-03-01.pdf"
        if name == HERS:
            continue
        assert name.encode() not in receipt
        text = f'{{"category":"statement","instance":"share","key":["{name}"]}}'
        guesses = [name, f"statements/{name}", text, f'["","record",{text}]']
        encoded = [base64.urlsafe_b64encode(guess.encode()).rstrip(b"=") for guess in guesses]
        for guess in [*(guess.encode() for guess in guesses), *encoded]:
            for prefix in (b"", b"\x00"):
                assert sha256(prefix + guess).digest() not in hashes


def test_another_tree_key_or_log_does_not_vouch_for_it(bank: World, trust: Trust) -> None:
    content = (bank.folder / "receipt.json").read_bytes()
    with pytest.raises(EvidenceError, match="none of the 1 trusted keys"):
        receipts.check(content, replace(trust, run_keys=(STRANGER,)))
    with pytest.raises(UsageError, match="no policy"):
        receipts.check(content, replace(trust, policy=None))


@pytest.mark.parametrize("part", ["disclosure", "entry", "tlogProof"])
def test_every_flipped_character_of_a_record_is_noticed(
    bank: World, trust: Trust, part: str
) -> None:
    document = json.loads((bank.folder / "receipt.json").read_bytes())
    whole = document["records"][0][part]
    for place in range(0, len(whole), max(1, len(whole) // 60)):
        other = "B" if whole[place] != "B" else "C"
        document["records"][0][part] = whole[:place] + other + whole[place + 1 :]
        with pytest.raises(EvidenceError):
            receipts.check(json.dumps(document).encode(), trust)


def test_who_was_not_on_the_list_gets_none_and_is_not_named(bank: World) -> None:
    with bank.open() as installation:
        certificate = certificate_of(installation)
        with pytest.raises(UsageError, match="Record 1 of those named") as refused:
            receipts.make(
                installation, certificate, [("share", key("A999999-2015-03-01.pdf"))], by="clerk"
            )
    assert "A999999" not in refused.value.sentence


def test_without_receipts_the_run_key_goes_with_the_list(world: World) -> None:
    world.issue(HERS)
    with world.open() as installation:
        world.whole_road(installation)
        with pytest.raises(UsageError, match="no receipt secret"):
            receipts.make(
                installation, certificate_of(installation), [("share", key(HERS))], by="clerk"
            )


def test_receipt_secrets_end_by_the_road_itself(bank: World, tmp_path: Path) -> None:
    """The secrets are a category like any other: a rule finds them due and destroys them."""
    secrets = list((bank.home / "receipts" / "statement").iterdir())
    assert [path.suffix for path in secrets] == [".secret"]
    shipped = Path(__file__).parents[2] / "retention_policies" / "rules" / "receipt_secret.yaml"
    (bank.policies / "rules" / "receipt_secret.yaml").write_text(
        shipped.read_text().replace("share: 30%", "share: 100%")
    )
    stores = bank.policies / "stores.yaml"
    stores.write_text(
        f"{stores.read_text()}  receipt_secrets: {{kind: files, root: {bank.home / 'receipts'}}}\n"
    )
    try:
        bank.later(days=4 * 366)
        with bank.open() as installation:
            as_of = bank.moment.date()
            plan = planning.plan(installation, "receipt_secret", as_of, proposed_by="planner").plan
            assert plan.due == 1
            bank.certify(installation, bank.destroy(installation, plan.plan_id))
            with pytest.raises(UsageError, match="retention has ended"):
                receipts.make(
                    installation, _of("statement", installation), [("share", key(HERS))], by="clerk"
                )
    finally:
        bank.later(days=-4 * 366)
    assert not list((bank.home / "receipts" / "statement").glob("*.secret"))


def _of(category: str, installation: Installation) -> str:
    found = certificates.list_certificates(installation.register)
    return next(c.certificate_id for c in found if c.certificate_id.startswith(f"DC-{category}."))
