"""Retention rules, legal holds, purges and what is left of purged signals."""

from __future__ import annotations

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import abusedesk.core.clock


class Migration(migrations.Migration):
    dependencies = [
        ("detectors", "0004_key_cuts"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="PurgeRun",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("counting", "Counting"),
                            ("verified", "Verified"),
                            ("purging", "Purging"),
                            ("done", "Done"),
                            ("stopped", "Stopped"),
                        ],
                        default="counting",
                        max_length=8,
                    ),
                ),
                ("plan", models.JSONField()),
                ("months", models.JSONField(default=list)),
                ("digest", models.CharField(blank=True, max_length=64)),
                ("signals", models.BigIntegerField(default=0)),
                ("letters", models.BigIntegerField(default=0)),
                ("letter_lines", models.JSONField(default=list)),
                ("held", models.BigIntegerField(default=0)),
                ("cited", models.BigIntegerField(default=0)),
                ("unread", models.BigIntegerField(default=0)),
                ("bytes", models.BigIntegerField(default=0)),
                ("gone_signals", models.BigIntegerField(default=0)),
                ("gone_letters", models.BigIntegerField(default=0)),
                ("gone_mentions", models.BigIntegerField(default=0)),
                ("gone_entities", models.BigIntegerField(default=0)),
                ("after_entity", models.BigIntegerField(default=0)),
                ("said", models.CharField(blank=True, max_length=500)),
                ("created_at", models.DateTimeField(default=abusedesk.core.clock.now)),
                ("verified_at", models.DateTimeField(null=True)),
                ("started_at", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
                ("updated_at", models.DateTimeField(default=abusedesk.core.clock.now)),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "started_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="RetentionRule",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.CharField(blank=True, max_length=24)),
                ("days", models.PositiveIntegerField(blank=True, null=True)),
                ("number", models.PositiveIntegerField()),
                ("current", models.BooleanField(default=True)),
                ("created_at", models.DateTimeField(default=abusedesk.core.clock.now)),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "source",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="detectors.source",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="Tombstone",
            fields=[
                ("signal_id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("occurred_at", models.DateTimeField()),
                ("kind", models.CharField(max_length=24)),
                ("purged_at", models.DateTimeField()),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="tombstones",
                        to="detectors.purgerun",
                    ),
                ),
            ],
            options={
                "ordering": ["-occurred_at", "-signal_id"],
            },
        ),
        migrations.CreateModel(
            name="Hold",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("source", "Source"), ("account", "Account"), ("case", "Case")],
                        max_length=8,
                    ),
                ),
                ("target", models.CharField(max_length=242)),
                (
                    "accounts",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=242), default=list, size=None
                    ),
                ),
                (
                    "signal_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), default=list, size=None
                    ),
                ),
                ("reason", models.CharField(max_length=500)),
                ("created_at", models.DateTimeField(default=abusedesk.core.clock.now)),
                ("released_at", models.DateTimeField(null=True)),
                ("release_reason", models.CharField(blank=True, max_length=500)),
                (
                    "created_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "released_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "source",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="detectors.source",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("released_at", None)),
                        fields=("kind", "target"),
                        name="hold_one_in_force",
                    )
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="purgerun",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "purging")),
                fields=("state",),
                name="purgerun_one_purging",
            ),
        ),
        migrations.AddConstraint(
            model_name="retentionrule",
            constraint=models.UniqueConstraint(
                fields=("source", "kind", "number"),
                name="retentionrule_number",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="retentionrule",
            constraint=models.UniqueConstraint(
                condition=models.Q(("current", True)),
                fields=("source", "kind"),
                name="retentionrule_one_current",
                nulls_distinct=False,
            ),
        ),
    ]
