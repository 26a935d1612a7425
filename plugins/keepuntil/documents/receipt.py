"""A receipt on paper: what of one person was destroyed, and how to check the file beside it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from keepuntil.documents.typesetting import Language, code_to_scan, typeset
from keepuntil.documents.words import NAMES, RECEIPT, in_language


def receipt_pages(
    predicate: Mapping[str, Any],
    records: Sequence[Mapping[str, Any]],
    digest: str,
    language: Language,
) -> bytes:
    """An unsigned PDF. ``digest`` is ``sha256:<hex>`` of the receipt's file. Personal data."""
    names = in_language(NAMES, language)
    number = str(predicate["certificateId"])
    return typeset(
        "receipt",
        {
            "category": predicate["category"]["title"][language],
            "code": code_to_scan(f"keepuntil:{number}:{digest}"),
            "controller": predicate["controller"],
            "digest": digest,
            "number": number,
            "on": str(predicate["run"]["finishedOn"])[:10],
            "records": {
                "columns": [names["place"], names["record"]],
                "rows": [
                    [str(one["instance"]), json.dumps(one["key"], ensure_ascii=False)]
                    for one in records
                ],
            },
            "what": [
                [names["category"], predicate["category"]["category"]],
                [names["as_of"], predicate["asOf"]],
                [names["period"], str(predicate["run"]["finishedOn"])],
            ],
            "words": in_language(RECEIPT, language),
        },
        language,
    )
