"""Every way Keepuntil says no.

Each error is a sentence for the person who meets it: what is wrong, where, and
what to do. The command line prints the sentence and exits with ``exit_code``;
``reason`` is the stable word that logs, findings and JSON output carry.

    KeepuntilError
        UsageError            the command cannot be carried out as asked        2
        RuleError             rule files, stores.yaml, people.yaml, calendars   3
        StoreError            a store cannot be used as declared                4
            StoreUnreachable  no connection, wrong credentials, gone bucket     4
            StoreMismatch     table, column, key or foreign key is not as said  4
            StoreBusy         locks, throttling, replica lag: try again later   7
        PlanError             a plan cannot be made, approved or used           5
            PlanBlocked       above the limits: a person has to look            5
            PlanStale         the world changed since the list was frozen       5
        ApprovalError         missing, expired, forged or not by who may        6
        RunInterrupted        stopped safely before the end: resume it          7
            LeaseLost         another worker has taken over this shard          7
            RunPending        people have yet to carry something out            7
        RunIncomplete         some items failed: visible, never swallowed       8
        VerificationFailed    the second reader saw something else              9
        EvidenceError         hostile, damaged or foreign evidence             10
        OutsiderUnreachable   a witness or time authority does not answer       7
        KeyFileError          a signing or sealing key cannot be used          11
        RegisterError         our own database is missing, older or newer      12
            RegisterBusy      held by another process beyond patience           7
        CustodyError          a step on the road of paper is refused           13
        AccessRefused         no access role of the person gives the right      15

No message ever carries personal data: keys of records appear as commitments.
"""


class KeepuntilError(Exception):
    """The root. Caught at the edges only (command line, pages, Airflow tasks)."""

    exit_code = 1
    reason = "error"

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class UsageError(KeepuntilError):
    """The command cannot be carried out as asked."""

    exit_code = 2
    reason = "usage"


class RuleError(KeepuntilError):
    """What people wrote is not a valid declaration; the sentence names file, line and column."""

    exit_code = 3
    reason = "rule_invalid"


class StoreError(KeepuntilError):
    """A store cannot be used as declared."""

    exit_code = 4
    reason = "store"


class StoreUnreachable(StoreError):
    """No connection, wrong credentials, or the place is gone."""

    reason = "store_unreachable"


class StoreMismatch(StoreError):
    """The store is not as the rule says: a table, column, key or foreign key differs."""

    reason = "store_mismatch"


class StoreBusy(StoreError):
    """Locked, throttled or lagging beyond patience; nothing was lost, try again later."""

    exit_code = 7
    reason = "store_busy"


class PlanError(KeepuntilError):
    """A plan cannot be made, approved or used."""

    exit_code = 5
    reason = "plan"


class PlanBlocked(PlanError):
    """The plan is above the rule's limits and waits for a person."""

    reason = "plan_blocked"


class PlanStale(PlanError):
    """The world changed since the list was frozen; make a new plan."""

    reason = "plan_stale"


class ApprovalError(KeepuntilError):
    """An approval is missing, expired, forged, or not given by someone who may."""

    exit_code = 6
    reason = "approval"


class RunInterrupted(KeepuntilError):
    """The run stopped safely before its end and can be resumed."""

    exit_code = 7
    reason = "interrupted"


class LeaseLost(RunInterrupted):
    """Another worker has taken over this shard; this one must not go on."""

    reason = "lease_lost"


class RunPending(RunInterrupted):
    """Nothing failed, but people have yet to carry something out: paper in custody."""

    reason = "run_pending"


class RunIncomplete(KeepuntilError):
    """Some items were not destroyed; the run is a failed run, visibly."""

    exit_code = 8
    reason = "run_incomplete"


class VerificationFailed(KeepuntilError):
    """The second reader did not see what the outcomes say; no certificate."""

    exit_code = 9
    reason = "verification_failed"


class EvidenceError(KeepuntilError):
    """Evidence is hostile, damaged, or belongs to something else."""

    exit_code = 10
    reason = "evidence"


class OutsiderUnreachable(KeepuntilError):
    """A witness or a time authority gives no usable answer; nothing was lost, try again later."""

    exit_code = 7
    reason = "outsider_unreachable"


class KeyFileError(KeepuntilError):
    """A signing or sealing key is missing, readable by others, or of the wrong kind."""

    exit_code = 11
    reason = "key"


class RegisterError(KeepuntilError):
    """The register is missing, unreachable, or of another version."""

    exit_code = 12
    reason = "register"


class RegisterBusy(RegisterError):
    """The register or its fence is held by another process beyond patience; try again later."""

    exit_code = 7
    reason = "register_busy"


class CustodyError(KeepuntilError):
    """A step with paper is out of turn, not by who may do it, or not as the list says."""

    exit_code = 13
    reason = "custody"


class AccessRefused(KeepuntilError):
    """Whoever is signed in has no access role that gives the right, or is nobody known."""

    exit_code = 15
    reason = "access_refused"
