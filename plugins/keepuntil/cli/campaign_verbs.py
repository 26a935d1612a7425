"""campaign: a questionnaire put to every place, samples, and the figures of the summary report."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from keepuntil.cli.day import DAY
from keepuntil.cli.finding_verbs import BY, OUT
from keepuntil.cli.output import json_text, print_json, print_table
from keepuntil.cli.session import Session
from keepuntil.domain.campaigns import Answer, AnswerWord, CampaignAct, PlaceGiven
from keepuntil.domain.ledger_words import WORDS, ProblemClass

if TYPE_CHECKING:
    from keepuntil.oversight.campaigns import CampaignSummary

CAMPAIGN = click.argument("name", metavar="CAMPAIGN")


@click.group()
def campaign() -> None:
    """Campaigns (专项排查): self-examination, sampling, report."""


@campaign.command("start")
@click.argument("template")
@click.option(
    "--scope",
    "places",
    multiple=True,
    required=True,
    metavar="UNIT[/LINE]",
    help="A unit, or one business line of it; repeat.",
)
@click.option(
    "--class",
    "classes",
    multiple=True,
    type=click.Choice([one.value for one in ProblemClass]),
    help="Only questions of this class; repeat. Default: all seven.",
)
@click.option("--from", "starts_on", type=DAY, required=True, help="Its first day.")
@BY
@click.pass_obj
def start(
    session: Session,
    template: str,
    *,
    places: tuple[str, ...],
    classes: tuple[str, ...],
    starts_on: date,
    by: str,
) -> None:
    """Start a campaign by TEMPLATE: `notice`, which is shipped, or a YAML file of yours."""
    from keepuntil.oversight import campaigns

    with session.installation() as installation:
        started = campaigns.start(
            installation,
            campaigns.read_template(template),
            places=places,
            starts_on=starts_on,
            classes=[ProblemClass(one) for one in classes],
            by=by,
        )
    if session.as_json:
        print_json(started)
        return
    asked = len(started.campaign.questions)
    click.echo(
        f"Campaign {started.campaign_id}: {asked} questions to {len(places)} places. Give each to"
        f" somebody: keepuntil campaign assign {started.campaign_id} PLACE PERSON --by {by}"
    )


@campaign.command("list")
@click.pass_obj
def list_campaigns(session: Session) -> None:
    """List the campaigns there were."""
    from keepuntil.register import campaigns

    with session.installation() as installation:
        found = campaigns.everything(installation.register)
    if session.as_json:
        print_json(found)
        return
    print_table(
        ("campaign", "from", "places", "title"),
        [
            (
                *(one.campaign_id, str(one.campaign.starts_on), len(one.campaign.places)),
                one.campaign.template.title.en,
            )
            for one in found
        ],
        title=f"{len(found)} campaigns",
        names=("campaign",),
    )


@campaign.command("assign")
@CAMPAIGN
@click.argument("place")
@click.argument("person")
@BY
@click.pass_obj
def assign(session: Session, name: str, place: str, person: str, *, by: str) -> None:
    """Say that PERSON, an id in people.yaml, answers for PLACE."""
    from keepuntil.oversight import campaigns

    given = PlaceGiven(place=place, person=person)
    with session.installation() as installation:
        campaigns.take(installation, name, CampaignAct.ASSIGNED, given, by=by)
    click.echo(f"{person} answers for {place}: keepuntil campaign answer {name} {place} …")


@campaign.command("answer")
@CAMPAIGN
@click.argument("place")
@click.argument("question")
@click.argument("answer", type=click.Choice([one.value for one in AnswerWord]))
@click.option("--note", help="What you saw. Kept sealed. No personal data.")
@click.option("--finding", type=click.IntRange(min=1), help="With a no: the problem's number.")
@BY
@click.pass_obj
def answer(
    session: Session,
    name: str,
    place: str,
    question: str,
    answer: str,
    *,
    note: str | None,
    finding: int | None,
    by: str,
) -> None:
    """Answer QUESTION for PLACE; answered again, the newest counts and the others are kept."""
    from keepuntil.oversight import campaigns

    said = Answer(
        place=place, question=question, answer=AnswerWord(answer), note=note, finding=finding
    )
    with session.installation() as installation:
        campaigns.take(installation, name, CampaignAct.ANSWERED, said, by=by)
    click.echo(f"{place}, {question}: {answer}.")


@campaign.command("sample")
@CAMPAIGN
@click.argument("certificates", nargs=-1, required=True)
@click.option("--size", type=click.IntRange(min=1), help="Draw so many of each.")
@BY
@click.pass_obj
def sample(
    session: Session, name: str, certificates: tuple[str, ...], *, size: int | None, by: str
) -> None:
    """Draw a sampling pack: a sample of each of CERTIFICATES, each once in a campaign.

    Without --size as many are drawn as discover 1 % with 95 %. Then as any sample: see
    `keepuntil sample show`, `record` and `close`.
    """
    from keepuntil.oversight import campaigns
    from keepuntil.oversight.sampling import Wanted

    with session.installation() as installation:
        packs = [
            campaigns.draw(installation, name, one, Wanted(size=size), by=by)
            for one in certificates
        ]
    if session.as_json:
        print_json(packs)
        return
    for pack in packs:
        click.echo(f"{pack.sample_id} of {pack.certificate_id}: keepuntil sample show …")


@campaign.command("close")
@CAMPAIGN
@BY
@click.pass_obj
def close(session: Session, name: str, *, by: str) -> None:
    """End CAMPAIGN, once every question is answered; its remedies go on in the ledger."""
    from keepuntil.oversight import campaigns

    with session.installation() as installation:
        campaigns.take(installation, name, CampaignAct.CLOSED, by=by)
    click.echo(f"Campaign {name} is closed. Its figures: keepuntil campaign summary {name}")


@campaign.command("status")
@CAMPAIGN
@click.option("--as-of", type=DAY, help="Default: today (UTC).")
@click.pass_obj
def status(session: Session, name: str, *, as_of: date | None) -> None:
    """Show how far CAMPAIGN is: phases, questionnaire place by place, samples, problems."""
    found = _summary(session, name, as_of)
    if session.as_json:
        print_json(found)
    else:
        _print(found)


@campaign.command("summary")
@CAMPAIGN
@click.option("--as-of", type=DAY, help="Default: today (UTC).")
@click.option("--out", type=OUT, help="Write the figures here, as JSON.")
@click.pass_obj
def summary(session: Session, name: str, *, as_of: date | None, out: Path | None) -> None:
    """Give every figure that the summary report (总结报告) of CAMPAIGN needs, as JSON."""
    found = _summary(session, name, as_of)
    if out is None:
        print_json(found)
    else:
        out.write_text(json_text(found) + "\n", encoding="utf-8")
        click.echo(f"wrote {out}")


def _summary(session: Session, name: str, as_of: date | None) -> CampaignSummary:
    from keepuntil.oversight import campaigns

    with session.installation() as installation:
        return campaigns.summary(installation, name, as_of or installation.now().date())


def _print(found: CampaignSummary) -> None:
    click.echo(f"{found.campaign_id} {found.title.zh} {found.title.en}, on {found.as_of}")
    for phase in found.phases:
        span = f"{phase.begins_on} to {phase.ends_on}"
        click.echo(f"  {phase.title.zh} {phase.title.en}: {span}, {phase.moment.value}")
    print_table(
        ("place", "who", "class", "questions", "yes", "no", "n/a", "open"),
        [
            (
                *(share.place, share.person or "nobody", WORDS[share.problem_class].en),
                *(share.questions, share.yes, share.no, share.not_applicable, share.open),
            )
            for share in found.matrix
        ],
        title=f"{found.answered} of {found.questions} questions answered",
    )
    for pack in found.packs:
        click.echo(f"  {pack.sample_id} of {pack.certificate_id}: {pack.verdict or 'open'}")
    total = found.ledger.total
    click.echo(
        f"{total.found} problems, {total.fixed} closed, {total.open} open, of which"
        f" {found.ledger.overdue} are overdue. See: keepuntil ledger"
    )
