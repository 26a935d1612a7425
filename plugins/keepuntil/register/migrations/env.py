"""Run by Alembic, on the connection and in the transaction that `migrate` opened."""

from alembic import context

from keepuntil.register.migrations import VERSION_TABLE
from keepuntil.register.signature_tables import signature

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=signature.metadata,
    version_table=VERSION_TABLE,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
