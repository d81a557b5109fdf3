"""Cuts that people make, proposals of the fusion, and campaigns that people work on."""

from __future__ import annotations

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import abusedesk.core.clock


class Migration(migrations.Migration):
    dependencies = [
        ("detectors", "0013_declared_group"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Touched",
            fields=[
                (
                    "campaign",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="touched",
                        serialize=False,
                        to="detectors.campaign",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="CannotLink",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "left",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=242), size=None
                    ),
                ),
                (
                    "right",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=242), size=None
                    ),
                ),
                ("reason", models.CharField(max_length=500)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Not in force yet"),
                            ("standing", "In force"),
                            ("ended", "Taken back"),
                        ],
                        default="waiting",
                        max_length=8,
                    ),
                ),
                ("at_s", models.FloatField()),
                ("ended_s", models.FloatField(null=True)),
                ("made_at", models.DateTimeField(default=abusedesk.core.clock.now)),
                (
                    "made_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
                "indexes": [
                    django.contrib.postgres.indexes.GinIndex(
                        fields=["left"], name="cannotlink_left"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Proposal",
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
                        choices=[("merge", "Merge"), ("split", "Split")], max_length=8
                    ),
                ),
                (
                    "part",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=242), default=list, size=None
                    ),
                ),
                ("bridges", models.PositiveIntegerField(default=0)),
                (
                    "families",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=12), default=list, size=None
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "Waits for an answer"),
                            ("accepted", "Accepted"),
                            ("rejected", "Rejected"),
                            ("stale", "The evidence has moved on"),
                        ],
                        default="open",
                        max_length=8,
                    ),
                ),
                ("created_at", models.DateTimeField(default=abusedesk.core.clock.now)),
                ("settled_at", models.DateTimeField(null=True)),
                (
                    "campaign",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="proposals",
                        to="detectors.campaign",
                    ),
                ),
                (
                    "other",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="detectors.campaign",
                    ),
                ),
                (
                    "settled_by",
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
                    models.Index(
                        condition=models.Q(("state", "open")), fields=["-id"], name="proposal_open"
                    )
                ],
            },
        ),
    ]
