"""Our own database: what was planned, approved, about to be done, and observed.

    Register, migrate   open it; bring it to this version
    rule_versions       the text of every rule a plan was made with
    plans               frozen lists: documents in clear, items sealed under a key of their own
    approvals           signed decisions on a plan digest
    holds               legal holds; adding one fences the batches in flight
    runs                one a plan: what it may do, how far it got, what stopped it
    journal             shards and their leases, intents before the deed, outcomes after it
    verifications, certificates, findings, nights
    log                 entries the log accepted, and the one checkpoint of each size it signed
    samples             spot checks: what was drawn, who looked, what they saw
    acts, forecasts     what people asked the web pages to do; what falls due when

SQLite by default, PostgreSQL in production, the same answers on both. Nothing
personal stands in it in clear: keys and groups of records, what a store was about
to make final, and what a hold names are AES-256-GCM under keys that the
installation's own key wraps. Every write says what a crash would leave.
"""

import keepuntil.register.page_tables  # noqa: F401 - so that the metadata is whole
from keepuntil.register.connection import Register
from keepuntil.register.migrating import migrate

__all__ = ["Register", "migrate"]
