"""Keys of circles that desks give each other, look-ups under them, what partners say of shares."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from abusedesk.core import clock
from cases.choices import OutcomeKind, Tlp
from cases.models.case import Case
from cases.models.feed import Feed
from cases.models.partner import CircleKey, Organisation, Partner
from cases.models.share import Share


class SealKey(models.Model):
    """The desk's own X25519 key; the private half is sealed with the desk's secret key."""

    organisation = models.OneToOneField(Organisation, models.CASCADE, related_name="seal_key")
    public = models.CharField(max_length=64)
    secret = models.TextField()

    def __str__(self) -> str:
        return self.public


class HeldKey(models.Model):
    """The key of a circle of another desk. secret: sealed.

    checked_to: own things up to this id were hashed with it and compared; values_to: with imported
    values up to this id.
    """

    feed = models.ForeignKey(Feed, models.CASCADE, related_name="keys", db_index=False)
    key_id = models.CharField(max_length=80)
    secret = models.TextField()
    began_at = models.DateTimeField()
    checked_to = models.BigIntegerField(default=0)
    values_to = models.BigIntegerField(default=0)

    class Meta:
        ordering = ["-began_at"]
        constraints = [
            models.UniqueConstraint(fields=["feed", "key_id"], name="heldkey_once"),
        ]

    def __str__(self) -> str:
        return self.key_id


class LookupEntry(models.Model):
    """A value of a case, hashed with a circle's key: what look-ups are answered from."""

    key = models.ForeignKey(CircleKey, models.CASCADE, related_name="entries", db_index=False)
    case = models.ForeignKey(Case, models.CASCADE, related_name="+")
    type = models.CharField(max_length=40)
    mac = models.CharField(max_length=64)

    class Meta:
        verbose_name_plural = "lookup entries"
        constraints = [
            # one bucket: the hashes that begin with a prefix
            models.UniqueConstraint(fields=["key", "type", "mac", "case"], name="lookupentry_once"),
        ]

    def __str__(self) -> str:
        return f"{self.type} under {self.key_id}"


class LookupState(models.Model):
    """Up to which change of cases the entries of a key are made."""

    key = models.OneToOneField(CircleKey, models.CASCADE, related_name="lookup_state")
    changed_at = models.DateTimeField(null=True)
    case_id = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"entries of {self.key_id}"


class LookupCount(models.Model):
    """How often a partner asked on one day."""

    partner = models.ForeignKey(Partner, models.CASCADE, related_name="+", db_index=False)
    day = models.DateField()
    count = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["partner", "day"], name="lookupcount_day"),
        ]

    def __str__(self) -> str:
        return f"{self.partner_id} on {self.day}"


class PartnerOutcome(models.Model):
    """What a partner said of one object of a share. count: as it told, a floor and not a number."""

    share = models.ForeignKey(Share, models.PROTECT, related_name="outcomes", db_index=False)
    partner = models.ForeignKey(Partner, models.PROTECT, related_name="outcomes", db_index=False)
    stix_id = models.CharField(max_length=100)
    about = models.CharField(max_length=100)
    kind = models.CharField(max_length=14, choices=OutcomeKind.choices)
    count = models.PositiveIntegerField(default=0)
    first_at = models.DateTimeField(null=True)
    last_at = models.DateTimeField(null=True)
    version = models.DateTimeField(null=True)
    tlp = models.CharField(max_length=12, choices=Tlp.choices)
    received_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["-id"]
        constraints = [
            # a newer version of the same statement takes the place of the old one
            models.UniqueConstraint(
                fields=["share", "partner", "stix_id"], name="partneroutcome_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.about}"


class Override(models.Model):
    """A lead's leave to share in spite of one conflict. what: the value or text it is about."""

    share = models.ForeignKey(Share, models.CASCADE, related_name="overrides")
    rule = models.CharField(max_length=40)
    what = models.TextField(blank=True)
    reason = models.CharField(max_length=500)
    until = models.DateTimeField()
    # no index: nobody asks what one person allowed
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False
    )
    at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.rule} of {self.share_id}"
