"""What personal data looks like: names of fields, forms of values, check digits. Pure.

Values come in, kinds and confidences go out; no value is kept, and none is ever part of
an answer.
"""
