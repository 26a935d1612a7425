"""How the organisation's evidence reaches the outside: log, witnesses, time stamps, receipts."""

from __future__ import annotations

from dataclasses import dataclass

from keepuntil.domain.stores import Reference


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFolder:
    """The log as a folder, which a web server or a share may show to anybody."""

    path: str | None
    """Absolute; None: ``log`` in the home folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogBucket:
    """The log as objects of a bucket."""

    bucket: str
    prefix: str
    """``""`` or ending in a slash."""
    endpoint: str | None
    region: str | None
    credentials: Reference | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeAuthority:
    """A time-stamping authority (RFC 3161)."""

    url: str
    certificate: bytes
    """PEM: the certificate its tokens must be signed with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """What ``evidence.yaml`` says, or its defaults."""

    origin: str
    """The log's name: a bare host name (C2SP tlog-tiles; Sigstore verifiers compare it so)."""
    log: LogFolder | LogBucket
    policy: str | None
    """C2SP tlog-policy: which witnesses have to have seen the log; None: nobody."""
    time_authority: TimeAuthority | None
    receipts: bool
    """Whether run keys and lookup tags are kept after the certificate, so that receipts can be
    made, until their own rule ends them."""
