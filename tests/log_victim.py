"""Appends to a log and publishes it until it is killed, again and again.

    python log_victim.py URL KEY FOLDER AUTHOR LOG

Reads one line for each life: the number it begins with and the seconds to live. Every
life is a fork, killed with SIGKILL: no handler, no finally, nothing is flushed. What
it said until then is printed, then ``dead``.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

from keepuntil.disposal.log_keeping import PublishedLog, publish, record
from keepuntil.evidence import keys
from keepuntil.evidence.keys import KeyKind, SigningKey
from keepuntil.evidence.sealing import SealingKey
from keepuntil.register import Register
from keepuntil.transparency.folder import FolderStorage

ORIGIN = "evidence.bank.example"


def live(register: Register, place: PublishedLog, author: SigningKey, first: int) -> NoReturn:
    number = first
    while True:
        for _ in range(number % 5 + 1):
            payload = b'{"number":%d}' % number
            index = record(register, "event", str(number), payload, author, datetime.now(UTC))
            say(f"accepted {number} {index}")
            number += 1
        head = publish(register, place, datetime.now(UTC))
        if head is not None:
            say(f"published {head.size} {head.checkpoint.hex()}")


def say(line: str) -> None:
    os.write(1, f"{line}\n".encode())


def main(url: str, key: str, folder: str, author: str, log: str) -> None:
    register = Register.open(url, SealingKey(bytes.fromhex(key)))
    writer = keys.load(f"file:{author}", KeyKind.P256)
    signer = keys.load(f"file:{log}", KeyKind.ED25519)
    place = PublishedLog(origin=ORIGIN, signers=(signer,), storage=FolderStorage(Path(folder)))
    for line in sys.stdin:
        first, seconds = line.split()
        child = os.fork()
        if not child:
            live(register, place, writer, int(first))
        time.sleep(float(seconds))
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        say("dead" if os.WTERMSIG(status) == signal.SIGKILL else f"failed {status}")


if __name__ == "__main__":
    main(*sys.argv[1:])
