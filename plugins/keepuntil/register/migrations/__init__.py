"""The register's history. Each revision is one file in ``versions``, applied in order."""

from typing import Final

LATEST: Final = "0010"
"""The revision this version of Keepuntil reads and writes. Revisions sort as text."""

VERSION_TABLE: Final = "keepuntil_version"
"""Not Alembic's usual name: Airflow's own database has a table of that name."""
