"""A statement says something about files named by their content."""

import json
from base64 import b64decode
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepuntil.errors import EvidenceError
from keepuntil.evidence import canonical, statement
from keepuntil.evidence.statement import Subject

TYPE = "https://keepuntil.example/Thing/v1"
CHECKPOINT = Subject.of("run/checkpoint", BytesIO(b"abc"))
STATEMENT = statement.make([CHECKPOINT], TYPE, {"counts": {"destroyed": 3}})


def test_both_digests_of_a_file_are_the_published_ones() -> None:
    # FIPS 180-4 and GB/T 32905-2016, both for the message "abc".
    assert CHECKPOINT.sha256 == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert CHECKPOINT.sm3 == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"


def test_a_statement_is_canonical_and_survives_the_way_through_its_bytes() -> None:
    assert STATEMENT.encoded == canonical.encode(json.loads(STATEMENT.encoded))
    assert statement.parse(STATEMENT.encoded) == STATEMENT
    assert STATEMENT.subject("run/checkpoint") == CHECKPOINT
    assert STATEMENT.predicate == {"counts": {"destroyed": 3}}
    assert STATEMENT.predicate_type == TYPE


def test_the_bytes_are_kept_as_they_came() -> None:
    spaced = json.dumps(json.loads(STATEMENT.encoded), indent=1).encode()
    assert statement.parse(spaced).encoded == spaced


def test_the_foreign_statement_is_about_its_checkpoint(shared_dir: Path) -> None:
    folder = shared_dir / "evidence-example"
    payload = b64decode(json.loads((folder / "certificate.intoto.jsonl").read_bytes())["payload"])
    found = statement.parse(payload).subject("run/checkpoint")
    with (folder / "run" / "checkpoint").open("rb") as file:
        found.check(file)
    assert found.sm3


def test_sm3_is_left_out_where_nobody_asked_for_it() -> None:
    plain = Subject("x", "a" * 64)
    made = statement.make([plain], TYPE, {})
    assert made.subjects == (plain,)
    assert b"sm3" not in made.encoded


def test_a_file_that_differs_is_not_the_subject() -> None:
    CHECKPOINT.check(BytesIO(b"abc"))
    Subject("x", CHECKPOINT.sha256).check(BytesIO(b"abc"))
    for subject, content in (
        (CHECKPOINT, b"abd"),
        (Subject("x", CHECKPOINT.sha256, "0" * 64), b"abc"),
        (Subject("x", "0" * 64, CHECKPOINT.sm3), b"abc"),
    ):
        with pytest.raises(EvidenceError, match="its digest differs"):
            subject.check(BytesIO(content))


def test_a_large_file_is_digested_in_pieces() -> None:
    content = bytes(range(256)) * 5000
    assert Subject.of("x", BytesIO(content)).sha256 == sha256(content).hexdigest()


def test_a_statement_says_nothing_about_other_files() -> None:
    with pytest.raises(EvidenceError, match="says nothing about log/checkpoint"):
        STATEMENT.subject("log/checkpoint")


def test_digests_under_unknown_names_are_passed_over() -> None:
    document = json.loads(STATEMENT.encoded)
    document["subject"][0]["digest"] = {"sha256": "a" * 64, "gitCommit": "x"}
    assert statement.parse(canonical.encode(document)).subjects == (
        Subject("run/checkpoint", "a" * 64),
    )


def changed(**members: Any) -> bytes:
    return json.dumps(json.loads(STATEMENT.encoded) | members).encode()


def about(**members: Any) -> bytes:
    return changed(subject=[CHECKPOINT.document | members])


@pytest.mark.parametrize(
    ("payload", "sentence"),
    [
        (b"null", "the statement is not an object"),
        (changed(_type="https://in-toto.io/Statement/v0.1"), "not an in-toto Statement v1"),
        (changed(more=1), "does not belong there: 'more'"),
        (changed(predicate=[]), "predicate of the statement is not an object"),
        (changed(predicate={"share": 0.5}), "not a whole number"),
        (changed(predicateType=1), "predicate type of the statement is not a text"),
        (changed(predicateType="thing"), "is not a URI"),
        (changed(subject=[]), "about 1 to 1024 subjects"),
        (changed(subject={}), "about 1 to 1024 subjects"),
        (changed(subject=[1]), "subject 1 of the statement is not an object"),
        (changed(subject=[CHECKPOINT.document] * 2), "have the same name"),
        (changed(subject=[CHECKPOINT.document] * 1025), "about 1 to 1024 subjects"),
        (about(name=""), "needs a name"),
        (about(name=1), "name of subject 1 of the statement is not a text"),
        (about(uri="x"), "does not belong there: 'uri'"),
        (about(digest=[]), "not an object of named digests"),
        (about(digest={}), "has no sha256 digest"),
        (about(digest={"a b": "c", "sha256": "a" * 64}), "not an object of named digests"),
        (about(digest={"sha256": "A" * 64}), "64 lower-case hexadecimal"),
        (about(digest={"sha256": 1}), "sha256 digest of subject 1 .* is not a text"),
        (about(digest={"sha256": "a" * 64, "sm3": "b"}), "64 lower-case hexadecimal"),
        (
            about(digest={"sha256": "a" * 64, "sm3": None}),
            "sm3 digest of subject 1 .* is not a text",
        ),
        (about(digest={"sha256": "a" * 64 + "\n"}), "64 lower-case hexadecimal"),
    ],
)
def test_a_misshapen_statement_is_refused_with_a_sentence(payload: bytes, sentence: str) -> None:
    with pytest.raises(EvidenceError, match=sentence):
        statement.parse(payload)


def test_a_statement_can_be_about_as_many_files_as_verifiers_read() -> None:
    many = [Subject(str(number), "a" * 64) for number in range(1024)]
    assert statement.make(many, TYPE, {}).subjects == tuple(many)


def test_a_statement_about_nothing_cannot_be_made() -> None:
    with pytest.raises(EvidenceError, match="about 1 to 1024 subjects"):
        statement.make([], TYPE, {})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.sampled_from(["_type", "subject", "predicateType", "predicate"]), JSON)
def test_hostile_members_are_read_or_refused_and_nothing_else(name: str, value: object) -> None:
    for payload in (changed(**{name: value}), about(digest=value), about(name=value)):
        try:
            statement.parse(payload)
        except EvidenceError:
            continue
