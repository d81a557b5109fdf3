"""Backtests of detectors and what they found."""

from __future__ import annotations

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import abusedesk.core.clock


class Migration(migrations.Migration):
    dependencies = [
        ("detectors", "0016_finding_anchor"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Backtest",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("epoch", models.SmallIntegerField(default=0)),
                ("tx", models.BigIntegerField(default=0)),
                ("signal_id", models.BigIntegerField(default=0)),
                ("slug", models.SlugField(max_length=60)),
                ("current", models.JSONField()),
                ("proposed", models.JSONField()),
                ("since", models.DateTimeField()),
                ("until", models.DateTimeField()),
                (
                    "sources",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), default=list, size=None
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("running", "Running"),
                            ("done", "Done"),
                            ("cancelled", "Cancelled"),
                            ("failed", "Failed"),
                        ],
                        default="running",
                        max_length=9,
                    ),
                ),
                ("share", models.FloatField(default=0.0)),
                ("signals", models.BigIntegerField(default=0)),
                (
                    "skipped",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), default=list, size=None
                    ),
                ),
                ("payload", models.BinaryField(null=True)),
                ("error", models.TextField(blank=True)),
                ("result", models.JSONField(default=dict)),
                ("worked_s", models.FloatField(default=0.0)),
                ("created_at", models.DateTimeField(default=abusedesk.core.clock.now)),
                ("finished_at", models.DateTimeField(null=True)),
                (
                    "actor",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "stream",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to="detectors.stream"
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="BacktestFinding",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "change",
                    models.CharField(
                        choices=[("gained", "Gained"), ("lost", "Lost"), ("kept", "Kept")],
                        max_length=6,
                    ),
                ),
                ("place", models.PositiveIntegerField()),
                ("anchor_type", models.CharField(max_length=40)),
                ("anchor_value", models.TextField()),
                ("family", models.CharField(max_length=12)),
                ("tier", models.CharField(max_length=16)),
                (
                    "subjects",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=242), size=None
                    ),
                ),
                (
                    "signal_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), size=None
                    ),
                ),
                ("signal_total", models.PositiveIntegerField()),
                ("llr", models.FloatField()),
                ("score", models.FloatField(null=True)),
                ("sentence", models.TextField()),
                ("conditions", models.JSONField(default=list)),
                ("said_at", models.DateTimeField()),
                ("lapsed", models.BooleanField()),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="findings",
                        to="detectors.backtest",
                    ),
                ),
            ],
            options={
                "ordering": ["run", "change", "place"],
            },
        ),
        migrations.AddIndex(
            model_name="backtest",
            index=models.Index(fields=["slug", "-id"], name="backtest_slug"),
        ),
        migrations.AddIndex(
            model_name="backtest",
            index=models.Index(
                condition=models.Q(("state", "running")), fields=["id"], name="backtest_running"
            ),
        ),
        migrations.AddConstraint(
            model_name="backtestfinding",
            constraint=models.UniqueConstraint(
                fields=("run", "change", "place"), name="backtestfinding_place"
            ),
        ),
    ]
