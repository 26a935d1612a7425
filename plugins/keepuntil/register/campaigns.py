"""Campaigns (专项排查): what each is about, for ever; what happened stands in its history."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, select

from keepuntil.domain.campaigns import (
    PAYLOADS,
    Campaign,
    CampaignAct,
    Happened,
    Progress,
    after,
    progress_of,
)
from keepuntil.domain.plain_documents import document_of, value_of
from keepuntil.errors import RegisterError
from keepuntil.evidence import canonical
from keepuntil.register import ledger
from keepuntil.register.connection import Register
from keepuntil.register.finding_one import one_identifier
from keepuntil.register.inserting import insert_once
from keepuntil.register.ledger import Line
from keepuntil.register.ledger_tables import campaign as table

KIND: Final = "campaign"
"""Of a history, and of its entries in the log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCampaign:
    campaign_id: str
    campaign: Campaign
    started_by: str
    started_at: datetime


def start(register: Register, started: StoredCampaign) -> None:
    """Keep a campaign, with the first line of its history. Raises RegisterError."""
    row = {
        "campaign_id": started.campaign_id,
        "document": canonical.encode(document_of(started.campaign)).decode(),
        "started_by": started.started_by,
        "started_at": started.started_at,
    }
    first = Happened(act=CampaignAct.STARTED, at=started.started_at, person=started.started_by)
    with register.writing() as connection:
        if not insert_once(connection, table, row):
            raise RegisterError(f"There is a campaign {started.campaign_id} already.")
        ledger.append(connection, register, _line(started.campaign_id, 1, first))


def act(register: Register, campaign_id: str, happened: Happened) -> Progress:
    """Add a line to a campaign's history; how far it is then.

    Raises what :func:`keepuntil.domain.campaigns.after` raises.
    """
    query = select(table).where(table.c.campaign_id == campaign_id).with_for_update()
    with register.writing() as connection:
        campaign = _stored(connection.execute(query).one()).campaign
        subject = f"{KIND}/{campaign_id}"
        lines = ledger.lines_in(connection, register, subject)
        progress = after(campaign, progress_of(campaign, map(_happened, lines)), happened)
        ledger.append(connection, register, _line(campaign_id, len(lines) + 1, happened))
    return progress


def load(register: Register, name: str) -> StoredCampaign:
    """The campaign of this identifier, or the only one that begins so. Raises RegisterError."""
    with register.reading() as connection:
        campaign_id = one_identifier(
            connection, table.c.campaign_id, name, what=KIND, error=RegisterError
        )
        query = select(table).where(table.c.campaign_id == campaign_id)
        return _stored(connection.execute(query).one())


def everything(register: Register) -> list[StoredCampaign]:
    """All campaigns, the first one first."""
    query = select(table).order_by(table.c.started_at, table.c.campaign_id)
    with register.reading() as connection:
        return [_stored(row) for row in connection.execute(query)]


def progress(register: Register, stored: StoredCampaign) -> Progress:
    """How far a campaign is, by its history."""
    lines = ledger.lines(register, f"{KIND}/{stored.campaign_id}")
    return progress_of(stored.campaign, map(_happened, lines))


def _line(campaign_id: str, seq: int, happened: Happened) -> Line:
    return Line(
        subject=f"{KIND}/{campaign_id}",
        seq=seq,
        act=happened.act.value,
        person=happened.person,
        at=happened.at,
        details=None if happened.payload is None else document_of(happened.payload),
    )


def _happened(line: Line) -> Happened:
    act = CampaignAct(line.act)
    kind = PAYLOADS.get(act)
    payload = None if kind is None else value_of(kind, line.details, where=line.act)
    return Happened(act=act, at=line.at, person=line.person or "", payload=payload)


def _stored(row: Row[Any]) -> StoredCampaign:
    return StoredCampaign(
        campaign_id=row.campaign_id,
        campaign=value_of(Campaign, json.loads(row.document), where="campaign"),
        started_by=row.started_by,
        started_at=row.started_at,
    )
