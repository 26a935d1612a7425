"""What travels inside every bundle beside the evidence: how to check it, and a small program.

README.md    for a stranger: what this is, and how to check it with openssl alone
verify.py    the whole check, standard library and openssl only; imports nothing of ours
"""

from importlib.resources import files

README = "README.md"
VERIFIER = "verify.py"


def text_of(name: str) -> str:
    """The text of one of the files above."""
    return files(__name__).joinpath(name).read_text(encoding="utf-8")
