"""Keeps secrets of others in the database unreadable for who has only the database."""

from __future__ import annotations

import base64
import binascii
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from abusedesk.core import ids
from abusedesk.core.errors import ConflictError

NONCE: Final = 12


class LostError(ConflictError):
    """The secret was sealed under another secret key of the desk."""

    code = "secret_lost"


def seal(plain: str, *, purpose: str) -> str:
    """`plain` as it may be stored; an empty one stays so. purpose: where alone it opens again."""
    if not plain:
        return ""
    nonce = ids.random_bytes(NONCE)
    body = _cipher().encrypt(nonce, plain.encode(), purpose.encode())
    return base64.b64encode(nonce + body).decode()


def unseal(stored: str, *, purpose: str, secret_key: str = "") -> str:
    """What was sealed. Raises LostError when this desk has another secret key by now.

    secret_key: the one that it was sealed under, where that is not the desk's own any more.
    """
    if not stored:
        return ""
    try:
        raw = base64.b64decode(stored, validate=True)
        return _cipher(secret_key).decrypt(raw[:NONCE], raw[NONCE:], purpose.encode()).decode()
    except (InvalidTag, binascii.Error, ValueError) as error:
        message = "The stored secret cannot be read with this desk's secret key. Enter it again."
        raise LostError(message) from error


def _cipher(secret_key: str = "") -> AESGCM:
    derive = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"abusedesk/sealing/1")
    return AESGCM(derive.derive((secret_key or settings.SECRET_KEY).encode()))
