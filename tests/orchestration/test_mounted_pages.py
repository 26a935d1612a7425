"""The pages inside Airflow: in its menu, under its roof, by its sign-in, and light until asked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from airflow import plugins_manager
from starlette.testclient import TestClient

from disposal_world import World

PEOPLE = """\
controller: bank.example
people:
  - {id: E1, unit: operations, roles: [data_owner], access: [owner], logins: [ops.owner]}
  - {id: A1, unit: audit, roles: [auditor], access: [auditor], logins: [auditor.one]}
"""


@pytest.fixture(scope="module")
def airflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """Airflow's own api-server, in this process, with the plugin as Airflow loads it."""
    from airflow.api_fastapi.app import create_app, purge_cached_app
    from airflow.utils.db import initdb

    initdb()
    world = World(tmp_path_factory.mktemp("bank")).build()
    patch = pytest.MonkeyPatch()
    for name in ("KEEPUNTIL_REGISTER", "KEEPUNTIL_INSTALLATION_KEY"):
        patch.delenv(name, raising=False)
    patch.setenv("KEEPUNTIL_HOME", str(world.home))
    patch.setenv("KEEPUNTIL_POLICIES", str(world.policies))
    patch.setenv("AIRFLOW__API_AUTH__JWT_SECRET", "secret of the tests" * 4)
    (world.policies / "people.yaml").write_text(PEOPLE)
    world.issue("A000001-2016-11-21.pdf")
    with world.open() as installation:
        world.plan(installation)
    with TestClient(create_app(apps="core"), base_url="http://127.0.0.1") as client:
        yield client
    purge_cached_app()
    patch.undo()


def token(name: str) -> str:
    from airflow.api_fastapi.app import get_auth_manager
    from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser

    manager: Any = get_auth_manager()
    return str(manager.generate_jwt(SimpleAuthManagerUser(username=name, role="viewer")))


def test_the_menu_leads_to_the_pages_under_airflows_sign_in(airflow: TestClient) -> None:
    airflow.cookies.set("_token", token("ops.owner"))
    shown = airflow.get("/keepuntil/", headers={"accept-language": "en"})
    assert shown.status_code == 200, shown.text
    assert "Signed in as <b>E1</b>" in shown.text
    assert "Account statement" in shown.text
    # Airflow's sign-in is ended in Airflow, and what is linked to lies below the mount.
    assert "Sign out" not in shown.text
    assert 'href="/keepuntil/plans"' in shown.text
    assert airflow.get("/keepuntil/static/style.css").status_code == 200
    menu = plugins_manager.get_plugin_info(["external_views"])
    (ours,) = [each["external_views"] for each in menu if each["name"] == "keepuntil"]
    assert [(view["href"], view["destination"]) for view in ours] == [("/keepuntil/", "nav")]


def test_without_airflows_sign_in_the_pages_send_people_there(airflow: TestClient) -> None:
    for name, value in (("Accept", "text/html"), ("Authorization", "Bearer forged")):
        airflow.cookies.clear()
        answer = airflow.get("/keepuntil/plans", headers={name: value}, follow_redirects=False)
        assert answer.status_code == 303
        assert "/auth/login" in answer.headers["location"]


def test_an_airflow_user_whom_people_yaml_does_not_list_sees_nothing(airflow: TestClient) -> None:
    airflow.cookies.set("_token", token("admin"))
    answer = airflow.get("/keepuntil/")
    assert answer.status_code == 403
    assert "people.yaml" in answer.text


def test_an_auditor_in_airflow_decides_nothing_there_either(airflow: TestClient) -> None:
    airflow.cookies.set("_token", token("auditor.one"))
    listed = airflow.get("/keepuntil/plans?lang=en").text
    assert "statement.2026-11-23" in listed
    plan_id = listed.split("<code>statement.")[1].split("</code>")[0]
    answer = airflow.post(
        f"/keepuntil/plans/statement.{plan_id}/decision",
        data={"digest": "x", "role": "data_owner", "verdict": "approve", "reason": "x"},
    )
    assert answer.status_code == 403
