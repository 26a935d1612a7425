"""Commitments: a record is named in evidence without being shown, and shown without doubt.

A commitment is SHA-256 over a *disclosure*, the form of RFC 9901 section 4.2:

    base64url(["<salt>","record",{...}])     what was destroyed
    base64url(["<salt>","parts",{...}])      what was destroyed along with it

The salt keeps a record that could be guessed from being found by trying. Salts
are the AES-256-CTR keystream of one key per run: block 2*i salts the record of
item i and block 2*i + 1 its parts, the block number being the 128-bit big-endian
counter. Anyone given one salt learns nothing of the others; destroying the key
makes every commitment that was not disclosed a random number.
"""

from binascii import b2a_base64
from collections.abc import Sequence
from hashlib import sha256

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from keepuntil.errors import EvidenceError, KeyFileError
from keepuntil.evidence import base64_text, canonical
from keepuntil.evidence.canonical import Json

SALT_BYTES = 16
CELL_BYTES = 2 * SALT_BYTES
COMMITMENT_BYTES = 32
NOTHING = bytes(COMMITMENT_BYTES)
RECORD = "record"
PARTS = "parts"
LARGEST_DISCLOSURE = 16 << 20

_KEY_BYTES = 32
_LARGEST_INDEX = 2**63 - 1
_ELEMENTS = 3


def salt_cells(run_key: bytes, start: int, count: int) -> bytes:
    """The salts of items start..start+count-1: a cell of two salts (record, parts) for each.

    Raises `KeyFileError` for a key that has not 32 bytes, `EvidenceError` for
    items that cannot exist.
    """
    if len(run_key) != _KEY_BYTES:
        raise KeyFileError(f"the key of a run has {_KEY_BYTES} bytes, not {len(run_key)}")
    if not (0 <= start <= _LARGEST_INDEX and 0 <= count <= _LARGEST_INDEX - start):
        raise EvidenceError(f"there are no salts for {count} items from item {start} on")
    counter = (2 * start).to_bytes(SALT_BYTES, "big")
    encryptor = Cipher(algorithms.AES(run_key), modes.CTR(counter)).encryptor()
    return encryptor.update(bytes(count * CELL_BYTES))


def record_salt(run_key: bytes, index: int) -> bytes:
    """The 16 bytes that salt the record of item ``index``."""
    return salt_cells(run_key, index, 1)[:SALT_BYTES]


def parts_salt(run_key: bytes, index: int) -> bytes:
    """The 16 bytes that salt the parts of item ``index``."""
    return salt_cells(run_key, index, 1)[SALT_BYTES:]


def record_disclosure(salt: bytes, record_json: str) -> str:
    """The disclosure of a record, given as one line of JSON."""
    return _disclosures(salt, SALT_BYTES, RECORD, [record_json])[0].decode("ascii")


def parts_disclosure(salt: bytes, parts_json: str) -> str:
    """The disclosure of the parts of a record, given as one line of JSON."""
    return _disclosures(salt, SALT_BYTES, PARTS, [parts_json])[0].decode("ascii")


def commit(disclosure: str) -> bytes:
    """The commitment to a disclosure: 32 bytes."""
    return sha256(disclosure.encode("ascii")).digest()


def commit_records(cells: bytes, records: Sequence[str]) -> bytes:
    """Packed commitments to records (one line of JSON each), item after item.

    ``cells`` are the salt cells of the same items. Raises `EvidenceError` when
    their numbers differ or a record is not one line.
    """
    return _packed(_disclosures(cells, CELL_BYTES, RECORD, records))


def commit_parts(cells: bytes, parts: Sequence[str]) -> bytes:
    """Packed commitments to the parts of items; 32 zero bytes where the text is empty: no parts."""
    # Moved by half a cell, the second salt of each cell stands first.
    packed = _packed(
        _disclosures(cells[SALT_BYTES:] + cells[:SALT_BYTES], CELL_BYTES, PARTS, parts)
    )
    if all(parts):
        return packed
    found = [packed[at : at + COMMITMENT_BYTES] for at in range(0, len(packed), COMMITMENT_BYTES)]
    return b"".join([one if text else NOTHING for one, text in zip(found, parts, strict=True)])


def _packed(disclosures: list[bytes]) -> bytes:
    return b"".join([sha256(disclosure).digest() for disclosure in disclosures])


def _disclosures(cells: bytes, cell: int, label: str, texts: Sequence[str]) -> list[bytes]:
    """Build the disclosures of one kind, in as few calls for each item as can be."""
    if len(cells) != cell * len(texts):
        raise EvidenceError(f"{len(cells)} bytes are not the salts of {len(texts)} items")
    salts = base64_text.url_encode_column(cells, SALT_BYTES, cell)
    written = f'["%b","{label}",%b]'.encode("ascii")
    encoded = [
        # b2a_base64 ends each line itself: one join, one translation and one
        # split turn all of them into the URL-safe form.
        b2a_base64(written % pair)
        for pair in zip(salts, _lines(texts), strict=True)
    ]
    return b"".join(encoded).translate(base64_text.URL_SAFE, b"=").split(b"\n")[:-1]


def _lines(texts: Sequence[str]) -> list[bytes]:
    if not texts:
        return []
    try:
        lines = "\n".join(texts).encode("utf-8").split(b"\n")
    except UnicodeEncodeError:
        raise EvidenceError(
            "the text of a record contains a lone surrogate, which UTF-8 cannot say"
        ) from None
    if len(lines) != len(texts):
        raise EvidenceError(
            "the text of a record contains a line break; JSON on one line is needed"
        )
    return lines


def open_disclosure(disclosure: str, commitment: bytes, label: str) -> Json:
    """The content of a disclosure that a commitment was made to.

    Raises `EvidenceError` when it is not what was committed to, or not a
    disclosure under this label. The disclosed content is personal data: it goes
    to whoever asked, and into no message.
    """
    what = f"the disclosure of the {label}"
    if len(disclosure) > LARGEST_DISCLOSURE:
        raise EvidenceError(
            f"{what} has {len(disclosure)} letters; at most {LARGEST_DISCLOSURE} are read"
        )
    decoded = base64_text.url_decode(disclosure, what)
    if commit(disclosure) != commitment:
        raise EvidenceError(
            f"{what} does not belong to this entry: its digest is not the commitment"
        )
    elements = canonical.parse(decoded, what=what, max_bytes=LARGEST_DISCLOSURE)
    if not isinstance(elements, list) or len(elements) != _ELEMENTS or elements[1] != label:
        raise EvidenceError(f"{what} is not a list of salt, '{label}' and content")
    salt = base64_text.url_decode(
        canonical.text(elements[0], f"the salt in {what}"), f"the salt in {what}"
    )
    if len(salt) != SALT_BYTES:
        raise EvidenceError(f"the salt in {what} has {len(salt)} bytes, not {SALT_BYTES}")
    return elements[2]
