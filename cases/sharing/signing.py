"""Ed25519 keys, and bundle files that say for whom they are and who signed them."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from hashlib import sha256
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

PAYLOAD_TYPE: Final = "application/stix+json;version=2.1"
FORMAT: Final = "abusedesk-bundle/1"


def new_key() -> bytes:
    """A private key, 32 bytes."""
    return Ed25519PrivateKey.generate().private_bytes_raw()


def public_of(secret: bytes) -> bytes:
    """The public half, 32 bytes."""
    return Ed25519PrivateKey.from_private_bytes(secret).public_key().public_bytes_raw()


def fingerprint(public: bytes) -> str:
    """All 64 digits, for people to compare."""
    return sha256(public).hexdigest()


def key_id(public: bytes) -> str:
    """Names a key by the beginning of its fingerprint."""
    return f"ed25519:{fingerprint(public)[:16]}"


def signature(secret: bytes, told: bytes) -> bytes:
    return Ed25519PrivateKey.from_private_bytes(secret).sign(told)


def holds(public: bytes, told: bytes, signed: bytes) -> bool:
    """Whether this key signed these bytes."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signed, told)
    except (InvalidSignature, ValueError):
        return False
    return True


def signed_bundle(bundle: bytes, *, recipients: Sequence[str], share: str, secret: bytes) -> bytes:
    """A file around the exact bytes of a bundle. The signature is over those bytes alone."""
    file = {
        "format": FORMAT,
        "payloadType": PAYLOAD_TYPE,
        "payload": base64.b64encode(bundle).decode(),
        "recipients": list(recipients),
        "share": share,
        "signatures": [
            {
                "keyid": key_id(public_of(secret)),
                "sig": base64.b64encode(signature(secret, bundle)).decode(),
            }
        ],
    }
    return json.dumps(file, indent=2, ensure_ascii=True).encode() + b"\n"


def opened(file: bytes, public: bytes) -> bytes | None:
    """The bundle in a signed file; None when this key did not sign it."""
    try:
        read: dict[str, Any] = json.loads(file)
        bundle = base64.b64decode(read["payload"], validate=True)
        signed = base64.b64decode(read["signatures"][0]["sig"], validate=True)
    except (ValueError, KeyError, IndexError, TypeError, RecursionError):
        return None
    return bundle if holds(public, bundle, signed) else None


def published(public: bytes) -> dict[str, Any]:
    """What a desk says of its key to everybody."""
    x = base64.b64encode(public).decode()
    return {"keys": [{"keyid": key_id(public), "alg": "Ed25519", "public": x, "use": "sign"}]}
