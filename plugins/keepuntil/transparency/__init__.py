"""Between our evidence and the world outside: a log, who follows it, who witnesses it.

    storage             what a place for a log must be able to do, and what lies where in it
    folder              a log in a folder
    bucket              a log in an S3 bucket; the only importer of boto3 here
    laying              entries and signed heads become objects, the checkpoint last
    following           an auditor's view: is this the log I knew, whole and unchanged?
    listing             what a log speaks of, read and not judged
    policy              which logs to believe, which witnesses must have seen them
    witness_state       what a witness remembers
    witnessing          its judgement of one submission
    witness_server      the same over HTTP, for a regulator or internal audit to run
    witness_client      collects cosignatures
    posting             one bounded question over HTTP
    timestamps          RFC 3161 time stamps by an authority whose certificate is pinned
    development_authority   an authority of our own, for development only

Knows evidence only, nothing of retention and of the register. What is read from a
storage is a stranger's until a signed root was reached from it. Heavy libraries are
imported inside functions.
"""
