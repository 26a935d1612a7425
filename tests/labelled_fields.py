"""Fields that say what they hold: personal data of each kind, zh and en, and what looks like it.

Nobody's: people are born in the years 2031 to 2049, card issuers are ones that issue nothing;
check digits are right. The answers are known because each field is made for one kind, so the
detectors can be measured on it. Seeded: the same set every time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from random import Random
from uuid import UUID

from keepuntil.demo.invented import chinese_name
from keepuntil.domain.personal_data.checksums import (
    CREDIT_ALPHABET,
    citizen_check,
    credit_check,
    iban_check,
    luhn_check,
    organisation_check,
)
from keepuntil.domain.personal_data.judging import Field
from keepuntil.domain.personal_data.kinds import Kind


@dataclass(frozen=True)
class Labelled:
    """One field and the truth about it. ``kind`` None: a look-alike."""

    field: Field
    kind: Kind | None
    language: str
    what: str
    """The generator's name, for who asks which look-alike was taken for something."""


Make = Callable[[Random], str]


def digits(count: int, random: Random) -> str:
    return "".join(random.choices("0123456789", k=count))


def citizen_id(random: Random) -> str:
    region = random.choice(("110101", "310115", "440305", "330106", "510107", "610113"))
    born = f"{random.randint(2031, 2049)}{random.randint(1, 12):02}{random.randint(1, 28):02}"
    body = f"{region}{born}{digits(3, random)}"
    return body + citizen_check(body)


def credit_code(random: Random) -> str:
    organisation = "MA" + "".join(random.choices(CREDIT_ALPHABET[:30], k=6))
    body = f"92{random.choice(('110101', '440305', '330106'))}{organisation}"
    body += organisation_check(organisation)
    # An X as the organisation's check character is one of the code's letters too.
    return body + credit_check(body)


def bank_card(random: Random) -> str:
    body = random.choice(("62009", "40009", "51009")) + digits(10, random)
    return body + luhn_check(body)


def printed_card(random: Random) -> str:
    card = bank_card(random)
    return " ".join(card[place : place + 4] for place in range(0, 16, 4))


def iban(random: Random) -> str:
    account = digits(18, random)
    return f"DE{iban_check('DE', account)}{account}"


def ssn(random: Random) -> str:
    area = random.choice(("001", "219", "457", "733"))
    return f"{area}-{random.randint(1, 99):02}-{random.randint(1, 9999):04}"


def mobile(random: Random) -> str:
    return random.choice(("130", "138", "151", "176", "186", "199")) + digits(8, random)


def email(random: Random) -> str:
    host = random.choice(("example.com", "example.cn", "mail.example.org"))
    return f"{random.choice('abcdefgh')}{digits(3, random)}.{random.choice('xyz')}@{host}"


def english_name(random: Random) -> str:
    given = random.choice(
        ("James", "Mary", "Olivia", "Peter", "Niamh", "Xavier", "Priya", "Zachary", "Elena", "Ruth")
    )
    family = random.choice(
        ("Smith", "Okafor", "Brown", "Lindqvist", "Taylor", "Garcia", "Walker", "Whitcombe", "Hill")
    )
    return (
        f"{given} {family}"
        if random.random() < 0.8
        else f"{given} {random.choice('ABC')}. {family}"
    )


def chinese_address(random: Random) -> str:
    city = random.choice(("杭州市西湖区", "上海市浦东新区", "四川省成都市锦江区"))
    street = random.choice(("文三路", "世纪大道", "春熙路", "科技南一路", "幸福小区", "解放街"))
    house, flat = random.randint(1, 900), random.randint(101, 2999)
    return f"{city}{street}{house}号{random.randint(1, 30)}栋{flat}室"


def english_address(random: Random) -> str:
    street = random.choice(("High Street", "Elm Road", "Mill Lane", "Station Rd", "Fifth Avenue"))
    return f"{random.randint(1, 999)} {street}, {random.choice(('Leeds', 'Boston', 'Austin'))}"


def passport(random: Random) -> str:
    return f"E{digits(8, random)}"


def birth_date(random: Random) -> str:
    return f"{random.randint(1930, 2010)}-{random.randint(1, 12):02}-{random.randint(1, 28):02}"


def inside(text: str, make: Make, random: Random) -> str:
    return text.format(make(random))


PERSONAL: list[tuple[Kind, str, str, Make]] = [
    (Kind.CITIZEN_ID, "zh", "证件号码", citizen_id),
    (Kind.CITIZEN_ID, "zh", "zjhm", citizen_id),
    (Kind.CITIZEN_ID, "en", "c17", citizen_id),
    (Kind.CITIZEN_ID, "zh", "备注", partial(inside, "客户持身份证{}办理开户", citizen_id)),
    (
        Kind.CITIZEN_ID,
        "en",
        "note",
        partial(inside, "verified against ID {} at the counter", citizen_id),
    ),
    (Kind.CREDIT_CODE, "zh", "统一社会信用代码", credit_code),
    (Kind.CREDIT_CODE, "en", "reg_code", credit_code),
    (Kind.BANK_CARD, "zh", "卡号", bank_card),
    (Kind.BANK_CARD, "en", "col_4", bank_card),
    (Kind.BANK_CARD, "en", "card_no", printed_card),
    (Kind.BANK_CARD, "zh", "摘要", partial(inside, "转入卡{}工资", bank_card)),
    (Kind.IBAN, "en", "iban", iban),
    (Kind.IBAN, "en", "beneficiary", iban),
    (Kind.US_SSN, "en", "ssn", ssn),
    (Kind.US_SSN, "en", "f3", ssn),
    (Kind.MOBILE, "zh", "手机号", mobile),
    (Kind.MOBILE, "zh", "lxdh", mobile),
    (Kind.MOBILE, "en", "mobile_phone", mobile),
    (Kind.MOBILE, "en", "v2", mobile),
    (Kind.MOBILE, "zh", "内容", partial(inside, "您好，请回电{}，谢谢", mobile)),
    (Kind.EMAIL, "en", "email", email),
    (Kind.EMAIL, "zh", "邮箱", email),
    (Kind.EMAIL, "en", "body", partial(inside, "please write to {} again", email)),
    (Kind.PERSON_NAME, "zh", "姓名", chinese_name),
    (Kind.PERSON_NAME, "zh", "khxm", chinese_name),
    (Kind.PERSON_NAME, "zh", "c3", chinese_name),
    (Kind.PERSON_NAME, "en", "customer_name", english_name),
    (Kind.PERSON_NAME, "en", "t1", english_name),
    (Kind.ADDRESS, "zh", "家庭地址", chinese_address),
    (Kind.ADDRESS, "zh", "f9", chinese_address),
    (Kind.ADDRESS, "en", "home_address", english_address),
    (Kind.ADDRESS, "en", "line1", english_address),
    (Kind.PASSPORT, "zh", "护照号", passport),
    (Kind.PASSPORT, "en", "passport_no", passport),
    (Kind.BIRTH_DATE, "zh", "出生日期", birth_date),
    (Kind.BIRTH_DATE, "en", "date_of_birth", birth_date),
]


def order_of_16(random: Random) -> str:
    return random.choice(("62", "40", "51")) + digits(14, random)


def order_of_18(random: Random) -> str:
    day = f"{random.randint(1, 12):02}{random.randint(1, 28):02}"
    return f"{random.randint(2031, 2049)}{day}{digits(10, random)}"


def order_like_a_citizen(random: Random) -> str:
    """A region and a day, and a number of order instead of a check digit."""
    return citizen_id(random)[:17] + random.choice("0123456789")


def phone_like_order(random: Random) -> str:
    return f"ORD-{mobile(random)}"


def number_in_a_row(random: Random) -> str:
    return f"1380013{random.randint(0, 9999):04}"


def eleven_digits(random: Random) -> str:
    return digits(11, random)


def milliseconds(random: Random) -> str:
    return f"17{digits(11, random)}"


def moment(random: Random) -> str:
    return f"2026{random.randint(1, 12):02}{random.randint(1, 28):02}{digits(6, random)}"


def sum_of_money(random: Random) -> str:
    return f"{random.randint(10**10, 2 * 10**10)}.{digits(2, random)}"


def uuid(random: Random) -> str:
    return str(UUID(int=random.getrandbits(128)))


def part_number(random: Random) -> str:
    return f"{digits(3, random)}-{digits(2, random)}-{digits(4, random)}"


def mailbox(random: Random) -> str:
    return f"{random.choice(('info', 'service', 'noreply', 'support'))}@bank.example"


def repository(random: Random) -> str:
    return f"git@code.example.com:team/{digits(4, random)}"


LOOK_ALIKES: list[tuple[str, str, Make]] = [
    ("en", "order_no", order_of_16),
    ("zh", "流水号", order_of_16),
    ("zh", "订单号", order_of_18),
    ("zh", "业务编号", order_like_a_citizen),
    ("en", "order_id", phone_like_order),
    ("en", "id", number_in_a_row),
    ("zh", "序号", number_in_a_row),
    ("en", "reference", eleven_digits),
    ("en", "created_ms", milliseconds),
    ("zh", "交易时间", moment),
    ("en", "total", sum_of_money),
    ("zh", "余额", sum_of_money),
    ("en", "trace_id", uuid),
    ("en", "part", part_number),
    ("en", "sender", mailbox),
    ("en", "remote", repository),
    ("zh", "城市", lambda r: r.choice(("北京", "上海", "成都", "武汉", "常州", "温州", "石家庄"))),
    ("zh", "产品", lambda r: r.choice(("金卡", "安心宝", "周转贷", "和谐险", "高新贷", "钱包"))),
    ("zh", "网点", lambda r: r.choice(("王府井支行", "徐家汇支行", "高新支行", "江北支行"))),
    ("zh", "星期", lambda r: r.choice(("周一", "周二", "周三", "周四", "周五"))),
    ("zh", "状态", lambda r: r.choice(("成功", "失败", "常规", "终止", "方案一"))),
    ("en", "status", lambda r: r.choice(("Active", "Closed Early", "In Review", "Martin"))),
    ("en", "product_name", lambda r: r.choice(("Gold Card", "Home Loan", "Victoria Plan"))),
    ("en", "phone_model", lambda r: r.choice(("iPhone 15", "Pixel 9", "Mate 60"))),
    ("en", "card_type", lambda r: r.choice(("credit", "debit"))),
    ("en", "updated_on", birth_date),
    ("en", "digest", lambda r: f"{r.getrandbits(256):064x}"),
    ("zh", "税率", lambda r: f"0.{digits(4, r)}"),
]  # fmt: skip


def labelled(rounds: int, size: int, seed: int = 11643) -> Iterator[Labelled]:
    """Each kind and each look-alike ``rounds`` times, with ``size`` values a field."""
    random = Random(seed)
    for _ in range(rounds):
        for kind, language, name, make in PERSONAL:
            yield Labelled(_field(name, make, size, random), kind, language, _said(make))
        for language, name, make in LOOK_ALIKES:
            yield Labelled(_field(name, make, size, random), None, language, f"{name}")


def _field(name: str, make: Make, size: int, random: Random) -> Field:
    return Field(name=name, values=tuple(make(random) for _ in range(size)))


def _said(make: Make) -> str:
    return str(make.args[1].__name__) if isinstance(make, partial) else make.__name__
