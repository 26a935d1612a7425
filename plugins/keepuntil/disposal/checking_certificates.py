"""Check a bundle offline: signature, checkpoint, every leaf, every total. No register, no store.

What an auditor runs. The keys come from them, through another channel than the bundle.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from keepuntil.domain.outcomes import TERMINAL, Outcome
from keepuntil.errors import EvidenceError
from keepuntil.evidence import canonical, envelope, leaves, merkle, note, statement
from keepuntil.evidence.canonical import Json
from keepuntil.evidence.keys import VerifyingKey

LARGEST_STATEMENT = 4 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedCertificate:
    """A bundle that passed every check, and what was checked, in order."""

    certificate_id: str
    category: str
    as_of: str
    outcomes: dict[str, int]
    provisional_until: str | None
    checks: tuple[str, ...]


def check_bundle(
    bundle: Path, *, certificate_key: VerifyingKey, run_key: VerifyingKey
) -> CheckedCertificate:
    """Check a bundle folder.

    (1) The envelope is signed by the certificate key.
    (2) It holds a destruction certificate about exactly this ``run/checkpoint``.
    (3) The checkpoint is signed by the run key and names the tree the certificate names.
    (4) The entries are that tree: every leaf hashed again.
    (5) Outcomes and parts counted from the entries are those certified, and all are ends.
    (6) The second reader's counts in the certificate agree with them.
    (7) The rule shipped beside it is the one the certificate names.

    Raises EvidenceError with the first check that fails, in words.
    """
    checks = []
    line = _read(bundle / "certificate.intoto.jsonl", LARGEST_STATEMENT)
    payload, _ = envelope.verify(line.strip(), [certificate_key])
    checks.append("the certificate is signed by the key you gave")
    said = statement.parse(payload)
    predicate = _predicate(said)
    with _opened(bundle / "run" / "checkpoint") as checkpoint:
        said.subject("run/checkpoint").check(checkpoint)
    checks.append("it is about exactly this run")
    records = _object(predicate, "records")
    size = _whole(records, "treeSize")
    tree = note.verify_checkpoint(
        _read(bundle / "run" / "checkpoint", 1 << 16),
        _word(records, "origin"),
        [note.NoteKey(_word(records, "origin"), note.ED25519, run_key)],
    )
    if (tree.size, tree.root.hex()) != (size, _word(records, "rootHash")):
        raise EvidenceError("The checkpoint names another tree than the certificate.")
    checks.append("the run's checkpoint is signed and names the same tree")
    _check_entries(bundle / "run" / "entries", tree, predicate, records)
    checks.append(f"all {size} entries are in that tree, and their totals are those certified")
    _check_counts(predicate, records)
    checks.append("the second reader's counts agree")
    _check_rule(bundle, predicate)
    checks.append("the rule beside it is the one it names")
    return CheckedCertificate(
        certificate_id=_word(predicate, "certificateId"),
        category=_word(_object(predicate, "category"), "category"),
        as_of=_word(predicate, "asOf"),
        outcomes={name: int(str(n)) for name, n in _object(records, "outcomes").items()},
        provisional_until=_optional_word(predicate, "provisionalUntil"),
        checks=tuple(checks),
    )


def _predicate(said: statement.Statement) -> dict[str, Json]:
    if not said.predicate_type.endswith("/DestructionCertificate/v1"):
        raise EvidenceError(f"This is no destruction certificate but a {said.predicate_type}.")
    return dict(said.predicate)


def _check_entries(
    path: Path, tree: note.Checkpoint, predicate: dict[str, Json], records: dict[str, Json]
) -> None:
    outcomes: Counter[str] = Counter()
    parts, grown = 0, merkle.Tree()
    category = _word(_object(predicate, "category"), "category")
    with _opened(path) as file:
        for number, entry in enumerate(leaves.read_entries(file, tree.size)):
            leaf = leaves.parse_entry(entry, f"entry {number}")
            if leaf.category != category:
                raise EvidenceError(f"Entry {number} is of another category.")
            outcomes[leaf.outcome] += 1
            parts += leaf.part_count
            grown.append(merkle.leaf_hash(entry))
        if file.read(1):
            raise EvidenceError("There are more entries than the checkpoint names.")
    if (grown.size, grown.root()) != (tree.size, tree.root):
        raise EvidenceError("The entries are not the tree that was signed: some were changed.")
    if dict(outcomes) != _object(records, "outcomes") or parts != _whole(records, "partsDestroyed"):
        raise EvidenceError("The totals of the certificate are not those of its entries.")
    open_ends = set(outcomes) - {outcome.value for outcome in TERMINAL}
    if open_ends:
        raise EvidenceError(f"Items have no end: {', '.join(sorted(open_ends))}.")


def _check_counts(predicate: dict[str, Json], records: dict[str, Json]) -> None:
    completeness = _object(predicate, "completeness")
    instances = completeness.get("instances")
    if completeness.get("success") is not True or not isinstance(instances, list) or not instances:
        raise EvidenceError("The certificate rests on no successful verification.")
    counted: Counter[str] = Counter()
    for facts in instances:
        if not isinstance(facts, dict):
            raise EvidenceError("The second reader's counts cannot be read.")
        counted.update({o.value: _whole(facts, o.value) for o in Outcome})
        if _whole(facts, "parts_remaining") or _whole(facts, "due_left_behind"):
            raise EvidenceError("The second reader found something that should be gone.")
    if +counted != Counter(_object(records, "outcomes")):
        raise EvidenceError("The second reader counted other outcomes than the certificate.")


def _check_rule(bundle: Path, predicate: dict[str, Json]) -> None:
    rule = _read(bundle / "rule.json", LARGEST_STATEMENT)
    if _word(_object(predicate, "category"), "ruleDigest") != canonical.digest_of_bytes(rule):
        raise EvidenceError("rule.json is not the rule the certificate names.")


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    try:
        file = path.open("rb")
    except OSError as error:
        raise EvidenceError(
            f"{path.name} cannot be read ({type(error).__name__}); the bundle is not whole."
        ) from None
    with file:
        yield file


def _read(path: Path, most: int) -> bytes:
    with _opened(path) as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise EvidenceError(f"{path.name} is larger than {most} bytes.")
    return content


def _object(document: dict[str, Json], name: str) -> dict[str, Json]:
    value = document.get(name)
    if not isinstance(value, dict):
        raise EvidenceError(f"The certificate's {name} is missing or of the wrong type.")
    return value


def _word(document: dict[str, Json], name: str) -> str:
    value = document.get(name)
    if not isinstance(value, str):
        raise EvidenceError(f"The certificate's {name} is missing or of the wrong type.")
    return value


def _optional_word(document: dict[str, Json], name: str) -> str | None:
    return None if document.get(name) is None else _word(document, name)


def _whole(document: dict[str, Json], name: str) -> int:
    value = document.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise EvidenceError(f"The certificate's {name} is missing or no whole number.")
    return value
