"""The entry point: finds the verb, runs it, turns errors into sentences and exit codes."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import click

from keepuntil import __version__
from keepuntil.cli.permissions import guarded
from keepuntil.cli.session import Session
from keepuntil.errors import KeepuntilError

VERBS = {
    "approve": "keepuntil.cli.plan_verbs:approve",
    "appraise": "keepuntil.cli.appraisal_verbs:appraise",
    "attest": "keepuntil.cli.appraisal_verbs:attest",
    "campaign": "keepuntil.cli.campaign_verbs:campaign",
    "cert": "keepuntil.cli.certificate_verbs:cert",
    "change": "keepuntil.cli.change_verbs:change",
    "check": "keepuntil.cli.rule_verbs:check",
    "coverage": "keepuntil.cli.coverage_verb:coverage",
    "demo": "keepuntil.cli.demo_verb:demo",
    "diff": "keepuntil.cli.plan_verbs:diff",
    "discover": "keepuntil.cli.discover_verb:discover",
    "explain": "keepuntil.cli.rule_verbs:explain",
    "findings": "keepuntil.cli.finding_verbs:findings",
    "forecast": "keepuntil.cli.rule_verbs:forecast",
    "hold": "keepuntil.cli.hold_verbs:hold",
    "init": "keepuntil.cli.rule_verbs:init",
    "keys": "keepuntil.cli.key_verbs:keys",
    "ledger": "keepuntil.cli.finding_verbs:ledger",
    "log": "keepuntil.cli.log_verbs:log",
    "notice": "keepuntil.cli.notice_verbs:notice",
    "overdue": "keepuntil.cli.oversight_verbs:overdue",
    "paper": "keepuntil.cli.paper_verbs:paper",
    "plan": "keepuntil.cli.plan_verbs:plan",
    "register": "keepuntil.cli.register_verbs:register",
    "reject": "keepuntil.cli.plan_verbs:reject",
    "remedy": "keepuntil.cli.remedy_verbs:remedy",
    "replay": "keepuntil.cli.change_verbs:replay",
    "report": "keepuntil.cli.report_verbs:report",
    "request": "keepuntil.cli.request_verbs:request",
    "restrict": "keepuntil.cli.notice_verbs:restrict",
    "run": "keepuntil.cli.run_verbs:run",
    "sample": "keepuntil.cli.sample_verbs:sample",
    "schema": "keepuntil.cli.rule_verbs:schema",
    "serve": "keepuntil.cli.serve_verb:serve",
    "show": "keepuntil.cli.plan_verbs:show",
    "verify": "keepuntil.cli.run_verbs:verify",
    "witness": "keepuntil.cli.witness_verbs:witness",
}

EXIT_CODES = """\b
Exit codes:
   0  done, or nothing to do
   2  the command cannot be carried out as asked
   3  a rule file, stores.yaml, people.yaml or calendar is not valid
   4  a store cannot be reached or is not as declared
   5  a plan cannot be made, is blocked or is stale, or a change of a rule makes too much due
   6  an approval is missing, expired or not given by who may
   7  stopped safely before the end: run again to resume
   8  some items were not destroyed
   9  the second reader did not confirm the run, or a sample was not accepted
  10  evidence is damaged, altered or foreign
  11  a key is missing, readable by others or of the wrong kind
  12  the register is missing or of another version
  13  a step with paper is refused (out of turn, not by who may), or has halted its journey
  14  something is not covered: a category, a form of it, a store, a review, or personal
      data that no rule claims
  15  the person signed in may not do this: no access role in people.yaml gives the right
"""


class Verbs(click.Group):
    """Loads a verb's module when it is named, so that ``keepuntil --help`` is quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 click's signature
        """Every verb, in alphabetical order."""
        return sorted(VERBS)

    def get_command(
        self,
        ctx: click.Context,  # noqa: ARG002 click's signature
        cmd_name: str,
    ) -> click.Command | None:
        """The verb of that name, or None."""
        if cmd_name not in VERBS:
            return None
        module, _, name = VERBS[cmd_name].partition(":")
        return guarded(getattr(importlib.import_module(module), name), cmd_name)


@click.group(cls=Verbs, epilog=EXIT_CODES, context_settings={"max_content_width": 100})
@click.option(
    "--home",
    type=click.Path(path_type=Path),
    envvar="KEEPUNTIL_HOME",
    default=Path("var/keepuntil"),
    show_default=True,
    help="Folder of this installation: register, keys, evidence, documents.",
)
@click.option(
    "--policies",
    type=click.Path(path_type=Path),
    envvar="KEEPUNTIL_POLICIES",
    default=Path("retention_policies"),
    show_default=True,
    help="Folder of what the owners declare: rules, stores, people, calendars.",
)
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON, for machines.")
@click.version_option(__version__)
@click.pass_context
def keepuntil(ctx: click.Context, home: Path, policies: Path, *, as_json: bool) -> None:
    """Retention and deletion you can prove.

    Every record has a date it must be kept until, and a date it must be gone by.
    Keepuntil finds what is due, destroys it everywhere it lives, and leaves proof
    that anyone can check. 每条记录都有必须保存至的日期，也有必须删除的日期。
    """
    ctx.obj = Session(home=home, policies=policies, as_json=as_json)


def main() -> None:
    """Run the command line; the only place that exits."""
    try:
        # Outside its own mode click gives back the code of `ctx.exit` instead of raising.
        code = keepuntil(prog_name="keepuntil", standalone_mode=False)
    except click.Abort:
        click.echo(
            "Stopped. What was done is written down; run the same command to go on.", err=True
        )
        sys.exit(7)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except KeepuntilError as error:
        _say(error)
        sys.exit(error.exit_code)
    sys.exit(code if isinstance(code, int) else 0)


def _say(error: KeepuntilError) -> None:
    if "--json" in sys.argv[1:]:
        from keepuntil.cli.output import print_json

        print_json({"error": error.reason, "exitCode": error.exit_code, "message": error.sentence})
    else:
        click.echo(error.sentence, err=True)
