"""A records centre at the command line: its people, its boxes, its scanner, its vendor."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from disposal_world import AS_OF, World
from keepuntil.cli.main import main
from paper_world import PaperWorld, voucher_rule

STORE = "records_centre"
DUE, KEPT = date(2012, 12, 31), date(2024, 12, 31)
LICENCE = ("--licence", "LIC-7", "--expires", "2199-12-31", "--contract", "C-2026-01")

RULE = voucher_rule(review_by="2099-01-01", signatories="head_of_archives, head_of_accounting")
PEOPLE = """\
controller: bank.example
people:
  - {id: A1, unit: archives, roles: [clerk]}
  - {id: A2, unit: archives, roles: [head_of_archives]}
  - {id: A3, unit: archives, roles: [clerk]}
  - {id: A4, unit: archives, roles: [clerk]}
  - {id: A5, unit: archives, roles: [clerk]}
  - {id: F1, unit: accounting, roles: [head_of_accounting]}
  - {id: F2, unit: accounting, roles: [clerk]}
  - {id: U1, unit: audit, roles: [auditor]}
"""

DRAFTER = "A1:clerk:archives"
SIGNERS = ("A2:head_of_archives:archives", "F1:head_of_accounting:accounting")
CARRIER, DRIVER, SHREDDER = "A3:clerk:archives", "D9:driver:vendor", "D8:operator:vendor"
OUR_SHREDDER = "A5:clerk:archives"
WITNESSES = ("A4:clerk:archives", "F2:clerk:accounting")
RESOLVERS = ("U1:auditor:audit", "A1:clerk:archives")


@dataclass(frozen=True, slots=True)
class Said:
    """What the command line answered."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)

    def fine(self) -> Said:
        assert self.code == 0, self.err or self.out
        return self

    def refused(self, *sentences: str, code: int = 13) -> None:
        assert self.code == code, self.err or self.out
        for sentence in sentences:
            assert sentence in self.err + self.out
        assert "Traceback" not in self.err


@dataclass
class Desk:
    """The records centre, and whoever sits at its command line."""

    world: World
    paper: PaperWorld
    folder: Path
    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]
    consignment: str = ""

    @classmethod
    def build(
        cls, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> Desk:
        for name in ("KEEPUNTIL_REGISTER", "KEEPUNTIL_INSTALLATION_KEY"):
            monkeypatch.delenv(name, raising=False)
        world, paper = World(folder).build(), PaperWorld(folder)
        monkeypatch.setenv("KU_TEST_PAPER", paper.url)
        monkeypatch.setenv("COLUMNS", "160")
        (world.policies / "stores.yaml").write_text(
            "stores:\n  records_centre: {kind: paper, url: {env: KU_TEST_PAPER}}\n"
        )
        (world.policies / "rules" / "statement.yaml").unlink()
        (world.policies / "rules" / "voucher.yaml").write_text(RULE)
        (world.policies / "people.yaml").write_text(PEOPLE)
        return cls(world, paper, folder, monkeypatch, capsys)

    def keepuntil(self, *words: str) -> Said:
        """The entry point itself, with its sentences and its exit code."""
        argv = ["keepuntil", "--home", str(self.world.home)]
        argv += ["--policies", str(self.world.policies), *words]
        self.monkeypatch.setattr(sys, "argv", argv)
        self.capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            main()
        said = self.capsys.readouterr()
        return Said(end.value.code if isinstance(end.value.code, int) else 1, said.out, said.err)

    def paper_verb(self, verb: str, *words: str) -> Said:
        return self.keepuntil("paper", verb, STORE, *words)

    def step(self, verb: str, *words: str, by: tuple[str, ...]) -> Said:
        people = [word for person in by for word in ("--by", person)]
        return self.paper_verb(verb, self.consignment, *people, *words)

    def asked(self) -> Any:
        """The consignment as it stands, in JSON."""
        return self.keepuntil("--json", "paper", "show", STORE, self.consignment).fine().document

    def state(self) -> str:
        return str(self.asked()["consignment"]["state"])

    def scanner(self, name: str, *lines: str, encoding: str = "utf-8") -> str:
        """A file as the handheld writes it."""
        path = self.folder / name
        path.write_bytes("\n".join(lines).encode(encoding) + b"\n")
        return str(path)

    def findings(self) -> list[tuple[str, str]]:
        said = self.keepuntil("--json", "findings").fine().document
        return [(each["kind"], each["sentence_en"]) for each in said]

    def released(self) -> str:
        """A run that has released what is due and waits for people."""
        planned = self.keepuntil(
            "--json", "plan", "voucher", "--as-of", str(AS_OF), "--proposed-by", "planner"
        ).fine()
        plan_id = str(planned.document["plan"]["plan_id"])
        self.keepuntil("run", plan_id, "--executor", "executor", "--yes").refused(
            "wait for people to carry them out", code=7
        )
        return f"run.{plan_id}"

    def opens(self, run_id: str, *words: str) -> Said:
        said = self.keepuntil(
            "--json", "paper", "open", run_id, "paper", "--by", DRAFTER, *words
        ).fine()
        self.consignment = str(said.document["consignment"]["consignment"])
        return said

    def vendor_known(self) -> None:
        self.paper_verb("vendor", "shred-co", *LICENCE, "--return-clause").fine()

    def carried_until(self, verb: str, *, vendor: bool = True) -> None:
        """Honest people take every step before this one."""
        for each in VENDOR_ROAD if vendor else OWN_ROAD:
            if each == verb:
                return
            self.honest(each).fine()

    def carried_until_the_end_from(self, verb: str) -> None:
        """Honest people take this step and every one after it, with the vendor."""
        for each in VENDOR_ROAD[VENDOR_ROAD.index(verb) :]:
            self.honest(each).fine()

    def honest(self, verb: str) -> Said:
        """What honest people enter for the whole of a step."""
        boxes = [box for box in self.asked()["boxes"] if box["listed"] > box["withdrawn"]]
        if verb == "certify":
            return self.certified(*(str(box["box"]) for box in boxes))
        transported = any(box["sent"] for box in boxes)
        by: dict[str, tuple[str, ...]] = {
            "sign": SIGNERS,
            "handover": (CARRIER, DRIVER),
            "receive": (SHREDDER,),
            "count": WITNESSES,
            "destroy": (SHREDDER if transported else OUR_SHREDDER,),
            "witness": WITNESSES,
        }
        return self.step(verb, *self._scanned(verb, boxes), by=by.get(verb, (CARRIER,)))

    def _scanned(self, verb: str, boxes: list[Any]) -> list[str]:
        """What is scanned in a step, by hand or from a file."""
        if verb in ("pick", "count"):
            return ["--scans", self._picks(boxes) if verb == "pick" else self.counts()]
        if verb == "destroy":
            film = self.scanner("film.mp4", "frames")
            return [
                *("--all", "--treatment", "P-5", "--yes", "--equipment", "SHRED-07"),
                *("--residue", "pulped", "--recording", film),
            ]
        said = {"seal": "{0}:T-{0}", "handover": "{0}:{1}:1000", "receive": "{0}:{1}"}.get(verb)
        return _by_hand(said.format(box["box"], box["seal"]) for box in boxes) if said else []

    def counts(self, *, without: str = "") -> str:
        """The witnesses' scan of everything that should be there."""
        now = self.asked()["consignment"]
        lines = ["box,seal,item"]
        for box in self.asked()["boxes"]:
            items = now["boxes"][box["box"]]["items"]
            there = [i for i in items if i not in {*now["withdrawn"], without}]
            lines += [f"{box['box']},{box['seal'] or ''},{item}" for item in there]
        return self.scanner("count.csv", *lines)

    def certified(self, *boxes: str) -> Said:
        """The vendor's certificate, naming these boxes."""
        file = self.folder / "vendor.pdf"
        file.write_bytes(b"%PDF-1.4 certificate of destruction " + ",".join(boxes).encode())
        return self.step(
            "certify",
            *("--file", str(file), "--number", "DC-19", *LICENCE, "--treatment", "P-5"),
            *_by_hand(boxes),
            by=(CARRIER,),
        )

    def _picks(self, boxes: list[Any]) -> str:
        now = self.asked()["consignment"]["boxes"]
        lines = ["盒号;条码"]
        for box in boxes:
            items = [""] if box["whole"] else now[box["box"]]["items"]
            lines += [f"{box['box']};{item}" for item in items]
        return self.scanner("pick.csv", *lines, encoding="gb18030")


VENDOR_ROAD = (
    *("sign", "pick", "seal", "handover", "receive", "count"),
    *("destroy", "witness", "certify", "reconcile"),
)
OWN_ROAD = ("sign", "pick", "count", "destroy", "witness", "reconcile")


def _by_hand(boxes: Any) -> list[str]:
    return [word for box in boxes for word in ("--box", box)]
