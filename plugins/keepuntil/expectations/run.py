"""Run the checks with Great Expectations. Nothing else in Keepuntil imports it.

Importing it costs seconds, a validation costs a quarter of one; so it is imported
inside the functions and once a process.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import warnings
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Any, Final

from keepuntil.domain.categories import Text
from keepuntil.expectations.data_docs import Line, Section, write_site
from keepuntil.expectations.facts import InstanceFacts
from keepuntil.expectations.suites import COMPLETENESS, Check, StoreCheck, suite_digest

FACTS_FILE: Final = "facts.sqlite"
_COUNT_ONLY: Final = (
    "SELECT unexpected FROM (SELECT COUNT(*) AS unexpected FROM {batch}) AS counted"
    " WHERE unexpected > 0"
)
_NOT_COMPUTED: Final = "The check could not be computed; nothing can be concluded from it."


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """What one check said."""

    name: str
    success: bool
    sentence: Text
    blocks: bool
    computed: bool
    """False: the query itself failed. That is a failed check, never a passed one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Validation:
    """What the whole suite said about one run."""

    success: bool
    """True only when at least one check ran and every blocking one passed."""
    checks: tuple[CheckResult, ...]
    suite_digest: str
    """``sha256:<hex>`` of the checks that were asked."""
    docs_index: Path

    @property
    def failed(self) -> tuple[CheckResult, ...]:
        """The checks for which there is no certificate."""
        return tuple(c for c in self.checks if c.blocks and not c.success)


def validate(
    facts: Sequence[InstanceFacts],
    docs: Path,
    *,
    run_name: str,
    checks: Sequence[Check] = COMPLETENESS,
    store_checks: Sequence[StoreCheck] = (),
) -> Validation:
    """Run ``checks`` over the facts and ``store_checks`` in their stores; keep the Data Docs.

    The pages are written into the folder ``docs``, together with the facts as a SQLite
    file; a later validation of the same folder replaces them. ``run_name`` is what the
    pages call the run. No facts, no checks, or a check that could not be computed is a
    failed validation.
    """
    docs.mkdir(parents=True, exist_ok=True)
    _write_facts(facts, docs / FACTS_FILE)
    asked = _ask(docs / FACTS_FILE, checks, store_checks, run_name)
    results = tuple(result for part in asked for result in part.results)
    index = write_site(docs, run_name, facts, [_section(part) for part in asked])
    return Validation(
        success=_passes(facts, results, len(checks) + len(store_checks)),
        checks=results,
        suite_digest=suite_digest(checks, store_checks),
        docs_index=index,
    )


def _passes(facts: Sequence[InstanceFacts], results: Sequence[CheckResult], asked: int) -> bool:
    if not facts or not results or len(results) != asked:
        return False
    return all(result.success for result in results if result.blocks)


def _write_facts(facts: Sequence[InstanceFacts], path: Path) -> None:
    path.unlink(missing_ok=True)
    names = [field.name for field in fields(InstanceFacts)]
    columns = ", ".join(f"{name} {'TEXT' if name in _TEXTS else 'INTEGER'}" for name in names)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(f"CREATE TABLE facts ({columns})")
        connection.executemany(
            f"INSERT INTO facts VALUES ({', '.join('?' * len(names))})",  # noqa: S608 - our own field names
            [astuple(fact) for fact in facts],
        )


_TEXTS: Final = frozenset({"instance", "store"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """One validated batch: a suite's results and its Data Docs page."""

    name: str
    checks: tuple[Check, ...]
    results: tuple[CheckResult, ...]
    page: str


def _section(part: _Part) -> Section:
    lines = tuple(
        Line(name=check.name, verdict=_verdict(result), sentence=check.sentence, sql=check.sql)
        for check, result in zip(part.checks, part.results, strict=True)
    )
    return Section(name=part.name, page=part.page, lines=lines)


def _verdict(result: CheckResult) -> str:
    if result.success:
        return "✓"
    if not result.computed:
        return "✗ ?"
    return "✗" if result.blocks else "ℹ"


def _ask(
    facts_file: Path,
    checks: Sequence[Check],
    store_checks: Sequence[StoreCheck],
    run_name: str,
) -> list[_Part]:
    # Read-only, so that looking can never change what was counted.
    urls = {"FACTS": f"sqlite:///file:{facts_file.resolve()}?mode=ro&uri=true"}
    urls |= {f"READER_{number}": check.url for number, check in enumerate(store_checks)}
    context = _context(urls)
    table = _source(context, "FACTS").add_table_asset("facts", table_name="facts")
    parts = [_validate(context, table, "completeness", checks, run_name)] if checks else []
    for number, check in enumerate(store_checks):
        parts.append(_ask_store(context, check, f"READER_{number}", run_name))
    return parts


def _ask_store(context: Any, check: StoreCheck, reader: str, run_name: str) -> _Part:
    """The suspicious rows are the batch; the expectation sees only how many there are."""
    import great_expectations.exceptions as gx_errors
    from sqlalchemy.exc import SQLAlchemyError

    counted = Check(name=check.name, sentence=check.sentence, sql=_COUNT_ONLY)
    name = f"{check.store}-{check.name}"
    try:
        asset = _source(context, reader).add_query_asset(check.name, query=check.sql)
        return _validate(context, asset, name, [counted], run_name)
    except (gx_errors.GreatExpectationsError, SQLAlchemyError, OSError, ValueError):
        # The message may hold the URL or a value; the sentence of the check is enough.
        return _Part(name=name, checks=(counted,), results=(_result(counted, None),), page="")


def _source(context: Any, url_name: str) -> Any:
    """A SQL data source that only reads: no temporary tables. It knows its URL by name only."""
    from great_expectations.datasource.fluent import GxDatasourceWarning

    with warnings.catch_warnings():
        # It would like one class a dialect; the plain one asks for no driver of its choice.
        warnings.simplefilter("ignore", GxDatasourceWarning)
        return context.data_sources.add_sql(
            url_name, connection_string=f"${{{url_name}}}", create_temp_table=False
        )


def _context(urls: Mapping[str, str]) -> Any:
    """A context in memory. URLs hold passwords, so they are given as substitutions."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations as gx

    # Its messages name temporary folders and quote SQL errors, and those quote data.
    log = logging.getLogger("great_expectations")
    log.handlers, log.propagate = [logging.NullHandler()], False
    context = gx.get_context(mode="ephemeral", runtime_environment=dict(urls))
    context.variables.progress_bars = {"globally": False}
    return context


def _validate(context: Any, asset: Any, name: str, checks: Sequence[Check], run_name: str) -> _Part:
    import great_expectations as gx
    from great_expectations.core.run_identifier import RunIdentifier
    from great_expectations.render.renderer.page_renderer import ValidationResultsPageRenderer
    from great_expectations.render.view import DefaultJinjaPageView

    suite = context.suites.add(gx.ExpectationSuite(name=name))
    for check in checks:
        suite.add_expectation(_expectation(check))
    definition = context.validation_definitions.add(
        gx.ValidationDefinition(
            name=name, data=asset.add_batch_definition_whole_table("all"), suite=suite
        )
    )
    # BASIC keeps the number of unexpected rows and never a row.
    outcome = definition.run(result_format="BASIC", run_id=RunIdentifier(run_name=run_name))
    said = {r.expectation_config.meta["name"]: r for r in outcome.results}
    results = tuple(_result(check, said.get(check.name)) for check in checks)
    for result in outcome.results:
        _forget_traceback(result)
    page = DefaultJinjaPageView().render(ValidationResultsPageRenderer().render(outcome))
    return _Part(name=name, checks=tuple(checks), results=results, page=page)


def _expectation(check: Check) -> Any:
    from great_expectations.expectations import UnexpectedRowsExpectation

    return UnexpectedRowsExpectation(
        unexpected_rows_query=check.sql,
        description=f"{check.sentence.zh} {check.sentence.en}",
        meta={"name": check.name},
        severity="critical" if check.blocks else "info",
    )


def _result(check: Check, said: Any) -> CheckResult:
    computed = said is not None and not _raised(said)
    return CheckResult(
        name=check.name,
        success=computed and said.success is True,
        sentence=check.sentence,
        blocks=check.blocks,
        computed=computed,
    )


def _raised(said: Any) -> bool:
    """Whether the query itself failed. The information is one mapping, or one for each metric."""
    information = said.exception_info
    entries = [information, *(v for v in information.values() if isinstance(v, dict))]
    return any(entry.get("raised_exception") for entry in entries)


def _forget_traceback(said: Any) -> None:
    """Tracebacks show paths of this machine, and database messages quote values."""
    if _raised(said):
        said.exception_info = {
            "raised_exception": True,
            "exception_message": _NOT_COMPUTED,
            "exception_traceback": "",
        }
