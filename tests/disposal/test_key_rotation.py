"""Keys change while plans wait and certificates lie in archives; neither is lost by it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from disposal_world import World
from keepuntil.disposal import approving
from keepuntil.disposal.checking_certificates import check_bundle
from keepuntil.disposal.installation import Installation
from keepuntil.disposal.trust import Trust
from keepuntil.domain.plans import Verdict
from keepuntil.errors import EvidenceError, KeyFileError
from keepuntil.evidence import envelope, keys
from keepuntil.evidence.keys import VerifyingKey
from keepuntil.signing import changing, roles, sm2

DUE, LATER_DUE = "A000001-2016-11-21.pdf", "A000002-2016-11-20.pdf"
DUAL = {"approval": "dual", "roles": "data_owner, records_officer"}


@pytest.fixture
def dual(world: World) -> World:
    """A world whose keys were made before its first night."""
    world.write_rule(**DUAL)
    world.issue(DUE, "A000003-2019-01-01.pdf")
    world.moment += timedelta(days=365)
    return world


def trusting(certificate: VerifyingKey, run: VerifyingKey) -> Trust:
    return Trust(certificate_keys=(certificate,), run_keys=(run,))


def decide(installation: Installation, plan_id: str, person: str, role: str) -> None:
    approving.approve(
        installation,
        plan_id,
        person=person,
        role=role,
        verdict=Verdict.APPROVE,
        reason="",
        via="airflow",
    )


def rotate(world: World, role: str) -> None:
    changing.rotate(world.home / "keys", role, world.moment, people={})


def test_a_decision_given_before_the_approvals_key_changed_still_counts(dual: World) -> None:
    with dual.open() as installation:
        plan_id = dual.plan(installation)
        decide(installation, plan_id, "E1", "data_owner")
        dual.later(minutes=1)
        rotate(dual, "approvals")
        dual.later(minutes=1)
        decide(installation, plan_id, "E2", "records_officer")
        assert len(approving.warrant(installation, plan_id).approvers) == 2
        dual.destroy(installation, plan_id)
    assert DUE not in dual.left()


def test_a_replaced_approvals_key_vouches_for_nothing_later(
    dual: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with dual.open() as installation:
        plan_id = dual.plan(installation)
        old = installation.signing_key("approvals")
        rotate(dual, "approvals")
        dual.later(minutes=1)
        monkeypatch.setattr(Installation, "signing_key", lambda *_: old)
        with pytest.raises(EvidenceError, match="signed by none of"):
            decide(installation, plan_id, "E1", "data_owner")
        monkeypatch.undo()
        with pytest.raises(EvidenceError, match="signed by none of"):
            approving.warrant(installation, plan_id)


def test_certificates_from_before_and_after_a_rotation_verify(world: World) -> None:
    world.issue(DUE)
    with world.open() as installation:
        first = world.whole_road(installation)
        ring = installation.key_ring
        world.moment += timedelta(days=365)
        for role in ("certificate", "run"):
            rotate(world, role)
        world.issue(LATER_DUE)
        second = world.whole_road(installation)
        certificate = installation.key_ring.public_keys("certificate")
        run = installation.key_ring.public_keys("run")
    assert (certificate[0], run[0]) == (
        ring.public_keys("certificate")[0],
        ring.public_keys("run")[0],
    )
    for bundle, number in ((first.bundle, 0), (second.bundle, 1)):
        check_bundle(bundle, trusting(certificate[number], run[number]))
        with pytest.raises(EvidenceError):
            check_bundle(bundle, trusting(certificate[1 - number], run[number]))


def test_a_bundle_has_an_sm2_sibling_where_there_is_an_sm2_key(world: World) -> None:
    world.issue(DUE)
    with world.open() as installation:
        plain = world.whole_road(installation).bundle
        changing.found(world.home / "keys", [roles.SM2], world.moment)
        world.issue(LATER_DUE)
        bundle = world.whole_road(installation).bundle
        spki = installation.key_ring.current(roles.SM2).spki
    assert not (plain / "certificate.sm2.intoto.jsonl").exists()
    payload = sm2.open_sealed((bundle / "certificate.sm2.intoto.jsonl").read_bytes(), [spki])
    line = (bundle / "certificate.intoto.jsonl").read_bytes()
    assert payload == envelope.Envelope.parse(line).payload
    assert (bundle / "claimed-keys" / "sm2.pub.pem").read_text() == keys.spki_pem(spki)
    assert "certificate.sm2.intoto.jsonl" in (bundle / "SHA256SUMS").read_text()


def test_no_person_has_a_key_of_the_installation(world: World) -> None:
    with world.open() as installation:
        public = installation.signing_key("approvals").public
    (world.policies / "keys" / "E2.pem").write_text(public.pem)
    refused = pytest.raises(KeyFileError, match=r"of E2 in people\.yaml is also the approvals key")
    with world.open() as installation, refused:
        _ = installation.schedule


def test_two_roles_with_one_key_do_not_open(world: World) -> None:
    folder: Path = world.home / "keys"
    (folder / "ring.json").unlink()
    (folder / "approvals.pem").write_bytes((folder / "certificate.pem").read_bytes())
    with pytest.raises(KeyFileError, match="share the key"), world.open():
        pass


def test_an_installation_of_the_first_release_goes_on_unchanged(world: World) -> None:
    """It has one key file a role and no ring."""
    folder: Path = world.home / "keys"
    (folder / "ring.json").unlink()
    world.issue(DUE)
    with world.open() as installation:
        before = installation.signing_key("certificate").public
        first = world.whole_road(installation)
    Installation.create(world.home)
    with world.open() as installation:
        assert installation.signing_key("certificate").public == before
        assert installation.signing_key("log").kind is keys.KeyKind.ED25519
        run = installation.key_ring.public_keys("run")[0]
    check_bundle(first.bundle, trusting(before, run))
