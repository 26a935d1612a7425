"""Keepuntil: retention and deletion you can prove.

Every record has a date it must be kept until, and a date it must be gone by.
Keepuntil finds what is due, destroys it everywhere it lives, and leaves proof
that anyone can check. Start reading in :mod:`keepuntil.domain`.
"""

__version__ = "0.1.0"
