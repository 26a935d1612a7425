"""The ring: one key a role at a time, no key in two roles, and every key it ever had."""

from __future__ import annotations

import json
import os
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepuntil.errors import EvidenceError, KeyFileError
from keepuntil.evidence import keys
from keepuntil.evidence.keys import KeyKind
from keepuntil.signing import KeyRing, changing, roles, sm2
from keepuntil.signing.generations import Endorsements, Generation, encode_ring, parse_ring

NOW = datetime(2026, 11, 26, 10, 0, tzinfo=UTC)


def made(folder: Path, *wanted: str) -> KeyRing:
    return changing.found(folder, wanted or roles.ALWAYS, NOW)


def test_every_installation_has_these_roles_and_the_others_when_asked(tmp_path: Path) -> None:
    ring = made(tmp_path / "keys")
    assert set(ring.keys) == {"certificate", "approvals", "run", "log"}
    assert ring.sm2_key() is None
    for role in ring.keys:
        key = ring.signing_key(role)
        assert key.kind is roles.KINDS[role]
        assert ring.public_keys(role) == (key.public,)
    ring = made(tmp_path / "keys", "timestamp", "sm2")
    assert set(ring.keys) == set(roles.ROLES)
    assert ring.signing_key("timestamp").kind is KeyKind.P256
    key = ring.sm2_key()
    assert key is not None
    sm2.verify(ring.current("sm2").spki, key.sign(b"message"), b"message")
    assert KeyRing.read(tmp_path / "keys") == ring


def test_ring_and_keys_are_for_their_owner_only(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        made(tmp_path / "keys")
    finally:
        os.umask(before)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "keys").iterdir()}
    assert set(modes.values()) == {0o600}
    assert "ring.json" in modes
    assert "PRIVATE" not in (tmp_path / "keys" / "ring.json").read_text()


def test_making_keys_again_changes_nothing(tmp_path: Path) -> None:
    first = made(tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert changing.found(tmp_path, roles.ALWAYS, NOW + timedelta(days=1)) == first
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_an_installation_from_before_rings_is_taken_over_without_loss(tmp_path: Path) -> None:
    old = {
        role: keys.create_key_file(tmp_path / f"{role}.pem", roles.KINDS[role])
        for role in ("certificate", "approvals", "run")
    }
    assert {role: KeyRing.read(tmp_path).signing_key(role) for role in old} == old
    assert not (tmp_path / "ring.json").exists()
    ring = made(tmp_path)
    assert {role: ring.signing_key(role) for role in old} == old
    assert ring.current("certificate").since is None
    assert ring.current("log").since == NOW
    assert KeyRing.read(tmp_path) == ring


def test_a_crash_before_the_ring_is_written_leaves_keys_that_are_taken_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(ring: KeyRing) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(changing, "_write", crash)
    with pytest.raises(KeyboardInterrupt):
        made(tmp_path)
    monkeypatch.undo()
    left = {path.name: path.read_bytes() for path in tmp_path.glob("*.pem")}
    assert len(left) == 4
    ring = made(tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.glob("*.pem")} == left
    assert ring.strays() == []


def test_a_first_key_may_be_elsewhere_from_the_start(tmp_path: Path) -> None:
    elsewhere = keys.create_key_file(tmp_path / "hsm" / "key.pem", KeyKind.P256)
    place = f"file:{tmp_path / 'hsm' / 'key.pem'}"
    changing.found(tmp_path / "keys", ["certificate"], NOW, place)
    ring = made(tmp_path / "keys")
    assert ring.signing_key("certificate") == elsewhere
    assert not (tmp_path / "keys" / "certificate.pem").exists()
    with pytest.raises(KeyFileError, match="keepuntil keys rotate certificate --reference"):
        changing.found(tmp_path / "keys", ["certificate"], NOW, place)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
@pytest.mark.parametrize("name", ["ring.json", "approvals.pem"])
def test_what_others_can_open_is_refused(tmp_path: Path, mode: int, name: str) -> None:
    made(tmp_path)
    (tmp_path / name).chmod(mode)
    with pytest.raises(KeyFileError, match=f"mode {mode:04o} and is open to others"):
        KeyRing.read(tmp_path).signing_key("approvals")


def test_a_link_in_place_of_the_ring_is_refused(tmp_path: Path) -> None:
    made(tmp_path)
    (tmp_path / "ring.json").rename(tmp_path / "elsewhere.json")
    (tmp_path / "ring.json").symlink_to(tmp_path / "elsewhere.json")
    with pytest.raises(KeyFileError, match="is a symbolic link"):
        KeyRing.read(tmp_path)


@pytest.mark.parametrize("ringed", [True, False])
def test_two_roles_with_one_key_are_refused(tmp_path: Path, ringed: bool) -> None:
    made(tmp_path)
    if ringed:
        document = json.loads((tmp_path / "ring.json").read_text())
        document["roles"]["approvals"] = document["roles"]["certificate"]
        (tmp_path / "ring.json").write_text(json.dumps(document))
    else:
        (tmp_path / "ring.json").unlink()
        (tmp_path / "approvals.pem").write_bytes((tmp_path / "certificate.pem").read_bytes())
    with pytest.raises(KeyFileError, match=r"approvals.* share the key|share the key"):
        KeyRing.read(tmp_path)


def test_a_key_file_that_was_exchanged_is_noticed(tmp_path: Path) -> None:
    ring = made(tmp_path, *roles.ALWAYS, "sm2")
    for role in ring.keys:
        (tmp_path / f"{role}.pem").unlink()
    keys.create_key_file(tmp_path / "certificate.pem", KeyKind.P256)
    (tmp_path / "sm2.pem").touch(mode=0o600)
    (tmp_path / "sm2.pem").write_bytes(sm2.generate().pem())
    with pytest.raises(KeyFileError, match="somebody exchanged it"):
        ring.signing_key("certificate")
    with pytest.raises(KeyFileError, match="somebody exchanged it"):
        ring.sm2_key()
    keys.create_key_file(tmp_path / "run.pem", KeyKind.P256)
    with pytest.raises(KeyFileError, match="a Ed25519 key is needed"):
        ring.signing_key("run")
    with pytest.raises(KeyFileError, match="does not exist"):
        ring.signing_key("log")


def test_a_persons_key_is_never_one_of_the_installations(tmp_path: Path) -> None:
    ring = made(tmp_path)
    ring.refuse_shared({"E1": keys.generate(KeyKind.P256).public})
    with pytest.raises(KeyFileError, match=r"of E2 in people\.yaml is also the approvals key"):
        ring.refuse_shared({"E2": ring.signing_key("approvals").public})


def test_a_role_that_there_is_not_and_one_without_a_key_are_told_apart(tmp_path: Path) -> None:
    ring = made(tmp_path)
    with pytest.raises(KeyFileError, match="no key role 'logs'; there are certificate, "):
        ring.signing_key("logs")
    with pytest.raises(KeyFileError, match="Make it with: keepuntil keys init timestamp"):
        ring.signing_key("timestamp")
    with pytest.raises(KeyFileError, match="signs SM2 envelopes only"):
        made(tmp_path, "sm2").signing_key("sm2")


def changes() -> dict[str, object]:
    other = keys.spki_pem(keys.generate(KeyKind.ED25519).public.spki)
    return {
        "another format": lambda d: d.update(format="v2"),
        "an unknown member": lambda d: d.update(more=1),
        "an unknown role": lambda d: d["roles"].update(king=[]),
        "a role without a key": lambda d: d["roles"].update(log=[]),
        "no roles": lambda d: d.update(roles=[]),
        "a text for a key": lambda d: d["roles"].update(log=["x"]),
        "another keyid": lambda d: d["roles"]["log"][0].update(keyid="0" * 64),
        "a key of another kind": lambda d: d["roles"].update(log=d["roles"].pop("certificate")),
        "PEM": lambda d: d["roles"]["log"][0].update(publicKey=other),
        "no reference": lambda d: d["roles"]["log"][0].update(reference=None),
        "an end": lambda d: d["roles"]["log"][0].update(until="2026-11-26T10:00:00Z"),
        "an odd time": lambda d: d["roles"]["log"][0].update({"from": "2026-11-26"}),
        "a gap": lambda d: d["roles"]["log"].append(dict(d["roles"]["log"][0])),
        "half an endorsement": lambda d: d["roles"]["log"][0].update(endorsements={"old": ""}),
    }


@pytest.mark.parametrize("name", list(changes()))
def test_a_ring_that_is_not_as_it_was_written_is_refused(tmp_path: Path, name: str) -> None:
    made(tmp_path)
    document = json.loads((tmp_path / "ring.json").read_text())
    changes()[name](document)
    (tmp_path / "ring.json").write_text(json.dumps(document))
    with pytest.raises(KeyFileError, match="not a key ring as it was written"):
        KeyRing.read(tmp_path)


@given(content=st.binary(max_size=200))
def test_bytes_that_are_no_ring_are_refused_in_a_sentence(content: bytes) -> None:
    with pytest.raises(EvidenceError):
        parse_ring(content)


@st.composite
def rings(draw: st.DrawFn) -> dict[str, tuple[Generation, ...]]:
    found = {}
    for role in draw(st.sets(st.sampled_from(list(roles.KINDS)), min_size=1)):
        times = sorted(draw(st.sets(st.integers(0, 4_000_000_000), min_size=1, max_size=4)))
        moments = [datetime.fromtimestamp(time, UTC) for time in times]
        found[role] = tuple(
            Generation(
                reference="file:key.pem",
                spki=keys.generate(roles.KINDS[role]).public.spki,
                since=since,
                until=until,
                endorsements=Endorsements(old=b"old", new=b"new") if since else None,
            )
            for since, until in zip([None, *moments], [*moments, None], strict=True)
        )
    return found


@given(ring=rings())
def test_a_ring_survives_the_way_through_its_file(ring: dict[str, tuple[Generation, ...]]) -> None:
    assert parse_ring(encode_ring(ring)) == ring


@given(ring=rings(), time=st.integers(0, 4_100_000_000))
def test_what_a_key_said_counts_until_it_was_replaced(
    ring: dict[str, tuple[Generation, ...]], time: int
) -> None:
    moment = datetime.fromtimestamp(time, UTC)
    whole = KeyRing(Path("keys"), ring)
    for role, listed in ring.items():
        trusted = {key.keyid for key in whole.trusted_at(role, moment)}
        assert trusted == {g.keyid for g in listed if g.until is None or moment <= g.until}
        assert listed[-1].keyid in trusted
