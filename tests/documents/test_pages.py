"""The pages of a night, read with pdftotext, pdffonts and a scanner of QR codes."""

from __future__ import annotations

import subprocess
from hashlib import sha256
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from pyhanko.pdf_utils.reader import PdfFileReader

from paper import codes, fonts, overlapping, run_together, texts, words
from papers_world import MARKUP, Papers
from published_world import DUE

PAGES = [
    f"{name}.{language}" for name in ("certificate", "list", "receipt") for language in ("zh", "en")
]
WORDS = {
    "certificate.zh": (
        "销毁证明",
        "已销毁1项，依规保留0项",
        "核验方法见证据包内README.md",
        "反洗钱法",
    ),
    "certificate.en": ("Certificate of destruction", "1 were destroyed and 0 were kept"),
    "list.zh": ("销毁清册", "拟销毁1项", "日期无法识别"),
    "list.en": ("Destruction list", "1 items of", "have a date that cannot be read"),
    "receipt.zh": ("销毁回执", "不含他人信息", "已销毁"),
    "receipt.en": ("Receipt of destruction", "nothing of others", "destroyed"),
}
A4_MARGIN, A4_WIDTH = 59.5, 595.3
HALF_A_SIGN = 6
"""A Chinese quotation mark that begins a line stands half outside, with its empty half."""
PDF_A = "{http://www.aiim.org/pdfa/ns/id/}"


def pdf_of(papers: Papers, name: str) -> Path:
    if name.startswith("receipt"):
        return papers.receipt.with_name(f"{name}.pdf")
    return papers.bundle / f"{name}.pdf"


def digest_of(papers: Papers, name: str) -> str:
    """What the foot of a document has to name, computed with sha256 alone where it can be."""
    if name.startswith("list"):
        return str(papers.signed["plan"]["digest"])
    receipt = name.startswith("receipt")
    path = papers.receipt if receipt else papers.bundle / "certificate.intoto.jsonl"
    return f"sha256:{sha256(path.read_bytes()).hexdigest()}"


@pytest.mark.parametrize("name", PAGES)
def test_every_page_names_the_digest_of_what_counts(papers: Papers, name: str) -> None:
    pages = texts(pdf_of(papers, name))
    assert pages
    for page in pages:
        assert digest_of(papers, name) in page


@pytest.mark.parametrize("name", PAGES)
def test_every_page_has_a_code_that_a_scanner_reads(
    papers: Papers, name: str, tmp_path: Path
) -> None:
    pdf = pdf_of(papers, name)
    number = papers.signed["plan"]["id"] if name.startswith("list") else certificate_id(papers)
    read = codes(pdf, tmp_path)
    assert read == [[f"keepuntil:{number}:{digest_of(papers, name)}"]] * len(texts(pdf))


def certificate_id(papers: Papers) -> str:
    return str(papers.signed["certificateId"])


@pytest.mark.parametrize("name", PAGES)
def test_every_font_is_embedded_and_one_of_them_is_chinese(papers: Papers, name: str) -> None:
    found = fonts(pdf_of(papers, name))
    assert any("NotoSansSC" in line[0] for line in found)
    # name, type (of two or three words), encoding, emb, sub, uni, object, generation
    assert {line[-5] for line in found} == {"yes"}
    assert {line[-3] for line in found} == {"yes"}, "text cannot be copied"


@pytest.mark.parametrize(("name", "expected"), WORDS.items())
def test_the_words_are_those_of_the_language(
    papers: Papers, name: str, expected: tuple[str, ...]
) -> None:
    text = run_together("".join(texts(pdf_of(papers, name))))
    for each in expected:
        assert run_together(each) in text


@pytest.mark.parametrize("name", PAGES)
def test_a_title_that_looks_like_markup_is_printed_as_it_is(papers: Papers, name: str) -> None:
    (first, *_) = texts(pdf_of(papers, name))
    assert run_together(MARKUP) in run_together(first)


@pytest.mark.parametrize("name", PAGES)
def test_nothing_runs_off_the_sheet_or_over_other_words(papers: Papers, name: str) -> None:
    for page in words(pdf_of(papers, name)):
        assert min(word.left for word in page) >= A4_MARGIN - HALF_A_SIGN
        assert max(word.right for word in page) <= A4_WIDTH - A4_MARGIN + 1
        assert overlapping(page) == []


def test_a_receipt_names_its_record_and_a_certificate_does_not(papers: Papers) -> None:
    for language in ("zh", "en"):
        assert DUE in "".join(texts(pdf_of(papers, f"receipt.{language}")))
        for name in (f"certificate.{language}", f"list.{language}"):
            assert "A000001" not in "".join(texts(pdf_of(papers, name)))


@pytest.mark.parametrize("name", PAGES)
def test_a_page_claims_pdf_a_3b_and_keeps_what_that_asks_for(papers: Papers, name: str) -> None:
    """ISO 19005-3: named in the XMP, an output intent, no cipher, widgets that print."""
    with pdf_of(papers, name).open("rb") as file:
        pdf = PdfFileReader(file)
        described = ET.fromstring(pdf.root["/Metadata"].data.decode("utf-8"))
        claims = {name: text for each in described.iter() for name, text in each.items()}
        assert (claims[f"{PDF_A}part"], claims[f"{PDF_A}conformance"]) == ("3", "B")
        (intent,) = (each.get_object() for each in pdf.root["/OutputIntents"])
        assert intent["/S"] == "/GTS_PDFA1"
        assert intent["/DestOutputProfile"].data
        assert "/Encrypt" not in pdf.trailer
        assert not {"/OpenAction", "/AA"} & set(pdf.root)
        (widget,) = (each.get_object() for each in pdf.root["/AcroForm"]["/Fields"])
        printed, hidden = 4, 1 | 2 | 32
        assert widget["/F"] & printed
        assert not widget["/F"] & hidden


def test_a_program_of_poppler_that_fails_is_no_empty_answer(tmp_path: Path) -> None:
    """The guard above can fail: what is no PDF has no text."""
    (tmp_path / "no.pdf").write_bytes(b"no")
    with pytest.raises(subprocess.CalledProcessError):
        texts(tmp_path / "no.pdf")
