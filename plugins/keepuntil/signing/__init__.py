"""Whose key signs what, where its private half lies, and how it is replaced.

    roles         the roles a key can have; no two ever share one
    opening       a reference (``file:``, ``hsm:``, ``pkcs11:`` ...) becomes a signing key
    outside       P-256 keys in HSMs and key services, through securesystemslib
    tokens        PKCS#11: modules, PINs, Ed25519 keys
    sm2           SM2 with SM3: the sibling envelope, through the ``openssl`` program
    generations   one key of a role and its time; how the ring stands in ``ring.json``
    ring          all generations of all roles; the current one signs, every one verifies
    changing      first keys, rotation, what becomes of the old private half
    rotation      old and new key say together that one follows the other
    exporting     the public halves, for who verifies

Imports evidence only. Libraries for tokens and services are imported inside
functions of one file each.
"""

from keepuntil.signing.opening import open_key
from keepuntil.signing.ring import KeyRing

__all__ = ["KeyRing", "open_key"]
