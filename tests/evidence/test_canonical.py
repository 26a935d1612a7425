"""Canonical bytes are those of RFC 8785, and nothing unclear is read."""

import json
import math
from enum import StrEnum
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepuntil.errors import EvidenceError
from keepuntil.evidence import canonical

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
KEYS = st.text(st.characters(max_codepoint=127), max_size=10)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-canonical.LARGEST_INTEGER, canonical.LARGEST_INTEGER)
    | TEXT
)
DOCUMENTS = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4)
)


@given(DOCUMENTS)
def test_a_document_survives_the_way_through_its_bytes(document: object) -> None:
    encoded = canonical.encode(document)
    assert canonical.parse(encoded) == document
    assert canonical.encode(canonical.parse(encoded)) == encoded


@given(st.dictionaries(KEYS, SCALARS, max_size=6))
def test_the_order_of_writing_does_not_change_the_digest(document: dict[str, object]) -> None:
    backwards = dict(reversed(document.items()))
    assert canonical.digest(backwards) == canonical.digest(document)


@pytest.mark.parametrize("name", ["arrays", "french", "structures", "unicode", "values", "weird"])
def test_rfc_8785_vectors_are_reproduced_or_refused(shared_dir: Path, name: str) -> None:
    folder = shared_dir / "vectors" / "jcs-rfc8785" / "testdata"
    document = json.loads((folder / "input" / f"{name}.json").read_bytes())
    expected = (folder / "output" / f"{name}.json").read_bytes().strip()
    if name in ("arrays", "unicode"):
        assert canonical.encode(document) == expected
    else:  # floats, or keys beyond ASCII, where sorting by code point would be wrong
        with pytest.raises(EvidenceError, match=r"float|not ASCII"):
            canonical.encode(document)


def test_escapes_are_the_ones_rfc_8785_prescribes() -> None:
    text = "".join(map(chr, range(0x20))) + '"\\/\x7f\u2028\U0001f512'
    assert canonical.encode(text) == (
        b'"\\u0000\\u0001\\u0002\\u0003\\u0004\\u0005\\u0006\\u0007\\b\\t\\n\\u000b\\f\\r'
        b"\\u000e\\u000f\\u0010\\u0011\\u0012\\u0013\\u0014\\u0015\\u0016\\u0017\\u0018\\u0019"
        b'\\u001a\\u001b\\u001c\\u001d\\u001e\\u001f\\"\\\\/\x7f\xe2\x80\xa8\xf0\x9f\x94\x92"'
    )


def test_a_digest_names_its_algorithm() -> None:
    empty = "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
    assert canonical.digest({}) == empty == canonical.digest_of_bytes(b"{}")


def test_words_of_an_enumeration_are_written_as_text() -> None:
    class Word(StrEnum):
        HELD = "held"

    assert canonical.encode({"o": Word.HELD, "t": (1, True)}) == b'{"o":"held","t":[1,true]}'


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        ({"a": [0, {"share": 0.5}]}, r"\$\.a\[1\]\.share is a float"),
        (math.nan, "is a float"),
        ({"a": 2**53}, r"\$\.a is an integer beyond"),
        (-(2**53), r"\$ is an integer beyond"),
        ({"字": 1}, r"\$ has a key that is not ASCII"),
        ({1: 1}, "has a key that is not ASCII"),
        (["\ud800"], r"\$\[0\] is a text with a lone surrogate"),
        ({"a": {1, 2}}, r"\$\.a is of type set"),
        ({"a": b"x"}, r"\$\.a is of type bytes"),
    ],
)
def test_what_has_no_canonical_form_is_refused_with_its_place(document, sentence) -> None:
    with pytest.raises(EvidenceError, match=sentence):
        canonical.encode(document)


def test_what_is_written_is_never_too_deep_to_be_read() -> None:
    document: object = []
    for _ in range(canonical.DEEPEST - 1):
        document = [document]
    assert canonical.parse(canonical.encode(document)) == document
    with pytest.raises(EvidenceError, match="deeper than 32 levels"):
        canonical.encode([document])
    itself: list[object] = []
    itself.append(itself)
    with pytest.raises(EvidenceError, match="deeper than 32 levels"):
        canonical.encode(itself)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "not JSON at character 0"),
        (b"{}x", "not JSON at character 2"),
        (b'{"a":1', "not JSON at character 6"),
        (b'{"a":1,"a":2}', "names 'a' twice"),
        (b'[{"b":{"a":1,"a":1}}]', "names 'a' twice"),
        (b'{"\\u001b[2J":1,"\\u001b[2J":2}', "names a key that is not printed here twice"),
        (b'{"110101199003070000":1,"110101199003070000":2}', "names a key that is not printed"),
        (b"NaN", "not a whole number"),
        (b"[Infinity]", "not a whole number"),
        (b"-Infinity", "not a whole number"),
        (b"1.0", "not a whole number"),
        (b"1e2", "not a whole number"),
        (b"1" * 41, "more than 40 digits"),
        (b"01", "not JSON"),
        (b"\xef\xbb\xbf{}", "not JSON"),
        (b'"\xff"', "not UTF-8 at byte 1"),
        (b'"\xed\xa0\x80"', "not UTF-8 at byte 1"),
        (b'"\\ud800"', "lone surrogate"),
        (b'{"\\udc00":1}', "lone surrogate"),
        (b"'a'", "not JSON"),
        (b"[" * 33 + b"]" * 33, "deeper than 32 levels"),
        (b"[" * 100_000, "deeper than 32 levels"),
        (b'{"a":' * 100_000, "deeper than 32 levels"),
        (b" " * (canonical.LARGEST_DOCUMENT + 1), "more than the 1048576"),
    ],
)
def test_unclear_json_is_refused_with_a_sentence(data: bytes, sentence: str) -> None:
    with pytest.raises(EvidenceError, match=f"^the list .*{sentence}"):
        canonical.parse(data, what="the list")


def test_the_last_of_each_limit_is_still_read_and_written() -> None:
    assert (
        canonical.encode([9007199254740991, -9007199254740991])
        == b"[9007199254740991,-9007199254740991]"
    )
    assert canonical.parse(b"1" * 40) == int("1" * 40)
    assert canonical.parse(b'"aaa"', max_bytes=5) == "aaa"
    assert canonical.parse(b"[[]]", max_depth=2) == [[]]


def test_long_key_numbers_of_foreign_documents_are_read_whole() -> None:
    assert canonical.parse(b"[9223372036854775807]") == [2**63 - 1]


def test_a_refusal_does_not_carry_the_document_along() -> None:
    with pytest.raises(EvidenceError) as refused:
        canonical.parse(b'{"name": "Ada Lovelace", }')
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__
    assert "Ada" not in str(refused.value)


@given(
    st.binary(max_size=300) | st.text(alphabet='[]{}",:\\u0d8e1-.tfn ', max_size=80).map(str.encode)
)
def test_hostile_bytes_are_read_or_refused_and_nothing_else(data: bytes) -> None:
    try:
        document = canonical.parse(data, max_bytes=250, max_depth=4)
    except EvidenceError:
        return
    assert document == json.loads(data)


def test_members_are_exactly_the_ones_that_belong() -> None:
    required, optional = frozenset({"a"}), frozenset({"b"})
    assert canonical.members({"a": 1, "b": 2}, "it", required, optional) == {"a": 1, "b": 2}
    with pytest.raises(EvidenceError, match="it lacks the member 'a'"):
        canonical.members({"b": 1}, "it", required, optional)
    with pytest.raises(EvidenceError, match="does not belong there: 'c'"):
        canonical.members({"a": 1, "c": 1}, "it", required, optional)
    with pytest.raises(EvidenceError, match="it is not an object"):
        canonical.members([], "it", required)
    with pytest.raises(EvidenceError, match="it is not a text"):
        canonical.text(1, "it")
