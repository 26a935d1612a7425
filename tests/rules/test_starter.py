"""The starter sets: each loads, and each says what the research says, no more and no surer."""

from __future__ import annotations

import json
import re
from datetime import date, datetime
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from keepuntil.cli.rule_verbs import init
from keepuntil.domain.categories import (
    ApprovalKind,
    Authority,
    Confidence,
    Obligation,
    PaperInstance,
    Rule,
)
from keepuntil.domain.civil_dates import civil_date
from keepuntil.domain.clock import Combine, Fact, Reckoning
from keepuntil.domain.periods import Period, StartRule
from keepuntil.domain.reckoning import reckon
from keepuntil.errors import RuleError, UsageError
from keepuntil.rules.confirmations import in_doubt
from keepuntil.rules.init import STARTERS, write_starter
from keepuntil.rules.load import load
from keepuntil.rules.schedule import Schedule

ROOT = Path(__file__).resolve().parents[2]
TODAY = date(2026, 11, 26)
LIBRARY = ROOT / "plugins" / "keepuntil" / "rules" / "starter"
CHINA = ("cn_bank", "cn_insurer")


@pytest.fixture(scope="session")
def schedules(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Schedule]:
    found = {}
    for starter in STARTERS:
        folder = tmp_path_factory.mktemp(starter) / "policies"
        write_starter(folder, starter)
        found[starter] = load(folder, today=TODAY)
    return found


def rules(schedules: dict[str, Schedule], *starters: str) -> dict[str, Rule]:
    return {r.category: r for name in starters for r in schedules[name].rules}


@pytest.mark.parametrize("starter", STARTERS)
def test_a_starter_set_loads_and_only_warns_of_what_is_not_verified(
    starter: str, schedules: dict[str, Schedule]
) -> None:
    expected = re.compile(
        r"Nobody has verified|read at second hand|have a public key|has an access role"
        r"|in force from 2027-07-10"  # the AMLR
    )
    odd = [w for w in schedules[starter].warnings if not expected.search(w.sentence)]
    assert odd == []


def test_every_rule_of_a_starter_set_brings_examples(schedules: dict[str, Schedule]) -> None:
    written = sorted(LIBRARY.rglob("rules/*.yaml"))
    known = {rule.category for s in schedules.values() for rule in s.rules}
    assert {path.stem for path in written} == known
    without = {path.stem for path in written if "\nexamples:" not in path.read_text("utf-8")}
    permanent = {r.category for s in schedules.values() for r in s.rules if r.clock.permanent}
    assert without == permanent


def test_an_example_that_is_wrong_is_noticed(tmp_path: Path) -> None:
    write_starter(tmp_path, "us")
    rule = tmp_path / "rules" / "us_bsa.yaml"
    rule.write_text(rule.read_text("utf-8").replace("due_on: 2020-03-02", "due_on: 2020-03-01"))
    with pytest.raises(RuleError, match="The example says due_on 2020-03-01"):
        load(tmp_path)


def test_a_starter_set_overwrites_nothing(tmp_path: Path) -> None:
    (tmp_path / "people.yaml").write_text("mine")
    with pytest.raises(UsageError, match="nothing was written"):
        write_starter(tmp_path, "cn_bank")
    assert [path.name for path in tmp_path.iterdir()] == ["people.yaml"]


def test_the_command_line_offers_every_starter_set() -> None:
    (option,) = (each for each in init.params if each.name == "starter")
    assert tuple(option.type.choices) == tuple(STARTERS)  # type: ignore[attr-defined]


# ---- categories.json, row by row

PERIODS = re.compile(r"(\d+) ?(y|months|d)\b")
UNITS = {"y": "Y", "months": "M", "d": "D"}
CONFIDENCES = {
    "S": Confidence.PRIMARY,
    "S2": Confidence.SECONDARY,
    "M": Confidence.UNVERIFIED,
}
RECOMMENDED = {
    "employment_contract": {"P3Y"},
    "network_security_log": {"P1Y"},
    "credit_query_authorization": {"P5Y"},
}
"""What an institution decides for itself beyond the minimum, and says so in the authority."""
AS_THE_POLICY = {"insurance_claim_file": {"P5Y", "P10Y"}, "cancelled_account_profile": set[str]()}
SURER_ELSEWHERE = {
    # The text that was read is no longer in force.
    "network_security_log": {Confidence.SECONDARY},
    # The page that was read names no source for the ten years.
    "complaint_record_credit_reporting": {Confidence.UNVERIFIED},
}
AT_MOST = (
    (r"MAX 5y", "P5Y"),
    (r"<=6 months", "P6M"),
    (r"<=15 days|rest deleted at once", "P15D"),
    (r"cap 3y", "P3Y"),
    (r"ticket expiry, <=30d", "P30D"),
    (r"^immediate|at once$|rotation", "P1D"),
)


def rows() -> list[dict[str, Any]]:
    path = ROOT.parent / "shared" / "regulation" / "categories.json"
    found: list[dict[str, Any]] = json.loads(path.read_text("utf-8")) if path.exists() else []
    return found


row_by_row = pytest.mark.parametrize("row", rows(), ids=lambda row: str(row["id"]))


def rules_of(row: dict[str, Any], schedules: dict[str, Schedule]) -> list[Rule]:
    """A row has one rule, or several with a suffix where it names several periods."""
    found = rules(schedules, *CHINA)
    name = row["id"]
    others = [each["id"] for each in rows() if each["id"].startswith(name + "_")]
    return [
        rule
        for category, rule in found.items()
        if category == name
        or (
            category.startswith(name + "_")
            and not any(category == other or category.startswith(other + "_") for other in others)
        )
    ]


def test_no_rule_of_the_chinese_sets_is_without_a_row(schedules: dict[str, Schedule]) -> None:
    if not rows():
        pytest.skip("the research is not beside this checkout")
    assert len(rows()) == 46
    rowed = {rule.category for row in rows() for rule in rules_of(row, schedules)}
    assert rowed == set(rules(schedules, *CHINA))


@row_by_row
def test_a_row_has_its_forms(row: dict[str, Any], schedules: dict[str, Schedule]) -> None:
    found = rules_of(row, schedules)
    assert found
    for rule in found:
        forms = {form_of(instance.id, instance) for instance in rule.stored_instances}
        assert forms == set(row["form"].split("/"))


def form_of(name: str, instance: object) -> str:
    if isinstance(instance, PaperInstance):
        return "P"
    return "S" if name == "scans" else "E"


@row_by_row
def test_a_row_has_its_periods(row: dict[str, Any], schedules: dict[str, Schedule]) -> None:
    found = rules_of(row, schedules)
    said = {f"P{n}{UNITS[unit]}" for n, unit in PERIODS.findall(row["min"])}
    said = AS_THE_POLICY.get(row["id"], said)
    kept = {str(period) for rule in found for period in periods(rule)}
    assert kept == said | RECOMMENDED.get(row["id"], set())
    assert ("permanent" in row["min"] or "not destroyable" in row["min"]) == any(
        rule.clock.permanent for rule in found
    )


def periods(rule: Rule) -> list[Period]:
    clock = rule.clock
    keep = [each.period for each in rule.authorities if each.obligation is Obligation.KEEP]
    keep += [clock.floor.period] if clock.floor else []
    keep += [each.plus for each in clock.extend_while]
    minima = [each.keep_at_least for each in clock.triggers] + [clock.keep_at_least]
    return [each for each in keep + minima if each not in (None, Period())]


@row_by_row
def test_a_row_has_its_start(row: dict[str, Any], schedules: dict[str, Schedule]) -> None:
    trigger = row["trigger"]
    start = StartRule.EVENT_NEXT_DAY
    if "fiscal_year_end" in trigger:
        start = StartRule.FISCAL_YEAR_AFTER
    if "next 1 Jan" in trigger:
        start = StartRule.NEXT_JANUARY_1
    for rule in rules_of(row, schedules):
        clock = rule.clock
        if not clock.permanent:
            assert start in {each.start or clock.start for each in clock.triggers}
        if trigger.startswith("earliest"):
            assert clock.combine is Combine.EARLIEST
        elif trigger.startswith("latest"):
            assert clock.combine in (Combine.LATEST, Combine.ALL_OF)


@row_by_row
def test_a_row_has_its_maximum(row: dict[str, Any], schedules: dict[str, Schedule]) -> None:
    said = next((most for pattern, most in AT_MOST if re.search(pattern, row["max"])), None)
    for rule in rules_of(row, schedules):
        at_most = rule.clock.keep_at_most
        assert (None if at_most is None else str(at_most)) == said


@row_by_row
def test_a_row_is_no_surer_than_the_research(
    row: dict[str, Any], schedules: dict[str, Schedule]
) -> None:
    words = {"law", "admin_reg", "dept_rule", "normative", "standard", "practice"}
    ranks = {word for word in re.findall(r"[a-z_]+", row["rank"]) if word in words}
    ranks = {"institution" if rank == "practice" else rank for rank in ranks}
    said = {CONFIDENCES[word] for word in re.findall(r"S2|S|M", row["conf"])}
    for rule in rules_of(row, schedules):
        allowed = SURER_ELSEWHERE.get(rule.category, said)
        pairs = {(each.rank.value, each.confidence) for each in rule.authorities}
        assert pairs & set(product(ranks, allowed))


@row_by_row
def test_a_row_has_its_class_of_approval(
    row: dict[str, Any], schedules: dict[str, Schedule]
) -> None:
    for rule in rules_of(row, schedules):
        disposition = rule.disposition
        match row["appr"].split()[0]:
            case "A1":
                unverified = any(a.confidence is Confidence.UNVERIFIED for a in rule.authorities)
                asked = ApprovalKind.OWNER if unverified else ApprovalKind.NONE
                assert disposition.approval is asked
            case "A2":
                assert disposition.approver_roles == ("data_owner", "data_protection")
            case "A3":
                assert disposition.approver_roles == ("data_owner", "records_officer")
                assert rule.clock.permanent or disposition.cooling_off is not None
                assert all(paper.signatories for paper in rule.paper)
            case _:
                assert rule.clock.permanent


# ---- what was read, and what was not

READ = {
    "税收征收管理法实施细则": "税收征管法实施细则",
    "反恐怖主义法": "反恐法",
    "保安服务管理条例": "保安条例",
    "Regulation (EU) 2024/1624 (AMLR)": "eu_aml_cdd",
    "Directive 2014/65/EU (MiFID II)": "eu_mifid_comms",
    "31 CFR 1010.430(d)": "us_bsa",
    "16 CFR 682.3": "us_facta",
}
"""How the research abbreviates a text, or which row of its section 5 speaks of it."""


def authorities(schedules: dict[str, Schedule]) -> list[Authority]:
    return [a for s in schedules.values() for rule in s.rules for a in rule.authorities]


def test_a_day_of_reading_stands_only_where_the_text_was_read(
    schedules: dict[str, Schedule], shared_dir: Path
) -> None:
    law = (shared_dir / "regulation" / "law.md").read_text("utf-8")
    read = law[law.index("### 1.1") : law.index("### 1.2")]
    read += "".join(re.findall(r"^\| (?:eu|us)_.*\| S(?: \(.*)? \|$", law, re.MULTILINE))
    for authority in authorities(schedules):
        primary = authority.confidence is Confidence.PRIMARY
        assert (authority.verified_on is not None) == primary
        if primary:
            name = re.split(r"（| 第|, ", authority.cite)[0]
            assert READ.get(name, name) in read, authority.cite


def test_memos_are_drafts_and_confirmations_are_nobodys(schedules: dict[str, Schedule]) -> None:
    for authority in authorities(schedules):
        assert authority.necessity_memo is None or authority.necessity_memo.startswith("draft: ")
        assert authority.confirmed is None


def test_what_the_research_could_not_establish_destroys_nothing(
    schedules: dict[str, Schedule],
) -> None:
    held_back = {rule.category for s in schedules.values() for rule in s.rules if in_doubt(rule)}
    assert held_back >= {"wealth_sales_archive", "network_security_log", "fx_and_crs_document_crs"}
    assert held_back >= {"de_hgb_ao_books", "uk_mlr", "us_glba_safeguards", "us_hipaa"}
    assert held_back.isdisjoint({"customer_identity_cdd", "transaction_record", "eu_aml_cdd"})


# ---- section 5 of the research

ABROAD = {
    "eu_aml_cdd": "P5Y",
    "eu_aml_txn": "P5Y",
    "eu_gdpr": "",
    "eu_mifid_comms": "P5Y",
    "eu_psd2": "P5Y",
    "eu_emir": "P5Y",
    "de_hgb_ao_books": "P10Y",
    "de_hgb_ao_vouchers": "P8Y",
    "de_hgb_ao_letters": "P6Y",
    "uk_mlr": "P5Y to P10Y",
    "us_bsa": "P5Y",
    "us_cip_identity": "P5Y",
    "us_cip_verification": "P5Y",
    "us_sec_17a4_a": "P6Y",
    "us_sec_17a4_b": "P3Y",
    "us_facta": "",
    "us_reg_sp": "",
    "us_glba_safeguards": " to P2Y",
    "us_ecoa": "P2Y1M",
    "us_tila": "P2Y",
    "us_efta": "P2Y",
    "us_hipaa": "P6Y",
    "us_sox": "P7Y",
    "us_nydfs": "",
    "us_ccpa": "P2Y",
}


def test_the_sets_abroad_have_their_periods(schedules: dict[str, Schedule]) -> None:
    found = rules(schedules, "eu", "us")
    assert {name: abroad(rule) for name, rule in found.items()} == ABROAD
    yearly = {name for name, r in found.items() if r.clock.start is StartRule.NEXT_JANUARY_1}
    assert yearly == {name for name in ABROAD if name.startswith("de_")}


def abroad(rule: Rule) -> str:
    clock = rule.clock
    if clock.keep_at_least == Period():
        return ""
    at_least = "" if clock.keep_at_least is None else str(clock.keep_at_least)
    return at_least + (f" to {clock.keep_at_most}" if clock.keep_at_most is not None else "")


def test_the_sets_abroad_are_no_surer_than_the_research(
    schedules: dict[str, Schedule], shared_dir: Path
) -> None:
    law = (shared_dir / "regulation" / "law.md").read_text("utf-8")
    for category, rule in rules(schedules, "eu", "us").items():
        (line,) = (
            each
            for each in law[law.index("## 5.") :].splitlines()
            if any(
                category.startswith(name)
                for name in re.findall(r"\w+", each[:60])[:4]
                if "_" in name
            )
            and each.startswith("| ")
        )
        said = {CONFIDENCES[w] for w in re.findall(r"S2|S|M", line.split("|")[-2].split("(")[0])}
        assert {each.confidence for each in rule.authorities} <= said


# ---- the dated cases

CASES: dict[str, tuple[str, tuple[str, ...]]] = {
    "civil_10y": ("transaction_record", ("transaction_ended",)),
    "civil_6m": ("wealth_sales_recording", ("product_ended", "contract_ended")),
    "civil_30d": ("cctv_footage", ("recorded",)),
    "fy_30y_voucher": ("accounting_voucher", ("booked",)),
    "fy_10y": ("accounting_other_10y", ("booked",)),
    "dat98_personal_loan": ("personal_loan_file", ("file_opened", "loan_settled")),
    "card closed": ("credit_card_customer_file", ("account_closed",)),
    "traceback long": (
        "insurance_sales_traceback_long",
        ("contract_terminated", "dispute_closed"),
    ),
    "two relations": ("customer_identity_cdd", ("business_relationship_ended",)),
}
NO_RULE = ("civil_4y", "civil_1y")
"""Cases of arithmetic alone."""


def local_day(text: str) -> date:
    if "T" not in text:
        return date.fromisoformat(text)
    return civil_date(datetime.fromisoformat(text), zone="Asia/Shanghai")


def test_every_dated_case_comes_out_of_its_starter_rule(
    schedules: dict[str, Schedule], shared_dir: Path
) -> None:
    found = rules(schedules, *CHINA)
    cases = json.loads((shared_dir / "regulation" / "test_vectors.json").read_text("utf-8"))
    tried = 0
    for case in cases:
        if case["name"].startswith(NO_RULE):
            continue
        (begins,) = (each for each in CASES if case["name"].startswith(each))
        category, events = CASES[begins]
        texts = re.findall(r"\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}Z)?", case["name"])
        # The latest of several relations, or of several ends, is all a single event tells.
        days = [local_day(text) for text in texts]
        days = days if len(days) == len(events) else [max(days)] * len(events)
        rule = found[category]
        facts: dict[str, Fact] = dict.fromkeys(rule.clock.flags, False)
        facts |= dict(zip(events, days, strict=True))
        answer = reckon(rule, facts, as_of=date(2050, 1, 1))
        assert isinstance(answer, Reckoning), case["name"]
        assert (str(answer.retain_until), str(answer.due_on)) == (
            case["last_retention_day"],
            case["earliest_disposal_day"],
        ), case["name"]
        tried += 1
    assert tried == len(cases) - len(NO_RULE)


def test_the_page_counts_the_rules_of_each_set(schedules: dict[str, Schedule]) -> None:
    page = (ROOT / "retention_policies" / "README.md").read_text("utf-8")
    counted = re.findall(r"^\| `(\w+)` \| (\d+) \|", page, re.MULTILINE)
    actual = [(name, str(len(found.rules))) for name, found in schedules.items()]
    assert sorted(counted) == sorted(actual * len(("English", "中文")))
