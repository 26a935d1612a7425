"""Databases: SQLite, PostgreSQL, MariaDB and MySQL, rows with the rows that hang on them.

What an item is
    One row of the instance's table that satisfies its ``where``, named by its key, with
    every row of the declared children that points at it.

How a batch goes
    One transaction: lock the rows that nobody else has locked, decide each of them again
    on what it says now, delete the children deepest first, delete the rows under the same
    conditions, compare every count with what was locked, write the intent, commit. Children
    are never left to ``ON DELETE CASCADE``: what a cascade takes is counted by nobody.

Why no child slips through
    A new child needs a share lock on its parent, and the parent is locked for update until
    the commit. Who came first makes us skip the parent; who comes later is refused by the
    foreign key. Children without a foreign key are looked for once more before the commit.

Who is trusted
    The database is: it can claim that a row is gone. A trigger or rule that keeps rows, a
    table with system versioning and an undeclared child are noticed and refused.
"""

from keepuntil.stores.sql.database import SqlDatabase

__all__ = ["SqlDatabase"]
