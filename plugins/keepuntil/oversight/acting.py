"""What people do to findings: entered, judged, kept for ever and logged.

    report     a person has found a problem, or has found a known one too
    take       any later act on it: describe, plan, hand over, report, accept …
    verified   its history, after the signed decisions in it held

Everybody who acts is in people.yaml. Decisions on another's work are signed by who takes them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from keepuntil.disposal import publishing
from keepuntil.disposal.approving import key_for
from keepuntil.disposal.installation import Installation
from keepuntil.domain.categories import Form, Text
from keepuntil.domain.ledger import SIGNED, Act, Entry, Standing
from keepuntil.domain.ledger_words import WORDS
from keepuntil.domain.people import PERSON_ID, Person
from keepuntil.domain.personal_numbers import refuse_personal
from keepuntil.domain.plain_documents import document_of
from keepuntil.domain.problems import (
    Accountability,
    Assigned,
    Discovered,
    Opened,
    Particulars,
    Payload,
    Remedy,
)
from keepuntil.errors import ApprovalError, EvidenceError, UsageError
from keepuntil.evidence import canonical, envelope
from keepuntil.evidence.keys import SigningKey, VerifyingKey
from keepuntil.oversight.problem_places import categories
from keepuntil.register import findings
from keepuntil.register.findings import Met
from keepuntil.register.ledger import Line

PAYLOAD_TYPE: Final = "application/vnd.keepuntil.ledger-decision+json"


def report(
    installation: Installation, opened: Opened, *, by: str, same_as: int | None = None
) -> int:
    """Enter a problem that somebody has found; the finding's number.

    Entered twice it is one finding, counted. ``same_as`` says that it is a finding that is
    known: who found it first stands, and when a regulator raised it is kept beside. Raises
    UsageError, ApprovalError for somebody who is not in people.yaml.
    """
    _refuse_unfit(installation, opened, by)
    register, now = installation.register, installation.now()
    if opened.discovered.on > now.date():
        raise UsageError(f"{opened.discovered.on} is still to come; nothing was found then.")
    if same_as is not None:
        findings.seen_again(register, same_as, opened.discovered, by, now)
    else:
        same_as = findings.raise_finding(register, _met(installation, opened, by))
    publishing.publish(installation)
    return same_as


def _met(installation: Installation, opened: Opened, by: str) -> Met:
    said = opened.particulars
    if said.problem_class is None or said.description is None:
        raise UsageError("Say at least of which class the problem is, and describe it.")
    words = sentence_of(opened)
    return Met(
        kind=findings.REPORTED,
        fingerprint=findings.fingerprint_of(installation.register, opened),
        sentence_zh=words.zh,
        sentence_en=words.en,
        counts={"clients": said.clients or 0, "items": said.records or 0},
        at=installation.now(),
        person=by,
        opened=opened,
    )


def sentence_of(opened: Opened) -> Text:
    """A problem in a line that holds nothing a person has written freely but its place."""
    said = opened.particulars
    where = "/".join(filter(None, (said.unit, said.system, said.category, said.form)))
    how = WORDS[opened.discovered.how]
    kind = WORDS[said.problem_class] if said.problem_class else Text(zh="问题", en="problem")
    return Text(
        zh=f"{kind.zh}：{where or '未说明位置'}（{how.zh}发现）。",
        en=f"{kind.en}: {where or 'no place was said'} (found by {how.en}).",
    )


def take(
    installation: Installation,
    number: int,
    act: Act,
    payload: Payload | None = None,
    *,
    by: str,
    signing_key: SigningKey | None = None,
    via: str = "cli",
) -> Standing:
    """Add an act to a finding; where the finding stands then.

    Decisions (:data:`keepuntil.domain.ledger.SIGNED`) are signed with the person's own key;
    given elsewhere than on the command line, the installation's approvals key vouches for who
    was signed in there (``via``). Raises UsageError, ApprovalError, RegisterError.
    """
    person = _refuse_unfit(installation, payload, by)
    entry = Entry(act=act, at=installation.now(), person=by, payload=payload)
    signed: bytes | None = None
    entries: int | None = None
    if act in SIGNED:
        key = key_for(installation, person, via, signing_key)
        entries = findings.standing(installation.register, number).entries
        content = _signed_bytes(number, entries + 1, entry, via)
        signed = envelope.sign(content, key, PAYLOAD_TYPE).encode()
    standing = findings.act(
        installation.register,
        number,
        entry,
        envelope=signed,
        entries=entries,
    )
    publishing.publish(installation)
    return standing


def _signed_bytes(number: int, seq: int, entry: Entry, via: str) -> bytes:
    content = {
        "act": entry.act.value,
        "details": document_of(entry.payload),
        "person": entry.person,
        "seq": seq,
        "subject": f"{findings.KIND}/{number}",
        "via": via,
    }
    return canonical.encode(content)


def verified(installation: Installation, number: int) -> list[Line]:
    """A finding's history. Raises EvidenceError when a decision in it is not what was signed.

    The decision of somebody who has left people.yaml is believed as the log has it: their key
    is not at hand any more.
    """
    lines = findings.history(installation.register, number)
    for line in lines:
        if Act(line.act) in SIGNED:
            _refuse_forged(installation, number, line)
    return lines


def _refuse_forged(installation: Installation, number: int, line: Line) -> None:
    person = installation.schedule.person(line.person or "")
    if person is None:
        return
    entry = findings.entry_of(line)
    for via, trusted in _trusted(installation, person, line).items():
        try:
            payload, _ = envelope.verify(line.envelope or b"", trusted, PAYLOAD_TYPE)
        except EvidenceError:
            continue
        if payload == _signed_bytes(number, line.seq, entry, _via(payload, via)):
            return
    raise EvidenceError(
        f"The decision {line.seq} on finding {number} is not what {line.person} signed: the"
        " register was altered."
    )


def _via(payload: bytes, via: str) -> str:
    """Where the approvals key vouches, the place it was given in stands in what was signed."""
    document = canonical.parse(payload)
    said = document.get("via") if isinstance(document, dict) else None
    return said if via != "cli" and isinstance(said, str) and said != "cli" else via


def _trusted(
    installation: Installation, person: Person, line: Line
) -> dict[str, list[VerifyingKey]]:
    own = installation.schedule.public_key(person)
    ring = installation.key_ring.trusted_at("approvals", line.at)
    return {"cli": [] if own is None else [own], "elsewhere": list(ring)}


def _refuse_unfit(installation: Installation, payload: Payload | None, by: str) -> Person:
    """Refuse strangers, names where an id belongs, numbers that are a person's."""
    refuse_personal(document_of(payload))
    for name in _named(payload):
        if not PERSON_ID.fullmatch(name):
            raise UsageError(
                "People stand here by staff number or role account, an authority by its short"
                " name: letters, digits, _ . and - only, and never by name."
            )
    if isinstance(payload, Remedy | Assigned):
        declared(installation, payload.owner)
    if isinstance(payload, Opened):
        _refuse_unknown_place(installation, payload.particulars)
    if isinstance(payload, Particulars):
        _refuse_unknown_place(installation, payload)
    return declared(installation, by)


def declared(installation: Installation, person: str) -> Person:
    """Somebody of people.yaml. Raises ApprovalError for anybody else."""
    found = installation.schedule.person(person)
    if found is None:
        raise ApprovalError(f"{person!r} is not in people.yaml; have the person declared there.")
    return found


def _named(payload: Payload | None) -> Iterable[str]:
    match payload:
        case Opened(discovered=found):
            return (found.by,)
        case Discovered():
            return (payload.by,)
        case Remedy():
            people = (payload.owner, payload.supervisor, payload.lead)
            return tuple(one for one in people if one is not None)
        case Accountability():
            return (payload.whom,)
        case _:
            return ()


def _refuse_unknown_place(installation: Installation, said: Particulars) -> None:
    """A category is one of the rules or of categories.yaml; a form is one of the five."""
    if said.category is not None and said.category not in categories(installation):
        raise UsageError(
            f"There is no category '{said.category}'; those of rules and categories.yaml are known."
        )
    if said.form is not None and said.form not in {form.value for form in Form}:
        raise UsageError(f"'{said.form}' is no form: {', '.join(form.value for form in Form)}.")
