"""Between our evidence and the outside world: who keeps it, who saw it, when.

    posting                 one bounded question over HTTP
    timestamps              RFC 3161 time stamps by an authority whose certificate is pinned
    development_authority   an authority of our own, for development only

Knows evidence, nothing of retention. Heavy libraries are imported inside functions.
"""
