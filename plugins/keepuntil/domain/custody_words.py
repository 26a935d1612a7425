"""What states and steps of a consignment are called, and how a step is refused."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from keepuntil.domain.categories import Text
from keepuntil.domain.consignments import State, Step
from keepuntil.errors import CustodyError

STATE_WORDS: Final[Mapping[State, Text]] = {
    State.LISTED: Text(zh="已列册", en="listed"),
    State.SIGNED: Text(zh="已签署", en="signed"),
    State.PICKED: Text(zh="已下架", en="picked"),
    State.SEALED: Text(zh="已封签", en="sealed"),
    State.HANDED_OVER: Text(zh="已交接", en="handed over"),
    State.RECEIVED: Text(zh="已接收", en="received"),
    State.COUNTED: Text(zh="已清点", en="counted"),
    State.DESTROYED: Text(zh="已销毁", en="destroyed"),
    State.WITNESSED: Text(zh="已监销", en="witnessed"),
    State.VENDOR_CERTIFIED: Text(zh="销毁方已证明", en="certified by the vendor"),
    State.RECONCILED: Text(zh="已核对", en="reconciled"),
    State.HALTED: Text(zh="已中止", en="halted"),
    State.WITHDRAWN: Text(zh="已撤出", en="withdrawn"),
}

STEP_WORDS: Final[Mapping[Step, Text]] = {
    Step.SIGN: Text(zh="签署意见", en="signing"),
    Step.PICK: Text(zh="下架", en="picking"),
    Step.SEAL: Text(zh="封签", en="sealing"),
    Step.HAND_OVER: Text(zh="交接", en="the hand-over"),
    Step.RECEIVE: Text(zh="接收", en="receiving"),
    Step.COUNT: Text(zh="清点核对", en="the count"),
    Step.DESTROY: Text(zh="销毁", en="destruction"),
    Step.WITNESS: Text(zh="监销签名", en="the witnesses' signature"),
    Step.CERTIFY: Text(zh="登记销毁方证明", en="entering the vendor's certificate"),
    Step.RECONCILE: Text(zh="逐箱核对", en="reconciliation"),
    Step.REPORT: Text(zh="报告异常", en="reporting an incident"),
    Step.RESOLVE: Text(zh="处理异常", en="resolving an incident"),
    Step.WITHDRAW: Text(zh="撤出", en="withdrawal"),
}


def refusal(step: Step, why: str) -> CustodyError:
    """The error that names the step and says why it cannot be, and what to do."""
    word = STEP_WORDS[step].en
    return CustodyError(f"{word[0].upper()}{word[1:]} is refused: {why}")


def out_of_turn(state: State, step: Step, possible: Iterable[Step]) -> CustodyError:
    """The error for a step that the state does not allow."""
    instead = ", ".join(STEP_WORDS[each].en for each in possible)
    ending = f"possible now: {instead}" if instead else "nothing can follow any more"
    return refusal(step, f"the consignment is {STATE_WORDS[state].en}; {ending}.")
