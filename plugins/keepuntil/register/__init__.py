"""Our own database: what was planned, approved, about to be done, and observed.

    Register, migrate   open it; bring it to this version
    rule_versions       the text of every rule a plan was made with
    plans               frozen lists: documents in clear, items sealed under a key of their own
    approvals           signed decisions on a plan digest
    signatures          signed appraisals of lists, and witnesses of what was destroyed
    holds               legal holds; adding one fences the batches in flight
    runs                one a plan: what it may do, how far it got, what stopped it
    journal             shards and their leases, intents before the deed, outcomes after it
    verifications, certificates, nights
    findings            each problem once; ledger: all that became of it, line by line
    log                 entries the log accepted, and the one checkpoint of each size it signed
    rule_changes        what a change of a rule makes due, and who approved it
    requests_made       what people asked for, and what they were told
    reads               who looked at one person's records
    samples             spot checks: what was drawn, who looked, what they saw
    refusals            who was refused what, for want of an access role
    grants              what database roles may do with all this, as SQL
    acts, forecasts     what people asked the web pages to do; what falls due when

SQLite by default, PostgreSQL in production, the same answers on both. Nothing
personal stands in it in clear: keys and groups of records, what a store was about
to make final, and what a hold names are AES-256-GCM under keys that the
installation's own key wraps. Every write says what a crash would leave.
"""

# Imported for their tables: without them the metadata would not be whole.
from keepuntil.register import accountability_tables as accountability_tables
from keepuntil.register import ledger_tables as ledger_tables
from keepuntil.register import page_tables as page_tables
from keepuntil.register import signature_tables as signature_tables
from keepuntil.register.connection import Register
from keepuntil.register.migrating import migrate

__all__ = ["Register", "migrate"]
