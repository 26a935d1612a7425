"""What fields are called that hold personal data: Chinese, pinyin and its initials, English."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from keepuntil.domain.personal_data.kinds import Kind

STRONG: Final = 0.6
"""A name that is said of little else."""
WEAK: Final = 0.3
"""A name that is said of other things too."""

_STRONG: Final[Mapping[Kind, str]] = {
    Kind.CITIZEN_ID: "身份证,公民身份号码,证件号,id card,idcard,identity card,identity no,"
    "identity number,id number,national id,citizen id,cert no,sfz,sfzh,sfzhm,zjhm,"
    "shenfenzheng,zhengjianhao,gmsfhm",
    Kind.CREDIT_CODE: "统一社会信用代码,信用代码,uscc,credit code,tyshxydm,social credit",
    Kind.BANK_CARD: "银行卡,卡号,card no,card number,cardno,card num,bank card,pan,kahao,yhkh,"
    "credit card,debit card",
    Kind.IBAN: "iban",
    Kind.US_SSN: "ssn,social security,社会安全号",
    Kind.MOBILE: "手机,移动电话,联系电话,mobile,mobile no,mobile phone,cell phone,cellphone,msisdn,"
    "sjh,sjhm,shouji,shoujihao,phone number,phone no,lxdh,lianxidianhua,telephone",
    Kind.EMAIL: "邮箱,电子邮件,email,e mail,mail address,youxiang,dzyx,dzyj",
    Kind.PERSON_NAME: "姓名,客户名称,户名,借款人,被保险人,投保人,联系人,full name,first name,"
    "last name,surname,given name,family name,customer name,client name,cust name,holder name,"
    "contact name,person name,xingming,khxm,lxr,jkr",
    Kind.ADDRESS: "住址,地址,家庭地址,通讯地址,home address,mailing address,street address,"
    "residential address,postal address,dizhi,jtzz,txdz,zhuzhi",
    Kind.PASSPORT: "护照,passport,passport no,huzhao,hzhm",
    Kind.BIRTH_DATE: "出生,生日,birth date,birthdate,birthday,date of birth,dob,csrq,chusheng",
}
_WEAK: Final[Mapping[Kind, str]] = {
    Kind.CITIZEN_ID: "证件,id no,idno,cert,certificate no",
    Kind.CREDIT_CODE: "税号,tax id",
    Kind.BANK_CARD: "账号,account no,account number,acct no,zhanghao,card",
    Kind.IBAN: "account,账号",
    Kind.US_SSN: "tax id,tin",
    Kind.MOBILE: "电话,phone,tel,contact,dianhua,dh",
    Kind.EMAIL: "mail,contact,联系方式",
    Kind.PERSON_NAME: "名称,name,xm,borrower,applicant,insured,holder,owner,employee,guarantor,"
    "contact,mingcheng,author,signed by",
    Kind.ADDRESS: "住所,address,addr,dz,street,location",
}

_CAMEL: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[\u4e00-\u9fff]+")
_THINGS_LISTED: Final = (
    "table column file folder host server product branch company org organisation organization "
    "department dept class event job task role group type field schema city country bank"
)
_THINGS: Final = frozenset(_THINGS_LISTED.split())
"""What has names too."""
_INITIALS: Final = 4
"""Shorter words are only themselves: ``dob`` is no part of ``dobson``."""


def _listed(words: Mapping[Kind, str]) -> dict[Kind, tuple[str, ...]]:
    return {kind: tuple(text.split(",")) for kind, text in words.items()}


_WORDS: Final = ((STRONG, _listed(_STRONG)), (WEAK, _listed(_WEAK)))


@lru_cache(maxsize=4096)
def said_of(name: str) -> Mapping[Kind, float]:
    """The kinds that a field's name speaks of, each with how surely: STRONG or WEAK."""
    spoken = [part.lower() for part in _CAMEL.findall(name)]
    found: dict[Kind, float] = {}
    for weight, words in _WORDS:
        for kind, listed in words.items():
            if kind not in found and any(_is_said(word, spoken) for word in listed):
                found[kind] = weight
    if found.get(Kind.CITIZEN_ID) == STRONG:
        found.pop(Kind.BANK_CARD, None)  # the number of an identity card
    if found.get(Kind.PERSON_NAME) == WEAK and _THINGS.intersection(spoken):
        del found[Kind.PERSON_NAME]
    return found


def _is_said(word: str, spoken: list[str]) -> bool:
    if not word.isascii():
        return any(word in part for part in spoken)
    if f" {word} " in f" {' '.join(spoken)} ":
        return True
    run_together = word.replace(" ", "")
    if len(run_together) <= _INITIALS:
        return False
    return any(part.startswith(run_together) or part.endswith(run_together) for part in spoken)
