"""One night of a small bank whose rule has a title that looks like a program of Typst."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from keepuntil.disposal import receipts
from keepuntil.domain.categories import Rule
from keepuntil.domain.plans import Plan
from keepuntil.register import plans, runs
from published_world import DUE, NOT_DUE, published

MARKUP = r'#panic("no") *bold* $x^2$ @ref \ <label> _under_ `code` // note ] }'
UNREADABLE = "A000009-2016-13-45.pdf"


@dataclass(frozen=True, slots=True, kw_only=True)
class Papers:
    """What a night left on paper, and what it is made of."""

    bundle: Path
    receipt: Path
    rule: Rule
    plan: Plan
    signed: Mapping[str, Any]

    def predicate(self) -> dict[str, Any]:
        """A copy of what the certificate says, to be changed."""
        return deepcopy(dict(self.signed))


def printed(folder: Path) -> Papers:
    """The night, carried out in a folder."""
    world = published(folder)
    declared = world.policies / "rules" / "statement.yaml"
    title = json.dumps({"zh": f"对账单 {MARKUP}", "en": f"Account statement {MARKUP}"})
    declared.write_text(
        declared.read_text().replace("{zh: 对账单, en: Account statement}", title, 1)
    )
    evidence = world.policies / "evidence.yaml"
    evidence.write_text(evidence.read_text() + "receipts: true\n")
    world.issue(DUE, NOT_DUE, UNREADABLE)
    receipt = folder / "receipt.json"
    with world.open() as installation:
        issued = world.whole_road(installation)
        run = runs.load(installation.register, issued.run_id)
        plan = plans.load(installation.register, run.warrant.plan_id).plan
        content = receipts.make(
            installation, issued.certificate_id, [("share", (DUE,))], by="clerk"
        )
        receipt.write_bytes(content)
        for path, pages in receipts.pages(installation, content, receipt):
            path.write_bytes(pages)
        rule = installation.rule("statement")
    line = json.loads((issued.bundle / "certificate.intoto.jsonl").read_bytes())
    signed = json.loads(base64.b64decode(line["payload"]))["predicate"]
    return Papers(bundle=issued.bundle, receipt=receipt, rule=rule, plan=plan, signed=signed)
