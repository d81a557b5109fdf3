"""Ed25519 keys, and bundle files that say for whom they are and who signed them."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

PAYLOAD_TYPE: Final = "application/stix+json;version=2.1"
FORMAT: Final = "abusedesk-bundle/1"
RECEIPT: Final = "abusedesk-receipt/1"


@dataclass(frozen=True, slots=True)
class Alg:
    """A kind of key. name: as files of keys say it; short: how ids of its keys begin."""

    name: str
    short: str

    def key_id(self, public: bytes) -> str:
        """Names a key by the beginning of its fingerprint."""
        return f"{self.short}:{fingerprint(public)[:16]}"


ED25519: Final = Alg("Ed25519", "ed25519")
X25519: Final = Alg("X25519", "x25519")


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
    """Names a key that signs."""
    return ED25519.key_id(public)


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


def receipt(said: Mapping[str, Any]) -> bytes:
    """The bytes of a receipt that are signed."""
    names = ("share", "object", "answer", "disabled", "note")
    kept = {name: said[name] for name in names if said.get(name) not in (None, "")}
    return rfc8785.dumps({"format": RECEIPT, **kept})


def opened(file: bytes, public: bytes) -> bytes | None:
    """The bundle in a signed file; None when this key did not sign it."""
    try:
        read: dict[str, Any] = json.loads(file)
        bundle = base64.b64decode(read["payload"], validate=True)
        signed = base64.b64decode(read["signatures"][0]["sig"], validate=True)
    except (ValueError, KeyError, IndexError, TypeError, RecursionError):
        return None
    return bundle if holds(public, bundle, signed) else None


def published(public: bytes, seal: bytes | None = None) -> dict[str, Any]:
    """What a desk says of its keys to everybody. seal: X25519, for what others seal to it."""
    keys = [_told(public, ED25519, "sign")]
    keys += [_told(seal, X25519, "seal")] if seal else []
    return {"keys": keys}


def _told(public: bytes, alg: Alg, use: str) -> dict[str, str]:
    """hex: as other desks pin it."""
    return {
        "keyid": alg.key_id(public),
        "alg": alg.name,
        "public": base64.b64encode(public).decode(),
        "hex": public.hex(),
        "use": use,
    }
