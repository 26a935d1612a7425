"""References to Airflow connections, through Airflow's own lookup."""

from __future__ import annotations

from pathlib import Path

import pytest
from airflow.sdk.exceptions import AirflowException, AirflowFailException
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.engine import make_url

from keepuntil.domain.stores import Reference, ReferenceKind
from keepuntil.errors import PlanError, StoreBusy, StoreError
from keepuntil.orchestration import connections
from keepuntil.orchestration.connections import installation, resolve


def in_airflow(name: str) -> Reference:
    return Reference(kind=ReferenceKind.AIRFLOW, name=name)


@pytest.mark.parametrize(
    ("uri", "text"),
    [
        (
            "postgres://reader:p%40ss%2Fw%3Ard@db.bank:5433/core?sslmode=require",
            "postgresql+psycopg://reader:p%40ss%2Fw%3Ard@db.bank:5433/core?sslmode=require",
        ),
        ("mysql://u:x@db/core", "mysql+pymysql://u:x@db/core"),
        ("postgres://db/core", "postgresql+psycopg://db/core"),
        ("sqlite:///%2Fsrv%2Fcore.db", "sqlite:////srv/core.db"),
        ("aws://AKIAKEY:s%2Fcret%2B@", "AKIAKEY:s/cret+"),
    ],
)
def test_a_connection_becomes_the_text_a_store_needs(
    uri: str, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_CORE", uri)
    assert resolve(in_airflow("core")) == text


@given(password=st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), min_size=1))
def test_any_password_survives_the_url(password: str) -> None:
    class Stated:
        conn_type, login, host, port = "postgres", "u", "db", 5432
        schema, extra_dejson = "core", None

    Stated.password = password  # type: ignore[attr-defined]
    url = make_url(connections._text_of("core", Stated))
    assert (url.username, url.password, url.host, url.port) == ("u", password, "db", 5432)


def test_a_connection_of_another_type_is_refused_without_its_secret(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_MAIL", "smtp://u:s3cret@mail")
    with pytest.raises(StoreError, match="'smtp'") as refusal:
        resolve(in_airflow("mail"))
    assert "s3cret" not in str(refusal.value)


def test_a_missing_connection_says_where_to_make_one() -> None:
    with pytest.raises(StoreError, match="AIRFLOW_CONN_NOWHERE"):
        resolve(in_airflow("nowhere"))


def test_other_references_are_resolved_as_everywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "url").write_text("sqlite://\n")
    monkeypatch.setenv("CORE_URL", "sqlite:///x")
    assert resolve(Reference(kind=ReferenceKind.FILE, name=str(tmp_path / "url"))) == "sqlite://"
    assert resolve(Reference(kind=ReferenceKind.ENV, name="CORE_URL")) == "sqlite:///x"


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> None:
    """An installation that opens, so that the translation of errors can be seen alone."""
    from contextlib import nullcontext

    from keepuntil.disposal.installation import Installation

    monkeypatch.setattr(Installation, "open", lambda *_: nullcontext())


@pytest.mark.usefixtures("opened")
def test_what_a_person_must_mend_fails_at_once_and_what_may_pass_is_retried() -> None:
    with pytest.raises(AirflowFailException, match="a sentence"), installation():
        raise PlanError("a sentence")
    with pytest.raises(AirflowException, match="a sentence") as retried, installation():
        raise StoreBusy("a sentence")
    assert not isinstance(retried.value, AirflowFailException)


@pytest.mark.usefixtures("opened")
def test_the_cause_of_an_error_does_not_follow_it_into_the_log() -> None:
    with pytest.raises(AirflowFailException) as failure, installation():
        raise PlanError("a sentence") from ValueError("row of Zhang Wei")
    assert failure.value.__suppress_context__
    assert failure.value.__cause__ is None
