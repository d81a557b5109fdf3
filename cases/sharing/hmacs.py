"""Values that partners of one circle can compare without being told them."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Final

PURPOSE: Final = "abusedesk/hmac/1"
US: Final = "\x1f"
EPOCH: Final = timedelta(days=90)
"""How long a circle keeps a key; the last two can be matched."""
KEY_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Key:
    """A circle's key of one epoch. It is never logged and shown to no page."""

    key_id: str
    secret: bytes

    def __repr__(self) -> str:
        return f"Key({self.key_id})"


def digest(secret: bytes, type: str, value: str) -> str:
    """HMAC-SHA-256 in hex over purpose, type and canonical value.

    value: of an account `platform US id`, see `account_value`.
    """
    told = f"{PURPOSE}{US}{type}{US}{value}".encode("utf-8", "surrogatepass")
    return hmac.new(secret, told, sha256).hexdigest()


def sealed(key: Key, type: str, value: str) -> str:
    """The value as it leaves: `hmac:<key id>:<hex>`."""
    return f"hmac:{key.key_id}:{mac_of(key.secret, type, value)}"


def mac_of(secret: bytes, type: str, value: str) -> str:
    """The hash of a value as the desk writes it."""
    return digest(secret, type, account_value(value) if type == "account" else value)


def account_value(account: str) -> str:
    """`platform:actor` as it goes into the hash."""
    platform, _, actor = account.partition(":")
    return f"{platform}{US}{actor}"
