"""The web for those who will not learn a command line: owners, approvers, auditors.

Server-rendered pages over the verbs of the floors below, and no logic beside them. Mounted
in Airflow, whose sign-in then counts, or alone: ``keepuntil serve``. One file a subject;
a subject is a router, its words in both languages, and a template a page:

    application   puts the subjects together
    visiting      who asks, in which language, of which installation
    permissions   the one right that every route names
    guarding      headers, sizes, rates, forms that are our own
    signing_in    who is asking: OpenID Connect, Airflow's word, or a local account
"""
