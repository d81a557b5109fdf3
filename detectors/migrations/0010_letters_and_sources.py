"""Work on many refused items; sources that say what is expected of them, and their counters."""

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
        ("detectors", "0009_mapping"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="LetterJob",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "action",
                    models.CharField(
                        choices=[("replay", "Replay"), ("discard", "Discard")], max_length=8
                    ),
                ),
                ("filters", models.JSONField(default=dict)),
                (
                    "chosen",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), default=list, size=None
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=500)),
                ("newest", models.BigIntegerField()),
                ("place", models.BigIntegerField(default=0)),
                ("total", models.PositiveIntegerField()),
                ("done", models.PositiveIntegerField(default=0)),
                ("failed", models.PositiveIntegerField(default=0)),
                (
                    "state",
                    models.CharField(
                        choices=[("running", "Running"), ("done", "Done")],
                        default="running",
                        max_length=8,
                    ),
                ),
                ("created_at", models.DateTimeField(default=abusedesk.core.clock.now)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                (
                    "actor",
                    models.ForeignKey(
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
                        condition=models.Q(("state", "running")),
                        fields=["id"],
                        name="letterjob_running",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="SourceHour",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("hour", models.DateTimeField()),
                ("platform", models.CharField(blank=True, max_length=40)),
                ("accepted", models.BigIntegerField(default=0)),
                ("refused", models.BigIntegerField(default=0)),
                ("late", models.BigIntegerField(default=0)),
                ("clamped", models.BigIntegerField(default=0)),
                ("gap_s", models.FloatField(default=0.0)),
                ("last_at", models.DateTimeField(blank=True, null=True)),
                (
                    "skew",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), default=list, size=None
                    ),
                ),
                (
                    "source",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="hours",
                        to="detectors.source",
                    ),
                ),
            ],
            options={
                "ordering": ["source", "hour", "platform"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("source", "hour", "platform"), name="sourcehour_once"
                    )
                ],
            },
        ),
        migrations.AddField(
            model_name="deadletter",
            name="reason",
            field=models.CharField(blank=True, db_default="", default="", max_length=500),
        ),
        migrations.AddField(
            model_name="deadletter",
            name="settled_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="deadletter",
            name="settled_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="source",
            name="adapters",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=40),
                blank=True,
                db_default=[],
                default=list,
                size=None,
            ),
        ),
        migrations.AddField(
            model_name="source",
            name="alarm",
            field=models.CharField(
                choices=[
                    ("auto", "As its own history says"),
                    ("fixed", "After a fixed time"),
                    ("off", "Not at all"),
                ],
                db_default="auto",
                default="auto",
                max_length=8,
            ),
        ),
        migrations.AddField(
            model_name="source",
            name="description",
            field=models.TextField(blank=True, db_default="", default="", max_length=2000),
        ),
        migrations.AddField(
            model_name="source",
            name="platforms",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=40),
                blank=True,
                db_default=[],
                default=list,
                size=None,
            ),
        ),
        migrations.AddField(
            model_name="source",
            name="silent_after_s",
            field=models.PositiveIntegerField(blank=True, null=True),
        ),
        AddIndexConcurrently(
            model_name="deadletter",
            index=models.Index(fields=["state", "-id"], name="deadletter_newest"),
        ),
        AddIndexConcurrently(
            model_name="deadletter",
            index=django.contrib.postgres.indexes.GinIndex(
                fields=["errors"], name="deadletter_errors", opclasses=["jsonb_path_ops"]
            ),
        ),
    ]
