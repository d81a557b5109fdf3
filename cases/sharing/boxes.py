"""Seals short secrets for one receiver: X25519, HKDF-SHA-256, AES-256-GCM. Pure."""

from __future__ import annotations

import base64
import binascii
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES: Final = 32
PURPOSE: Final = b"abusedesk/circle-key/1"
# Each box has a key of its own, from a fresh ephemeral key, so one nonce serves.
_NONCE: Final = bytes(12)


def new_pair() -> tuple[bytes, bytes]:
    """A private key and its public half."""
    secret = X25519PrivateKey.generate()
    return secret.private_bytes_raw(), secret.public_key().public_bytes_raw()


def sealed_for(public: bytes, plain: bytes, *, about: str) -> str:
    """`plain`, readable only by who has the private half. about: what it is bound to.

    Raises ValueError for a public key that is none.
    """
    ephemeral = X25519PrivateKey.generate()
    shared = ephemeral.exchange(X25519PublicKey.from_public_bytes(public))
    own = ephemeral.public_key().public_bytes_raw()
    body = _cipher(shared, own, public).encrypt(_NONCE, plain, about.encode())
    return base64.b64encode(own + body).decode()


def opened_with(secret: bytes, box: str, *, about: str) -> bytes | None:
    """What was sealed; None when it was for somebody else, about another thing, or changed."""
    try:
        raw = base64.b64decode(box, validate=True)
        key = X25519PrivateKey.from_private_bytes(secret)
        shared = key.exchange(X25519PublicKey.from_public_bytes(raw[:KEY_BYTES]))
        cipher = _cipher(shared, raw[:KEY_BYTES], key.public_key().public_bytes_raw())
        return cipher.decrypt(_NONCE, raw[KEY_BYTES:], about.encode())
    except (InvalidTag, binascii.Error, ValueError):
        return None


def _cipher(shared: bytes, ephemeral: bytes, receiver: bytes) -> AESGCM:
    derive = HKDF(algorithm=SHA256(), length=32, salt=ephemeral + receiver, info=PURPOSE)
    return AESGCM(derive.derive(shared))
