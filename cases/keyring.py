"""Which public keys of a partner are trusted for what."""

from __future__ import annotations

from django.db.models import QuerySet

from cases.choices import KeyState, KeyUse
from cases.models import Partner, PartnerKey


def signing_keys_of(partner: Partner) -> QuerySet[PartnerKey]:
    """Those with which its files and receipts may be signed."""
    return _pinned(KeyUse.SIGN).filter(partner=partner)


def pattern_keys_of(partner: Partner) -> QuerySet[PartnerKey]:
    """Those with which its patterns may be signed: only what a person compared."""
    return signing_keys_of(partner).filter(compared=True)


def sealing_key_of(partner: Partner) -> PartnerKey | None:
    """The newest to which keys of circles are sealed."""
    return _pinned(KeyUse.SEAL).filter(partner=partner).order_by("-pk").first()


def must_sign(partner: Partner) -> bool:
    """Whether a key of it was ever pinned. After the last was withdrawn nothing it sends holds."""
    return PartnerKey.objects.filter(partner=partner, use=KeyUse.SIGN).exists()


def is_pattern_key(key_id: str) -> bool:
    """Whether what this key signed may run."""
    return _pinned(KeyUse.SIGN).filter(key_id=key_id, compared=True).exists()


def _pinned(use: KeyUse) -> QuerySet[PartnerKey]:
    return PartnerKey.objects.filter(use=use, state=KeyState.PINNED)
