"""How somebody says who they are, and signs with their own key."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from keepuntil.evidence.keys import SigningKey

Decorator = Callable[[Any], Any]


def person_option(*, required: bool) -> Decorator:
    """Who signs."""
    return click.option("--as", "person", required=required, help="Your identifier in people.yaml.")


def role_option(*, required: bool) -> Decorator:
    """In which role."""
    return click.option("--role", required=required, help="The role you decide in.")


def key_option(*, required: bool) -> Decorator:
    """With which key."""
    return click.option(
        "--key",
        required=required,
        type=click.Path(path_type=Path, exists=True, dir_okay=False),
        help="Your private signing key (PEM, mode 0600).",
    )


def own_key(path: Path) -> SigningKey:
    """The key in that file. Raises KeyFileError."""
    from keepuntil.evidence import keys

    return keys.load(f"file:{path}", keys.KeyKind.P256)
