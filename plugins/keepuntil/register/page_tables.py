"""The register's tables that the web pages keep.

act         what people asked the pages to do, and what came of it; only ever added to
forecast    what falls due when, as counted last: replaced whenever it is counted again
coverage    the last matrix of what is settled: one row, replaced whenever it is drawn again
"""

from __future__ import annotations

from sqlalchemy import Column, Date, Table, Text

from keepuntil.register.moments import Moment
from keepuntil.register.tables import Number, metadata

act = Table(
    "act",
    metadata,
    Column("number", Number, primary_key=True),
    Column("person", Text, nullable=False),
    Column("verb", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("result", Text, nullable=False),
    Column("at", Moment, nullable=False),
)

forecast = Table(
    "forecast",
    metadata,
    Column("category", Text, primary_key=True),
    Column("as_of", Date, nullable=False),
    Column("months", Text, nullable=False),
)

coverage = Table(
    "coverage",
    metadata,
    Column("as_of", Date, primary_key=True),
    Column("document", Text, nullable=False),
)
