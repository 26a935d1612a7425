"""Before anything is destroyed: say, signed, exactly which items are about to be.

The statement names the root of a tree of intent entries, one for each item on the list
in plan order, with the very commitments the certificate's entries will carry. Whoever
holds those entries can grow this tree too, and sees that nothing was added to the list,
dropped from it or exchanged between the intent and its outcome.
"""

from __future__ import annotations

from dataclasses import dataclass

from keepuntil.disposal.installation import Installation
from keepuntil.disposal.receipt_secrets import tag_text, writing_tags
from keepuntil.disposal.recording import first_item, record_texts
from keepuntil.disposal.statements import DESTRUCTION_INTENT, INTENT_FORMAT, intent_predicate
from keepuntil.domain.items import key_texts
from keepuntil.domain.plans import Plan
from keepuntil.evidence import commitments, leaves, lookup, statement
from keepuntil.evidence.merkle import Tree
from keepuntil.evidence.statement import Statement, Subject
from keepuntil.register import plans
from keepuntil.register.runs import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class IntentTree:
    """Size and root of the tree of what is about to be destroyed."""

    size: int
    root: bytes

    @property
    def document(self) -> dict[str, object]:
        """As statements write it."""
        return {
            "entryFormat": INTENT_FORMAT,
            "rootHash": self.root.hex(),
            "treeSize": self.size,
        }


def intent_statement(installation: Installation, plan: Plan, run: Run) -> Statement:
    """What is logged before the run's first batch. The same run, the same statement.

    Raises PlanError when the list or the run key is gone, EvidenceError when the sealed
    list was altered.
    """
    predicate = intent_predicate(
        installation.schedule.controller,
        plan=plan,
        run=run,
        records=intent_tree(installation, plan, run).document,
    )
    subject = Subject(f"plan/{plan.plan_id}", plan.digest.removeprefix("sha256:"))
    return statement.make([subject], DESTRUCTION_INTENT, predicate)


def intent_tree(installation: Installation, plan: Plan, run: Run) -> IntentTree:
    """Grow the tree from the sealed list, a chunk at a time, and write the lookup tags."""
    register = installation.register
    run_key = plans.run_key(register, plan.plan_id)
    tag_key = lookup.lookup_key(run_key)
    tree = Tree()
    with writing_tags(installation, run) as tags:
        for tally in plan.instances:
            at = first_item(plan, tally.instance)
            for _, chunk in plans.chunks(register, plan.plan_id, tally.instance):
                keys = key_texts(chunk.keys)
                cells = commitments.salt_cells(run_key, at, len(chunk))
                records = record_texts(plan.category, tally.instance, keys)
                packed = commitments.commit_records(cells, records)
                tree.extend(leaves.intent_hashes(tally.instance, plan.category, packed))
                if tags is not None:
                    names = (tag_text(tally.instance, key) for key in keys)
                    tags.write(lookup.tags(tag_key, names))
                at += len(chunk)
    return IntentTree(size=tree.size, root=tree.root())
