"""Least privilege on the command line: each command takes a right, and who lacks it is refused."""

from __future__ import annotations

import importlib
import json
import pwd
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import click
import pytest

from disposal_world import AS_OF, World
from keepuntil.cli import session
from keepuntil.cli.main import VERBS, keepuntil, main
from keepuntil.cli.permissions import IN_PERSON, PERMISSIONS
from keepuntil.cli.session import Session
from keepuntil.domain.access import IN_WORDS, RIGHTS, Right, roles_with
from keepuntil.domain.people import AccessRole
from keepuntil.errors import AccessRefused
from keepuntil.register import holds, plans, refusals

PAGE = Path(__file__).resolve().parents[2] / "docs" / "access.md"
DUE = "A000001-2016-11-21.pdf"
PEOPLE = """\
controller: bank.example
people:
  - {id: E1, unit: operations, roles: [data_owner], public_key: keys/E1.pem,
     access: [owner], logins: [wang]}
  - {id: E2, unit: records, roles: [records_officer], public_key: keys/E2.pem,
     access: [executor], logins: [li]}
  - {id: E3, unit: data-protection, roles: [dpo], access: [dpo], logins: [zhao]}
  - {id: E4, unit: audit, roles: [auditor], access: [auditor], logins: [chen]}
  - {id: E5, unit: it, roles: [operator], access: [administrator], logins: [zhou]}
"""


def leaves(command: click.Command, path: str = "") -> Iterator[tuple[str, click.Command]]:
    """Every command that does something, by its words."""
    if not isinstance(command, click.Group):
        yield path, command
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        below = command.get_command(context, name)
        assert below is not None
        yield from leaves(below, f"{path} {name}".strip())


COMMANDS = dict(leaves(keepuntil))


class Desk:
    """One installation, and whoever signs in at its keyboard."""

    def __init__(
        self, world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        self.world, self._monkeypatch, self._capsys = world, monkeypatch, capsys
        self.people = world.policies / "people.yaml"
        self.people.write_text(PEOPLE)

    def sits(self, login: str) -> None:
        self._monkeypatch.setattr(session.pwd, "getpwuid", lambda _: _Entry(login))

    def says(self, *words: str) -> tuple[int, str]:
        """The exit code, and everything that was said."""
        argv = ["keepuntil", "--home", f"{self.world.home}", "--policies", *words]
        argv.insert(4, f"{self.world.policies}")
        self._monkeypatch.setattr(sys, "argv", argv)
        self._capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            main()
        said = self._capsys.readouterr()
        assert "Traceback" not in said.err
        return int(end.value.code or 0), said.out + said.err

    @contextmanager
    def opened_once(self) -> Iterator[Session]:
        """For many commands in a row: what opens the installation gets the one that is open."""
        with self.world.open() as installation, self._monkeypatch.context() as patched:
            patched.setattr(Session, "installation", lambda _: nullcontext(installation))
            yield Session(home=self.world.home, policies=self.world.policies, as_json=False)

    def refused(self) -> list[tuple[str | None, str]]:
        """What was written down, the first refusal first."""
        with self.world.open() as installation:
            found = refusals.newest(installation.register, 100)
        return [(one.person, one.right) for one in reversed(found)]


class _Entry:
    def __init__(self, name: str) -> None:
        self.pw_name = name


@pytest.fixture
def desk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Desk:
    for name in ("REGISTER", "INSTALLATION_KEY", "HOME", "POLICIES"):
        monkeypatch.delenv(f"KEEPUNTIL_{name}", raising=False)
    monkeypatch.delenv("SUDO_USER", raising=False)
    world = World(tmp_path).build()
    world.issue(DUE)
    return Desk(world, monkeypatch, capsys)


def test_every_command_of_the_tree_has_its_line_in_the_table() -> None:
    assert set(PERMISSIONS) == set(COMMANDS)


def test_every_command_done_in_person_names_an_option_it_has() -> None:
    named = {path: {p.name for p in COMMANDS[path].params} for path in IN_PERSON}
    assert {path for path, option in IN_PERSON.items() if option not in named[path]} == set()


def test_no_group_does_anything_itself() -> None:
    groups = [getattr(importlib.import_module(m), n) for m, _, n in map(_parted, VERBS.values())]
    assert not [g for g in groups if isinstance(g, click.Group) and g.invoke_without_command]


def _parted(place: str) -> tuple[str, str, str]:
    return place.partition(":")


def test_whoever_is_not_known_is_refused_every_command_that_touches_the_installation(
    desk: Desk,
) -> None:
    desk.sits("stranger")
    taking = [path for path, right in PERMISSIONS.items() if right is not None]
    with desk.opened_once() as about:
        for path in taking:
            refuses(path, about, r"Nobody in people\.yaml has the login")
    assert desk.refused() == [(None, str(PERMISSIONS[path])) for path in taking]


@pytest.mark.parametrize("role", [AccessRole.AUDITOR, AccessRole.EXECUTOR])
def test_a_role_opens_what_its_rights_say_and_nothing_else(role: AccessRole, desk: Desk) -> None:
    me = f"  - {{id: E9, unit: credit, roles: [operator], access: [{role}], logins: [me]}}\n"
    desk.people.write_text(PEOPLE + me)
    desk.sits("me")
    one_each = {right: path for path, right in PERMISSIONS.items() if right is not None}
    shut = [(right, path) for right, path in one_each.items() if right not in RIGHTS[role]]
    with desk.opened_once() as about:
        for _, path in shut:
            refuses(path, about, r"E9 may not .* access role .* Ask E5")
    assert desk.refused() == [("E9", right.value) for right, _ in shut]
    assert desk.says("findings")[0] == 0


def refuses(path: str, about: Session, sentence: str) -> None:
    """The command is refused before anything of it is done."""
    command: Any = COMMANDS[path]
    with (
        click.Context(command, obj=about) as context,
        pytest.raises(AccessRefused, match=sentence),
    ):
        context.invoke(command.callback)


def test_a_refusal_says_who_what_which_role_and_whom_to_ask(desk: Desk) -> None:
    desk.sits("chen")
    sentence = (
        "E4 may not place, review and lift legal holds: that takes the access role dpo in "
        "people.yaml. Ask E5.\n"
    )
    assert desk.says("hold", "lift", "H-1", "--reason", "settled") == (15, sentence)
    code, said = desk.says("register", "refusals")
    assert (code, "E4" in said, "hold" in said) == (0, True, True)


def test_nothing_personal_is_told_or_kept_of_whoever_is_not_known(desk: Desk) -> None:
    desk.sits("zhang.wei")
    code, said = desk.says("findings")
    assert (code, "zhang.wei" in said) == (15, False)
    assert b"zhang.wei" not in (desk.world.home / "register.db").read_bytes()


def test_nothing_is_refused_before_anybody_has_an_access_role(desk: Desk) -> None:
    lines = PEOPLE.splitlines(keepends=True)
    desk.people.write_text("".join(lines[:3]).replace(".pem,", ".pem}"))
    desk.sits("stranger")
    assert desk.says("findings")[0] == 0
    code, said = desk.says("check")
    assert (code, "Nobody has an access role" in said) == (0, True)
    assert desk.refused() == []


def test_one_person_is_one_name_so_who_proposed_does_not_execute(desk: Desk) -> None:
    """Their login would pass for another person than their id."""
    desk.sits("li")
    code, said = desk.says("--json", "plan", "statement", "--as-of", str(AS_OF))
    plan_id = json.JSONDecoder().raw_decode(said)[0]["plan"]["plan_id"]
    with desk.world.open() as installation:
        assert plans.load(installation.register, plan_id).proposed_by == "E2"
    code, said = desk.says("run", plan_id, "--yes")
    assert (code, DUE in desk.world.left()) == (5, True), said
    assert "E2 proposed or approved the plan" in said


@pytest.mark.parametrize(
    "words",
    [
        ("plan", "statement", "--proposed-by", "E1"),
        ("run", "P-1", "--executor", "E1", "--yes"),
        ("verify", "run.1", "--verifier", "E1"),
    ],
)
def test_nobody_acts_under_another_name(words: tuple[str, ...], desk: Desk) -> None:
    desk.sits("li")
    code, said = desk.says(*words)
    assert (code, "you are E2; E1 enters it with a login of their own" in said) == (15, True)
    assert desk.refused() == [("E2", str(PERMISSIONS[words[0]]))]


def test_who_names_themselves_or_nobody_acts_as_themselves(desk: Desk) -> None:
    desk.sits("li")
    assert desk.says("plan", "statement", "--proposed-by", "E2")[0] == 0
    desk.sits("zhao")
    held = ("hold", "add", "statement", "--everything", "--mandate", "court 1", "--owner", "E1")
    code, said = desk.says("--json", *held)
    assert code == 0
    hold_id = json.loads(said)["hold_id"]
    assert desk.says("hold", "lift", hold_id, "--reason", "settled")[0] == 0
    with desk.world.open() as installation:
        assert list(holds.in_force(installation.register)) == []


def test_a_wrong_people_file_shuts_everything_but_what_puts_it_right(desk: Desk) -> None:
    desk.people.write_text(PEOPLE.replace("access: [dpo]", "access: [dpoo]"))
    desk.sits("li")
    code, said = desk.says("findings")
    assert (code, "people.yaml:7:" in said, "Did you mean 'dpo'?" in said) == (3, True, True)
    assert desk.says("check")[0] == 3
    assert desk.says("init")[0] == 0


def test_a_broken_rule_does_not_shut_out_who_may(desk: Desk) -> None:
    (desk.world.policies / "rules" / "statement.yaml").write_text("category: statement\n")
    desk.sits("chen")
    assert desk.says("findings")[0] == 0


def test_whoever_comes_through_sudo_is_who_called_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.sits("keepuntil")
    monkeypatch.setenv("SUDO_USER", "chen")
    assert desk.says("findings")[0] == 0
    assert desk.says("keys", "rotate", "log")[0] == 15
    assert desk.refused() == [("E4", "administer")]


def test_through_sudo_nobody_brings_a_people_file_of_their_own(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KEEPUNTIL_POLICIES", "/etc/keepuntil/policies")
    monkeypatch.setenv("SUDO_USER", "chen")
    code, said = desk.says("findings")
    assert (code, "leave out --policies" in said) == (15, True)


def test_a_login_is_not_taken_from_what_anybody_may_set(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    monkeypatch.delenv("SUDO_USER", raising=False)
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.setenv(name, "zhao")
    assert session.login() == pwd.getpwuid(os.getuid()).pw_name


def test_a_refusal_that_cannot_be_written_down_is_a_refusal_all_the_same(desk: Desk) -> None:
    desk.sits("chen")
    (desk.world.home / "register.db").unlink()
    code, said = desk.says("init")
    assert (code, "could not be written into the register" in said) == (15, True)
    assert not (desk.world.home / "register.db").exists()


# The page.


def rows_of(page: str, heading: str) -> list[list[str]]:
    """The cells of the table below a heading."""
    _, _, after = page.partition(f"## {heading}\n")
    section, _, _ = after.partition("\n## ")
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_the_page_says_what_the_tables_say() -> None:
    page = PAGE.read_text(encoding="utf-8")
    rights = [
        [f"`{right}`", IN_WORDS[right], ", ".join(f"`{role}`" for role in roles_with(right))]
        for right in Right
    ]
    assert rows_of(page, "Rights") == rights
    commands = [
        [
            ", ".join(f"`{path}`" for path, taken in sorted(PERMISSIONS.items()) if taken is right),
            "none" if right is None else f"`{right}`",
        ]
        for right in (*Right, None)
        if right in PERMISSIONS.values()
    ]
    assert rows_of(page, "Commands") == commands
    in_person = ", ".join(f"`{path}`" for path in IN_PERSON)
    assert in_person in page
