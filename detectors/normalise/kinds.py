"""One canonical form for each kind of entity."""

from __future__ import annotations

from collections.abc import Callable

from detectors.normalise.contacts import (
    canonical_email,
    canonical_handle,
    canonical_hashtag,
    canonical_phone,
)
from detectors.normalise.digests import canonical_hash, canonical_wallet
from detectors.normalise.hosts import canonical_domain, canonical_ip
from detectors.normalise.text import match_text
from detectors.normalise.urls import canonical_url

MAX_VALUE = 500
CANONICAL: dict[str, Callable[[str], str | None]] = {
    "url": canonical_url,
    "domain": canonical_domain,
    "ip": canonical_ip,
    "email": canonical_email,
    "phone": canonical_phone,
    "wallet": canonical_wallet,
    "handle": canonical_handle,
    "hashtag": canonical_hashtag,
    "hash": canonical_hash,
}


def canonical(type: str, raw: str) -> str | None:
    """The canonical value of an entity; None when `raw` is no such thing.

    An unknown type is matched as text: `match_text`, at most 500 characters.
    """
    form = CANONICAL.get(type)
    if form is not None:
        return form(raw)
    return match_text(raw)[:MAX_VALUE].rstrip() or None
