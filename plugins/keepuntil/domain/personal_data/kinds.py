"""The kinds of personal data that can be told by looking."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from keepuntil.domain.categories import Text


class Kind(StrEnum):
    """The words stand in findings and never change their meaning."""

    CITIZEN_ID = "citizen_id"
    """The 18 digit number of a Chinese identity card (GB 11643)."""
    CREDIT_CODE = "credit_code"
    """The unified social credit code (GB 32100); a sole trader's points at one person."""
    BANK_CARD = "bank_card"
    IBAN = "iban"
    US_SSN = "us_ssn"
    MOBILE = "mobile"
    """A mobile number of mainland China."""
    EMAIL = "email"
    PERSON_NAME = "person_name"
    ADDRESS = "address"
    PASSPORT = "passport"
    BIRTH_DATE = "birth_date"
    PAPER_SERIES = "paper_series"
    """A whole series of paper: what lies in it nobody can read from here."""


LABELS: Final[Mapping[Kind, Text]] = {
    Kind.CITIZEN_ID: Text(zh="居民身份证号码", en="citizen identity number"),
    Kind.CREDIT_CODE: Text(zh="统一社会信用代码", en="unified social credit code"),
    Kind.BANK_CARD: Text(zh="银行卡号", en="bank card number"),
    Kind.IBAN: Text(zh="国际银行账号", en="IBAN"),
    Kind.US_SSN: Text(zh="美国社会安全号码", en="US social security number"),
    Kind.MOBILE: Text(zh="手机号码", en="mobile number"),
    Kind.EMAIL: Text(zh="电子邮箱", en="e-mail address"),
    Kind.PERSON_NAME: Text(zh="姓名", en="person's name"),
    Kind.ADDRESS: Text(zh="住址", en="address"),
    Kind.PASSPORT: Text(zh="护照号码", en="passport number"),
    Kind.BIRTH_DATE: Text(zh="出生日期", en="date of birth"),
    Kind.PAPER_SERIES: Text(zh="纸质档案门类", en="paper series"),
}
"""Each kind in two or three words."""
