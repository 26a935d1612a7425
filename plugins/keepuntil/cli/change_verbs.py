"""check --against, change, replay: what a change of a rule makes due, and who says yes to it."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from keepuntil.cli.output import print_json, print_table, progress
from keepuntil.cli.session import Session
from keepuntil.errors import PlanBlocked, PlanStale

if TYPE_CHECKING:
    from keepuntil.disposal.comparing_rules import ChangedRule


def check_against(
    session: Session, reference: str, as_of: date | None, language: str, *, record: bool
) -> None:
    """Show what the policies change against ``reference``; see the verb ``check``."""
    from keepuntil.disposal import changing_rules
    from keepuntil.disposal.comparing_rules import changed_rules, load_earlier
    from keepuntil.rules.earlier_policies import policies_at

    with (
        session.installation() as installation,
        policies_at(reference, session.policies) as folder,
    ):
        earlier = load_earlier(folder, reference)
        changes = list(changed_rules(installation, earlier, as_of))
        for change in changes if record else ():
            kept = changing_rules.record(installation, change.effect)
            click.echo(f"recorded {change.category}: {changing_rules.short(kept.digest)}", err=True)
    if session.as_json:
        print_json(changes)
    else:
        for change in changes:
            _tell(change, language)
        click.echo(f"{len(changes)} rules differ from {reference}.")
    above = [change.category for change in changes if change.effect.asks_for_approval]
    if above:
        raise PlanBlocked(
            f"{' and '.join(above)}: the change makes more due than the rule's limits. Nothing is "
            "planned by it before somebody who answers for the rule approves it; record it with "
            "--record, then: keepuntil change approve"
        )


def _tell(change: ChangedRule, language: str) -> None:
    effect = change.effect
    for each in change.differences:
        click.echo(f"- {getattr(each.sentence, language)}")
    kind = "added" if effect.before is None else "taken away" if effect.after is None else "changed"
    print_table(
        ("instance", "store", "newly due", "oldest", "no longer due", "due", "not computable"),
        [
            (
                each.instance,
                each.store,
                each.newly_due,
                each.oldest_newly_due,
                each.no_longer_due,
                f"{each.due_before if each.answered_before else '?'} → {each.due_after}",
                f"{each.not_computable_before} → {each.not_computable_after}",
            )
            for each in effect.instances
        ],
        title=f"{change.category}: {kind}, as of {effect.as_of}",
    )
    for sentence in effect.exceeded:
        click.echo(f"limit    {sentence}")


@click.group()
def change() -> None:
    """Changes of rules that were recorded: list them, approve what one makes due."""


@change.command("list")
@click.pass_obj
def list_changes(session: Session) -> None:
    """List recorded changes, the newest first, with what each makes due and whether it counts."""
    from keepuntil.disposal.changing_rules import short
    from keepuntil.register import rule_changes

    with session.installation() as installation:
        found = rule_changes.recorded(installation.register)
        approved = {
            one.digest: [
                given.person
                for digest, given, _ in rule_changes.approvals_of(
                    installation.register, one.before, one.after
                )
                if digest == one.digest
            ]
            for one in found
        }
    if session.as_json:
        print_json([{"change": one, "approvedBy": approved[one.digest]} for one in found])
        return
    rows = [
        (
            short(one.digest),
            one.category,
            one.as_of,
            sum(each["newlyDue"] for each in one.document["instances"]),
            "yes" if one.before and one.document["exceeded"] else "no",
            ", ".join(approved[one.digest]),
        )
        for one in found
    ]
    print_table(
        ("change", "category", "as of", "newly due", "asks for approval", "approved by"),
        rows,
        title="Changes of rules",
    )


@change.command()
@click.argument("digest")
@click.option("--as", "person", required=True, help="Your identifier in people.yaml.")
@click.option("--role", required=True, help="A role that approves the rule's plans, owner or dpo.")
@click.option("--reason", default="", help="Why, in a sentence without personal data.")
@click.option(
    "--key",
    required=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Your private signing key (PEM, mode 0600).",
)
@click.pass_obj
def approve(session: Session, digest: str, person: str, role: str, reason: str, key: Path) -> None:
    """Approve the change DIGEST: sign what it makes due. Its lists still ask for their own."""
    from keepuntil.disposal.changing_rules import approve_change
    from keepuntil.evidence import keys

    with session.installation() as installation:
        approval = approve_change(
            installation,
            digest,
            person=person,
            role=role,
            reason=reason,
            signing_key=keys.load(f"file:{key}", keys.KeyKind.P256),
        )
    if session.as_json:
        print_json(approval)
    else:
        click.echo(
            f"approved: the change {approval.plan_digest} by {person} as {role}; "
            f"the first plan under it has to be made by {approval.expires_at:%F}."
        )


@click.command()
@click.argument("plan_id")
@click.pass_obj
def replay(session: Session, plan_id: str) -> None:
    """Make PLAN_ID again by the rule, the holds and the day it was made with; compare digests.

    Keeps nothing. Exit code 5 when it comes out otherwise: what it lists was destroyed or
    changed since, or a store is declared otherwise.
    """
    from keepuntil.disposal.replaying import replay as again
    from keepuntil.register import plans

    with session.installation() as installation:
        frozen = plans.load(installation.register, plan_id).plan
        bars: dict[str, int | None] = {tally.instance: None for tally in frozen.instances}
        with progress("looking through", bars) as tick:
            made = again(installation, plan_id, tick)
    if session.as_json:
        print_json({"same": made.same, "differing": made.differing, "replay": made})
    else:
        click.echo(f"frozen   {made.frozen.digest}")
        click.echo(f"replayed {made.again.digest}")
    if not made.same:
        raise PlanStale(
            f"The plan {made.frozen.plan_id} comes out otherwise today; not as they were: "
            f"{', '.join(made.differing)}."
        )
    if not session.as_json:
        click.echo("The same, byte for byte.")
