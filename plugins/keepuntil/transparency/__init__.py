"""Between our evidence and the outside world; knows nothing of retention.

policy              which logs to believe, which witnesses must have seen them
witness_state       what a witness remembers
witnessing          its judgement of one submission
witness_server      the same over HTTP, for a regulator or internal audit to run
witness_client      collects cosignatures
posting             one bounded question over HTTP
"""
