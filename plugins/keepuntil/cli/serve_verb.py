"""serve: the web pages, by themselves."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from keepuntil.cli.session import Session

if TYPE_CHECKING:
    from keepuntil.pages.signing_in import SignedInHere


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8765, show_default=True, help="The port to listen on.")
@click.option(
    "--dev-login",
    "accounts",
    multiple=True,
    metavar="PERSON",
    help="For trying out: anybody at this machine may act as PERSON. Repeat for several.",
)
@click.pass_obj
def serve(session: Session, host: str, port: int, accounts: tuple[str, ...]) -> None:
    """Serve the web pages: Tonight, plans, rules, evidence. Ctrl-C ends it.

    People sign in by OpenID Connect (KEEPUNTIL_OIDC_ISSUER and what docs/pages.md lists beside
    it), or with --dev-login on this machine only. Inside Airflow nothing has to be served: the
    plugin brings the pages there.
    """
    import uvicorn

    from keepuntil.pages.application import application

    pages = application(session.home, session.policies, sign_in=_sign_in(host, accounts))
    with session.installation() as installation:
        known = len(installation.schedule.rules)
    click.echo(f"{known} rules are shown at http://{host}:{port}/", err=True)
    uvicorn.run(pages, host=host, port=port, log_level="warning", server_header=False, workers=1)


def _sign_in(host: str, accounts: tuple[str, ...]) -> SignedInHere:
    from keepuntil.errors import UsageError
    from keepuntil.pages.openid import provider_of
    from keepuntil.pages.signing_in import SignedInHere, development

    provider = provider_of(os.environ)
    if accounts:
        return development(accounts, host)
    if provider is None:
        raise UsageError(
            "Nobody could sign in: set KEEPUNTIL_OIDC_ISSUER (docs/pages.md says what else), or "
            "try the pages out on this machine with --dev-login PERSON."
        )
    return SignedInHere(provider=provider)
