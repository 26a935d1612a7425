"""Numbers that are a person's are found in what people write, and not repeated."""

from __future__ import annotations

import pytest

from keepuntil.domain.personal_numbers import refuse_personal
from keepuntil.errors import UsageError

# Invented, with the right check digits: examples from the standards.
IDENTITY, CARD, MOBILE = "11010519491231002X", "4111111111111111", "13800138000"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (f"客户{IDENTITY}的资料", "identity card"),
        (f"card {CARD[:4]} {CARD[4:8]} {CARD[8:12]} {CARD[12:]}", "bank card"),
        (f"call {MOBILE}", "mobile telephone"),
    ],
)
def test_a_persons_number_is_refused_and_never_repeated(text: str, kind: str) -> None:
    with pytest.raises(UsageError, match=kind) as refused:
        refuse_personal({"description": ["x", {"inner": text}]})
    assert not any(part in refused.value.sentence for part in (IDENTITY, CARD, MOBILE))


@pytest.mark.parametrize(
    "text",
    [
        "银保监发〔2022〕15号",
        "2026-11-26",
        "110105194912310021",
        "run.7f3a",
        "12345678901",
        "0" * 40,
    ],
)
def test_other_numbers_are_left_alone(text: str) -> None:
    refuse_personal(text)
