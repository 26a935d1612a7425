"""The rows that hang on a row: what the rule declares against what the database knows.

Both must say the same before anything runs. A child nobody declared keeps personal data
behind, or is taken by a cascade that nobody counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from keepuntil.domain.categories import Child
from keepuntil.stores.sql.connection import Session
from keepuntil.stores.sql.foreign_keys import ForeignKey, pointing_at
from keepuntil.stores.sql.layout import Branch, Columns
from keepuntil.stores.sql.tables import (
    Table,
    key_column,
    nearest,
    objection_to_keeping,
    read_table,
    table_names,
)


@dataclass(slots=True)
class Closure:
    """Grows the tree of children below one table and gathers what is wrong with it."""

    session: Session
    instance: str
    default_schema: str | None
    problems: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    check_at_once: bool = False

    def grow(
        self, parent: Table, key: Columns, declared: Sequence[Child], line: tuple[Table, ...] = ()
    ) -> tuple[Branch, ...]:
        """Branches for the declared children of ``parent``, whose rows are named by ``key``.

        ``line`` are the tables above ``parent``, the instance's own first.
        """
        line = (*line, parent)
        pointing = pointing_at(self.session, parent.schema, parent.name)
        self.check_at_once |= any(foreign.deferrable for foreign in pointing)
        left = [foreign for foreign in pointing if not self._closes_a_circle(foreign, line)]
        branches = []
        for child in declared:
            branch = self._branch(child, parent, key, left, line)
            if branch is not None:
                branches.append(branch)
        for foreign in left:
            self._problem(
                f"table {self._label(foreign, parent)} points at {parent.name} by "
                f"{', '.join(foreign.columns)} and is not declared; add it to the children of "
                f"{parent.name}"
            )
        return tuple(branches)

    def _closes_a_circle(self, foreign: ForeignKey, line: tuple[Table, ...]) -> bool:
        above = [table for table in line if self._same(foreign, table)]
        if not above:
            return False
        target = line[-1].name
        how = "itself" if above[0] is line[-1] else f"{target}, which hangs on it"
        self._problem(
            f"table {above[0].name} points at {how} by {', '.join(foreign.columns)}; rows that "
            f"hang on each other in a circle have no order in which to go"
        )
        return True

    def _branch(
        self,
        child: Child,
        parent: Table,
        key: Columns,
        left: list[ForeignKey],
        line: tuple[Table, ...],
    ) -> Branch | None:
        table = self._table(child, parent)
        if table is None:
            return None
        if any((table.schema, table.name) == (above.schema, above.name) for above in line):
            self._problem(f"table {child.table} is declared as a child below itself")
            return None
        foreign = self._matched(child, table, left)
        if foreign is None and not self._can_do_without(child, table, parent, key, left):
            return None
        if foreign is not None:
            left.remove(foreign)
        return self._joined(child, table, parent, key, foreign, line)

    def _table(self, child: Child, parent: Table) -> Table | None:
        schema, _, name = child.table.rpartition(".")
        table = read_table(self.session, schema or parent.schema, name)
        if table is None:
            names = table_names(self.session, schema or parent.schema)
            self._problem(f"child table {child.table} does not exist{nearest(name, names)}")
            return None
        objection = objection_to_keeping(self.session, table)
        if objection is not None:
            self._problem(f"child table {child.table} {objection}")
        return table

    def _matched(self, child: Child, table: Table, left: list[ForeignKey]) -> ForeignKey | None:
        """The one foreign key that the declaration means."""
        candidates = [
            foreign
            for foreign in left
            if self._same(foreign, table)
            and (not child.by or set(child.by) == set(_spelled(foreign.columns, table)))
        ]
        return candidates[0] if len(candidates) == 1 else None

    def _can_do_without(
        self, child: Child, table: Table, parent: Table, key: Columns, left: list[ForeignKey]
    ) -> bool:
        """Whether ``by`` alone says how the child hangs on its parent; else says what is wrong."""
        several = [foreign for foreign in left if self._same(foreign, table)]
        if not child.by and several:
            choices = " or ".join(f"[{', '.join(foreign.columns)}]" for foreign in several)
            self._problem(
                f"child table {child.table} points at {parent.name} more than once; say which "
                f"columns are meant (by: {choices}), once for each"
            )
            # Named once as ambiguous is enough: not also as undeclared.
            left[:] = [foreign for foreign in left if foreign not in several]
            return False
        if not child.by:
            self._problem(
                f"child table {child.table} has no foreign key to {parent.name}; if it does hang "
                f"on it, say by which columns (by), else remove it"
            )
            return False
        unknown = [name for name in child.by if name not in table.types]
        for name in unknown:
            hint = nearest(name, list(table.types))
            self._problem(f"child table {child.table} has no column {name}{hint}")
        if not unknown and len(child.by) != len(key):
            self._problem(
                f"child table {child.table} names {len(child.by)} columns in by, but the key of "
                f"{parent.name} has {len(key)}"
            )
            return False
        return not unknown

    def _joined(
        self,
        child: Child,
        table: Table,
        parent: Table,
        key: Columns,
        foreign: ForeignKey | None,
        line: tuple[Table, ...],
    ) -> Branch | None:
        by_names = child.by if foreign is None else _spelled(foreign.columns, table)
        ref_names = tuple(column.name for column in key)
        if foreign is not None:
            ref_names = _spelled(foreign.refs or parent.primary, parent)
        own = table.own_key()
        if own is None:
            self._problem(
                f"child table {child.table} has no primary key, so its rows cannot be named in "
                f"the evidence; give it one"
            )
            return None
        own_key = self._columns(table, own)
        by, refs = self._columns(table, by_names), self._columns(parent, ref_names)
        if not (own_key and by and refs and self._comparable(child, by, refs)):
            return None
        if not table.finds_by(by_names):
            self.warnings.append(
                f"Instance {self.instance}: no index of {child.table} begins with "
                f"{', '.join(by_names)}, so every destroyed row searches the whole table."
            )
        return Branch(
            label=child.table,
            table=table.sql,
            key=own_key,
            by=by,
            refs=refs,
            enforced=foreign is not None,
            children=self.grow(table, own_key, child.children, line),
        )

    def _columns(self, table: Table, names: Sequence[str]) -> Columns:
        columns = []
        for name in names:
            column = key_column(self.session, table, name)
            if column is None:
                self._problem(
                    f"column {name} of {table.name} is of a type that cannot name a row exactly"
                )
                return ()
            columns.append(column)
        return tuple(columns)

    def _comparable(self, child: Child, by: Columns, refs: Columns) -> bool:
        for here, there in zip(by, refs, strict=True):
            if here.kind is there.kind:
                continue
            self._problem(
                f"column {here.name} of {child.table} is not of the type of {there.name}, which "
                f"it points at"
            )
            return False
        return True

    def _same(self, foreign: ForeignKey, table: Table) -> bool:
        here = (foreign.schema or self.default_schema, foreign.table)
        there = (table.schema or self.default_schema, table.name)
        if self.session.dialect.name == "sqlite":
            return here[1].casefold() == there[1].casefold()
        return here == there

    def _label(self, foreign: ForeignKey, parent: Table) -> str:
        if (foreign.schema or self.default_schema) == (parent.schema or self.default_schema):
            return foreign.table
        return f"{foreign.schema}.{foreign.table}"

    def _problem(self, what: str) -> None:
        self.problems.append(f"Instance {self.instance}: {what}.")


def _spelled(names: Sequence[str], table: Table) -> tuple[str, ...]:
    """Names as the table spells them: some catalogs keep the spelling of the foreign key."""
    spelling = {name.casefold(): name for name in table.types}
    return tuple(name if name in table.types else spelling[name.casefold()] for name in names)
