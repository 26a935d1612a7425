"""Evidence that somebody hands in, checked by this installation with its own public keys.

A convenience for people of the house: whoever does not trust the issuer checks with keys they
got through another channel, on a machine of their own (``keepuntil cert verify``).
"""

from __future__ import annotations

import tempfile
import zipfile
from pathlib import Path

from keepuntil.disposal import receipts
from keepuntil.disposal.archives import unpacked
from keepuntil.disposal.bundle_reading import read_at_most
from keepuntil.disposal.checking_certificates import Verdict, examine
from keepuntil.disposal.exporting_trust import export_trust
from keepuntil.disposal.installation import Installation
from keepuntil.disposal.trust import Trust, read_trust
from keepuntil.evidence.receipt import LARGEST_RECEIPT, Shown


def own_trust(installation: Installation) -> Trust:
    """The public keys this installation hands out to auditors."""
    with tempfile.TemporaryDirectory(prefix="keepuntil-trust-") as folder:
        export_trust(installation, Path(folder))
        return read_trust(Path(folder))


def check_here(installation: Installation, evidence: Path, *, largest: int) -> Verdict | Shown:
    """The verdict on a bundle (a folder, or an archive that unpacks to ``largest`` bytes at most),
    or what a receipt shows.

    Raises EvidenceError for an archive or a receipt that does not hold; a bundle that does not
    hold is a verdict that says so.
    """
    trust = own_trust(installation)
    if evidence.is_dir() or zipfile.is_zipfile(evidence):
        with unpacked(evidence, largest) as bundle:
            return examine(bundle, trust)
    return receipts.check(read_at_most(evidence, LARGEST_RECEIPT), trust)
