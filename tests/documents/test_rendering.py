"""What is rendered from a predicate: long lists, long names, missing sentences, other types."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from keepuntil.disposal.findings import DOUBTS
from keepuntil.documents.certificate import Correction, Proof, certificate_pages
from keepuntil.documents.destruction_list import list_pages
from keepuntil.documents.receipt import receipt_pages
from keepuntil.documents.typesetting import LANGUAGES, Language
from keepuntil.documents.words import spoken
from keepuntil.domain.categories import Text
from keepuntil.errors import EvidenceError
from paper import overlapping, run_together, texts, words
from papers_world import Papers

DIGEST = "sha256:" + "ab" * 32
MANY = 300
LONGEST = "a_name_of_sixty_three_letters_is_the_longest_that_a_rule_allows"
HOST = "records-and-evidence." * 6 + "bank.example"


def written(pages: bytes, folder: Path) -> Path:
    (folder / "pages.pdf").write_bytes(pages)
    return folder / "pages.pdf"


def of_many(predicate: dict[str, Any], names: list[str]) -> dict[str, Any]:
    (seen,) = predicate["completeness"]["instances"]
    predicate["completeness"]["instances"] = [{**seen, "instance": name} for name in names]
    return predicate


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_certificate_of_many_places_goes_on_over_pages(
    papers: Papers, language: Language, tmp_path: Path
) -> None:
    names = [f"place_{number:03}" for number in range(MANY)]
    said = of_many(papers.predicate(), names)
    pages = texts(written(certificate_pages(said, DIGEST, language), tmp_path))
    assert len(pages) > 5
    whole = "".join(pages)
    assert [whole.count(name) for name in names] == [1] * MANY
    heading = "存放处" if language == "zh" else "place"
    for number, page in enumerate(pages, 1):
        assert f"{number}/{len(pages)}" in run_together(page)
        assert DIGEST in page
        if "place_" in page:
            assert heading in page.replace("place_", ""), "a table goes on without its heading"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_list_of_many_places_goes_on_over_pages(
    papers: Papers, language: Language, tmp_path: Path
) -> None:
    (tally,) = papers.plan.instances
    names = [f"place_{number:03}" for number in range(MANY)]
    plan = replace(papers.plan, instances=tuple(replace(tally, instance=name) for name in names))
    made = list_pages("bank.example", papers.rule, plan, (), DOUBTS, "AO-1", language)
    pages = texts(written(made, tmp_path))
    assert len(pages) > 10
    whole = "".join(pages)
    # Counted in each place, and once more where something cannot be computed.
    assert [whole.count(name) for name in names] == [2] * MANY
    assert all(papers.plan.digest in page for page in pages)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_longest_names_stay_on_the_sheet(
    papers: Papers, language: Language, tmp_path: Path
) -> None:
    said = of_many(papers.predicate(), [LONGEST, "share"])
    said["completeness"]["instances"][0] |= {
        "store": LONGEST,
        "held": 1_234_567,
        "shared": 1,
        "no_longer_due": 1,
        "already_absent": 1,
    }
    said["methods"][0] |= {"instance": LONGEST, "method": "s3.delete_every_version"}
    said["approvals"][0] |= {"person": "Staff.Number-" * 4, "role": LONGEST}
    said |= {"certificateId": f"DC-{LONGEST}.2026-11-23.abcdefabcdef", "controller": HOST}
    made = certificate_pages(
        said,
        DIGEST,
        language,
        proof=Proof(
            origin=HOST, index=9, size=12, root=bytes(32), witnesses=(HOST,) * 3, stamped_at=None
        ),
        corrections=[Correction(kind="correction", on="2026-12-01", reason=Text(zh="误", en="x"))],
    )
    pdf = written(made, tmp_path)
    for page in words(pdf):
        assert max(word.right for word in page) <= 595.3 - 58
        assert overlapping(page) == []
    whole = run_together("".join(texts(pdf)))
    assert LONGEST in whole
    # pdftotext takes a hyphen at the end of a line for hyphenation.
    assert HOST.replace("-", "") in whole.replace("-", "")


@pytest.mark.parametrize(
    ("kind", "zh", "en"),
    [
        ("correction", "本证明已更正", "This certificate was corrected"),
        ("revocation", "本证明已撤销", "This certificate was revoked"),
    ],
)
def test_what_was_found_wrong_later_stands_above_everything(
    papers: Papers, tmp_path: Path, kind: str, zh: str, en: str
) -> None:
    reason = Text(zh="多计一项 #x", en="One item too many *y*")
    found = [Correction(kind=kind, on="2026-12-01", reason=reason)]
    headline = Text(zh=zh, en=en)
    for language in LANGUAGES:
        made = certificate_pages(papers.predicate(), DIGEST, language, corrections=found)
        text = run_together(texts(written(made, tmp_path))[0])
        before = text.index(run_together(spoken(headline, language)))
        assert before < text.index("2026-11-23", before)
        assert run_together(spoken(reason, language)) in text


def test_items_that_were_absent_before_are_told_from_those_kept(
    papers: Papers, tmp_path: Path
) -> None:
    said = papers.predicate()
    said["records"] |= {
        "outcomes": {"destroyed": 5, "already_absent": 2, "held": 3},
        "treeSize": 10,
    }
    (text, *_) = texts(written(certificate_pages(said, DIGEST, "en"), tmp_path))
    assert "5 were destroyed, 2 were absent before and 3 were kept" in " ".join(text.split())


def test_backups_are_told_in_words_and_not_in_iso_8601(papers: Papers, tmp_path: Path) -> None:
    said = papers.predicate()
    said |= {
        "provisionalUntil": "2027-01-23",
        "waitsFor": [{"agesOutAfter": "P1M2D", "instance": "tapes"}],
    }
    in_words = Text(zh="tapes:1个月2日", en="tapes:1monthand2days")
    for language in LANGUAGES:
        text = run_together(texts(written(certificate_pages(said, DIGEST, language), tmp_path))[0])
        assert spoken(in_words, language) in text
        assert "2027-01-23" in text


def test_the_same_certificate_is_the_same_page_to_the_byte(papers: Papers) -> None:
    first = certificate_pages(papers.predicate(), DIGEST, "zh")
    assert certificate_pages(papers.predicate(), DIGEST, "zh") == first
    assert certificate_pages(papers.predicate(), DIGEST.replace("a", "c"), "zh") != first


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_missing_sentence_is_named(papers: Papers, language: Language) -> None:
    without_title = papers.predicate()
    del without_title["category"]["title"][language]
    without_caveat = papers.predicate()
    without_caveat["methods"][0]["caveat"][language] = " "
    for said, name in (
        (without_title, "title of the category"),
        (without_caveat, "caveat of share"),
    ):
        with pytest.raises(
            EvidenceError, match=f"{name} .*no sentence in the language '{language}'"
        ):
            certificate_pages(said, DIGEST, language)
    with pytest.raises(EvidenceError, match="title of the category"):
        receipt_pages(without_title, (), DIGEST, language)


def test_a_doubt_without_words_is_named(papers: Papers) -> None:
    with pytest.raises(EvidenceError, match="no words for the doubt 'unreadable_event'"):
        list_pages("bank.example", papers.rule, papers.plan, (), {}, "", "en")


@pytest.mark.parametrize("field", ["certificateId", "run", "records", "completeness", "asOf"])
def test_a_field_that_is_missing_or_of_another_type_is_refused_in_words(
    papers: Papers, field: str
) -> None:
    without = papers.predicate()
    del without[field]
    with pytest.raises(EvidenceError, match=f"no field '{field}'"):
        certificate_pages(without, DIGEST, "zh")


@pytest.mark.parametrize("wrong", [None, 7, "text", ["list"], {"treeSize": "7", "outcomes": 1}])
def test_records_of_another_type_are_refused_in_words(papers: Papers, wrong: object) -> None:
    said = {**papers.predicate(), "records": wrong}
    with pytest.raises(EvidenceError, match="certificate cannot be rendered"):
        certificate_pages(said, DIGEST, "en")
