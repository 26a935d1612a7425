"""What the bundle's README and docs/certificate.md say of a bundle is so, word by word."""

from __future__ import annotations

import base64
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

import pytest

from keepuntil.disposal import bundle, certifying, correcting, exporting_trust
from keepuntil.disposal.bundling import seal_folder
from keepuntil.domain.categories import Text
from published_world import DUE, NOT_DUE, published
from stock_tools import program

PAGE = Path(__file__).resolve().parents[2] / "docs" / "certificate.md"
README = bundle.text_of(bundle.README)
Answer = subprocess.CompletedProcess[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Handed:
    """What an auditor has in hands."""

    bundle: Path
    trust: Path


@pytest.fixture(scope="module")
def handed(tmp_path_factory: pytest.TempPathFactory) -> Handed:
    """A bundle with everything that one can have: SM2, a time stamp, pages, a correction."""
    folder = tmp_path_factory.mktemp("bank")
    world = published(folder, sm2=True)
    world.issue(DUE, NOT_DUE)
    with world.open() as installation:
        made = world.whole_road(installation)
        correcting.correct(
            installation,
            made.certificate_id,
            kind="correction",
            reason=Text(zh="误", en="wrong"),
            by="E2",
        )
        written = certifying.rewrite_bundle(installation, made.certificate_id)
        exporting_trust.export_trust(installation, folder / "trust")
    return Handed(bundle=written, trust=folder / "trust")


@pytest.fixture
def copied(handed: Handed, tmp_path: Path) -> Path:
    return Path(shutil.copytree(handed.bundle, tmp_path / "bundle"))


def files_of(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_the_page_lists_the_files_of_a_bundle(handed: Handed) -> None:
    section = PAGE.read_text(encoding="utf-8").partition("## What lies in a bundle")[2]
    rows = re.findall(r"^\| (`[^|]+`) \|", section.partition("\n## ")[0], re.MULTILINE)
    listed = [name for row in rows for name in re.findall(r"`([^`]+)`", row)]
    files = files_of(handed.bundle)
    unknown = {name for name in files if not any(fnmatch(name, each) for each in listed)}
    absent = {each for each in listed if not any(fnmatch(name, each) for name in files)}
    assert (unknown, absent) == (set(), set())


@pytest.mark.parametrize(
    ("text", "folder"),
    [
        (README, "TRUST"),
        ((PAGE.parent / "outsiders.md").read_text(encoding="utf-8"), "trust"),
        ((PAGE.parent / "keys.md").read_text(encoding="utf-8"), "DIR"),
    ],
    ids=["README.md", "outsiders.md", "keys.md"],
)
def test_every_key_that_a_page_names_is_handed_over(handed: Handed, text: str, folder: str) -> None:
    named = set(re.findall(rf"\b{folder}/([\w.]+\w)", text))
    assert named
    assert named <= files_of(handed.trust)


def test_a_checkpoint_of_the_log_verifies_with_openssl_and_the_key_handed_over(
    handed: Handed, tmp_path: Path, tools: None
) -> None:
    """The command of docs/outsiders.md, with its files."""
    shown = (handed.bundle / "log" / "checkpoint").read_text(encoding="utf-8")
    text, _, lines = shown.partition("\n\n")
    (tmp_path / "text").write_text(f"{text}\n")
    (tmp_path / "sig").write_bytes(base64.b64decode(lines.split()[2])[4:])
    page = (PAGE.parent / "outsiders.md").read_text(encoding="utf-8")
    (command,) = re.findall(r"`(openssl pkeyutl [^`]+)`", page)
    command = command.replace("trust/", "TRUST/")
    assert run(command, tmp_path, handed.trust).returncode == 0
    (tmp_path / "text").write_text(f"{text} \n")
    assert run(command, tmp_path, handed.trust).returncode == 1


def commands() -> list[str]:
    """Every block of commands of the README, one after the other, as they stand there."""
    return [
        "\n".join(line.strip() for line in block.splitlines())
        for block in re.findall(r"(?:^ {4,}\S.*\n)+", README, re.MULTILINE)
    ]


def run(command: str, folder: Path, trust: Path) -> Answer:
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command.replace("TRUST", str(trust))],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def tools() -> None:
    for name, package in (("jq", "jq"), ("pdfsig", "poppler-utils"), ("openssl", "openssl")):
        program(name, package)


def test_every_command_of_the_readme_works_as_it_stands(
    copied: Path, handed: Handed, tools: None
) -> None:
    answers = [run(command, copied, handed.trust) for command in commands()]
    assert len(answers) == 7
    assert [answer.stderr for answer in answers if answer.returncode] == []
    said = "".join(answer.stdout for answer in answers)
    assert "HOLDS  DC-" in said
    assert said.count("Verified OK") == 2
    assert "Signature is Valid" in said
    fingerprints = re.findall(r"Fingerprint=(\S+)", said)
    assert len(fingerprints) == 2
    assert len(set(fingerprints)) == 1


def damaged(name: str, whole: bytes) -> bytes:
    """One bit is another: of the signature, where it is an envelope."""
    if name.endswith(".jsonl"):
        envelope = json.loads(whole)
        sig = bytearray(base64.b64decode(envelope["signatures"][0]["sig"]))
        sig[-1] ^= 1
        envelope["signatures"][0]["sig"] = base64.b64encode(sig).decode()
        return json.dumps(envelope).encode()
    at = len(whole) // 3
    return whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]


@pytest.mark.parametrize(
    "name",
    ["certificate.intoto.jsonl", "certificate.sm2.intoto.jsonl", "certificate.en.pdf", "rule.json"],
)
def test_the_commands_of_the_readme_refuse_what_was_changed(
    copied: Path, handed: Handed, tools: None, name: str
) -> None:
    (copied / name).write_bytes(damaged(name, (copied / name).read_bytes()))
    refused = [c for c in commands() if run(c, copied, handed.trust).returncode]
    assert any("SHA256SUMS" in command for command in refused)
    seal_folder(copied)
    answers = [run(command, copied, handed.trust) for command in commands()]
    in_words = "".join(answer.stdout for answer in answers)
    assert any(answer.returncode for answer in answers) or "Digest Mismatch" in in_words


def short_check(folder: Path, trust: Path) -> Answer:
    command = [sys.executable, "-I", str(folder / "verify.py"), str(trust), str(folder)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def part_of(begin: str) -> str:
    (line,) = (line for line in README.splitlines() if line.startswith(begin))
    return line


def unchecked() -> list[str]:
    """The files that the README says verify.py leaves to others."""
    named = re.findall(r"`([^`]+)`", part_of("- `verify.py` 不核验").partition("the run key")[0])
    return [f"{name}*" if name.endswith("/") else name for name in named if name != "verify.py"]


def test_the_readme_tells_what_its_program_checks_and_what_not(
    copied: Path, handed: Handed
) -> None:
    """Every file of evidence is cut: refused, or named among those that are not checked."""
    no_evidence = {"README.md", "verify.py", "verify_receipt.py", "SHA256SUMS"}
    left = set()
    for name in files_of(copied) - no_evidence:
        whole = (copied / name).read_bytes()
        (copied / name).write_bytes(whole[: len(whole) // 2])
        if short_check(copied, handed.trust).returncode == 0:
            left.add(name)
        (copied / name).write_bytes(whole)
    said = unchecked()
    assert left == {name for name in files_of(copied) if any(fnmatch(name, one) for one in said)}
    assert all(any(fnmatch(name, one) for name in left) for one in said)


def test_another_rule_under_the_name_of_the_certified_one_is_refused(
    copied: Path, handed: Handed
) -> None:
    (copied / "rule.json").write_bytes(b"{}")
    seal_folder(copied)
    said = short_check(copied, handed.trust)
    assert said.returncode == 1
    assert "rule.json is another rule" in said.stderr


@pytest.fixture
def traced(copied: Path, handed: Handed, tmp_path: Path) -> Callable[[], list[str]]:
    """Every program that the short check starts, as Python's own audit reports it."""
    log = tmp_path / "started"
    spy = (
        "import sys,runpy\n"
        f"log=open({str(log)!r},'a')\n"
        "def seen(event,args):\n"
        " if event in ('subprocess.Popen','os.system','os.exec','os.posix_spawn'):\n"
        "  print(args[0],file=log,flush=True)\n"
        "sys.addaudithook(seen)\n"
        f"sys.argv=['verify.py',{str(handed.trust)!r},{str(copied)!r}]\n"
        f"runpy.run_path({str(copied / 'verify.py')!r},run_name='__main__')\n"
    )

    def programs() -> list[str]:
        subprocess.run([sys.executable, "-I", "-S", "-c", spy], check=True, capture_output=True)
        return log.read_text().split()

    return programs


def test_the_program_starts_openssl_and_nothing_else(traced: Callable[[], list[str]]) -> None:
    started = traced()
    assert len(started) >= 4
    assert set(started) == {"openssl"}
