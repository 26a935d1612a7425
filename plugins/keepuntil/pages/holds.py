"""Holds (冻结): those in force, which are due for review, placing and lifting one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Final

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, RedirectResponse

from keepuntil.disposal import placing_holds
from keepuntil.domain.access import Right
from keepuntil.domain.categories import Text
from keepuntil.domain.holds import Hold, HoldScope
from keepuntil.domain.personal_numbers import refuse_personal
from keepuntil.errors import UsageError
from keepuntil.oversight import lacking
from keepuntil.pages.fields import day_filled
from keepuntil.pages.permissions import changes, needs
from keepuntil.pages.visiting import Visit
from keepuntil.register import holds

PAGE: Final = 50

WORDS: Final[Mapping[str, Text]] = {
    "title": Text(zh="冻结", en="Legal holds"),
    "lead": Text(
        zh="冻结永远优先：其所及之物，无论此前如何批准，一律不销毁。",
        en="A hold always wins: what it covers is not destroyed, whatever was approved before.",
    ),
    "in_force": Text(zh="生效中", en="in force"),
    "to_review": Text(zh="应复审", en="due for review"),
    "only_review": Text(zh="只看应复审的", en="Only those due for review"),
    "every": Text(zh="全部", en="all"),
    "category": Text(zh="类别", en="category"),
    "hold": Text(zh="冻结编号", en="hold"),
    "place": Text(zh="存放处", en="place"),
    "everywhere": Text(zh="所有存放处", en="every place"),
    "scope": Text(zh="范围", en="binds"),
    "mandate": Text(
        zh="依据（机关与文号，不写姓名）", en="Who ordered it, under which number. No names"
    ),
    "mandate_short": Text(zh="依据", en="mandate"),
    "owner": Text(zh="负责人", en="answers for it"),
    "placed": Text(zh="冻结于", en="placed"),
    "review_by": Text(zh="复审期限", en="review by"),
    "place_one": Text(zh="新增冻结", en="Place a hold"),
    "place_says": Text(
        zh="提交后立即生效，并等待正在进行的批次结束。",
        en="It binds at once, and waits for batches that are under way.",
    ),
    "value": Text(
        zh="具体内容（整个类别时留空）", en="What exactly; nothing for the whole category"
    ),
    "lift": Text(zh="解除冻结", en="Lift it"),
    "reason": Text(
        zh="解除理由（不含个人信息）", en="Why it is not needed any more. No personal data"
    ),
    "closed": Text(
        zh="具体内容可识别个人，只对有权者显示。",
        en="What a hold binds identifies records: it is shown to those who may read items.",
    ),
    "late": Text(zh="应复审", en="due for review"),
}

SCOPES: Final[Mapping[HoldScope, Text]] = {
    HoldScope.KEY: Text(zh="一项（JSON 标识）", en="one item, by its JSON key"),
    HoldScope.RECORD_GROUP: Text(zh="一个关联组的全部副本", en="every copy of one record group"),
    HoldScope.PREFIX: Text(zh="以此开头的对象或文件", en="objects or files that begin so"),
    HoldScope.PREDICATE: Text(zh="符合 SQL 条件的行", en="rows that satisfy an SQL condition"),
    HoldScope.CATEGORY: Text(zh="整个类别", en="the whole category"),
}

router = APIRouter()


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What the template shows."""

    holds: Sequence[Hold]
    next: str | None
    total: int
    late: frozenset[str]
    """The identifiers of those whose review is due."""
    only_late: bool
    category: str


@router.get("/holds", name="holds")
def listing(
    visit: Annotated[Visit, needs(Right.READ)],
    after: str = "",
    category: str = "",
    show: str = "",
) -> HTMLResponse:
    """The holds in force on what the person may see."""
    return visit.page(
        "holds.html",
        view=_view(visit, after, category.strip(), show == "review"),
        may_read_items=visit.may(Right.READ_ITEMS),
        may_hold=visit.may(Right.HOLD),
        rules=visit.rules,
        titles={rule.category: rule.title for rule in visit.rules},
        scopes=SCOPES,
        words=WORDS,
    )


@router.post("/holds", name="hold_place")
def place(
    visit: Annotated[Visit, changes(Right.HOLD)],
    category: Annotated[str, Form(max_length=200)] = "",
    scope: Annotated[HoldScope, Form()] = HoldScope.RECORD_GROUP,
    value: Annotated[str, Form(max_length=2000)] = "",
    instance: Annotated[str, Form(max_length=200)] = "",
    mandate: Annotated[str, Form(max_length=400)] = "",
    owner: Annotated[str, Form(max_length=200)] = "",
    review_by: Annotated[str, Form(max_length=10)] = "",
) -> RedirectResponse:
    """Place a hold; when the answer comes nothing that it covers is destroyed any more."""
    rule = visit.rule(category)
    with visit.acting("hold add", rule.category):
        _refuse_unfit(mandate, owner, scope, value)
        placing_holds.place(
            visit.installation,
            rule.category,
            scope=scope,
            value=value.strip(),
            mandate=mandate.strip(),
            owner=owner.strip(),
            instance=instance or None,
            review_by=day_filled(review_by),
        )
    return visit.go_to("holds")


@router.post("/holds/{hold_id}/lift", name="hold_lift")
def lift(
    visit: Annotated[Visit, changes(Right.HOLD)],
    hold_id: str,
    reason: Annotated[str, Form(max_length=2000)] = "",
) -> RedirectResponse:
    """Lift a hold: what it bound is due again at once if its clock has run out."""
    with visit.acting("hold lift", hold_id):
        _refuse_unseen(visit, hold_id)
        if not reason.strip():
            raise UsageError("Say why the hold is not needed any more, without personal data.")
        refuse_personal(reason)
        holds.lift(
            visit.installation.register,
            hold_id,
            by=visit.person.id,
            reason=reason.strip(),
            at=visit.installation.now(),
        )
    return visit.go_to("holds")


def _refuse_unfit(mandate: str, owner: str, scope: HoldScope, value: str) -> None:
    if not mandate.strip() or not owner.strip():
        raise UsageError("Say who ordered the hold under which number, and who answers for it.")
    refuse_personal(f"{mandate} {owner}")
    if bool(value.strip()) is (scope is HoldScope.CATEGORY):
        raise UsageError(
            "Say what exactly is held; only a hold on the whole category says nothing more."
        )


def _refuse_unseen(visit: Visit, hold_id: str) -> None:
    """Raise AccessRefused for a hold on what another unit owns."""
    found = [
        each for each in holds.in_force(visit.installation.register) if each.hold_id == hold_id
    ]
    for each in found:
        visit.refuse_unseen(each.category)


def _view(visit: Visit, after: str, category: str, only_late: bool) -> View:
    every, seen = holds.in_force(visit.installation.register, category or None), visit.categories
    mine = [each for each in every if seen is None or each.category in seen]
    late = _late(visit, mine)
    wanted = [each for each in mine if not only_late or each.hold_id in late]
    ahead = [each for each in wanted if each.hold_id > after]
    return View(
        holds=ahead[:PAGE],
        next=ahead[PAGE - 1].hold_id if len(ahead) > PAGE else None,
        total=len(mine),
        late=late,
        only_late=only_late,
        category=category,
    )


def _late(visit: Visit, mine: Sequence[Hold]) -> frozenset[str]:
    """As coverage finds them: ``category/hold``."""
    today: date = visit.installation.now().date()
    gaps = lacking.holds_unreviewed(visit.installation.schedule, mine, today)
    return frozenset(gap.where.partition("/")[2] for gap in gaps)
