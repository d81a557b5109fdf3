"""Feeds, inboxes, imported objects, keys of circles, look-ups, what partners say of shares."""

from __future__ import annotations

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import abusedesk.core.clock


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0026_automation"),
        ("core", "__first__"),
    ]

    operations = [
        migrations.AlterField(
            model_name="notice",
            name="kind",
            field=models.CharField(
                choices=[
                    ("assigned", "was given to you"),
                    ("at-risk", "is about to be late"),
                    ("late", "is late"),
                    ("escalating", "came back: it beats its forecast"),
                    ("returned", "came back from snooze"),
                    ("mention", "names you in a note"),
                    ("escalated", "was escalated"),
                    ("snoozed", "was put away for a while"),
                    ("closed", "was closed"),
                    ("reopened", "is back for review"),
                    ("absorbed", "took in another case"),
                    ("taken-over", "was taken over from you"),
                    ("alarm", "raised an alarm"),
                    ("draft", "has a draft that waits for approval"),
                    ("draft-done", "has your draft in force"),
                    ("draft-no", "had your draft rejected"),
                    ("tripped", "tripped its circuit breaker: automated hits are held"),
                    ("auto", "has a proposal to let it act by itself"),
                    ("auto-done", "acts by itself, as you proposed"),
                    ("auto-no", "had your proposal to let it act by itself refused"),
                    ("feed", "is read no more until somebody looks"),
                ],
                max_length=12,
            ),
        ),
        migrations.CreateModel(
            name="Feed",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("slug", models.SlugField(max_length=60, unique=True)),
                ("title", models.CharField(max_length=120)),
                ("url", models.CharField(max_length=500)),
                (
                    "auth",
                    models.CharField(
                        choices=[
                            ("none", "Not at all"),
                            ("bearer", "Bearer token"),
                            ("token", "Token"),
                            ("basic", "User name and password"),
                        ],
                        default="bearer",
                        max_length=6,
                    ),
                ),
                ("username", models.CharField(blank=True, max_length=120)),
                ("secret", models.TextField(blank=True)),
                ("trust", models.FloatField(default=0.7)),
                ("confidence", models.PositiveSmallIntegerField(default=80)),
                (
                    "tlp",
                    models.CharField(
                        choices=[
                            ("clear", "TLP:CLEAR"),
                            ("green", "TLP:GREEN"),
                            ("amber", "TLP:AMBER"),
                            ("amber+strict", "TLP:AMBER+STRICT"),
                            ("red", "TLP:RED"),
                        ],
                        default="clear",
                        max_length=12,
                    ),
                ),
                ("licence", models.CharField(blank=True, max_length=60)),
                ("days", models.PositiveSmallIntegerField(default=365)),
                (
                    "mode",
                    models.CharField(
                        choices=[
                            ("hold", "A person looks at them first"),
                            ("seed", "Taken as investigation seeds"),
                            ("opinion", "Taken as the source's opinion"),
                        ],
                        default="hold",
                        max_length=8,
                    ),
                ),
                ("every_min", models.PositiveSmallIntegerField(default=60)),
                ("active", models.BooleanField(default=True)),
                ("desk_url", models.CharField(blank=True, max_length=300)),
                ("circle", models.CharField(blank=True, max_length=60)),
                ("answers", models.BooleanField(default=False)),
                ("answered_to", models.DateTimeField(null=True)),
                ("cursor", models.TextField(blank=True)),
                ("after", models.CharField(blank=True, max_length=40)),
                ("ran_to", models.CharField(blank=True, max_length=40)),
                ("stuck", models.PositiveSmallIntegerField(default=0)),
                ("due_at", models.DateTimeField(default=abusedesk.core.clock.now)),
                ("failures", models.PositiveSmallIntegerField(default=0)),
                ("paused", models.CharField(blank=True, max_length=300)),
                ("fault", models.CharField(blank=True, max_length=300)),
                ("read_at", models.DateTimeField(null=True)),
                ("pages", models.PositiveIntegerField(default=0)),
                ("taken", models.PositiveIntegerField(default=0)),
                ("created_at", models.DateTimeField(default=abusedesk.core.clock.now)),
                (
                    "owner",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "partner",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="feeds",
                        to="cases.partner",
                    ),
                ),
            ],
            options={
                "ordering": ["title", "id"],
            },
        ),
        migrations.CreateModel(
            name="ImportedObject",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("source", models.CharField(max_length=60)),
                ("stix_id", models.CharField(max_length=100)),
                ("type", models.CharField(max_length=60)),
                ("version", models.DateTimeField(null=True)),
                ("name", models.CharField(blank=True, max_length=300)),
                (
                    "tlp",
                    models.CharField(
                        choices=[
                            ("clear", "TLP:CLEAR"),
                            ("green", "TLP:GREEN"),
                            ("amber", "TLP:AMBER"),
                            ("amber+strict", "TLP:AMBER+STRICT"),
                            ("red", "TLP:RED"),
                        ],
                        max_length=12,
                    ),
                ),
                (
                    "pap",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("clear", "PAP:CLEAR, anything"),
                            ("green", "PAP:GREEN, active steps such as blocking"),
                            ("amber", "PAP:AMBER, passive look-ups only"),
                            ("red", "PAP:RED, nothing that can be noticed"),
                        ],
                        max_length=8,
                    ),
                ),
                ("licence", models.CharField(blank=True, max_length=60)),
                ("body", models.JSONField()),
                (
                    "refs",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=100), default=list, size=None
                    ),
                ),
                ("revoked", models.BooleanField(default=False)),
                ("receipt_at", models.DateTimeField(null=True)),
                ("received_at", models.DateTimeField(default=abusedesk.core.clock.now)),
                (
                    "feed",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="objects_read",
                        to="cases.feed",
                    ),
                ),
                (
                    "partner",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="objects_sent",
                        to="cases.partner",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "indexes": [
                    django.contrib.postgres.indexes.GinIndex(
                        fields=["refs"], name="importedobject_refs"
                    ),
                    models.Index(fields=["source", "type", "-id"], name="importedobject_list"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("source", "stix_id"), name="importedobject_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ImportedValue",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("type", models.CharField(max_length=40)),
                ("digest", models.BinaryField(max_length=16)),
                ("key_id", models.CharField(blank=True, max_length=80)),
                ("mac", models.CharField(blank=True, max_length=64)),
                ("entity_id", models.BigIntegerField(null=True)),
                (
                    "imported",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="told_values",
                        to="cases.importedobject",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["digest"], name="importedvalue_digest"),
                    models.Index(fields=["imported"], name="importedvalue_of"),
                    models.Index(
                        condition=models.Q(("key_id__gt", "")),
                        fields=["key_id", "mac"],
                        name="importedvalue_mac",
                    ),
                    models.Index(
                        condition=models.Q(("entity_id__isnull", False)),
                        fields=["entity_id"],
                        name="importedvalue_entity",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Inbox",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("collection", models.UUIDField(unique=True)),
                (
                    "mode",
                    models.CharField(
                        choices=[
                            ("none", "Nobody writes"),
                            ("inbox", "Members write; each reads its own"),
                        ],
                        default="none",
                        max_length=6,
                    ),
                ),
                (
                    "takes",
                    models.CharField(
                        choices=[
                            ("hold", "A person looks at them first"),
                            ("seed", "Taken as investigation seeds"),
                            ("opinion", "Taken as the source's opinion"),
                        ],
                        default="hold",
                        max_length=8,
                    ),
                ),
                ("trust", models.FloatField(default=0.7)),
                ("lookups", models.BooleanField(default=False)),
                ("contact", models.CharField(blank=True, max_length=120)),
                ("last_seq", models.BigIntegerField(default=0)),
                ("last_added", models.DateTimeField(null=True)),
                (
                    "circle",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="inbox",
                        to="cases.circle",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "inboxes",
            },
        ),
        migrations.CreateModel(
            name="LookupCount",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField()),
                ("count", models.PositiveIntegerField()),
                (
                    "partner",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="cases.partner",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("partner", "day"), name="lookupcount_day")
                ],
            },
        ),
        migrations.CreateModel(
            name="LookupEntry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("type", models.CharField(max_length=40)),
                ("mac", models.CharField(max_length=64)),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="cases.case",
                    ),
                ),
                (
                    "key",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="entries",
                        to="cases.circlekey",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "lookup entries",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("key", "type", "mac", "case"), name="lookupentry_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="LookupState",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("changed_at", models.DateTimeField(null=True)),
                ("case_id", models.BigIntegerField(default=0)),
                (
                    "key",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="lookup_state",
                        to="cases.circlekey",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Override",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("rule", models.CharField(max_length=40)),
                ("what", models.TextField(blank=True)),
                ("reason", models.CharField(max_length=500)),
                ("until", models.DateTimeField()),
                ("at", models.DateTimeField(default=abusedesk.core.clock.now)),
                (
                    "actor",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "share",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="overrides",
                        to="cases.share",
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="PartnerKey",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("sign", models.CharField(blank=True, max_length=64)),
                ("seal", models.CharField(blank=True, max_length=64)),
                ("set_at", models.DateTimeField(default=abusedesk.core.clock.now)),
                (
                    "partner",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="pinned",
                        to="cases.partner",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="PartnerOutcome",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("stix_id", models.CharField(max_length=100)),
                ("about", models.CharField(max_length=100)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("sighting", "Seen"),
                            ("false_positive", "False positive"),
                            ("expired", "Over"),
                            ("agree", "Agrees"),
                            ("neutral", "Cannot tell"),
                            ("disagree", "Disagrees"),
                        ],
                        max_length=14,
                    ),
                ),
                ("count", models.PositiveIntegerField(default=0)),
                ("first_at", models.DateTimeField(null=True)),
                ("last_at", models.DateTimeField(null=True)),
                ("version", models.DateTimeField(null=True)),
                (
                    "tlp",
                    models.CharField(
                        choices=[
                            ("clear", "TLP:CLEAR"),
                            ("green", "TLP:GREEN"),
                            ("amber", "TLP:AMBER"),
                            ("amber+strict", "TLP:AMBER+STRICT"),
                            ("red", "TLP:RED"),
                        ],
                        max_length=12,
                    ),
                ),
                ("received_at", models.DateTimeField(default=abusedesk.core.clock.now)),
                (
                    "partner",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="outcomes",
                        to="cases.partner",
                    ),
                ),
                (
                    "share",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="outcomes",
                        to="cases.share",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("share", "partner", "stix_id"), name="partneroutcome_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="PostedObject",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("seq", models.BigIntegerField()),
                ("added_at", models.DateTimeField()),
                ("stix_id", models.CharField(max_length=100)),
                ("type", models.CharField(max_length=60)),
                ("version", models.DateTimeField()),
                ("body", models.TextField()),
                ("sha256", models.CharField(max_length=64)),
                ("revoked", models.BooleanField(default=False)),
                ("withdrawn", models.BooleanField(default=False)),
                (
                    "inbox",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="posted",
                        to="cases.inbox",
                    ),
                ),
                (
                    "partner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="posted",
                        to="cases.partner",
                    ),
                ),
            ],
            options={
                "ordering": ["seq"],
                "indexes": [
                    models.Index(fields=["inbox", "stix_id", "-seq"], name="postedobject_id")
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("inbox", "seq"), name="postedobject_seq")
                ],
            },
        ),
        migrations.CreateModel(
            name="PostStatus",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("uuid", models.UUIDField(unique=True)),
                (
                    "state",
                    models.CharField(
                        choices=[("pending", "Pending"), ("complete", "Complete")],
                        default="pending",
                        max_length=8,
                    ),
                ),
                ("at", models.DateTimeField(default=abusedesk.core.clock.now)),
                ("total", models.PositiveIntegerField()),
                ("successes", models.JSONField(default=list)),
                ("failures", models.JSONField(default=list)),
                ("waiting", models.JSONField(default=list)),
                (
                    "inbox",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="statuses",
                        to="cases.inbox",
                    ),
                ),
                (
                    "partner",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="statuses",
                        to="cases.partner",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "post statuses",
                "ordering": ["-id"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "pending")),
                        fields=["id"],
                        name="poststatus_pending",
                    ),
                    models.Index(fields=["at"], name="poststatus_at"),
                ],
            },
        ),
        migrations.CreateModel(
            name="SealKey",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public", models.CharField(max_length=64)),
                ("secret", models.TextField()),
                (
                    "organisation",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="seal_key",
                        to="cases.organisation",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="HeldKey",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key_id", models.CharField(max_length=80)),
                ("secret", models.TextField()),
                ("began_at", models.DateTimeField()),
                ("checked_to", models.BigIntegerField(default=0)),
                ("values_to", models.BigIntegerField(default=0)),
                (
                    "feed",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="keys",
                        to="cases.feed",
                    ),
                ),
            ],
            options={
                "ordering": ["-began_at"],
                "constraints": [
                    models.UniqueConstraint(fields=("feed", "key_id"), name="heldkey_once")
                ],
            },
        ),
    ]
