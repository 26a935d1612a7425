"""What people write: one rule a category, the stores, the people, the calendars.

    document      bytes to a tree with positions: YAML 1.2 without its tricks
    schema        the keys of a rule file, and declarations: those of the other files
    reading       a tree to the schema: every mistake a sentence with its place
    build         the schema to the values of :mod:`keepuntil.domain`
    lint          what one rule must be to make sense; places: where its copies live
    confirmations what a rule rests on, and who answers for it
    examples      the owner's own tests, run on every load
    canonical     a rule as a document with one digest
    load          a folder to a :class:`~keepuntil.rules.schedule.Schedule`
    rule_index    the little an orchestrator needs of every rule, cheaply
    json_schema   for editors that complete and check while one types
    init          a commented starting point

Whatever is wrong is raised once, as one :class:`~keepuntil.errors.RuleError` that
lists every mistake of every file as ``file:line:column: sentence``.
"""
