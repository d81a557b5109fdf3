"""Declared relationships, and the campaigns that are inside one."""

from __future__ import annotations

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
from django.conf import settings
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

import abusedesk.core.clock


class Migration(migrations.Migration):
    atomic = False  # an index on a table in use is built beside the writers

    dependencies = [
        ("detectors", "0012_watch_item"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name="campaign",
            name="state",
            field=models.CharField(
                choices=[
                    ("watch", "Watch list"),
                    ("open", "Strong enough for a case"),
                    ("merged", "Merged into another"),
                    ("declared", "Declared coordination"),
                ],
                max_length=8,
            ),
        ),
        migrations.CreateModel(
            name="DeclaredGroup",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=120)),
                (
                    "accounts",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=242), size=None
                    ),
                ),
                ("proof", models.CharField(max_length=500)),
                ("declared_at", models.DateTimeField(default=abusedesk.core.clock.now)),
                ("valid_from", models.DateTimeField()),
                ("valid_until", models.DateTimeField(null=True)),
                ("applied", models.BooleanField(default=False)),
                ("ended_at", models.DateTimeField(null=True)),
                ("end_reason", models.CharField(blank=True, max_length=500)),
                (
                    "declared_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "ended_by",
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
                "indexes": [
                    django.contrib.postgres.indexes.GinIndex(
                        fields=["accounts"], name="declaredgroup_accounts"
                    )
                ],
            },
        ),
        migrations.AddField(
            model_name="campaign",
            name="declared",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="campaigns",
                to="detectors.declaredgroup",
            ),
        ),
        AddIndexConcurrently(
            model_name="campaign",
            index=models.Index(fields=["declared"], name="campaign_declared"),
        ),
    ]
