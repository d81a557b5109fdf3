"""With whom the desk shares: its own organisation, partners and circles."""

from __future__ import annotations

from hashlib import sha256
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from abusedesk.core import clock, sealing
from cases.choices import Tlp
from cases.sharing import signing
from cases.sharing.minimise import TYPES

SIGNING: Final = "signing"
CURSOR: Final = "cursor"
EPOCH: Final = "epoch"
TYPE_CHOICES: Final = [(one, one) for one in TYPES]


class Organisation(models.Model):
    """Whose desk this is; one row. since: moment of its identity object, which never changes.

    signing_key: Ed25519, the private half, sealed. cursor_key: signs the pages that TAXII clients
    keep for days, sealed too.
    """

    name = models.CharField(max_length=120)
    identity = models.UUIDField()
    since = models.DateTimeField(default=clock.now)
    key_id = models.CharField(max_length=40)
    signing_key = models.CharField(max_length=200)
    cursor_key = models.CharField(max_length=200)

    def __str__(self) -> str:
        return self.name

    @property
    def signing_secret(self) -> bytes:
        """What the desk signs with. Raises LostError when its secret key is another one by now."""
        return bytes.fromhex(sealing.unseal(self.signing_key, purpose=SIGNING))

    @property
    def cursor_secret(self) -> str:
        """What marks of pages are made with. Raises LostError as above."""
        return sealing.unseal(self.cursor_key, purpose=CURSOR)

    @property
    def fingerprint(self) -> str:
        """All digits of the key's fingerprint, to be read to partners."""
        return signing.fingerprint(signing.public_of(self.signing_secret))

    @property
    def seal_fingerprint(self) -> str:
        """The same of the key that others seal to; empty while there is none."""
        key = getattr(self, "seal_key", None)
        return signing.fingerprint(bytes.fromhex(key.public)) if key else ""


class Partner(models.Model):
    """An organisation that may be given something, and under which agreement.

    tlp_cap: the narrowest that it may have. types: what of a case the agreement names.
    hide_accounts: accounts reach it hashed even where they would not. knows_tlp_2: else it takes
    AMBER+STRICT for AMBER, so it gets none. user: as whom it reads over TAXII. ends_on: last day
    of the agreement.
    """

    slug = models.SlugField(max_length=60, unique=True)
    title = models.CharField(max_length=120)
    contact = models.CharField(max_length=200, blank=True)
    tlp_cap = models.CharField(max_length=12, choices=Tlp.choices, default=Tlp.AMBER)
    types = ArrayField(models.CharField(max_length=12, choices=TYPE_CHOICES), default=list)
    hide_accounts = models.BooleanField(default=False)
    knows_tlp_2 = models.BooleanField(default=True)
    purpose = models.CharField(max_length=300, blank=True)
    legal_basis = models.CharField(max_length=300, blank=True)
    agreement = models.CharField(max_length=120, blank=True)
    retention_days = models.PositiveIntegerField(default=365)
    ends_on = models.DateField(null=True)
    active = models.BooleanField(default=True)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="partner"
    )
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["title", "id"]

    def __str__(self) -> str:
        return self.title

    @property
    def agreed(self) -> bool:
        """Whether it is written down what for and on which ground it is given anything."""
        return bool(self.purpose and self.legal_basis)


class Circle(models.Model):
    """Partners that are given the same, with a key for values that only they can compare.

    community: its members may pass on TLP:GREEN among themselves. misp_group: the sharing group of
    the same members, where they have one in MISP.
    """

    slug = models.SlugField(max_length=60, unique=True)
    title = models.CharField(max_length=120)
    tlp_cap = models.CharField(max_length=12, choices=Tlp.choices, default=Tlp.AMBER)
    community = models.BooleanField(default=False)
    active = models.BooleanField(default=True)
    partners: models.ManyToManyField[Partner, Any] = models.ManyToManyField(
        Partner, through="CircleMember", related_name="circles"
    )
    misp_group = models.UUIDField(null=True)
    collection = models.UUIDField(unique=True)
    last_seq = models.BigIntegerField(default=0)
    last_added = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["title", "id"]

    def __str__(self) -> str:
        return self.title

    @property
    def pattern_collection(self) -> UUID:
        """Id of its collection of patterns: stays, and looks like any other."""
        return UUID(bytes=sha256(b"patterns" + self.collection.bytes).digest()[:16], version=4)


class CircleMember(models.Model):
    """A partner in a circle, and since when."""

    circle = models.ForeignKey(Circle, models.CASCADE, related_name="members", db_index=False)
    partner = models.ForeignKey(Partner, models.PROTECT, related_name="memberships")
    joined_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["circle", "partner"], name="circlemember_once"),
        ]

    def __str__(self) -> str:
        return f"{self.partner_id} in {self.circle_id}"


class CircleKey(models.Model):
    """The key of one epoch. secret: sealed; it is shown to no page and written to no log."""

    circle = models.ForeignKey(Circle, models.CASCADE, related_name="keys", db_index=False)
    epoch = models.PositiveIntegerField()
    key_id = models.CharField(max_length=80, unique=True)
    secret = models.CharField(max_length=200)
    begins_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["-epoch"]
        constraints = [
            models.UniqueConstraint(fields=["circle", "epoch"], name="circlekey_epoch"),
        ]

    def __str__(self) -> str:
        return self.key_id

    @property
    def plain(self) -> bytes:
        """The key itself. Raises LostError when the desk's secret key is another one by now."""
        return bytes.fromhex(sealing.unseal(self.secret, purpose=EPOCH))
