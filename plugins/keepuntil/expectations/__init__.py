"""Completeness: what the second reader counted, and the checks it must pass.

Facts are counts only. The checks are plain SQL over them, run by Great
Expectations, and both are kept beside its Data Docs so that an auditor can run
the same queries with any SQLite shell.
"""
