"""A policy says who has to have seen a log, and says where it is wrong."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from keepuntil.errors import EvidenceError
from keepuntil.evidence import keys
from keepuntil.evidence.note import COSIGNATURE, ED25519, Note, NoteKey
from keepuntil.transparency import policy


def public(seed: int) -> keys.VerifyingKey:
    """Always the same key: test names are made of it."""
    private = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
    return keys.verifying_key(private.public_key(), "the test's key")


LOG = NoteKey("log.bank.example", ED25519, public(100))
WITNESSES = [NoteKey(f"w{n}.example", COSIGNATURE, public(n)) for n in range(4)]
TEXT = f"""\
# who we believe
log {LOG.vkey} https://log.bank.example/
witness regulator {WITNESSES[0].vkey} https://w.example/regulator
witness audit {WITNESSES[1].vkey}
  # a spare
witness third	{WITNESSES[2].vkey}
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
        ("", "lacks its quorum"),
        (f"log {LOG.vkey}\r\nquorum none\n", "line 1 .* control character"),
        (f"log {LOG.vkey} # ours\nquorum none\n", "line 1 .* none of log"),
        (f"log {LOG.vkey}\nlog {LOG.vkey}\nquorum none\n", "line 2 .* stands in a line above"),
        (f"witness a {WITNESSES[0].vkey}\ngroup g 01 a\n", "line 2 .* a number of its members"),
        (f"witness a {WITNESSES[0].vkey}\ngroup g any none\n", "line 2 .* distinct members"),
        (
            f"witness a {WITNESSES[0].vkey}\ngroup g any a\ngroup h any a g\n",
            "line 3 .* one group only",
        ),
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
        (f"log {LOG.vkey[:-2]}\nquorum none\n", "line 1"),
        ("#" * 70_000, "at most 65536"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(text: str, sentence: str) -> None:
    with pytest.raises(EvidenceError, match=sentence):
        policy.parse(text)


def test_two_names_for_one_key_do_not_count_as_two_witnesses() -> None:
    renamed = NoteKey("other.example", COSIGNATURE, WITNESSES[0].key)
    for second in (WITNESSES[0].vkey, renamed.vkey):
        text = f"log {LOG.vkey}\nwitness a {WITNESSES[0].vkey}\nwitness b {second}\nquorum a\n"
        with pytest.raises(EvidenceError, match=r"line 3 .* stands in a line above"):
            policy.parse(text)


def test_names_are_bytes_and_blanks_are_those_of_ascii() -> None:
    name = "审计#1\u00a0+".encode() + b"\xff"
    text = b"witness " + name + f" {WITNESSES[0].vkey}\nquorum ".encode() + name + b"\n"
    read = policy.parse(text)
    assert read.encode().encode("utf-8", "surrogateescape") == text
    assert "审计#1\u00a0+\\xff" in str(read.missing([]))
    str(read.missing([])).encode("utf-8")


def test_a_long_chain_of_groups_is_judged() -> None:
    chain = "".join(f"group g{n} all g{n - 1}\n" for n in range(1, 3000))
    read = policy.parse(f"witness w {WITNESSES[0].vkey}\ngroup g0 all w\n{chain}quorum g2999\n")
    assert read.missing([WITNESSES[0]]) is None
    assert "w has not signed" not in str(read.missing([WITNESSES[0]]))
    assert "'g0' needs 1 of 1 and lacks w" in str(read.missing([]))


def test_a_checkpoint_is_valid_when_its_own_log_and_the_quorum_signed(shared_dir: Path) -> None:
    trust = shared_dir / "evidence-example" / "trust" / "vkeys.txt"
    log, run, witness = trust.read_text(encoding="utf-8").split()
    signed = Note.parse((shared_dir / "evidence-example" / "log" / "checkpoint").read_bytes())
    verdict = policy.parse(f"log {log}\nwitness w {witness}\nquorum w\n").evaluate(signed)
    assert verdict == policy.Verdict("evidence-2026.bank.example", {"w": 1795399500}, None)
    elsewhere = policy.parse(f"log {run}\nwitness w {witness}\nquorum w\n").evaluate(signed)
    assert "no log of the policy" in str(elsewhere.missing)
    alone = Note(signed.text, signed.signatures[:1])
    lacking = policy.parse(f"log {log}\nwitness w {witness}\nquorum w\n").evaluate(alone)
    assert "w has not signed" in str(lacking.missing)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_what_is_written_is_read_back(data: st.DataObject) -> None:
    count = data.draw(st.integers(0, 4))
    lines = [f"log {LOG.vkey}"]
    names: list[str] = []
    free: list[str] = []
    for number in range(count):
        lines.append(f"witness n{number} {WITNESSES[number].vkey}")
        names.append(f"n{number}")
        free.append(f"n{number}")
    for number in range(data.draw(st.integers(0, 3)) if names else 0):
        members = data.draw(st.lists(st.sampled_from(free), min_size=1, unique=True))
        free = [name for name in free if name not in members]
        threshold = data.draw(st.integers(1, len(members)))
        lines.append(f"group g{number} {threshold} {' '.join(members)}")
        names.append(f"g{number}")
        free.append(f"g{number}")
    lines.append(f"quorum {data.draw(st.sampled_from(['none', *names]))}")
    read = policy.parse("\n".join(lines))
    assert policy.parse(read.encode()) == read


@given(st.text(max_size=300) | st.binary(max_size=300))
def test_any_other_text_is_refused_in_words(text: str | bytes) -> None:
    with pytest.raises(EvidenceError):
        policy.parse(text)
