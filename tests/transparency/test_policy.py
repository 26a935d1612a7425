"""A policy says who has to have seen a log, and says where it is wrong."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keepuntil.errors import EvidenceError
from keepuntil.evidence import keys
from keepuntil.evidence.keys import KeyKind
from keepuntil.evidence.note import COSIGNATURE, ED25519, NoteKey
from keepuntil.transparency import policy

LOG = NoteKey("log.bank.example", ED25519, keys.generate(KeyKind.ED25519).public)
WITNESSES = [
    NoteKey(f"w{n}.example", COSIGNATURE, keys.generate(KeyKind.ED25519).public) for n in range(4)
]
TEXT = f"""\
# who we believe
log {LOG.vkey} https://log.bank.example/
witness regulator {WITNESSES[0].vkey} https://w.example/regulator
witness audit {WITNESSES[1].vkey}
witness third {WITNESSES[2].vkey}   # a spare
group inside any audit third
group both all regulator inside
quorum both
"""


def test_a_nested_quorum_is_met_by_the_members_it_asks_for() -> None:
    read = policy.parse(TEXT)
    regulator, audit, third, _ = WITNESSES
    assert read.missing([regulator, third]) is None
    assert read.missing([regulator, audit, third]) is None
    assert "regulator has signed" in str(read.missing([regulator]))
    assert "audit, third has signed" in str(read.missing([audit, third]))
    assert "nobody" in str(read.missing([LOG]))


def test_quorum_none_asks_for_nobody() -> None:
    read = policy.parse(f"log {LOG.vkey}\nquorum none\n")
    assert read.missing([]) is None
    assert read.keys == (LOG,)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("quorum none\n", "names no log"),
        (f"log {LOG.vkey}\n", "lacks its quorum"),
        (f"log {LOG.vkey}\nquorum nobody\n", "line 2 .* names neither"),
        (f"log {LOG.vkey}\nquorum none\nquorum none\n", "line 3 .* one quorum"),
        (f"log {WITNESSES[0].vkey}\nquorum none\n", "line 1 .* begins with the byte 01"),
        (f"witness a {LOG.vkey}\n", "line 1 .* begins with the byte 01"),
        (f"witness a {WITNESSES[0].vkey}\nwitness a {WITNESSES[1].vkey}\n", "line 2 .* is taken"),
        (f"witness none {WITNESSES[0].vkey}\n", "line 1 .* is taken"),
        (f"witness a {WITNESSES[0].vkey}\ngroup g 2 a\n", "line 2 .* a number of its members"),
        (f"witness a {WITNESSES[0].vkey}\ngroup g 0 a\n", "line 2 .* a number of its members"),
        (f"witness a {WITNESSES[0].vkey}\ngroup g any a a\n", "line 2 .* distinct members"),
        ("group g any h\n", "line 1 .* distinct members that stand above"),
        ("group g any\n", "line 1 .* none of log"),
        ("hello\n", "line 1 .* none of log"),
        (f"log {LOG.vkey} ftp://x\nquorum none\n", "line 1 .* an address"),
        (f"log {LOG.vkey[:-2]}\nquorum none\n", "line 1"),
        ("#" * 70_000, "at most 65536"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(text: str, sentence: str) -> None:
    with pytest.raises(EvidenceError, match=sentence):
        policy.parse(text)


def test_two_names_for_one_key_do_not_count_as_two_witnesses() -> None:
    text = (
        f"log {LOG.vkey}\nwitness a {WITNESSES[0].vkey}\nwitness b {WITNESSES[0].vkey}\nquorum a\n"
    )
    with pytest.raises(EvidenceError, match="one key"):
        policy.parse(text)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_what_is_written_is_read_back(data: st.DataObject) -> None:
    count = data.draw(st.integers(0, 4))
    lines = [f"log {LOG.vkey}"]
    names: list[str] = []
    for number in range(count):
        lines.append(f"witness n{number} {WITNESSES[number].vkey}")
        names.append(f"n{number}")
    for number in range(data.draw(st.integers(0, 3)) if names else 0):
        members = data.draw(st.lists(st.sampled_from(names), min_size=1, unique=True))
        threshold = data.draw(st.integers(1, len(members)))
        lines.append(f"group g{number} {threshold} {' '.join(members)}")
        names.append(f"g{number}")
    lines.append(f"quorum {data.draw(st.sampled_from(['none', *names]))}")
    read = policy.parse("\n".join(lines))
    assert policy.parse(read.encode()) == read


@given(st.text(max_size=300))
def test_any_other_text_is_refused_in_words(text: str) -> None:
    with pytest.raises(EvidenceError):
        policy.parse(text)
