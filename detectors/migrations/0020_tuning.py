"""Drafts and approved versions of settings; hits by the hour and alarms."""

from __future__ import annotations

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import abusedesk.core.clock


class Migration(migrations.Migration):
    dependencies = [
        ("detectors", "0019_campaign_ended"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="detectorconfig",
            name="approved_by",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="detectorconfig",
            name="promote_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="detectorconfig",
            name="restores",
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="detectorconfig",
            name="way",
            field=models.CharField(
                choices=[
                    ("set", "set by the desk"),
                    ("approved", "approved by a second person"),
                    ("alone", "solo: nobody else could approve"),
                    ("stood-down", "stood down"),
                    ("rolled-back", "rolled back"),
                    ("promoted", "promoted after its time in shadow"),
                ],
                db_default="set",
                default="set",
                max_length=12,
            ),
        ),
        migrations.CreateModel(
            name="DetectorAlarm",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("detector", models.SlugField(max_length=60)),
                (
                    "kind",
                    models.CharField(
                        choices=[("spike", "Runs wild"), ("silent", "Silent")], max_length=8
                    ),
                ),
                ("counted", models.PositiveIntegerField()),
                ("expected", models.FloatField()),
                ("raised_at", models.DateTimeField(default=abusedesk.core.clock.now)),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "source",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        to="detectors.source",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at", None)),
                        fields=("detector", "kind", "source"),
                        name="detectoralarm_once",
                        nulls_distinct=False,
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="DetectorDraft",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("slug", models.SlugField(max_length=60)),
                ("based_on", models.PositiveIntegerField()),
                (
                    "mode",
                    models.CharField(
                        choices=[("off", "Off"), ("shadow", "Shadow"), ("live", "Live")],
                        max_length=8,
                    ),
                ),
                ("params", models.JSONField()),
                ("promote_after_days", models.PositiveSmallIntegerField(null=True)),
                ("reason", models.CharField(max_length=500)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "Waits for approval"),
                            ("in-force", "In force"),
                            ("rejected", "Rejected"),
                            ("withdrawn", "Withdrawn"),
                        ],
                        default="open",
                        max_length=10,
                    ),
                ),
                ("created_at", models.DateTimeField(default=abusedesk.core.clock.now)),
                ("settled_at", models.DateTimeField(null=True)),
                ("note", models.CharField(blank=True, max_length=500)),
                (
                    "author",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "made",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="draft",
                        to="detectors.detectorconfig",
                    ),
                ),
                (
                    "settled_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "indexes": [models.Index(fields=["slug", "-id"], name="draft_slug")],
            },
        ),
        migrations.CreateModel(
            name="HitHour",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("detector", models.SlugField(max_length=60)),
                ("hour", models.DateTimeField()),
                ("findings", models.PositiveIntegerField(default=0)),
                (
                    "source",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        to="detectors.source",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("detector", "source", "hour"),
                        name="hithour_once",
                        nulls_distinct=False,
                    )
                ],
            },
        ),
    ]
