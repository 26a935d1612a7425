"""Check a customer's receipt offline: python3 verify_receipt.py TRUST RECEIPT

Needs verify.py beside it, Python 3.8 and openssl 3.0; TRUST is the same folder of public keys.
Prints what the receipt discloses: it is for whom it concerns.
"""

from __future__ import annotations

import json
import sys
import tempfile
from base64 import b64decode, urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256
from pathlib import Path
from typing import Any

from verify import lead, logged, refuse, signed, trusted


def certified(receipt: Any, trust: Path, folder: Path) -> tuple[Any, int]:
    """The statement of the certificate in the receipt, and its place in the log."""
    pems, keys = trusted(trust)
    bundle = receipt["certificate"]
    (entry,) = bundle["verificationMaterial"]["tlogEntries"]
    proof = entry["inclusionProof"]
    lines = ["c2sp.org/tlog-proof@v1", f"index {proof['logIndex']}", *proof["hashes"], "", ""]
    way, line = folder / "log.tlog-proof", folder / "certificate.intoto.jsonl"
    way.write_text("\n".join(lines) + proof["checkpoint"]["envelope"], encoding="utf-8")
    line.write_text(json.dumps(bundle["dsseEnvelope"]))
    said, logged_entry = signed(line, pems)
    return said, logged(way, logged_entry, keys)[0]


def shown(record: Any, said: Any) -> Any:
    """What one record discloses, once it is certain that the certificate speaks of it."""
    head, _, note = record["tlogProof"].partition("\n\n")
    other = sha256(note.encode()).hexdigest() != said["subject"][0]["digest"]["sha256"]
    refuse(other, "a record is of another run than the certificate")
    _, size, root = note.split("\n")[:3]
    index, *hashes = head.split("\n")[1:]
    lead(int(index.split()[1]), int(size), record["entry"].encode(), hashes, b64decode(root))
    item, disclosure = json.loads(record["entry"]), record["disclosure"]
    commitment = urlsafe_b64encode(sha256(disclosure.encode()).digest()).decode().rstrip("=")
    refuse(item["c"] != commitment, "a disclosure is not what was committed to")
    return item["o"], json.loads(urlsafe_b64decode(disclosure + "=" * (-len(disclosure) % 4)))[2]


def main(trust: Path, path: Path) -> None:
    receipt = json.loads(path.read_bytes())
    with tempfile.TemporaryDirectory() as folder:
        said, index = certified(receipt, trust, Path(folder))
        records = [shown(record, said) for record in receipt["records"]]
    print(f"HOLDS  {said['predicate']['certificateId']}, log entry {index}  核验通过")
    for outcome, content in records:
        print(f"{outcome}: {json.dumps(content, ensure_ascii=False)}")


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]), Path(sys.argv[2]))
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        refuse(True, f"the receipt cannot be read: {error}")
