"""Rotation: old evidence stays verifiable, both keys say so, and a crash loses neither key."""

from __future__ import annotations

import json
import os
import subprocess
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from keepuntil.errors import EvidenceError, KeyFileError, UsageError
from keepuntil.evidence import envelope, key_files, keys, note, statement
from keepuntil.evidence.keys import KeyKind
from keepuntil.signing import KeyRing, changing, exporting, roles, rotation
from keepuntil.signing.rotation import Rotation, rotation_statement

NOW = datetime(2026, 11, 26, 10, 0, tzinfo=UTC)
LATER = NOW + timedelta(days=400)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    changing.found(tmp_path / "keys", roles.ROLES, NOW)
    return tmp_path / "keys"


def rotate(folder: Path, role: str, at: datetime = LATER, **options: object) -> Rotation:
    return changing.rotate(folder, role, at, people={}, **options)


def test_evidence_from_before_a_rotation_and_from_after_it_both_verify(folder: Path) -> None:
    before = envelope.sign(b"{}", KeyRing.read(folder).signing_key("certificate")).encode()
    rotate(folder, "certificate")
    ring = KeyRing.read(folder)
    after = envelope.sign(b"{}", ring.signing_key("certificate")).encode()
    trusted = ring.public_keys("certificate")
    assert [envelope.verify(line, trusted)[1] for line in (before, after)] == list(trusted)
    with pytest.raises(EvidenceError, match="none of the 1 trusted keys"):
        envelope.verify(after, trusted[:1])


@pytest.mark.parametrize("role", roles.ROLES)
def test_both_keys_sign_that_one_follows_the_other(folder: Path, role: str) -> None:
    old = KeyRing.read(folder).current(role)
    done = rotate(folder, role)
    new = KeyRing.read(folder).current(role)
    assert (done.role, done.old, done.new, done.at) == (role, old.spki, new.spki, LATER)
    done.check()
    assert list(KeyRing.read(folder).rotations()) == [done]
    said = statement.parse(rotation_statement("bank.example", done).encoded)
    assert rotation.read_rotation(said.predicate) == done
    names = [subject.name for subject in said.subjects]
    assert names == [f"keys/{role}-{each.keyid[:16]}.pub.pem" for each in (old, new)]


@pytest.mark.parametrize("role", ["certificate", "log", "sm2"])
def test_a_rotation_that_one_of_them_did_not_sign_is_refused(folder: Path, role: str) -> None:
    done = rotate(folder, role)
    other = rotate(folder, role, LATER + timedelta(days=1))
    for changed in (
        replace(done, old_signature=done.new_signature),
        replace(done, new_signature=done.old_signature),
        replace(done, role="run"),
        replace(done, at=done.at + timedelta(seconds=1)),
        replace(done, new=other.new),
        replace(done, old=b"no key"),
    ):
        with pytest.raises(EvidenceError):
            changed.check()
        with pytest.raises(EvidenceError):
            rotation.read_rotation(rotation_statement("bank.example", changed).predicate)


def test_a_statement_of_a_rotation_with_other_members_is_refused(folder: Path) -> None:
    said = json.loads(rotation_statement("bank.example", rotate(folder, "log")).encoded)
    predicate = said["predicate"]
    for changed in (
        predicate | {"more": "x"},
        predicate | {"old": "x"},
        predicate | {"old": predicate["old"] | {"keyid": "0" * 64}},
        predicate | {"rotatedOn": "yesterday"},
    ):
        with pytest.raises(EvidenceError):
            rotation.read_rotation(changed)


def test_the_old_private_half_goes_aside_or_is_destroyed(folder: Path) -> None:
    first = (folder / "log.pem").read_bytes()
    rotate(folder, "log")
    old, new = KeyRing.read(folder).keys["log"]
    assert old.reference == f"file:old/log-{old.keyid[:16]}.pem"
    assert (folder / "old" / f"log-{old.keyid[:16]}.pem").read_bytes() == first
    assert not (folder / "log.pem").exists()
    rotate(folder, "log", LATER + timedelta(days=1), destroy_old=True)
    _, middle, current = KeyRing.read(folder).keys["log"]
    assert middle == replace(new, reference=None, until=LATER + timedelta(days=1))
    names = sorted(path.name for path in folder.rglob("log*"))
    assert names == sorted([f"log-{old.keyid[:16]}.pem", f"log-{current.keyid[:16]}.pem"])
    assert KeyRing.read(folder).strays() == []
    assert {(folder / "old").stat().st_mode & 0o777} == {0o700}


def test_the_new_key_may_be_one_that_is_elsewhere(folder: Path, tmp_path: Path) -> None:
    made = keys.create_key_file(tmp_path / "hsm.pem", KeyKind.P256)
    rotate(folder, "certificate", reference=f"file:{tmp_path / 'hsm.pem'}")
    assert KeyRing.read(folder).signing_key("certificate") == made
    rotate(folder, "certificate", LATER + timedelta(days=1), destroy_old=True)
    assert (tmp_path / "hsm.pem").exists(), "what is not in the keys folder is not ours to remove"
    (tmp_path / "hsm.pem").unlink()
    assert len(KeyRing.read(folder).public_keys("certificate")) == 3


def test_a_reference_to_a_file_is_kept_as_it_was_meant(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = keys.create_key_file(tmp_path / "hsm.pem", KeyKind.P256)
    monkeypatch.chdir(tmp_path)
    rotate(folder, "certificate", reference="file:hsm.pem")
    monkeypatch.chdir(folder)
    assert KeyRing.read(folder).signing_key("certificate") == made


def test_a_key_in_a_token_is_not_replaced_by_a_file_that_nobody_asked_for(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIGNER", keys.generate(KeyKind.P256).pem().decode())
    rotate(folder, "certificate", reference="env:SIGNER")
    with pytest.raises(KeyFileError, match="is kept at env:SIGNER"):
        rotate(folder, "certificate", LATER + timedelta(days=1))
    assert KeyRing.read(folder).strays() == []


def test_no_rotation_goes_to_a_key_that_somebody_has(folder: Path, tmp_path: Path) -> None:
    before = (folder / "ring.json").read_bytes()
    person = keys.create_key_file(tmp_path / "E1.pem", KeyKind.P256)
    mine = f"file:{tmp_path / 'E1.pem'}"
    with pytest.raises(KeyFileError, match=r"of E1 in people\.yaml is also the certificate key"):
        changing.rotate(folder, "certificate", LATER, people={"E1": person.public}, reference=mine)
    with pytest.raises(KeyFileError, match="share the key"):
        rotate(folder, "certificate", reference=f"file:{folder / 'approvals.pem'}")
    with pytest.raises(KeyFileError, match="has the same key twice"):
        rotate(folder, "certificate", reference=f"file:{folder / 'certificate.pem'}")
    with pytest.raises(KeyFileError, match="a P-256 key is needed"):
        rotate(folder, "certificate", reference=f"file:{folder / 'log.pem'}")
    assert (folder / "ring.json").read_bytes() == before
    assert KeyRing.read(folder).strays() == []


def test_a_key_that_is_gone_cannot_be_followed(folder: Path) -> None:
    (folder / "log.pem").unlink()
    with pytest.raises(KeyFileError, match="does not exist"):
        rotate(folder, "log")
    assert KeyRing.read(folder).strays() == []


@pytest.mark.parametrize("at", [NOW, NOW - timedelta(days=1)])
def test_a_clock_that_went_back_is_noticed(folder: Path, at: datetime) -> None:
    with pytest.raises(KeyFileError, match="is the clock right"):
        rotate(folder, "log", at)


def test_what_was_decided_in_the_second_of_a_rotation_still_counts(folder: Path) -> None:
    old = KeyRing.read(folder).signing_key("approvals").public
    rotate(folder, "approvals", LATER + timedelta(milliseconds=700))
    ring = KeyRing.read(folder)
    assert old in ring.trusted_at("approvals", LATER + timedelta(milliseconds=699))
    assert old not in ring.trusted_at("approvals", LATER + timedelta(seconds=2))


class Killed(BaseException):
    """The process ended here."""


STEPS = [
    (key_files, "write_new"),
    (key_files, "replace"),
    (Path, "rename"),
    (Path, "unlink"),
    (key_files, "sync_directory"),
]


@pytest.mark.parametrize("destroy", [False, True])
@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("step", range(12))
def test_a_crash_at_any_step_loses_no_key_and_can_be_repeated(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    step: int,
    after: bool,
    destroy: bool,
) -> None:
    known = KeyRing.read(folder)
    signed = envelope.sign(b"{}", known.signing_key("certificate")).encode()
    left = [step]

    def fragile(real: object) -> object:
        def stepped(*arguments: object, **options: object) -> object:
            left[0] -= 1
            if left[0] == -1 and not after:
                raise Killed
            result = real(*arguments, **options)
            if left[0] == -1:
                raise Killed
            return result

        return stepped

    with monkeypatch.context() as patched:
        for owner, name in STEPS:
            patched.setattr(owner, name, fragile(getattr(owner, name)))
        with suppress(Killed):
            rotate(folder, "certificate", destroy_old=destroy)
    found = KeyRing.read(folder)
    line = envelope.sign(b"{}", found.signing_key("certificate")).encode()
    envelope.verify(line, found.public_keys("certificate"))
    envelope.verify(signed, found.public_keys("certificate"))
    again = rotate(folder, "certificate", LATER + timedelta(days=1), destroy_old=destroy)
    again.check()
    ring = KeyRing.read(folder)
    assert ring.signing_key("certificate").public.spki == again.new
    envelope.verify(signed, ring.public_keys("certificate"))
    assert len(ring.strays()) <= 1
    for generation in ring.keys["certificate"]:
        if generation.reference is not None:
            assert (folder / generation.reference.removeprefix("file:")).exists()


def test_one_process_at_a_time_changes_the_keys(folder: Path) -> None:
    import fcntl

    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        with pytest.raises(KeyFileError, match="another process is changing the keys"):
            rotate(folder, "log")
    finally:
        os.close(descriptor)
    rotate(folder, "log")


def test_a_lost_ring_is_not_made_up_anew_after_a_rotation(folder: Path) -> None:
    rotate(folder, "log")
    (folder / "ring.json").unlink()
    for attempt in (lambda: KeyRing.read(folder), lambda: changing.found(folder, ["log"], LATER)):
        with pytest.raises(KeyFileError, match="Restore it from a backup"):
            attempt()


def test_an_auditor_gets_every_public_key_and_no_private_one(folder: Path) -> None:
    rotate(folder, "log")
    ring = KeyRing.read(folder)
    texts = exporting.public_halves(ring)
    assert not any("PRIVATE" in text for text in texts.values())
    for role, listed in ring.keys.items():
        for number, generation in enumerate(listed, 1):
            assert texts[f"{role}.{number}.pub.pem"] == generation.pem
            command = ["openssl", "pkey", "-pubin", "-noout"]
            pem = texts[f"{role}.{number}.pub.pem"].encode()
            subprocess.run(command, input=pem, check=True, capture_output=True)
    vkeys = [key.vkey for key in exporting.log_keys(ring, "log.bank.example")]
    assert [note.NoteKey.parse(vkey).key for vkey in vkeys] == list(ring.public_keys("log"))
    assert {note.NoteKey.parse(vkey).name for vkey in vkeys} == {"log.bank.example"}
    first, second = json.loads(texts["keys.json"])["log"]
    assert (first["until"], second["until"]) == (second["from"], None)


def test_a_log_is_named_as_verifiers_can(folder: Path) -> None:
    ring = KeyRing.read(folder)
    for origin in ("bank.example/log", "https://bank.example", "", "Bank.Example", "a+b"):
        with pytest.raises(UsageError, match="bare host name"):
            exporting.log_keys(ring, origin)
