"""The one place where raw values become canonical: text forms, entities and their extraction."""

from __future__ import annotations

from detectors.normalise.contacts import (
    canonical_email,
    canonical_handle,
    canonical_hashtag,
    canonical_phone,
)
from detectors.normalise.digests import canonical_hash, canonical_wallet
from detectors.normalise.extract import Mention, extract
from detectors.normalise.hosts import (
    canonical_domain,
    canonical_ip,
    ip_block,
    operator_domain,
    registrable_domain,
)
from detectors.normalise.kinds import canonical
from detectors.normalise.text import look_alike, match_text, refang, skeleton
from detectors.normalise.urls import canonical_url, host_of

__all__ = [
    "Mention",
    "canonical",
    "canonical_domain",
    "canonical_email",
    "canonical_handle",
    "canonical_hash",
    "canonical_hashtag",
    "canonical_ip",
    "canonical_phone",
    "canonical_url",
    "canonical_wallet",
    "extract",
    "host_of",
    "ip_block",
    "look_alike",
    "match_text",
    "operator_domain",
    "refang",
    "registrable_domain",
    "skeleton",
]
