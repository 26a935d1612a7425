"""What a category exists as: said by its rule, by the survey's list, or shown by its instances."""

from __future__ import annotations

from pathlib import Path

import pytest

from keepuntil.domain.categories import Form, form_of
from keepuntil.errors import RuleError
from keepuntil.rules.load import load, load_rule
from policies import CATEGORIES, RULE, mistakes, schedule, write

SCANS = """\
  - id: images
    store: scans
    {form}
    prefix: loans/
    events: {{settled: {{from: rows}}}}
    record_group: {{from_key: 'loans/(?P<file_no>[^/]+)/.*'}}
"""
BACKUP = "  - {id: tapes, kind: backup, ages_out_after: P35D}\n"


def with_forms(forms: str, rest: str = "") -> str:
    return f"{RULE}{rest}forms: {forms}\n"


def test_a_rule_that_names_no_forms_says_nothing_of_them(tmp_path: Path) -> None:
    assert schedule(tmp_path).rules[0].forms == ()


def test_forms_are_kept_in_one_order(tmp_path: Path) -> None:
    one = schedule(tmp_path, with_forms("[paper, electronic]")).rules[0]
    other = schedule(tmp_path, with_forms("[electronic, paper]")).rules[0]
    assert one.forms == (Form.ELECTRONIC, Form.PAPER)
    assert one.digest == other.digest


def test_a_form_that_is_none_is_refused_with_the_nearest(tmp_path: Path) -> None:
    (line,) = mistakes(tmp_path, with_forms("[electronic, papre]"))
    assert "papre" in line
    assert "paper" in line


def test_a_list_of_forms_forgets_no_instance(tmp_path: Path) -> None:
    (line,) = mistakes(tmp_path, with_forms("[electronic]", BACKUP))
    assert "'forms' leaves out backup, and that is what instance 'tapes' is." in line


@pytest.mark.parametrize(
    ("written", "form"),
    [("form: scan", Form.SCAN), ("form: electronic", Form.ELECTRONIC), ("", Form.ELECTRONIC)],
)
def test_an_instance_says_whether_it_holds_scans(tmp_path: Path, written: str, form: Form) -> None:
    rule = schedule(tmp_path, RULE + SCANS.format(form=written)).rules[0]
    assert form_of(rule.instance("images")) is form
    assert form_of(rule.instance("rows")) is Form.ELECTRONIC


def test_electronic_is_what_is_meant_by_leaving_it_out(tmp_path: Path) -> None:
    said = schedule(tmp_path, RULE + SCANS.format(form="form: electronic")).rules[0]
    left_out = schedule(tmp_path, RULE + SCANS.format(form="")).rules[0]
    scan = schedule(tmp_path, RULE + SCANS.format(form="form: scan")).rules[0]
    assert said.digest == left_out.digest != scan.digest


def test_rows_are_never_paper(tmp_path: Path) -> None:
    (line,) = mistakes(tmp_path, RULE + SCANS.format(form="form: paper"))
    assert "electronic" in line
    assert "scan" in line


def test_the_list_of_categories_is_read_in_its_order(tmp_path: Path) -> None:
    folder = write(tmp_path, {"loan_file": RULE})
    (folder / "categories.yaml").write_text(CATEGORIES)
    known = load(folder).known
    assert [(each.category, each.forms) for each in known] == [
        ("loan_file", (Form.ELECTRONIC, Form.PAPER)),
        ("complaint", ()),
    ]
    assert known[1].title.zh == "投诉"


def test_without_a_list_nothing_is_known_but_the_rules(tmp_path: Path) -> None:
    assert load(write(tmp_path, {"loan_file": RULE})).known == ()


def test_a_category_is_listed_once(tmp_path: Path) -> None:
    folder = write(tmp_path, {"loan_file": RULE})
    (folder / "categories.yaml").write_text(CATEGORIES.replace("complaint,", "loan_file,"))
    with pytest.raises(RuleError, match=r"categories.yaml:3:16: 'loan_file' is listed twice."):
        load(folder)


def test_a_mistake_in_the_list_stops_no_worker(tmp_path: Path) -> None:
    folder = write(tmp_path, {"loan_file": RULE})
    (folder / "categories.yaml").write_text("categories: []\n")
    with pytest.raises(RuleError, match=r"categories.yaml"):
        load(folder)
    assert load_rule(folder, "loan_file").rules[0].category == "loan_file"
