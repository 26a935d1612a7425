"""Pure values and arithmetic: what a rule is, when its clock runs out, what was decided.

No input, no output, no clock of the host: every function here takes ``as_of``.
"""
