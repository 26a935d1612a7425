"""Which language somebody reads, and the phrases that stand on every page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from keepuntil.domain.categories import Text

Language = Literal["zh", "en"]
LANGUAGES: Final[tuple[Language, ...]] = ("zh", "en")

COMMON: Final[Mapping[str, Text]] = {
    "skip": Text(zh="跳到正文", en="Skip to the content"),
    "navigation": Text(zh="栏目", en="Sections"),
    "tonight": Text(zh="今夜", en="Tonight"),
    "plans": Text(zh="清册", en="Plans"),
    "rules": Text(zh="规则", en="Rules"),
    "findings": Text(zh="问题", en="Findings"),
    "coverage": Text(zh="覆盖", en="Coverage"),
    "evidence": Text(zh="证据", en="Evidence"),
    "more": Text(zh="更多", en="More"),
    "ledger": Text(zh="整改台账", en="Ledger"),
    "holds": Text(zh="冻结", en="Holds"),
    "campaigns": Text(zh="专项排查", en="Campaigns"),
    "requests": Text(zh="个人请求", en="Requests"),
    "other_language": Text(zh="English", en="中文"),
    "signed_in_as": Text(zh="已登录：", en="Signed in as"),
    "sign_out": Text(zh="退出", en="Sign out"),
    "sign_in": Text(zh="登录", en="Sign in"),
    "older": Text(zh="更早的", en="Older"),
    "further": Text(zh="后面的", en="Further"),
    "from_the_start": Text(zh="回到开头", en="Back to the start"),
    "nothing": Text(zh="没有。", en="None."),
    "refused": Text(zh="不能这样做", en="This cannot be done"),
    "not_found": Text(zh="没有找到", en="Not found"),
    "not_allowed": Text(zh="无权访问", en="Not allowed"),
    "slow_down": Text(zh="请求过多", en="Too many requests"),
    "out_of_order": Text(zh="暂时无法使用", en="Out of order"),
    "nothing_done": Text(
        zh="没有做任何更改。原文（英文）如下：", en="Nothing was changed. The reason:"
    ),
    "back": Text(zh="返回", en="Back"),
    "digest": Text(zh="摘要", en="Digest"),
    "none_due": Text(zh="无到期", en="nothing due"),
}


def chosen(asked: str | None, kept: str | None, accepted: str | None) -> Language:
    """The language of an answer: asked for in the address, kept from last time, or the browser's
    own; Chinese where nothing says otherwise."""
    for each in (asked, kept):
        if each in LANGUAGES:
            return "en" if each == "en" else "zh"
    return _by_header(accepted or "")


def _by_header(accepted: str) -> Language:
    for part in accepted.split(","):
        tag = part.partition(";")[0].strip().lower()
        if tag.startswith("en"):
            return "en"
        if tag.startswith("zh"):
            return "zh"
    return "zh"


def spoken(text: Text, language: Language) -> str:
    """One phrase in one language."""
    return text.zh if language == "zh" else text.en
