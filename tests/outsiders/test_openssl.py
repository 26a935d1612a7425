"""A stranger with nothing but openssl checks signatures, checkpoints and time stamps."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from keepuntil.evidence.envelope import pae
from stamped_world import StampedWorld

Run = Callable[..., bool]


@pytest.fixture
def run(openssl: str, tmp_path: Path) -> Run:
    """Whether openssl says yes to a command about these files."""

    def yes(command: str, **contents: bytes | str) -> bool:
        for name, content in contents.items():
            (tmp_path / name).write_bytes(
                content if isinstance(content, bytes) else content.encode()
            )
        words = [openssl, *command.split()]
        ran = subprocess.run(words, cwd=tmp_path, capture_output=True, check=False, timeout=30)
        return ran.returncode == 0

    return yes


def flipped(data: bytes, at: int = -1) -> bytes:
    damaged = bytearray(data)
    damaged[at] ^= 1
    return bytes(damaged)


@pytest.mark.parametrize(
    "command",
    [
        "dgst -sha256 -verify key -signature sig said",
        "pkeyutl -verify -rawin -digest sha256 -pubin -inkey key -sigfile sig -in said",
    ],
)
def test_openssl_checks_the_envelope(run: Run, world: StampedWorld, command: str) -> None:
    said = pae(world.envelope.payload_type, world.envelope.payload)
    sig, key = world.envelope.signature, world.certificate_key.public.pem
    assert run(command, said=said, sig=sig, key=key)
    assert not run(command, said=flipped(said), sig=sig, key=key)
    assert not run(command, said=said, sig=flipped(sig), key=key)


def test_openssl_checks_the_checkpoint_and_the_witness(run: Run, world: StampedWorld) -> None:
    from keepuntil.evidence.note import Note

    note = Note.parse(world.bundle.proof.checkpoint)
    command = "pkeyutl -verify -rawin -pubin -inkey key -sigfile sig -in said"
    by_log, by_witness = note.signatures
    said = note.text.encode()
    key = world.log.key.pem
    assert run(command, said=said, sig=by_log.signature, key=key)
    assert not run(command, said=flipped(said, 30), sig=by_log.signature, key=key)
    at, sig = by_witness.signature[:8], by_witness.signature[8:]
    seen = b"cosignature/v1\ntime %d\n" % int.from_bytes(at, "big") + said
    assert run(command, said=seen, sig=sig, key=world.witness.key.pem)
    assert not run(command, said=said, sig=sig, key=world.witness.key.pem)


@pytest.mark.parametrize("whole", [True, False], ids=["chain", "pinned certificate alone"])
def test_openssl_checks_the_time_stamp(run: Run, world: StampedWorld, whole: bool) -> None:
    chain = world.authority.certificates if whole else world.authority.certificates[:1]
    command = "ts -verify -in token -data said -CAfile trust" + " -partial_chain" * (not whole)
    trust = b"".join(one.public_bytes(Encoding.PEM) for one in chain)
    (token,) = world.bundle.tokens
    said = world.envelope.signature
    assert run(command, token=token, said=said, trust=trust)
    assert not run(command, token=token, said=flipped(said), trust=trust)
    assert not run(command, token=flipped(token), said=said, trust=trust)
    assert not run(command, token=token, said=said, trust=world.certificate_key.public.pem)


def test_openssl_asks_and_checks_the_answer_to_its_own_question(run: Run, tmp_path: Path) -> None:
    """Request made by openssl, answered by us, checked by openssl: nonce and policy included."""
    from keepuntil.evidence import keys
    from keepuntil.transparency.development_authority import DevelopmentAuthority

    maker = DevelopmentAuthority.create(keys.generate(keys.KeyKind.P256))
    for digest in ("sha256", "sha384", "sha512"):
        assert run(f"ts -query -data said -{digest} -cert -out query", said=b"x")
        query = (tmp_path / "query").read_bytes()
        token = maker.answer(query)
        command = "ts -verify -in token -queryfile query -CAfile trust"
        assert run(command, token=token, trust=maker.pem)
        assert run("ts -query -data said -sha256 -cert -out query", said=b"x")
        assert not run(command, token=token, trust=maker.pem)


def test_our_verifier_reads_what_openssl_stamped(openssl: str, run: Run, tmp_path: Path) -> None:
    from datetime import UTC, datetime

    from keepuntil.evidence import keys
    from keepuntil.transparency import timestamps
    from keepuntil.transparency.development_authority import DevelopmentAuthority

    maker = DevelopmentAuthority.create(keys.generate(keys.KeyKind.P256))
    (tmp_path / "serial").write_text("01\n")
    question = timestamps.request(b"said")
    assert run(
        "ts -reply -config config -section tsa -queryfile query -out token"
        " -signer signer -inkey key",
        query=question.der,
        signer=maker.authority.certificates[0].public_bytes(Encoding.PEM),
        key=maker.key.pem(),
        config="[tsa]\nserial=serial\ndefault_policy=2.999.1\ndigests=sha256\n"
        "signer_digest=sha256\ness_cert_id_alg=sha256\n",
    )
    token = (tmp_path / "token").read_bytes()
    at = timestamps.verify(token, b"said", maker.authority, nonce=question.nonce)
    assert abs((datetime.now(UTC) - at).total_seconds()) < 3600
