"""Vocabularies that rows of this app store."""

from __future__ import annotations

from typing import Final

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


class ReportCases(models.TextChoices):
    """Whether a report of a source opens a case by itself."""

    AUTO = "auto", "When an adapter for reports sends them"
    ON = "on", "Always"
    OFF = "off", "Never"


class Mode(models.TextChoices):
    OFF = "off", "Off"
    SHADOW = "shadow", "Shadow"
    LIVE = "live", "Live"


class Way(models.TextChoices):
    """How a version of a detector's settings came into force."""

    SET = "set", "set by the desk"
    APPROVED = "approved", "approved by a second person"
    ALONE = "alone", "solo: nobody else could approve"
    STOOD_DOWN = "stood-down", "stood down"
    ROLLED_BACK = "rolled-back", "rolled back"
    PROMOTED = "promoted", "promoted after its time in shadow"
    TRIPPED = "tripped", "tripped: its circuit breaker put it into shadow"
    RESUMED = "resumed", "live again after its circuit breaker had tripped"


class DraftState(models.TextChoices):
    """What became of proposed settings."""

    OPEN = "open", "Waits for approval"
    IN_FORCE = "in-force", "In force"
    REJECTED = "rejected", "Rejected"
    WITHDRAWN = "withdrawn", "Withdrawn"


class AlarmKind(models.TextChoices):
    """What a detector does that is not its usual way."""

    SPIKE = "spike", "Runs wild"
    SILENT = "silent", "Silent"


class FindingStatus(models.TextChoices):
    CURRENT = "current", "Current"
    LAPSED = "lapsed", "Lapsed"


class CampaignState(models.TextChoices):
    WATCH = "watch", "Watch list"
    OPEN = "open", "Strong enough for a case"
    MERGED = "merged", "Merged into another"
    DECLARED = "declared", "Declared coordination"
    ENDED = "ended", "Taken apart by evidence"


GONE: Final = (CampaignState.MERGED, CampaignState.ENDED)
"""States of campaigns that the fusion no longer counts anybody's: kept for their lineage."""


class LinkState(models.TextChoices):
    """Whether the fusion keeps two sides apart."""

    WAITING = "waiting", "Not in force yet"
    STANDING = "standing", "In force"
    ENDED = "ended", "Taken back"


class ProposalKind(models.TextChoices):
    MERGE = "merge", "Merge"
    SPLIT = "split", "Split"


class ProposalState(models.TextChoices):
    OPEN = "open", "Waits for an answer"
    ACCEPTED = "accepted", "Accepted"
    REJECTED = "rejected", "Rejected"
    STALE = "stale", "The evidence has moved on"


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


class BacktestState(models.TextChoices):
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    CANCELLED = "cancelled", "Cancelled"
    FAILED = "failed", "Failed"


class Change(models.TextChoices):
    """What becomes of a finding under other settings."""

    GAINED = "gained", "Gained"
    LOST = "lost", "Lost"
    KEPT = "kept", "Kept"


class ImportState(models.TextChoices):
    RUNNING = "running", "Running"
    DONE = "done", "Done"


class HoldKind(models.TextChoices):
    """What a legal hold was placed on."""

    SOURCE = "source", "Source"
    ACCOUNT = "account", "Account"
    CASE = "case", "Case"


class PurgeState(models.TextChoices):
    """Where a verified plan and its purge stand."""

    COUNTING = "counting", "Counting"
    VERIFIED = "verified", "Verified"
    PURGING = "purging", "Purging"
    DONE = "done", "Done"
    STOPPED = "stopped", "Stopped"


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


class ReferenceCategory(models.TextChoices):
    """What it means to stand on a reference list."""

    KNOWN = "known", "Well known"
    SHORTENER = "shortener", "URL shortener"
    DISPOSABLE = "disposable", "Disposable mail"
    HOSTING = "hosting", "Free hosting"
    CLOUD = "cloud", "Cloud"
    VPN = "vpn", "VPN"
    CRAWLER = "crawler", "Crawler"


class ReferenceKind(models.TextChoices):
    """How the entries of a reference list are compared."""

    HOSTNAME = "hostname", "A host and what is below it"
    CIDR = "cidr", "Networks"
    HASH = "hash", "File hashes"


class WatchType(models.TextChoices):
    """What can stand on the watch list."""

    ACCOUNT = "account", "Account"
    APP = "app", "App"
    DOMAIN = "domain", "Domain"
    EMAIL = "email", "E-mail"
    FINGERPRINT = "fingerprint", "Fingerprint"
    HANDLE = "handle", "Handle"
    HASH = "hash", "File hash"
    IP = "ip", "IP address"
    PHONE = "phone", "Phone"
    URL = "url", "URL"
    WALLET = "wallet", "Wallet"


class Tlp(models.TextChoices):
    """Traffic light protocol 2.0: how far a thing may travel, from wide to narrow."""

    CLEAR = "clear", "TLP:CLEAR"
    GREEN = "green", "TLP:GREEN"
    AMBER = "amber", "TLP:AMBER"
    AMBER_STRICT = "amber+strict", "TLP:AMBER+STRICT"
    RED = "red", "TLP:RED"

    @classmethod
    def narrowest(cls, *values: str) -> Tlp:
        """Of several, the one that lets travel least."""
        return max(map(cls, values), key=list(cls).index)


class Opinion(models.TextChoices):
    """What a source says of a value."""

    POSITIVE = "positive", "Abusive"
    NEGATIVE = "negative", "Not abusive"
    SEED = "seed", "Investigation seed"


class Stance(models.TextChoices):
    """What all sources together say of a value."""

    POSITIVE = "positive", "Abusive"
    DISPUTED = "disputed", "Disputed"
    SEED = "seed", "Seed"
    NEGATIVE = "negative", "Not abusive"
    NOTHING = "nothing", "Nothing in force"


class BatchState(models.TextChoices):
    PREVIEW = "preview", "Preview"
    ACCEPTED = "accepted", "Accepted"
    DROPPED = "dropped", "Dropped"
    UNDONE = "undone", "Undone"


class RowOutcome(models.TextChoices):
    """What becomes of a row of a report."""

    NEW = "new", "New"
    CANDIDATE = "candidate", "Needs a look"
    WITHDRAWS = "withdraws", "Withdraws"
    HELD = "held", "Held: well known"
    KNOWN = "known", "Already on the list"
    REPEATED = "repeated", "Said above"
    COUNT = "count", "Count"
    NOTE = "note", "Note"
    EMPTY = "empty", "Empty"


class Form(models.TextChoices):
    """How values of a type that people added are written before they are compared."""

    AS_IS = "as-is", "As it is"
    LOWER = "lower", "Lower case"
    URL = "url", "Web address"
    DOMAIN = "domain", "Domain"
    EMAIL = "email", "E-mail"
    PHONE = "phone", "Phone"
    NUMBER = "number", "Number: digits only"
