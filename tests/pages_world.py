"""A small bank whose pages all have something to show, built on the real road."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from starlette.testclient import TestClient

from disposal_world import AS_OF, World
from keepuntil.disposal import erasure_requests, forecasting, placing_holds, planning
from keepuntil.domain.campaigns import CampaignAct, PlaceGiven
from keepuntil.domain.holds import HoldScope
from keepuntil.domain.ledger import Act
from keepuntil.domain.ledger_words import Discovery, ProblemClass
from keepuntil.domain.problems import Discovered, Milestone, Opened, Particulars, Remedy
from keepuntil.oversight import acting, campaigns, closing_evidence, kept_coverage
from keepuntil.oversight.coverage import cover
from keepuntil.pages.application import application
from keepuntil.pages.signing_in import SignedInHere
from keepuntil.register import plans

PEOPLE = """\
controller: bank.example
people:
  - {id: E1, unit: operations, roles: [data_owner, owner], access: [owner], logins: [E1], public_key: keys/E1.pem}
  - {id: E2, unit: records, roles: [records_officer], access: [approver], logins: [e2@bank.example], public_key: keys/E2.pem}
  - {id: E3, unit: retail-credit, roles: [data_owner], access: [owner], logins: [E3], public_key: keys/E3.pem}
  - {id: P1, unit: retail-credit, roles: [data_owner], access: [owner], logins: [P1]}
  - {id: A1, unit: audit, roles: [auditor], access: [auditor], logins: [A1]}
  - {id: D1, unit: compliance, roles: [data_protection], access: [dpo], logins: [D1]}
  - {id: W1, unit: retail-credit, roles: [witness], access: [witness], logins: [W1]}
"""  # noqa: E501
LOGINS = ("E1", "e2@bank.example", "E3", "P1", "A1", "D1", "W1", "stranger")

BORROWER = "Zhang Planted-Name"

_TOKEN = re.compile(r'name="token" value="([^"]+)"')


@dataclass(slots=True)
class Bank:
    """The bank, what was prepared in it, and its pages."""

    world: World
    waiting: str = ""
    """A list of the loans that nobody has decided on; P1 proposed it."""
    certificate: str = ""
    campaign: str = ""
    """About deletion: E1 answers for operations, E3 for the loans of retail credit."""
    request: str = ""
    """Of the borrower of every loan, who asks to be erased."""
    hold: str = ""
    """On one loan; its day of review has passed."""
    finding: int = 0
    """Of the loans: planned, begun, and shown by evidence; E3 answers for it, D1 entered it."""
    pages: FastAPI = field(default_factory=FastAPI)

    @contextmanager
    def browser(self, login: str | None = None, **options: Any) -> Iterator[Browser]:
        """A browser, signed in where a login is given."""
        with TestClient(self.pages, base_url="http://127.0.0.1", **options) as client:
            browser = Browser(client)
            if login is not None:
                browser.sign_in(login)
            yield browser


@dataclass(slots=True)
class Browser:
    """Fills in the forms of the pages as people do: with the token of the page they are on."""

    client: TestClient

    def sign_in(self, login: str) -> None:
        token = self.token("/sign-in")
        answer = self.client.post("/sign-in", data={"token": token, "account": login})
        assert answer.status_code in (200, 403), answer.text

    def get(self, path: str, **options: Any) -> str:
        answer = self.client.get(path, **options)
        assert answer.status_code == 200, (path, answer.status_code, answer.text[-1500:])
        return answer.text

    def status(self, path: str) -> int:
        return self.client.get(path, follow_redirects=False).status_code

    def token(self, path: str) -> str:
        found = _TOKEN.search(self.client.get(path).text)
        return found.group(1) if found else ""

    def post(self, path: str, page: str = "/evidence", **fields: Any) -> Any:
        """Send a form of a page, without following where it leads."""
        files = fields.pop("files", None)
        data = {"token": self.token(page)} | fields
        return self.client.post(path, data=data, files=files, follow_redirects=False)


def bank(folder: Path) -> Bank:
    """Statements certified and quiet, loans that wait for two people, a forecast."""
    world = World(folder).build()
    (world.policies / "people.yaml").write_text(PEOPLE)
    world.write_rule(backup="P35D")
    world.write_loan_rule()
    loans = world.policies / "rules" / "loan.yaml"
    group = "    record_group: file_no\n"
    loans.write_text(loans.read_text().replace(group, f"{group}    subject: borrower\n"))
    world.issue(*(f"A{n:06d}-2016-11-2{n}.pdf" for n in range(3)))
    world.issue("A000007-2017-05-05.pdf", "A000008-2018-01-01.pdf", "A000009-9999-12-31.pdf")
    world.build_core({1: "2016-01-05", 2: "2016-03-01", 3: "2024-01-01", 4: None})
    made = Bank(world)
    with world.open() as installation:
        made.certificate = world.whole_road(installation).certificate_id
        made.waiting = _proposed(world, installation)
        made.finding = _problem(installation)
        made.hold = placing_holds.place(
            installation,
            "loan",
            scope=HoldScope.RECORD_GROUP,
            value="F77",
            mandate="court order (2026) 17",
            owner="legal",
            review_by=installation.now().date() - timedelta(days=7),
        ).hold_id
        for rule in installation.schedule.rules:
            forecasting.remember(installation, rule)
        made.campaign = _campaign(installation)
        made.request = erasure_requests.receive(
            installation,
            BORROWER,
            regime="pipl",
            received_on=installation.now().date(),
            by="D1",
        ).request.request_id
        kept_coverage.remember(installation, cover(installation, installation.now().date()))
    return made


def reopened(made: Bank) -> Bank:
    """The bank with its pages, whose clock is the world's."""
    world = World(made.world.folder)
    pages = application(
        world.home,
        world.policies,
        sign_in=SignedInHere(accounts=LOGINS),
        now=lambda: world.moment,
    )
    return replace(made, world=world, pages=pages)


def _campaign(installation: Any) -> str:
    places = {"operations": "E1", "retail-credit/loans": "E3"}
    name = campaigns.start(
        installation,
        campaigns.read_template("notice"),
        places=tuple(places),
        starts_on=installation.now().date(),
        classes=(ProblemClass.DELETION,),
        by="D1",
    ).campaign_id
    for place, person in places.items():
        given = PlaceGiven(place=place, person=person)
        campaigns.take(installation, name, CampaignAct.ASSIGNED, given, by="D1")
    return name


def _problem(installation: Any) -> int:
    """A problem of the loans on its way, beside one that no unit owns."""
    on = Discovered(on=installation.now().date(), how=Discovery.AUDIT, by="A1")
    for unit in (None, "retail-credit"):
        said = Particulars(
            problem_class=ProblemClass.DELETION,
            description="Copies lie on a share.",
            category="loan" if unit else None,
            unit=unit,
            system="share" if unit else "building",
        )
        opened = Opened(particulars=said, discovered=on)
        number = acting.report(installation, opened, by="D1")
    remedy = Remedy(
        goal="No copies on shares",
        measures=("List them.", "Delete what is due."),
        owner="E3",
        unit="retail-credit",
        due_on=installation.now().date() + timedelta(days=30),
        milestones=(Milestone(name="list", due_on=installation.now().date()),),
    )
    acting.take(installation, number, Act.REMEDY_SET, remedy, by="E3")
    acting.take(installation, number, Act.STARTED, by="E3")
    proof = closing_evidence.document("The list", sha256="0" * 64)
    acting.take(installation, number, Act.EVIDENCE_ATTACHED, proof, by="E3")
    return number


def _proposed(world: World, installation: Any) -> str:
    return planning.plan(installation, "loan", AS_OF, proposed_by="P1").plan.plan_id


def decision(of: Bank, browser: Browser, verdict: str, role: str, **fields: str) -> Any:
    """Decide on the list that waits, as somebody does who looks at its page."""
    page = f"/plans/{of.waiting}"
    digest = re.search(r'name="digest" value="([^"]+)"', browser.client.get(page).text)
    given = {"verdict": verdict, "role": role, "reason": "Looked at.", **fields}
    given.setdefault("digest", digest.group(1) if digest else _digest(of))
    return browser.post(f"{page}/decision", **given)


def _digest(of: Bank) -> str:
    with of.world.open() as installation:
        return plans.load(installation.register, of.waiting).plan.digest


def altered(archive: Path, name: str) -> bytes:
    """A bundle with one byte more in one of its files."""
    target = io.BytesIO()
    with zipfile.ZipFile(archive) as source, zipfile.ZipFile(target, "w") as made:
        for one in source.namelist():
            content = source.read(one)
            made.writestr(one, content + b" " if one.endswith(f"/{name}") else content)
    return target.getvalue()
