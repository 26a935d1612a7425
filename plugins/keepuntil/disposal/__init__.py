"""The one road: plan, approve, destroy, verify, certify. A file a stage, read in that order.

Each stage takes documents and gives a document that names the digest of the one
before, so the whole road can be walked backwards by an auditor.
"""
