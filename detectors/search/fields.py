"""The tokens that lists of signals know, and the canonical form of their values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from abusedesk.core.query import Field, ValueFaultError, clean_moment, one_of
from detectors import normalise
from detectors.schema import Kind

KINDS: Final = tuple(kind.value for kind in Kind)


def _entity(type: str, what: str) -> Callable[[str], str]:
    """Canonical value of an entity; defanged forms are read too."""

    def clean(value: str) -> str:
        found = normalise.canonical(type, normalise.refang(value))
        if found is None:
            message = f"takes {what}"
            raise ValueFaultError(message)
        return found

    return clean


def _domain(value: str) -> str:
    """The registrable domain: that is what signals are linked to."""
    host = normalise.canonical_domain(normalise.refang(value))
    found = normalise.registrable_domain(host) if host else None
    if found is None:
        message = "takes a domain such as evil.example"
        raise ValueFaultError(message)
    return found


FIELDS: Final[dict[str, Field]] = {
    one.name: one
    for one in (
        Field("platform", "where it happened", "platform:x,telegram", str.lower),
        Field("kind", "what happened", "kind:post", one_of(KINDS)),
        Field("source", "which integration sent it", "source:acme", str.lower),
        Field("actor", "account id on its platform", "actor:123"),
        Field("provider", "AI provider", "provider:openai", str.lower),
        Field("model", "AI model", "model:gpt-5", str.lower),
        Field("text", "words in this order; word* is a beginning", 'text:"exact words"'),
        Field("domain", "linked domain, also defanged", "domain:evil[.]example", _domain),
        Field("url", "linked address", "url:hxxps://evil[.]example/a", _entity("url", "a link")),
        Field("ip", "IP address", "ip:203.0.113.7", _entity("ip", "an IP address")),
        Field("email", "e-mail address", "email:a@evil.example", _entity("email", "an address")),
        Field("phone", "phone number", "phone:+491701234567", _entity("phone", "a number")),
        Field("wallet", "wallet", "wallet:bc1q…", _entity("wallet", "a wallet")),
        Field("hashtag", "hashtag", "hashtag:vote", _entity("hashtag", "a hashtag")),
        Field("handle", "name of an account", "handle:morgan", _entity("handle", "a handle")),
        Field("hash", "hash of a file", "hash:9f86d0…", _entity("hash", "a hash")),
        Field("device", "device", "device:d-7", _entity("device", "a device")),
        Field("payment", "payment account", "payment:p-7", _entity("payment", "a payment")),
        Field("since", "from this time on", "since:2d", clean_moment),
        Field("until", "before this time", "until:2026-11-01", clean_moment),
        Field("at", "time, compared", "at:>=2026-11-01T12:00", clean_moment, compares=True),
        Field("attr", "an attribute of the sender", "attr.lang:de", open=True),
    )
}
ENTITIES: Final = frozenset(
    {
        "domain", "url", "ip", "email", "phone", "wallet", "hashtag", "handle", "hash", "device",
        "payment",
    }
)  # fmt: skip
