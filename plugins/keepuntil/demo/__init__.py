"""A synthetic bank and one night in it: what ``make demo`` shows.

Everybody and everything in it is invented: identity numbers carry region codes that
no office has issued, cards begin with digits that no scheme uses, telephones with a
prefix nobody dials. The same seed makes the same bank, row for row.
"""
