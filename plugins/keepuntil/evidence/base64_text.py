"""Base64 with exactly one spelling (RFC 4648 sections 4 and 5).

Lenient decoders accept several texts for the same bytes: missing padding, stray
characters, set bits after the end. Evidence is compared and hashed as text, so
only the spelling that encoding would produce is accepted.
"""

from binascii import a2b_base64, b2a_base64

from keepuntil.errors import EvidenceError

URL_SAFE = bytes.maketrans(b"+/", b"-_")
_TO_STANDARD = str.maketrans("-_", "+/")
STANDARD = bytes.maketrans(b"-_", b"+/")


def encode(data: bytes) -> str:
    """Standard alphabet, padded, no line breaks."""
    return b2a_base64(data, newline=False).decode("ascii")


def url_encode(data: bytes) -> str:
    """URL-safe alphabet without padding, as RFC 7515 and RFC 9901 use it."""
    return b2a_base64(data, newline=False).translate(URL_SAFE, b"=").decode("ascii")


def decode(text: str, what: str) -> bytes:
    """Read what :func:`encode` writes; raise `EvidenceError` about ``what`` otherwise."""
    data = _lenient(text, what)
    if encode(data) != text:
        raise EvidenceError(f"{what} is not base64 in its one canonical spelling")
    return data


def url_decode(text: str, what: str) -> bytes:
    """Read what :func:`url_encode` writes; raise `EvidenceError` about ``what`` otherwise."""
    padding = "=" * (-len(text) % 4)
    data = _lenient(text.translate(_TO_STANDARD) + padding, what)
    if url_encode(data) != text:
        raise EvidenceError(f"{what} is not unpadded URL-safe base64 in its one canonical spelling")
    return data


def _lenient(text: str, what: str) -> bytes:
    try:
        return a2b_base64(text)
    except ValueError:
        raise EvidenceError(f"{what} is not base64") from None


def url_encode_column(packed: bytes, width: int, cell: int | None = None) -> list[bytes]:
    """Encode many values of ``width`` bytes at once, each as :func:`url_encode` would.

    Value i is the first ``width`` bytes of cell i of ``packed``; cells follow one
    another and are ``width`` bytes long unless ``cell`` says more.
    """
    # Each value is padded with zero bytes to a whole number of base64 groups, so
    # that one call encodes the column; the surplus letters are cut off again.
    step = cell or width
    padded_width = -(-width // 3) * 3
    padded = bytearray(len(packed) // step * padded_width)
    for offset in range(width):
        padded[offset::padded_width] = packed[offset::step]
    text = b2a_base64(padded, newline=False).translate(URL_SAFE)
    line = padded_width // 3 * 4
    letters = -(-width * 8 // 6)
    return [text[at : at + letters] for at in range(0, len(text), line)]
