"""People, tokens, saved views and the audit chain."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex
from django.db import models

from abusedesk.core import clock


class Role(models.TextChoices):
    REVIEWER = "reviewer", "Reviewer"
    LEAD = "lead", "Lead"
    ADMIN = "admin", "Admin"
    INTEGRATION = "integration", "Integration"
    PARTNER = "partner", "Partner"


class Theme(models.TextChoices):
    DARK = "dark", "Dark"
    LIGHT = "light", "Light"
    SYSTEM = "system", "As the system"


class User(AbstractUser):
    """A person or an integration; the role decides what exists for them.

    own_keys: id of a shortcut -> the key it has for this person, empty when it is off.
    mail_notices: whether what they are told also comes by mail. time_zone: in which they read
    times, an IANA name; empty for that of the desk. own_columns: name of a list -> ids of the
    columns that this person sees there, in their order.
    """

    role = models.CharField(max_length=16, choices=Role.choices, default=Role.REVIEWER)
    theme = models.CharField(max_length=8, choices=Theme.choices, default=Theme.DARK)
    own_keys = models.JSONField(
        default=dict, blank=True, db_default=models.Value({}, models.JSONField())
    )
    mail_notices = models.BooleanField(default=False, db_default=False)
    time_zone = models.CharField(max_length=64, blank=True, default="", db_default="")
    own_columns = models.JSONField(
        default=dict, blank=True, db_default=models.Value({}, models.JSONField())
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(role__in=Role.values), name="user_role_known"
            ),
        ]

    def __str__(self) -> str:
        return self.username


class Scope(models.TextChoices):
    """What a token may do; a token has only what it was given."""

    INGEST = "ingest", "Post signals"
    READ = "read", "Read signals, findings, cases"
    REVIEW = "review", "Claim, note and decide cases"
    ADMIN = "admin", "Change detectors, sources and tokens"
    SHARE = "share", "Read what is shared with a partner"


class ApiToken(models.Model):
    """A bearer token; only a peppered hash is stored."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=12, unique=True)
    digest = models.CharField(max_length=64, unique=True)
    scopes = ArrayField(models.CharField(max_length=16, choices=Scope.choices))
    created_at = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"


class AuditEntry(models.Model):
    """One link of the audit chain. The database refuses UPDATE and DELETE (migration 0003)."""

    at = models.DateTimeField(default=clock.now)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    actor_label = models.CharField(max_length=150)
    verb = models.CharField(max_length=40)
    target_type = models.CharField(max_length=40)
    target_id = models.CharField(max_length=64)
    data = models.JSONField(default=dict)
    request_id = models.CharField(max_length=64, blank=True)
    previous = models.CharField(max_length=64)
    digest = models.CharField(max_length=64, unique=True)

    class Meta:
        ordering = ["id"]
        indexes = [
            # timeline of one case, detector or token, oldest first
            models.Index(fields=["target_type", "target_id", "id"], name="audit_target"),
            # page of the audit: one verb, newest first; a span of time, in order as it was written
            models.Index(fields=["verb", "id"], name="audit_verb"),
            BrinIndex(fields=["at"], pages_per_range=32, name="audit_at"),
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.target_type} {self.target_id}"


class SavedView(models.Model):
    """A list with its filters under a name.

    page: a list in `saved.PAGES`. at: which one, where there are several. tab: which part of it.
    query: in the filter language. shared: the whole team has it.
    """

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="views")
    name = models.CharField(max_length=80)
    page = models.CharField(max_length=40)
    at = models.SlugField(max_length=60, blank=True, default="", db_default="", db_index=False)
    tab = models.SlugField(max_length=16, blank=True, default="", db_default="", db_index=False)
    query = models.CharField(max_length=2_000, blank=True)
    shared = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            # saving under a name again changes what it means
            models.UniqueConstraint(fields=["owner", "page", "name"], name="savedview_name"),
        ]

    def __str__(self) -> str:
        return self.name
