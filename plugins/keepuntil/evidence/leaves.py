"""Leaf entries: what the run tree says about one record, in bytes that have one form only.

    {"c":"<commitment>","i":"core","k":"loan_file","m":"sql.delete","o":"destroyed","v":1}

``c`` commits to the record, ``i`` is the instance, ``k`` the category, ``m`` the
method, ``o`` the outcome, ``v`` the version of this form. When parts went with the
record, ``n`` counts them and ``p`` commits to them. Words are plain text without
quotation marks, backslashes and control characters, so the entry is canonical
JSON (RFC 8785) as it stands. What the words mean is the caller's affair.

Before anything is destroyed, the same commitments stand in the same order in a tree
of *intent* entries, which say what is about to be done and not yet what came of it:

    {"c":"<commitment>","i":"core","k":"loan_file","v":1}

Every entry implies its intent entry, so who holds the entries can grow both trees.

Many entries travel as a *bundle* (C2SP tlog-tiles): each one after its length in
two bytes, big-endian.
"""

import re
from binascii import a2b_base64
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import BinaryIO

from keepuntil.errors import EvidenceError
from keepuntil.evidence import base64_text
from keepuntil.evidence.canonical import LARGEST_INTEGER, Json
from keepuntil.evidence.commitments import COMMITMENT_BYTES, PARTS, RECORD, open_disclosure

VERSION = 1
LARGEST_ENTRY = 0xFFFF
LONGEST_WORD = 255

_LENGTH_BYTES = 2
_PIECE = 4096  # entries rendered at once
_WORD = re.compile(r'[^"\\\x00-\x1f]{1,255}')
# 43 letters carry two bits more than 32 bytes; in the one canonical spelling they are zero.
_COMMITMENT = rb"[\w-]{42}[AEIMQUYcgkosw048]"
_ENTRY = re.compile(
    rb'\{"c":"(' + _COMMITMENT + rb')"'
    rb',"i":"([^"\\\x00-\x1f]+)","k":"([^"\\\x00-\x1f]+)","m":"([^"\\\x00-\x1f]+)"'
    rb'(?:,"n":([1-9][0-9]{0,15}))?'
    rb',"o":"([^"\\\x00-\x1f]+)"'
    rb'(?:,"p":"(' + _COMMITMENT + rb')")?'
    rb',"v":([1-9][0-9]{0,3})\}'
)


@dataclass(frozen=True, slots=True)
class LeafEntry:
    """One entry, read strictly or about to be written."""

    commitment: bytes
    instance: str
    category: str
    method: str
    outcome: str
    part_count: int = 0
    part_commitment: bytes = b""

    def __post_init__(self) -> None:
        if (self.part_count > 0) != (self.part_commitment != b""):
            raise EvidenceError(
                "a leaf entry counts parts and commits to them, or does neither of the two"
            )

    def encode(self) -> bytes:
        """The bytes of the entry."""
        return next(entries(self._column()))

    def _column(self) -> "LeafColumns":
        return LeafColumns(
            instance=self.instance,
            category=self.category,
            method=self.method,
            words={0: self.outcome},
            outcomes=b"\x00",
            commitments=self.commitment,
            part_counts=(self.part_count,),
            part_commitments=self.part_commitment or bytes(COMMITMENT_BYTES),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LeafColumns:
    """Entries that follow one another, column by column.

    ``outcomes`` has one byte for each item, a key of ``words``. ``commitments``
    and ``part_commitments`` are packed, 32 bytes each. The two columns of parts
    are empty when no item has parts; where a count is zero the item has none.
    """

    instance: str
    category: str
    method: str
    words: Mapping[int, str]
    outcomes: bytes
    commitments: bytes
    part_counts: Sequence[int] = ()
    part_commitments: bytes = b""

    def __post_init__(self) -> None:
        count = len(self.outcomes)
        parted = len(self.part_counts)
        if len(self.commitments) != count * COMMITMENT_BYTES or parted not in (0, count):
            raise EvidenceError(f"the columns of {count} leaf entries differ in length")
        if len(self.part_commitments) != parted * COMMITMENT_BYTES:
            raise EvidenceError(
                f"the column of part commitments does not belong to {parted} part counts"
            )
        if parted and not 0 <= min(self.part_counts) <= max(self.part_counts) <= LARGEST_INTEGER:
            raise EvidenceError("a leaf entry counts a number of parts that cannot be")
        if unknown := set(self.outcomes) - self.words.keys():
            raise EvidenceError(f"there is no word for outcome code {min(unknown)}")
        for word in (self.instance, self.category, self.method, *self.words.values()):
            _refuse_word(word)


def _refuse_word(word: str) -> None:
    try:
        word.encode("utf-8")
    except UnicodeEncodeError:
        raise EvidenceError(
            "a word of a leaf entry contains a lone surrogate, which UTF-8 cannot say"
        ) from None
    if not _WORD.fullmatch(word):
        raise EvidenceError(
            f"a word of a leaf entry has 1 to {LONGEST_WORD} characters"
            " and no quotation mark, backslash or control character"
        )


def entries(columns: LeafColumns) -> Iterator[bytes]:
    """The entries, in order."""
    return _rendered(columns, b'{"c":"')


def leaf_hashes(columns: LeafColumns) -> bytes:
    """Packed leaf hashes (RFC 9162) of the entries, in order."""
    # The leaf prefix 0x00 is rendered with the entry instead of joined to it.
    return b"".join([sha256(entry).digest() for entry in _rendered(columns, b'\x00{"c":"')])


def intent_hashes(instance: str, category: str, packed_commitments: bytes) -> bytes:
    """Packed leaf hashes of the intent entries of items that follow one another in an instance."""
    for word in (instance, category):
        _refuse_word(word)
    tail = _intent_tail(instance, category)
    letters = base64_text.url_encode_column(packed_commitments, COMMITMENT_BYTES)
    return b"".join([sha256(b'\x00{"c":"' + each + tail).digest() for each in letters])


def intent_entry(entry: LeafEntry) -> bytes:
    """The intent entry that this entry implies."""
    commitment = base64_text.url_encode(entry.commitment).encode("ascii")
    return b'{"c":"' + commitment + _intent_tail(entry.instance, entry.category)


def _intent_tail(instance: str, category: str) -> bytes:
    return f'","i":"{instance}","k":"{category}","v":{VERSION}}}'.encode()


def _rendered(columns: LeafColumns, head: bytes) -> Iterator[bytes]:
    for start in range(0, len(columns.outcomes), _PIECE):
        piece = slice(start, start + _PIECE)
        commitments = _column(columns.commitments, piece)
        if columns.part_counts:
            yield from _with_parts(columns, piece, head, commitments)
        else:
            tails = {code: b"".join(_around_parts(columns, code)) for code in columns.words}
            for commitment, code in zip(commitments, columns.outcomes[piece], strict=True):
                yield head + commitment + tails[code]


def _with_parts(
    columns: LeafColumns, piece: slice, head: bytes, commitments: list[bytes]
) -> Iterator[bytes]:
    around = {code: _around_parts(columns, code) for code in columns.words}
    parts = _column(columns.part_commitments, piece)
    counts = columns.part_counts[piece]
    for commitment, code, count, part in zip(
        commitments, columns.outcomes[piece], counts, parts, strict=True
    ):
        before, between, end = around[code]
        if count:
            yield b'%b%b%b,"n":%d%b,"p":"%b"%b' % (
                head,
                commitment,
                before,
                count,
                between,
                part,
                end,
            )
        else:
            yield head + commitment + before + between + end


def _column(packed: bytes, piece: slice) -> list[bytes]:
    cut = packed[piece.start * COMMITMENT_BYTES : piece.stop * COMMITMENT_BYTES]
    return base64_text.url_encode_column(cut, COMMITMENT_BYTES)


def _around_parts(columns: LeafColumns, code: int) -> tuple[bytes, bytes, bytes]:
    """What stands before the part count, between it and the part commitment, and after both."""
    before = f'","i":"{columns.instance}","k":"{columns.category}","m":"{columns.method}"'
    between = f',"o":"{columns.words[code]}"'
    return before.encode("utf-8"), between.encode("utf-8"), f',"v":{VERSION}}}'.encode("ascii")


def parse_entry(entry: bytes, where: str = "the leaf entry") -> LeafEntry:
    """Read one entry; raise `EvidenceError` about ``where`` unless it has exactly this form."""
    match = _ENTRY.fullmatch(entry) if len(entry) <= LARGEST_ENTRY else None
    if not match:
        raise EvidenceError(f"{where} does not have the form of a leaf entry")
    commitment, instance, category, method, count, outcome, part, version = match.groups()
    if version != b"%d" % VERSION:
        raise EvidenceError(
            f"{where} has version {version.decode()}; this release reads version {VERSION}"
        )
    if count is not None and int(count) > LARGEST_INTEGER:
        raise EvidenceError(f"{where} counts a number of parts that cannot be")
    return LeafEntry(
        commitment=_commitment(commitment),
        instance=_word(instance, where),
        category=_word(category, where),
        method=_word(method, where),
        outcome=_word(outcome, where),
        part_count=int(count or 0),
        part_commitment=_commitment(part) if part else b"",
    )


def _commitment(encoded: bytes) -> bytes:
    return a2b_base64(encoded.translate(base64_text.STANDARD) + b"=")


def _word(encoded: bytes, where: str) -> str:
    try:
        word = encoded.decode("utf-8")
    except UnicodeDecodeError:
        raise EvidenceError(f"a word in {where} is not UTF-8") from None
    if len(word) > LONGEST_WORD:
        raise EvidenceError(f"a word in {where} has more than {LONGEST_WORD} characters")
    return word


def check_record(entry: LeafEntry, disclosure: str) -> dict[str, Json]:
    """The record an entry is about, as disclosed.

    Raises `EvidenceError` unless the entry commits to this disclosure and both
    name the same category and instance.
    """
    content = open_disclosure(disclosure, entry.commitment, RECORD)
    if not isinstance(content, dict):
        raise EvidenceError("the disclosed record is not an object")
    if (content.get("category"), content.get("instance")) != (entry.category, entry.instance):
        raise EvidenceError(
            "the disclosed record is of another category or instance than its leaf entry says"
        )
    return content


def check_parts(entry: LeafEntry, disclosure: str) -> dict[str, Json]:
    """The parts an entry is about, as disclosed: lists by the name of where they were.

    Raises `EvidenceError` unless the entry commits to this disclosure and counts
    as many parts as it lists.
    """
    if not entry.part_count:
        raise EvidenceError("the leaf entry says that no parts were destroyed with the record")
    content = open_disclosure(disclosure, entry.part_commitment, PARTS)
    if not isinstance(content, dict) or entry.part_count != sum(
        len(listed) for listed in content.values() if isinstance(listed, list)
    ):
        raise EvidenceError(
            f"the disclosed parts are not lists of the {entry.part_count} parts of the leaf entry"
        )
    return content


def pack_entries(several: Iterable[bytes]) -> bytes:
    """A bundle of entries, or the next piece of one."""
    bundle = []
    for entry in several:
        if len(entry) > LARGEST_ENTRY:
            raise EvidenceError(f"an entry of {len(entry)} bytes is too long for a bundle")
        bundle.append(len(entry).to_bytes(_LENGTH_BYTES, "big"))
        bundle.append(entry)
    return b"".join(bundle)


def read_entries(bundle: BinaryIO, count: int) -> Iterator[bytes]:
    """Read exactly ``count`` entries from a buffered stream, holding one at a time.

    Raises `EvidenceError` when the bundle ends before or goes on after them.
    """
    for number in range(count):
        length = bundle.read(_LENGTH_BYTES)
        if len(length) < _LENGTH_BYTES:
            raise EvidenceError(f"the bundle ends before entry {number} of {count}")
        entry = bundle.read(int.from_bytes(length, "big"))
        if len(entry) != int.from_bytes(length, "big"):
            raise EvidenceError(f"the bundle ends within entry {number} of {count}")
        yield entry
    if bundle.read(1):
        raise EvidenceError(f"the bundle goes on after its {count} entries")
