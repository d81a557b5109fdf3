"""The only source of ids, randomness and keyed hashes."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import uuid
from collections.abc import Sequence
from typing import Final, TypeVar

TOKEN_BYTES: Final = 32
Thing = TypeVar("Thing")


def new_uuid() -> uuid.UUID:
    """A random id (version 4)."""
    return uuid.uuid4()


def random_token(size: int = TOKEN_BYTES) -> str:
    """`size` random bytes as URL-safe text."""
    return secrets.token_urlsafe(size)


def random_bytes(size: int) -> bytes:
    """`size` random bytes."""
    return secrets.token_bytes(size)


def random_hex(size: int) -> str:
    """`size` random bytes as hexadecimal digits."""
    return secrets.token_hex(size)


def random_code(length: int, alphabet: str) -> str:
    """`length` random characters of `alphabet`."""
    return "".join(secrets.choice(alphabet) for _ in range(length))


def sample(values: Sequence[Thing], size: int) -> list[Thing]:
    """`size` of them at random, fewer where there are fewer."""
    return secrets.SystemRandom().sample(values, min(size, len(values)))


def keyed_hash(value: str, *, key: str, purpose: str) -> str:
    """HMAC-SHA-256 of `value` in hex; hashes for different purposes never meet."""
    return hmac.new(key.encode(), f"{purpose}\x1f{value}".encode(), hashlib.sha256).hexdigest()


def same(left: str, right: str) -> bool:
    """Compare two secrets without telling by time how far they agree."""
    return hmac.compare_digest(left.encode(), right.encode())


def named_uuid(namespace: uuid.UUID, name: str) -> uuid.UUID:
    """The id (version 5) that everybody gives to this name in this namespace."""
    return uuid.uuid5(namespace, name)
