"""A receipt on paper: what of one person was destroyed, and how to check the file beside it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from keepuntil.documents.predicate import reading, sentence
from keepuntil.documents.typesetting import Language, code_to_scan, typeset
from keepuntil.documents.words import NAMES, OUTCOMES, RECEIPT, in_language, spoken
from keepuntil.domain.outcomes import Outcome


def receipt_pages(
    predicate: Mapping[str, Any],
    records: Sequence[Mapping[str, Any]],
    digest: str,
    language: Language,
) -> bytes:
    """An unsigned PDF. ``digest`` is ``sha256:<hex>`` of the receipt's file. Personal data.

    Each of ``records`` has an instance, a key and the outcome its entry shows. Raises
    EvidenceError when the predicate is not a certificate's.
    """
    with reading("receipt"):
        content = _content(predicate, records, digest, language)
    return typeset("receipt", content, language)


def _content(
    said: Mapping[str, Any],
    records: Sequence[Mapping[str, Any]],
    digest: str,
    language: Language,
) -> dict[str, object]:
    names, number = in_language(NAMES, language), str(said["certificateId"])
    return {
        "category": sentence(said["category"]["title"], language, "title of the category"),
        "code": code_to_scan(f"keepuntil:{number}:{digest}"),
        "controller": said["controller"],
        "digest": digest,
        "number": number,
        "on": str(said["run"]["finishedOn"])[:10],
        "records": {
            "columns": [names["place"], names["record"], names["outcome"]],
            "rows": [
                [
                    str(one["instance"]),
                    json.dumps(one["key"], ensure_ascii=False),
                    spoken(OUTCOMES[Outcome(one["outcome"])], language),
                ]
                for one in records
            ],
        },
        "what": [
            [names["category"], said["category"]["category"]],
            [names["as_of"], said["asOf"]],
            [names["period"], str(said["run"]["finishedOn"])],
        ],
        "words": in_language(RECEIPT, language),
    }
