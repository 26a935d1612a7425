"""The long check and the short one in the bundle agree, and both refuse in words."""

from __future__ import annotations

import ast
import io
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from keepuntil.disposal import archives, bundle, certifying, correcting, exporting_trust
from keepuntil.disposal.checking_certificates import Verdict, examine
from keepuntil.disposal.trust import read_trust
from keepuntil.domain.categories import Text
from keepuntil.errors import EvidenceError, UsageError
from keepuntil.evidence import keys, merkle, note
from keepuntil.evidence.keys import KeyKind
from keepuntil.evidence.tlog_proof import TlogProof
from keepuntil.transparency.development_authority import DevelopmentAuthority
from published_world import DUE, NOT_DUE, published, witnessed

SIGNED = (
    "certificate.intoto.jsonl",
    "intent.intoto.jsonl",
    "certificate.tlog-proof",
    "intent.tlog-proof",
    "run/checkpoint",
    "run/entries",
    "timestamps/certificate-signature.tsr",
)


WHY = Text(zh="统计有误", en="A count was wrong.")


@dataclass(frozen=True)
class Issued:
    """Two bundles of one bank, one more with its certificate taken back, and whom to trust."""

    bundle: Path
    second: Path
    corrected: Path
    revoked: Path
    trust: Path


def has_sm2() -> bool:
    said = subprocess.run(["openssl", "ecparam", "-list_curves"], capture_output=True, check=False)
    return b"SM2" in said.stdout


@pytest.fixture(scope="module")
def issued(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Issued]:
    folder = tmp_path_factory.mktemp("verdicts")
    world = published(folder, sm2=has_sm2())
    world.issue(DUE, NOT_DUE)
    with witnessed(world), world.open() as installation, pytest.MonkeyPatch.context() as patched:
        # Pages have their own tests.
        patched.setattr("keepuntil.disposal.bundling.PAPER", "no_such_library")
        exporting_trust.export_trust(installation, folder / "trust")
        first = world.whole_road(installation).bundle
        world.issue("A000004-2016-11-20.pdf", "A000005-2016-11-19.pdf")
        second = world.whole_road(installation)
        later = []
        for kind in ("correction", "revocation"):
            world.later(minutes=1)
            correcting.correct(installation, second.certificate_id, kind=kind, reason=WHY, by="E2")
            written = certifying.rewrite_bundle(installation, second.certificate_id)
            later.append(Path(shutil.copytree(written, folder / kind)))
        yield Issued(first, second.bundle, *later, folder / "trust")


@pytest.fixture
def copied(issued: Issued, tmp_path: Path) -> Path:
    return Path(shutil.copytree(issued.bundle, tmp_path / "bundle"))


def long_check(folder: Path, trust: Path) -> Verdict:
    return examine(folder, read_trust(trust))


def short_check(folder: Path, trust: Path) -> subprocess.CompletedProcess[str]:
    program = Path(bundle.__file__).with_name(bundle.VERIFIER)
    command = [sys.executable, "-I", str(program), str(trust), str(folder)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def reseal(folder: Path) -> None:
    """As whoever forges a bundle would: the list of digests is nobody's word."""
    from keepuntil.disposal.bundling import seal_folder

    seal_folder(folder)


def both_refuse(folder: Path, trust: Path) -> None:
    verdict, said = long_check(folder, trust), short_check(folder, trust)
    assert not verdict.holds
    assert verdict.reason
    assert said.returncode == 1, said.stdout
    assert said.stderr.startswith("FAILED  ")
    assert "Traceback" not in said.stderr


def test_both_accept_what_is_whole(issued: Issued) -> None:
    verdict, said = (
        long_check(issued.bundle, issued.trust),
        short_check(issued.bundle, issued.trust),
    )
    assert verdict.holds, verdict.reason
    asked = {step.name for step in verdict.steps if step.held}
    assert {"log", "time", "announced"} <= asked
    assert ("sm2" in asked) == has_sm2()
    assert said.returncode == 0, said.stderr
    assert "HOLDS  DC-" in said.stdout
    assert "seen by w1.regulator.example" in said.stdout


@pytest.mark.parametrize("name", SIGNED)
def test_both_refuse_what_was_changed_or_cut(copied: Path, issued: Issued, name: str) -> None:
    whole = (copied / name).read_bytes()
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 1
    for damaged in (bytes(flipped), whole[: len(whole) // 2], b""):
        (copied / name).write_bytes(damaged)
        reseal(copied)
        both_refuse(copied, issued.trust)


def test_a_correction_is_shown_and_a_revocation_ends_it(issued: Issued) -> None:
    verdict = long_check(issued.corrected, issued.trust)
    said = short_check(issued.corrected, issued.trust)
    assert verdict.holds, verdict.reason
    assert [one.reason["en"] for one in verdict.corrections] == [WHY.en]
    assert said.returncode == 0, said.stderr
    assert "CORRECTED" in said.stdout
    both_refuse(issued.revoked, issued.trust)
    assert "took this certificate back" in str(long_check(issued.revoked, issued.trust).reason)


def test_every_file_is_listed_and_compared(copied: Path, issued: Issued) -> None:
    for path in sorted(p for p in copied.rglob("*") if p.is_file()):
        whole = path.read_bytes()
        path.write_bytes(bytes([whole[0] ^ 1]) + whole[1:])
        assert not long_check(copied, issued.trust).holds, path.name
        path.write_bytes(whole)


def test_both_refuse_the_announcement_of_another_run(copied: Path, issued: Issued) -> None:
    for name in ("intent.intoto.jsonl", "intent.tlog-proof"):
        shutil.copy(issued.second / name, copied / name)
    reseal(copied)
    both_refuse(copied, issued.trust)


def test_both_refuse_an_announcement_that_calls_itself_earlier(
    copied: Path, issued: Issued
) -> None:
    for index in (b"index -1", b"index 0", b"index 00"):
        proof = (copied / "intent.tlog-proof").read_bytes()
        line = proof.splitlines()[1]
        (copied / "intent.tlog-proof").write_bytes(proof.replace(line, index, 1))
        reseal(copied)
        if index != line:
            assert not long_check(copied, issued.trust).holds
            assert index == b"index 00" or short_check(copied, issued.trust).returncode == 1


def test_the_short_check_knows_no_entry_before_the_first(tmp_path: Path, issued: Issued) -> None:
    """A proof of the last entry of a full tree fits 'index -1' as well; that is no entry."""
    log = keys.generate(KeyKind.ED25519)
    hashes = merkle.LeafHashes(b"".join(merkle.leaf_hash(b"%d" % n) for n in range(8)))
    text = note.Checkpoint("log.example", 8, hashes.root()).text
    signed = note.Note(text, (note.sign(text, "log.example", log),)).encode()
    proof = TlogProof(7, tuple(hashes.inclusion_proof(7)), signed).encode()
    (tmp_path / "forged").write_bytes(proof.replace(b"index 7", b"index -1"))
    (tmp_path / "true").write_bytes(proof)
    vkey = note.NoteKey("log.example", note.ED25519, log.public).vkey
    program = Path(bundle.__file__).with_name(bundle.VERIFIER)
    code = (
        "import runpy,sys;from pathlib import Path;from base64 import b64decode;"
        f"m=runpy.run_path({str(program)!r});"
        f"k=[('log.example',b64decode({vkey.split('+', 2)[2]!r}))];"
        "print(m['logged'](Path(sys.argv[1]),b'7',k)[0])"
    )
    true, forged = (
        subprocess.run(
            [sys.executable, "-I", "-c", code, str(tmp_path / name)],
            capture_output=True,
            text=True,
            check=False,
        )
        for name in ("true", "forged")
    )
    assert true.stdout.strip() == "7", true.stderr
    assert forged.returncode == 1
    assert "does not lead to the root" in forged.stderr


def test_both_refuse_another_log_a_lonely_one_and_another_clock(
    copied: Path, issued: Issued, tmp_path: Path
) -> None:
    path = copied / "certificate.tlog-proof"
    whole = TlogProof.parse(path.read_bytes())
    shown = note.Note.parse(whole.checkpoint)
    lonely = note.Note(shown.text, shown.signatures[:1]).encode()
    text = note.Checkpoint.parse(shown.text)
    stranger = keys.generate(KeyKind.ED25519)
    other = note.Checkpoint("other.example", text.size, text.root).text
    foreign = note.Note(other, (note.sign(other, "other.example", stranger),)).encode()
    for checkpoint in (lonely, foreign):
        path.write_bytes(TlogProof(whole.index, whole.hashes, checkpoint).encode())
        reseal(copied)
        both_refuse(copied, issued.trust)
    trust = Path(shutil.copytree(issued.trust, tmp_path / "trust"))
    clock = DevelopmentAuthority.create(keys.generate(KeyKind.P256))
    (trust / "tsa.pem").write_bytes(clock.pem)
    both_refuse(issued.bundle, trust)


def test_the_short_check_is_short_and_stands_alone() -> None:
    text = bundle.text_of(bundle.VERIFIER)
    assert len(text.splitlines()) < 150
    assert "less than 150 lines" in bundle.text_of(bundle.README)
    imported = {
        name.split(".")[0]
        for node in ast.walk(ast.parse(text, feature_version=(3, 8)))
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert imported <= sys.stdlib_module_names


def test_a_bundle_travels_as_one_archive(issued: Issued, tmp_path: Path) -> None:
    archives.pack(issued.bundle, tmp_path / "one.zip")
    archives.pack(issued.bundle, tmp_path / "two.zip")
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    with archives.unpacked(tmp_path / "one.zip") as folder:
        assert long_check(folder, issued.trust).holds
    with pytest.raises(UsageError, match="exists already"):
        archives.pack(issued.bundle, tmp_path / "one.zip")


@pytest.mark.parametrize("name", ["../out", "a/../../out", "/tmp/out", "a\\..\\out"])
def test_an_archive_that_points_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    with zipfile.ZipFile(tmp_path / "bad.zip", "w") as made:
        made.writestr(name, "x")
    refused = pytest.raises(EvidenceError, match="outside of itself")
    with refused, archives.unpacked(tmp_path / "bad.zip"):
        pass


def test_an_archive_too_large_or_cut_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", bytes(1 << 20))
    (tmp_path / "bomb.zip").write_bytes(made.getvalue())
    monkeypatch.setattr(archives, "LARGEST_UNPACKED", 1 << 19)
    too_large = pytest.raises(EvidenceError, match="more than a bundle can hold")
    with too_large, archives.unpacked(tmp_path / "bomb.zip"):
        pass
    (tmp_path / "cut.zip").write_bytes(made.getvalue()[:-30])
    cut = pytest.raises(EvidenceError, match="not a whole zip archive")
    with cut, archives.unpacked(tmp_path / "cut.zip"):
        pass
