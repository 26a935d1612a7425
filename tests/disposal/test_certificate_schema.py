"""docs/certificate.schema.json and docs/certificate.md say what is really signed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from disposal_world import AS_OF, World
from eventful_world import declared, eventful_road
from keepuntil.disposal.installation import Installation
from keepuntil.domain.ledger_words import Discovery, ProblemClass
from keepuntil.domain.problems import Discovered, Opened, Particulars
from keepuntil.domain.sampling import CheckResult
from keepuntil.evidence.envelope import Envelope
from keepuntil.oversight import acting, sampling
from keepuntil.oversight.sampling import Wanted
from keepuntil.register import log
from paper_centre import DUE, build_centre

DOCS = Path(__file__).resolve().parents[2] / "docs"
SCHEMA = json.loads((DOCS / "certificate.schema.json").read_text(encoding="utf-8"))
VALIDATOR = Draft202012Validator(SCHEMA)
KINDS = {kind.rpartition(".dev/")[2] for kind in SCHEMA["properties"]["predicateType"]["enum"]}

Place = tuple[str | int, ...]


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """One statement of each type, out of the log of a bank in which all of it happened."""
    world = declared(World(tmp_path_factory.mktemp("bank")).build())
    with pytest.MonkeyPatch.context() as monkeypatch:
        centre = build_centre(world, monkeypatch)
        with world.open() as installation:
            made = eventful_road(world, installation)
            centre.paper.put(1, DUE)
            centre.whole_road(installation)
            sampled(installation, made.certificate_id)
            reported(installation)
            return {kind_of(said): said for said in statements(installation)}


def sampled(installation: Installation, certificate_id: str) -> None:
    """A spot check, in which what should be gone is found."""
    of = sampling.order(installation, certificate_id, Wanted(size=1, instances=("share",)), by="A2")
    (entry,) = of.draw.entries
    checked = {"checker": "A1", "result": CheckResult.FOUND, "note": "seen"}
    sampling.record(installation, of.sample.sample_id, entry.leaf, **checked)
    sampling.close(installation, of.sample.sample_id, by="A2")


def reported(installation: Installation) -> None:
    """A problem that a person has found."""
    found = Discovered(on=AS_OF, how=Discovery.AUDIT, by="E1")
    said = Particulars(problem_class=ProblemClass.DELETION, description="left on a share")
    acting.report(installation, Opened(particulars=said, discovered=found), by="E1")


def statements(installation: Installation) -> Iterator[dict[str, Any]]:
    for entry in log.entries(installation.register, 0, log.size(installation.register)):
        yield json.loads(Envelope.parse(entry.envelope.strip()).payload)


def kind_of(said: dict[str, Any]) -> str:
    return str(said["predicateType"]).rpartition(".dev/")[2]


def objects(value: Any, place: Place = ()) -> Iterator[Place]:
    """Where in a document there is an object."""
    if isinstance(value, dict):
        yield place
        for name, inner in value.items():
            yield from objects(inner, (*place, name))
    if isinstance(value, list):
        for number, inner in enumerate(value):
            yield from objects(inner, (*place, number))


def at(document: Any, place: Place) -> Any:
    for step in place:
        document = document[step]
    return document


def test_the_schema_is_a_schema_of_2020_12() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"].endswith("2020-12/schema")


def test_every_kind_of_statement_of_a_real_night_is_valid(signed: dict[str, Any]) -> None:
    assert signed.keys() == KINDS
    for kind, said in signed.items():
        assert [f"{kind} {e.json_path}: {e.message}" for e in VALIDATOR.iter_errors(said)] == []


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_field_too_many_anywhere_is_refused(signed: dict[str, Any], kind: str) -> None:
    for place in objects(signed[kind]):
        tampered = deepcopy(signed[kind])
        at(tampered, place)["unknownField"] = "x"
        assert not VALIDATOR.is_valid(tampered), place


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_field_that_is_missing_anywhere_is_refused(signed: dict[str, Any], kind: str) -> None:
    for place in objects(signed[kind]):
        for name in at(signed[kind], place):
            if optional(place, name):
                continue
            tampered = deepcopy(signed[kind])
            del at(tampered, place)[name]
            assert not VALIDATOR.is_valid(tampered), (*place, name)


def optional(place: Place, name: str) -> bool:
    """Tallies by reason or end, the second digest of a subject, and paper where there is none."""
    return place[-1:] in {("undetermined",), ("outcomes",)} or name in {"sm3", "custody"}


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize("other", [3.5, "", ["x", 1], {"x": {}}, -1])
def test_a_value_of_another_type_anywhere_is_refused(
    signed: dict[str, Any], kind: str, other: object
) -> None:
    for place in objects(signed[kind]):
        for name in at(signed[kind], place):
            tampered = deepcopy(signed[kind])
            at(tampered, place)[name] = other
            assert not VALIDATOR.is_valid(tampered), (*place, name)


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("records", "outcomes"), {"destroyed": 1, "failed": 1}),
        (("records", "outcomes"), {}),
        (("records", "treeSize"), 0),
        (("records", "rootHash"), "AB" * 32),
        (("completeness", "success"), False),
        (("completeness", "expectations"), 0),
        (("completeness", "instances", 0, "parts_remaining"), 1),
        (("completeness", "instances", 0, "due_left_behind"), 1),
        (("completeness", "instances"), []),
        (("approvals",), []),
        (("approvals", 0, "via"), "telephone"),
        (("methods",), []),
        (("asOf",), "2026-11-23T00:00:00Z"),
        (("run", "finishedOn"), "2026-11-23 02:00"),
        (("plan", "digest"), "md5:00"),
    ],
)
def test_what_no_certificate_may_say_is_refused(
    signed: dict[str, Any], place: Place, value: object
) -> None:
    tampered = deepcopy(signed["DestructionCertificate/v1"])
    *way, name = ("predicate", *place)
    at(tampered, tuple(way))[name] = value
    assert not VALIDATOR.is_valid(tampered)


def test_a_predicate_of_one_type_is_not_taken_for_another(signed: dict[str, Any]) -> None:
    for kind in KINDS:
        for other in KINDS - {kind}:
            swapped = {**signed[kind], "predicateType": f"https://keepuntil.dev/{other}"}
            assert not VALIDATOR.is_valid(swapped), (kind, other)


def fields(shape: dict[str, Any], before: str = "") -> Iterator[str]:
    """Every field that a part of the schema describes itself, by its path."""
    for name, value in shape.get("properties", {}).items():
        inner = value.get("items", value)
        path = f"{before}{name}{'[]' if 'items' in value else ''}"
        if "properties" in inner:
            yield from fields(inner, f"{path}.")
        else:
            yield f"{before}{name}"


def sections() -> dict[str, str]:
    """The text below each heading of the page."""
    page = (DOCS / "certificate.md").read_text(encoding="utf-8")
    parts = re.split(r"^#+ (.+)\n", page, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


EXPLAINED = [("The envelope and the statement", SCHEMA)] + [
    (shape.get("title", "Sentences"), shape)
    for shape in SCHEMA["$defs"].values()
    if "properties" in shape
]


@pytest.mark.parametrize(("heading", "shape"), EXPLAINED, ids=[name for name, _ in EXPLAINED])
def test_every_field_is_explained_below_its_heading(heading: str, shape: dict[str, Any]) -> None:
    found = list(fields(shape))
    assert found
    explained = re.findall(r"`([^`]+)`", sections()[heading])
    assert [name for name in found if name not in explained] == []


def test_every_field_of_a_table_is_one_of_the_schema() -> None:
    """The page promises nothing that is not signed."""
    for heading, shape in EXPLAINED:
        rows = re.findall(r"^\| (`[^|]+`) \|", sections()[heading], re.MULTILINE)
        named = [name for row in rows for name in re.findall(r"`([^`]+)`", row)]
        assert set(named) <= set(fields(shape)), heading
