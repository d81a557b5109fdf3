"""Vocabularies that rows of this app store."""

from __future__ import annotations

from django.db import models

from detectors.base import Family, Tier

FAMILIES = [(family.value, family.value) for family in Family]
TIERS = [(tier.value, tier.value) for tier in Tier]


class StreamKind(models.TextChoices):
    LIVE = "live", "Live"
    IMPORT = "import", "Historical import"


class Alarm(models.TextChoices):
    """How a source is watched for silence."""

    AUTO = "auto", "As its own history says"
    FIXED = "fixed", "After a fixed time"
    OFF = "off", "Not at all"


class Mode(models.TextChoices):
    OFF = "off", "Off"
    SHADOW = "shadow", "Shadow"
    LIVE = "live", "Live"


class FindingStatus(models.TextChoices):
    CURRENT = "current", "Current"
    LAPSED = "lapsed", "Lapsed"


class CampaignState(models.TextChoices):
    WATCH = "watch", "Watch list"
    OPEN = "open", "Strong enough for a case"
    MERGED = "merged", "Merged into another"


class DeadLetterState(models.TextChoices):
    OPEN = "open", "Waiting"
    REPLAYED = "replayed", "Fixed and stored"
    DISCARDED = "discarded", "Discarded"


class LetterAction(models.TextChoices):
    REPLAY = "replay", "Replay"
    DISCARD = "discard", "Discard"


class JobState(models.TextChoices):
    RUNNING = "running", "Running"
    DONE = "done", "Done"


class ImportState(models.TextChoices):
    RUNNING = "running", "Running"
    DONE = "done", "Done"


class Outcome(models.TextChoices):
    """What a reviewer said of a campaign; the detectors learn from it."""

    ABUSE = "abuse", "Abuse confirmed"
    LEGITIMATE = "legitimate", "Coordinated, legitimate"
    NO_ABUSE = "no_abuse", "No abuse"
    UNSURE = "unsure", "Cannot tell"


class EntityType(models.TextChoices):
    """Types that the desk knows by itself; others are stored as they come."""

    ACCOUNT = "account", "Account"
    DOMAIN = "domain", "Domain"
    URL = "url", "URL"
    IP = "ip", "IP address"
    EMAIL = "email", "E-mail"
    PHONE = "phone", "Phone"
    DEVICE = "device", "Device"
    PAYMENT = "payment", "Payment"
    WALLET = "wallet", "Wallet"
    HANDLE = "handle", "Handle"
    HASHTAG = "hashtag", "Hashtag"
    HASH = "hash", "File hash"
    MEDIA = "media", "Media"
