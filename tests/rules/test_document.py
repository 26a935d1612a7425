"""Whatever bytes come, the reader answers with a rule or with sentences, and with nothing else."""

from __future__ import annotations

import random
import string
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keepuntil.errors import RuleError
from keepuntil.rules.document import LARGEST_FILE, read_document
from keepuntil.rules.load import load
from keepuntil.rules.rule_index import rule_index
from keepuntil.rules.sql_text import fault_of
from policies import PEOPLE, RULE, STORES, write

PIECES = st.sampled_from(
    [
        *"{}[],:#&*!|>'\"%@`-? \n\t\r\\",
        "- ",
        ": ",
        "\n  ",
        "---",
        "...",
        "<<",
        "&a",
        "*a",
        "!!str",
        "!<tag>",
        "|+",
        ">-",
        "%YAML 1.1",
        "null",
        "~",
        "yes",
        "012",
        "0o17",
        "1e3",
        ".nan",
        "=",
        "category",
        "clock",
        "\ufeff",
        "\u2028",
        "\u0085",
        "\x00",
        "\U0001f600",
        "信",
    ]
)
YAML_LIKE = st.lists(st.one_of(PIECES, st.text(max_size=4)), max_size=60).map("".join)


@settings(max_examples=400)
@given(st.one_of(YAML_LIKE.map(lambda text: text.encode("utf-8", "surrogatepass")), st.binary()))
def test_any_bytes_are_a_document_or_sentences(data: bytes) -> None:
    document = read_document(data, "rules/any.yaml")
    for problem in document.problems:
        assert problem.line >= 1
        assert problem.column >= 1
        assert problem.sentence.endswith(".")
        assert str(problem).isprintable()


def mutated(text: str, seed: int) -> bytes:
    """The text with a few accidents: bytes lost, doubled, swapped, moved or foreign."""
    chance = random.Random(seed)
    data = bytearray(text.encode())
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(data))
        match chance.randrange(6):
            case 0:
                del data[at : at + chance.randint(1, 30)]
            case 1:
                data[at:at] = data[at : at + chance.randint(1, 40)]
            case 2:
                data[at] = chance.choice(string.punctuation.encode() + b"\n\t \xff\xe2")
            case 3:
                data[at:at] = chance.choice(
                    [b"&a ", b"*a", b"!!x ", b"[", b"{", b"- ", b": ", b"'", b'"', b"|\n", b"null"]
                )
            case 4:
                to = chance.randrange(len(data))
                data[at], data[to] = data[to], data[at]
            case 5:
                lines = bytes(data).split(b"\n")
                chance.shuffle(lines)
                data = bytearray(b"\n".join(lines))
    return bytes(data)


@pytest.mark.parametrize("start", range(0, 300, 100))
def test_damaged_files_are_refused_with_sentences_only(start: int, tmp_path: Path) -> None:
    refused = 0
    for seed in range(start, start + 100):
        folder = write(tmp_path, {"loan_file": mutated(RULE, seed)})
        (folder / "stores.yaml").write_bytes(
            mutated(STORES, seed) if seed % 3 == 0 else STORES.encode()
        )
        (folder / "people.yaml").write_bytes(
            mutated(PEOPLE, seed) if seed % 3 == 1 else PEOPLE.encode()
        )
        try:
            load(folder)
        except RuleError as error:
            refused += 1
            for line in error.sentence.splitlines():
                assert line.endswith((".", "?"))
                assert line.partition(":")[0].endswith(".yaml")
        for problem in rule_index(folder).problems:
            assert problem.sentence.endswith((".", "?"))
    assert refused > 80


def test_deep_nesting_costs_nothing() -> None:
    for opening in (b"[", b"{a: ", b"- ", b"? "):
        document = read_document(opening * (LARGEST_FILE // len(opening)), "x.yaml")
        assert document.problems


def test_billion_laughs_are_not_laughed() -> None:
    bomb = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    bomb += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    document = read_document("\n".join(bomb).encode(), "x.yaml")
    assert len(document.problems) == 12 + 11 * 9


def test_places_count_characters_not_bytes() -> None:
    document = read_document("信贷: {档案: no}".encode(), "x.yaml")
    assert [(p.line, p.column) for p in document.problems] == [(1, 10)]


@pytest.mark.parametrize("first", ["%YAML 1.1", "%YAML 1.2", "%TAG ! tag:x,2026:"])
def test_directive_is_refused(first: str) -> None:
    document = read_document(f"{first}\n---\na: 1\n".encode(), "x.yaml")
    assert [p.sentence for p in document.problems] == ["There is a % directive; leave it out."]


def test_line_endings_of_windows_are_welcome() -> None:
    document = read_document(b"a: 1\r\nb: no\r\n", "x.yaml")
    assert [(p.line, p.column) for p in document.problems] == [(2, 4)]


@pytest.mark.parametrize(
    "word",
    [
        "yes",
        "No",
        "ON",
        "off",
        "y",
        "N",
        "True",
        "FALSE",
        "012",
        "1_000",
        "0x1F",
        "0o17",
        "1.5",
        "1e3",
        ".5",
        "+1",
        "-.inf",
        ".NaN",
        "1,000",
        "",
        "~",
        "null",
        "NULL",
    ],
)
def test_word_that_readers_disagree_about_is_refused(word: str) -> None:
    assert read_document(f"a: {word}\n".encode(), "x.yaml").problems
    assert not read_document(f'a: "{word}"\n'.encode(), "x.yaml").problems


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("false", False),
        ("0", 0),
        ("-5", -5),
        ("2026-01-01", "2026-01-01"),
        ("01:30", "01:30"),
        ("5%", "5%"),
        ("P5Y", "P5Y"),
        ("1.2.3", "1.2.3"),
        ("Norway", "Norway"),
        ("'012'", "012"),
        ("|\n  two\n  lines\n", "two\nlines\n"),
    ],
)
def test_word_that_all_readers_agree_about_is_taken(text: str, value: object) -> None:
    document = read_document(f"a: {text}\n".encode(), "x.yaml")
    assert document.problems == []
    assert document.content == {"a": value}


@pytest.mark.parametrize(
    "sql",
    [
        "status = 'A'",
        "a IN ('x', 'y') AND (b > 1)",
        "note = 'it''s -- not; a /* comment'",
        '"odd;name" = 1',
        "`odd#name` = 1",
        "a - -b > 0",
        "coalesce(a, b)",
    ],
)
def test_sql_that_stays_in_its_place_is_taken(sql: str) -> None:
    assert fault_of(sql) is None


@pytest.mark.parametrize(
    "sql",
    [
        "a = 1 -- x",
        "a = 1 /* x",
        "a = 1 # x",
        "a = 1; DROP TABLE loan",
        "a = 'x",
        'a = "x',
        "a = 1) OR (1 = 1",
        "(a = 1",
        "a = 1)",
        r"a = 'x\' OR 1=1 -- '",
        "a = $$x$$",
        "a = 1 */",
        "a = '\\' or b = ' or 1=1'",
        "a = `x\\` or b = `",
    ],
)
def test_sql_that_could_reach_beyond_its_place_is_refused(sql: str) -> None:
    assert fault_of(sql) is not None
