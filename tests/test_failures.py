"""How systems like this one have failed, and the test that would catch it here.

Each failure was read in the public source or issues of another project. The test
named beside it fails when our code is made to fail that way.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent

FAILURES = {
    "'deleted' was reported while the documents stayed": [
        (
            "disposal/test_items_that_fail.py::"
            "test_there_is_no_certificate_while_an_item_has_no_observed_end"
        ),
        "register/test_ledger.py::test_no_certificate_while_an_item_has_no_observed_end",
    ],
    "some deletion paths skipped the hold check": ["test_project.py::test_one_file_destroys"],
    "a record the reviewer decided to keep was destroyed": [
        "disposal/test_appraisal.py::test_an_item_that_a_reviewer_keeps_is_not_destroyed",
        "disposal/test_appraisal_panel.py::test_what_the_panel_keeps_stays_and_the_rest_goes",
    ],
    "a hold was refused because the record was on a list": [
        "disposal/test_holds.py::test_a_hold_wins_over_the_clock_and_over_approvals",
        "disposal/test_paper_road.py::test_a_hold_stops_a_box_at_its_next_step",
        ("disposal/test_paper_road.py::test_a_hold_of_another_category_keeps_a_mixed_box_closed"),
    ],
    "a processor was asked by e-mail, and nothing tracked the reply": [
        "disposal/test_paper_road.py::test_there_is_no_certificate_while_paper_is_on_its_way",
        "orchestration/test_paper.py::test_paper_that_waits_is_a_finding_and_then_an_alarm",
        "disposal/test_attesting.py::test_there_is_no_certificate_before_every_department_has_signed",
    ],
    "what dates a copy was gone before the copy": [
        "disposal/test_road.py::test_a_row_whose_scan_is_not_gone_stays",
    ],
    "local-time cutoffs against UTC columns": [
        "domain/test_civil_dates.py::test_instant_is_dated_in_the_legal_zone",
        "rules/test_law_vectors.py::test_dated_case_of_the_law",
    ],
    "an unknown zone passed and meant the host's": [
        "rules/test_bad_files.py::test_mistake_in_a_rule_is_refused_where_it_stands",
        "domain/test_any_host.py::test_same_answer_on_any_host",
    ],
    "no period given meant today; a default rule deleted the rest": [
        "rules/test_bad_files.py::test_mistake_in_a_rule_is_refused_where_it_stands",
        "domain/test_reckoning.py::test_unknown_never_deletes",
    ],
    "retention was configured and never ran": [
        "disposal/test_nights.py::test_a_rule_that_never_ran_is_a_finding",
    ],
    "a slice that timed out stopped everything behind it": [
        "disposal/test_crash.py::test_killed_at_this_point_and_resumed_it_ends_the_same",
    ],
    "past due dates were ignored, so the backlog vanished": [
        "disposal/test_nights.py::test_what_is_past_its_date_is_overdue_until_it_is_gone",
    ],
    "rows were deleted in spite of a dry run": [
        (
            "stores/test_sql_find.py::"
            "test_a_credential_that_can_only_read_suffices_for_planning_and_not_for_destroying"
        ),
    ],
    "exit code 0 with failed tables": [
        "disposal/test_items_that_fail.py::test_a_run_with_a_failed_item_is_a_failed_run",
    ],
    "state was written, then a quiet delete failed": [
        "stores/test_files_destroy.py::test_an_unlink_that_says_yes_and_does_nothing_is_noticed",
        (
            "stores/test_s3_faults.py::"
            "test_a_server_that_says_deleted_and_does_nothing_is_not_believed"
        ),
    ],
    "versions and markers survived a 'verified empty'": [
        (
            "stores/test_s3_exactness.py::"
            "test_verified_empty_means_no_version_marker_or_upload_is_left"
        ),
        (
            "disposal/test_road_of_buckets.py::"
            "test_exactly_what_is_due_goes_and_the_certificate_says_so"
        ),
    ],
    "an Errors list in a 200 answer was not read": [
        "stores/test_s3_faults.py::test_every_keys_own_result_is_read",
    ],
    "listing by prefix took sibling keys": [
        "stores/test_s3_exactness.py::test_a_listing_by_prefix_never_takes_sibling_keys",
    ],
    "the destruction log kept names": [
        "disposal/test_road.py::test_nothing_personal_is_in_any_output",
    ],
    "infinite retry": ["disposal/test_items_that_fail.py::test_attempts_are_counted_and_bounded"],
    "out of memory on large lists": [
        "register/test_memory.py::test_memory_does_not_grow_with_the_list",
    ],
    "a hold read before, used in another transaction": [
        "disposal/test_holds.py::test_once_hold_add_has_returned_nothing_it_covers_is_destroyed",
    ],
    "an un-indexed foreign key": [
        (
            "stores/test_sql_describe.py::"
            "test_missing_indexes_on_triggers_and_foreign_keys_are_warned_of"
        ),
    ],
    "a child table nobody declared": [
        "stores/test_sql_describe.py::test_a_child_nobody_declared_is_refused",
    ],
    "a table without a primary key ended complete with 0 rows": [
        "stores/test_sql_describe.py::test_a_table_without_a_primary_key_is_refused",
    ],
}


@pytest.mark.parametrize("failure", FAILURES)
def test_every_known_failure_has_its_test(failure: str) -> None:
    for name in FAILURES[failure]:
        path, _, function = name.partition("::")
        tree = ast.parse((TESTS / path).read_text(encoding="utf-8"))
        assert function in {n.name for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)}
