"""One document, typeset alone: what to set as JSON on standard input, its pages on standard output.

Run by :func:`keepuntil.documents.typesetting.typeset_apart`.
"""

from __future__ import annotations

import json
import sys

from keepuntil.documents.typesetting import typeset

if __name__ == "__main__":
    template, data, language = json.load(sys.stdin.buffer)
    sys.stdout.buffer.write(typeset(template, data, language))
