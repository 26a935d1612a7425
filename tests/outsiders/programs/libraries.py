"""Ask securesystemslib, in-toto-attestation and scitt-cose.

In: {name: [question, arguments]}, out: {name: null or why it was refused}.
"""

import base64
import json
import sys


def envelope(line: str, pem: str, keyid: str) -> None:
    """DSSE, by securesystemslib."""
    from cryptography.hazmat.primitives.serialization import load_pem_public_key
    from securesystemslib.dsse import Envelope
    from securesystemslib.signer import SSlibKey

    key = SSlibKey.from_crypto(load_pem_public_key(pem.encode()), keyid=keyid)
    Envelope.from_dict(json.loads(line)).verify([key], 1)


def statement(payload: str) -> None:
    """in-toto Statement v1, by in-toto-attestation."""
    from google.protobuf import json_format
    from in_toto_attestation.v1 import statement_pb2
    from in_toto_attestation.v1.statement import Statement

    read = json_format.Parse(base64.b64decode(payload), statement_pb2.Statement())
    Statement.copy_from_pb(read).validate()


def root(entries: list[str], expected: str) -> None:
    """The root over entries (RFC 9162), by scitt-cose."""
    from scitt_cose import merkle

    refuse(merkle.merkle_root(entries) == expected)


def inclusion(entry: str, index: int, size: int, path: list[str], expected: str) -> None:
    """An inclusion proof, by scitt-cose."""
    from scitt_cose import merkle

    refuse(merkle.verify_inclusion(entry, index, size, path, expected))


def consistency(*arguments: object) -> None:
    """A consistency proof, by scitt-cose."""
    from scitt_cose import merkle

    refuse(merkle.verify_consistency(*arguments))


def refuse(holds: bool) -> None:
    if not holds:
        raise ValueError("does not hold")


QUESTIONS = {one.__name__: one for one in (envelope, statement, root, inclusion, consistency)}

if __name__ == "__main__":
    verdicts: dict[str, str | None] = {}
    for name, (question, *arguments) in json.load(sys.stdin).items():
        try:
            QUESTIONS[question](*arguments)
            verdicts[name] = None
        except Exception as error:  # noqa: BLE001  (whatever a library says no with)
            verdicts[name] = f"{type(error).__name__}: {error}"
    json.dump(verdicts, sys.stdout)
