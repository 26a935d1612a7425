"""Where tasks find the installation, and how they resolve ``{airflow: NAME}`` references."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlencode

from airflow.sdk.exceptions import AirflowException, AirflowFailException

from keepuntil.domain.stores import Reference, ReferenceKind
from keepuntil.errors import (
    KeepuntilError,
    RegisterError,
    RunInterrupted,
    StoreBusy,
    StoreError,
    StoreUnreachable,
)

if TYPE_CHECKING:
    from keepuntil.disposal.installation import Installation

DRIVERS: Final[Mapping[str, str]] = {
    "postgres": "postgresql+psycopg",
    "postgresql": "postgresql+psycopg",
    "mysql": "mysql+pymysql",
    "mariadb": "mariadb+pymysql",
    "sqlite": "sqlite",
}
"""SQLAlchemy's name for each of Airflow's types of SQL connection."""

WORTH_RETRYING: Final = (StoreBusy, StoreUnreachable, RunInterrupted, RegisterError)
"""What may be better in a while. Everything else needs a person, and a retry only hides it."""


def home() -> Path:
    """``KEEPUNTIL_HOME``: register, keys, evidence, pages of verifications."""
    return Path(os.environ.get("KEEPUNTIL_HOME") or "var/keepuntil").absolute()


def policies() -> Path:
    """``KEEPUNTIL_POLICIES``: what the bank declares."""
    return Path(os.environ.get("KEEPUNTIL_POLICIES") or "retention_policies").absolute()


@contextmanager
def installation() -> Iterator[Installation]:
    """The installation, for one task. Our errors leave as Airflow's, as plain sentences.

    Causes are cut off: a database's message may quote a record, and Airflow logs
    whole chains.
    """
    from keepuntil.disposal.installation import Installation

    try:
        with Installation.open(home(), policies(), resolve) as opened:
            yield opened
    except WORTH_RETRYING as error:
        raise AirflowException(error.sentence) from None
    except KeepuntilError as error:
        raise AirflowFailException(error.sentence) from None


def resolve(reference: Reference) -> str:
    """The secret text behind a reference; Airflow connections included.

    A SQL connection becomes a SQLAlchemy URL, an ``aws`` one ``KEY:SECRET``. Raises
    StoreError naming the reference, never its text.
    """
    from keepuntil.disposal.references import resolve_reference

    if reference.kind is not ReferenceKind.AIRFLOW:
        return resolve_reference(reference)
    return _text_of(reference.name, _connection(reference.name))


def _connection(name: str) -> Any:
    from airflow.sdk import Connection
    from airflow.sdk.exceptions import AirflowNotFoundException

    try:
        return Connection.get(name)
    except AirflowNotFoundException:
        raise StoreError(
            f"There is no Airflow connection {name!r}; stores.yaml refers to it. "
            f"Make it under Admin > Connections, or set AIRFLOW_CONN_{name.upper()}."
        ) from None


def _text_of(name: str, connection: Any) -> str:
    if connection.conn_type == "aws":
        return f"{connection.login or ''}:{connection.password or ''}"
    driver = DRIVERS.get(connection.conn_type)
    if driver is None:
        raise StoreError(
            f"The Airflow connection {name!r} is of type {connection.conn_type!r}; a store "
            f"needs one of {', '.join(sorted({*DRIVERS, 'aws'}))}."
        )
    if driver == "sqlite":
        return f"sqlite:///{connection.host or connection.schema or ''}"
    return _url(driver, connection)


def _url(driver: str, connection: Any) -> str:
    who = quote(connection.login or "", safe="")
    if connection.password:
        who += f":{quote(connection.password, safe='')}"
    where = connection.host or ""
    if connection.port:
        where += f":{connection.port}"
    more = urlencode(connection.extra_dejson or {})
    address = f"{who}@{where}" if who else where
    return f"{driver}://{address}/{connection.schema or ''}{'?' if more else ''}{more}"
