"""Between our evidence and the world outside: where a log is shown, and how it is followed.

    storage       what a place for a log must be able to do, and what lies where in it
    folder        a log in a folder
    bucket        a log in an S3 bucket; the only importer of boto3 here
    laying        entries and signed heads become objects, the checkpoint last
    following     an auditor's view: is this the log I knew, whole and unchanged?
    listing       what a log speaks of, read and not judged

Knows evidence only, nothing of retention and of the register. What is read from a
storage is a stranger's until a signed root was reached from it.
"""
