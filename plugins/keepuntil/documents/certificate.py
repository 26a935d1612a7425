"""The destruction certificate (销毁证明) on paper: a rendering of the signed statement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from keepuntil.documents.custody_words import DEPARTMENTS, called
from keepuntil.documents.predicate import phrase, reading, sentence
from keepuntil.documents.typesetting import Language, code_to_scan, typeset
from keepuntil.documents.words import CERTIFICATE, NAMES, OUTCOMES, VIA, in_language, spoken
from keepuntil.domain.categories import Text
from keepuntil.domain.outcomes import Outcome
from keepuntil.domain.periods import Period

_KINDS: Final = {
    "correction": Text(zh="本证明已更正", en="This certificate was corrected"),
    "revocation": Text(zh="本证明已撤销", en="This certificate was revoked"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """Where the statement stands in the log, as its bundle proves."""

    origin: str
    index: int
    size: int
    root: bytes
    witnesses: tuple[str, ...]
    stamped_at: str | None
    """When a time-stamping authority saw the signature, and which; None: there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """What was found wrong with the certificate later."""

    kind: str
    on: str
    reason: Text


def certificate_pages(
    predicate: Mapping[str, Any],
    digest: str,
    language: Language,
    *,
    proof: Proof | None = None,
    corrections: Sequence[Correction] = (),
) -> bytes:
    """An unsigned PDF of a certificate's predicate.

    ``digest`` is ``sha256:<hex>`` of the signed line; it stands on every page, also as a
    QR code. Raises EvidenceError when the predicate is not a certificate's.
    """
    with reading("certificate"):
        number = str(predicate["certificateId"])
        content = {
            **_content(predicate, language, proof, corrections),
            "code": code_to_scan(f"keepuntil:{number}:{digest}"),
            "digest": digest,
            "number": number,
            "on": str(predicate["run"]["finishedOn"])[:10],
            "words": in_language(CERTIFICATE, language),
        }
    return typeset("certificate", content, language)


def _content(
    said: Mapping[str, Any],
    language: Language,
    proof: Proof | None,
    corrections: Sequence[Correction],
) -> dict[str, object]:
    names = in_language(NAMES, language)
    return {
        "category": _title(said, language),
        "controller": said["controller"],
        "corrections": [
            {
                "kind": spoken(_KINDS[c.kind], language),
                "on": c.on,
                "reason": spoken(c.reason, language),
            }
            for c in corrections
        ],
        "ends": _ends(said, language, names),
        "evidence": _evidence(said, proof, names),
        "methods": _methods(said, language, names),
        "people": _people(said, language, names),
        "provisional": _provisional(said, language),
        "seen": _seen(said, names),
        "sentence": _sentence(said, language),
        "what": _what(said, names),
    }


def _title(said: Mapping[str, Any], language: Language) -> str:
    return sentence(said["category"]["title"], language, "title of the category")


def _sentence(said: Mapping[str, Any], language: Language) -> str:
    ends, listed = said["records"]["outcomes"], said["records"]["treeSize"]
    gone, absent = ends.get("destroyed", 0), ends.get("already_absent", 0)
    kept = listed - gone - absent
    category, day = _title(said, language), said["asOf"]
    if language == "zh":
        before = f"此前已不存在 {absent:,} 项，" if absent else ""
        return (
            f"兹证明：“{category}”类别中截至 {day} 到期并列入清册的 {listed:,} 项，"
            f"已销毁 {gone:,} 项，{before}依规保留 {kept:,} 项；"
            "销毁后经独立复查，已销毁者均不复存在。"
        )
    before = f", {absent:,} were absent before" if absent else ""
    return (
        f"Of the {listed:,} items of “{category}” that were due on {day} and on the approved "
        f"list, {gone:,} were destroyed{before} and {kept:,} were kept as the rules demand. "
        "A second reader looked again afterwards and found none of the destroyed items."
    )


def _provisional(said: Mapping[str, Any], language: Language) -> str | None:
    until = said["provisionalUntil"]
    if until is None:
        return None
    copies = "、" if language == "zh" else ", "
    names = copies.join(
        f"{one['instance']}: {Period.parse(one['agesOutAfter']).in_words(language)}"
        for one in said["waitsFor"]
    )
    if language == "zh":
        return f"本证明在 {until} 之前为暂定：备份副本（{names}）届时方才过期消失。"
    return f"Provisional until {until}: copies in backups ({names}) are gone only then."


def _what(said: Mapping[str, Any], names: Mapping[str, str]) -> list[list[str]]:
    run = said["run"]
    return [
        [names["category"], said["category"]["category"]],
        [names["authorities"], "；".join(said["category"]["authorities"])],
        [names["as_of"], said["asOf"]],
        [names["plan"], said["plan"]["id"]],
        [names["period"], f"{run['startedOn']} – {run['finishedOn']}"],
        [names["parts"], f"{said['records']['partsDestroyed']:,}"],
    ]


def _ends(
    said: Mapping[str, Any], language: Language, names: Mapping[str, str]
) -> dict[str, object]:
    facts = said["completeness"]["instances"]
    shown = [o for o in OUTCOMES if o is Outcome.DESTROYED or any(f[o.value] for f in facts)]
    return {
        "columns": [
            names["place"],
            names["listed"],
            *(spoken(OUTCOMES[o], language) for o in shown),
        ],
        "rows": [
            [
                f"{each['instance']} · {each['store']}",
                f"{each['items_on_list']:,}",
                *(f"{each[outcome.value]:,}" for outcome in shown),
            ]
            for each in facts
        ],
    }


def _methods(
    said: Mapping[str, Any], language: Language, names: Mapping[str, str]
) -> dict[str, object]:
    return {
        "columns": [names["place"], names["method"], names["caveat"]],
        "rows": [
            [
                one["instance"],
                one["method"],
                sentence(one["caveat"], language, f"caveat of {one['instance']}"),
            ]
            for one in said["methods"]
        ],
    }


def _people(
    said: Mapping[str, Any], language: Language, names: Mapping[str, str]
) -> dict[str, object]:
    rows = [
        [one["role"], one["person"], phrase(VIA, one["via"], language, "way"), one["at"]]
        for one in said["approvals"]
    ]
    rows.append([names["executor"], said["run"]["executor"], "", said["run"]["finishedOn"]])
    rows += [
        [names["witnessed"], called(DEPARTMENTS, one["department"], language), "", one["signedOn"]]
        for one in said.get("witnesses", ())
    ]
    return {"columns": [names["role"], names["person"], names["via"], names["at"]], "rows": rows}


def _seen(said: Mapping[str, Any], names: Mapping[str, str]) -> list[list[str]]:
    facts = said["completeness"]["instances"]

    def total(field: str) -> int:
        return sum(int(each[field]) for each in facts)

    neighbours = f"{total('neighbours_seen'):,} ({total('neighbours_changed'):,})"
    return [
        [names["verifier"], said["completeness"]["verifier"]],
        [names["expectations"], f"{said['completeness']['expectations']:,}"],
        [names["reread"], f"{total('gone_reread'):,}"],
        [names["remaining"], f"{total('parts_remaining'):,}"],
        [names["behind"], f"{total('due_left_behind'):,}"],
        [names["neighbours"], neighbours],
    ]


def _evidence(
    said: Mapping[str, Any], proof: Proof | None, names: Mapping[str, str]
) -> list[list[str]]:
    rows = [
        [names["run"], said["run"]["id"]],
        [names["root"], said["records"]["rootHash"]],
        [names["rule"], said["category"]["ruleDigest"]],
    ]
    if proof is None:
        return rows
    return [
        *rows,
        [names["log"], proof.origin],
        [names["entry"], names["in_log_of"].format(proof.index, proof.size)],
        [names["log_root"], proof.root.hex()],
        [names["witnesses"], ", ".join(proof.witnesses) or names["none"]],
        [names["stamped"], proof.stamped_at or names["none"]],
    ]
