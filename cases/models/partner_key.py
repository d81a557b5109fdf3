"""Public keys of partners."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from abusedesk.core import clock
from cases.choices import KeyState, KeyUse
from cases.models.partner import Partner


class PartnerKey(models.Model):
    """A public key of a partner, pinned by a person. There is one table for all uses of keys.

    use: it signs patterns, files and receipts (Ed25519), or keys of circles reach the partner
    sealed to it (X25519). public: 32 bytes as hex. compared: its fingerprint was typed; a key that
    was pinned before that was asked for is good for receipts and files, and signs no patterns.
    identity: whose objects it may sign; the first ones say it.
    """

    partner = models.ForeignKey(Partner, models.PROTECT, related_name="keys")
    use = models.CharField(max_length=4, choices=KeyUse.choices, default=KeyUse.SIGN)
    key_id = models.CharField(max_length=40, unique=True)
    public = models.CharField(max_length=64)
    compared = models.BooleanField(default=True)
    identity = models.CharField(max_length=90, blank=True)
    state = models.CharField(max_length=10, choices=KeyState.choices, default=KeyState.PINNED)
    # no indexes: nobody asks which keys one person compared
    pinned_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    pinned_at = models.DateTimeField(default=clock.now)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.key_id
