"""pdfsig, which nobody here wrote, on signed pages and on changed ones."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from paper import said
from papers_world import Papers

VALID = "Signature Validation: Signature is Valid."
ALL_OF_IT = "Total document signed"
SIGNED = ["certificate.zh", "certificate.en", "list.zh", "list.en"]


@pytest.mark.parametrize("name", SIGNED)
def test_pdfsig_finds_one_valid_signature_over_the_whole_document(
    papers: Papers, name: str
) -> None:
    found = said("pdfsig", papers.bundle / f"{name}.pdf")
    assert found.count(VALID) == 1
    assert found.count("Signature #") == 1
    assert ALL_OF_IT in found
    assert "ETSI.CAdES.detached" in found
    assert "bank.example destruction records" in found


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_receipt_on_paper_is_signed_too(papers: Papers, language: str) -> None:
    assert VALID in said("pdfsig", papers.receipt.with_suffix(f".{language}.pdf"))


def test_a_bit_flipped_in_what_a_page_shows_is_refused(papers: Papers, tmp_path: Path) -> None:
    whole = (papers.bundle / "certificate.en.pdf").read_bytes()
    streams = [found.end() for found in re.finditer(rb"stream\r?\n", whole[: len(whole) // 2])]
    assert len(streams) > 5
    for place in (streams[0] + 40, streams[len(streams) // 2] + 40):
        changed = bytearray(whole)
        changed[place] ^= 1
        (tmp_path / "changed.pdf").write_bytes(changed)
        found = said("pdfsig", tmp_path / "changed.pdf")
        assert "Signature Validation: Digest Mismatch." in found
        assert VALID not in found


def test_what_is_appended_to_signed_pages_is_not_signed(papers: Papers, tmp_path: Path) -> None:
    whole = (papers.bundle / "certificate.en.pdf").read_bytes()
    (tmp_path / "more.pdf").write_bytes(whole + b"% more\n")
    assert ALL_OF_IT not in said("pdfsig", tmp_path / "more.pdf")
