"""Requests of people (个人信息主体请求): the list, one answer place by place, entering one.

Whose a request is stands on no page. Opening one is written down before it is shown.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

from fastapi import APIRouter, BackgroundTasks, Form
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse

from keepuntil.disposal import erasure_requests
from keepuntil.disposal.accountability_events import DESTROYED, NOTHING_FOUND
from keepuntil.domain.access import Right
from keepuntil.domain.categories import Text
from keepuntil.domain.personal_numbers import refuse_personal
from keepuntil.domain.requests_of_people import REGIMES, in_words
from keepuntil.errors import UsageError
from keepuntil.pages.downloads import attachment
from keepuntil.pages.fields import day_filled
from keepuntil.pages.permissions import changes, needs
from keepuntil.pages.visiting import Visit
from keepuntil.register import requests_made
from keepuntil.register.requests_made import StoredRequest

PAGE: Final = 50

WORDS: Final[Mapping[str, Text]] = {
    "title": Text(zh="个人请求", en="Requests of people"),
    "lead": Text(
        zh="个人要求删除其信息：逐处答复，并跟进至全部删除。此处不显示请求人。",
        en="A person asks to be erased: answered place by place, followed up until nothing is "
        "left. Nobody is named here.",
    ),
    "open": Text(zh="未结", en="open"),
    "every": Text(zh="全部", en="all"),
    "request": Text(zh="请求", en="request"),
    "regime": Text(zh="依据", en="by"),
    "received": Text(zh="收到", en="received"),
    "answer_by": Text(zh="答复期限", en="answer by"),
    "closed": Text(zh="结束", en="closed"),
    "late": Text(zh="已过期限", en="late"),
    "enter": Text(zh="登记请求", en="Enter a request"),
    "enter_says": Text(
        zh="标识只在请求未结时封存，结束即忘。答复需查询各存储，可能需要一些时间。",
        en="The identifier is kept sealed while the request is open, and forgotten after. The "
        "stores are asked; it takes as long as they take.",
    ),
    "subject": Text(zh="请求人的标识（同规则中的 subject）", en="Identifier, as the rules have it"),
    "received_on": Text(zh="收到日期（默认为今天）", en="Received on; else today"),
    "answers": Text(zh="逐处答复", en="The answer, place by place"),
    "as_of": Text(zh="截至", en="as of"),
    "place": Text(zh="存放处", en="place"),
    "records": Text(zh="记录数", en="records"),
    "answer": Text(zh="答复", en="answer"),
    "not_searched": Text(zh="未查询（该处不含标识）", en="Not searched, since it names no subject"),
    "nothing_left": Text(zh="已无记录，销毁证明", en="Nothing is left; certificate"),
    "letters": Text(zh="答复函（已签名的 PDF）", en="The letter, a signed PDF"),
    "logged": Text(zh="每次打开本页均有记录。", en="Each opening of this page is written down."),
    "close": Text(zh="结束请求", en="Close it"),
    "close_says": Text(
        zh="例如请求人撤回。结束后即忘记请求人是谁。",
        en="For instance as it was withdrawn. Whose it was is forgotten then.",
    ),
    "reason": Text(zh="理由（不含个人信息）", en="Reason, without personal data"),
}

ENDINGS: Final[Mapping[str, Text]] = {
    DESTROYED: Text(zh="已全部销毁", en="everything is destroyed"),
    NOTHING_FOUND: Text(zh="未找到记录", en="nothing was found"),
}
"""Why a request ended by itself; otherwise a person's sentence."""

router = APIRouter()


class Letter(StrEnum):
    """In which language a letter is taken."""

    ZH = "zh"
    EN = "en"


@router.get("/requests", name="requests")
def listing(
    visit: Annotated[Visit, needs(Right.READ_SUBJECT)], after: str = "", show: str = ""
) -> HTMLResponse:
    """The requests, by the day they have to be answered by."""
    found = requests_made.all_of(visit.installation.register, open_only=show != "all")
    ahead = [each for each in found if _key(each) > after]
    return visit.page(
        "requests.html",
        requests=ahead[:PAGE],
        next=_key(ahead[PAGE - 1]) if len(ahead) > PAGE else None,
        everything=show == "all",
        may_answer=visit.may(Right.ANSWER_REQUESTS),
        today=visit.installation.now().date(),
        regimes=REGIMES,
        endings=ENDINGS,
        words=WORDS,
    )


@router.post("/requests", name="request_enter")
def enter(
    visit: Annotated[Visit, changes(Right.ANSWER_REQUESTS)],
    subject: Annotated[str, Form(max_length=200)] = "",
    regime: Annotated[str, Form(max_length=20)] = "",
    received_on: Annotated[str, Form(max_length=10)] = "",
) -> RedirectResponse:
    """Enter a request and answer it at once; nothing is destroyed by asking."""
    with visit.acting("request erase", ""):
        if regime not in REGIMES:
            raise UsageError(f"'{regime}' is no regime: {', '.join(REGIMES)}.")
        answered = erasure_requests.receive(
            visit.installation,
            subject.strip(),
            regime=regime,
            received_on=day_filled(received_on) or _today(visit),
            by=visit.person.id,
        )
    return visit.go_to("request", name=answered.request.request_id)


@router.get("/requests/{name}", name="request")
def request(visit: Annotated[Visit, needs(Right.READ_SUBJECT)], name: str) -> HTMLResponse:
    """One request with its last answer."""
    with visit.acting("request show", name):
        answered = erasure_requests.load(visit.installation, name)
    return visit.page(
        "request.html",
        answered=answered,
        lines=[(line, in_words(line)) for line in answered.answer.lines],
        may_answer=visit.may(Right.ANSWER_REQUESTS),
        today=_today(visit),
        regimes=REGIMES,
        endings=ENDINGS,
        letters=tuple(Letter),
        words=WORDS,
    )


@router.get("/requests/{name}/letter-{language}.pdf", name="request_letter")
def letter(
    visit: Annotated[Visit, needs(Right.READ_SUBJECT)],
    name: str,
    language: Letter,
    after: BackgroundTasks,
) -> FileResponse:
    """The letter with the last answer; it names the request by its number and nobody by name."""
    with visit.acting("request show", name):
        answered = erasure_requests.load(visit.installation, name)
        written = erasure_requests.letters(visit.installation, answered)
    (found,) = [path for path in written if path.name.endswith(f".{language}.pdf")]
    known = f"{answered.request.request_id}-{found.name}"
    return attachment(after, known, lambda path: _copy(found, path))


@router.post("/requests/{name}/close", name="request_close")
def close(
    visit: Annotated[Visit, changes(Right.ANSWER_REQUESTS)],
    name: str,
    reason: Annotated[str, Form(max_length=2000)] = "",
) -> RedirectResponse:
    """End a request for a reason; whose it was is forgotten."""
    with visit.acting("request close", name):
        if not reason.strip():
            raise UsageError("Say why the request is closed, without personal data.")
        refuse_personal(reason)
        erasure_requests.close(visit.installation, name, by=visit.person.id, because=reason.strip())
    return visit.go_to("requests")


def _copy(source: Path, target: Path) -> None:
    shutil.copyfile(source, target)


def _key(stored: StoredRequest) -> str:
    """In the order of the list."""
    return f"{stored.answer_by}.{stored.request_id}"


def _today(visit: Visit) -> date:
    return visit.installation.now().date()
