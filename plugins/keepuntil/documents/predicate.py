"""Reading a signed predicate for people: what it lacks is named in a sentence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from keepuntil.documents.typesetting import Language
from keepuntil.domain.categories import Text
from keepuntil.errors import EvidenceError


@contextmanager
def reading(document: str) -> Iterator[None]:
    """Raises EvidenceError where the block misses a field or meets one of another type."""
    try:
        yield
    except KeyError as error:
        raise EvidenceError(
            f"The {document} cannot be rendered: what was signed has no field {error}."
        ) from None
    except (TypeError, AttributeError, ValueError, IndexError):
        raise EvidenceError(
            f"The {document} cannot be rendered: a field of what was signed is of another type "
            "than docs/certificate.md says."
        ) from None


def sentence(said: Mapping[str, object], language: Language, what: str) -> str:
    """What a statement says in both languages, in one. Raises EvidenceError that names ``what``."""
    found = said.get(language)
    if not isinstance(found, str) or not found.strip():
        raise EvidenceError(
            f"The {what} cannot be rendered: it has no sentence in the language {language!r}."
        )
    return found


def phrase(phrases: Mapping[str, Text], code: str, language: Language, what: str) -> str:
    """The words for a code. Raises EvidenceError that names a code without any."""
    found = phrases.get(code)
    if found is None:
        raise EvidenceError(f"There are no words for the {what} {code!r}, so it cannot be shown.")
    return sentence({"zh": found.zh, "en": found.en}, language, f"{what} {code!r}")
