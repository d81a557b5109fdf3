"""Answers kept under the Idempotency-Key of their senders."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models

import abusedesk.core.clock


class Migration(migrations.Migration):
    dependencies = [
        ("detectors", "0006_explorer"),
    ]

    operations = [
        migrations.CreateModel(
            name="KeptAnswer",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.CharField(max_length=200)),
                ("digest", models.CharField(max_length=64)),
                ("status", models.PositiveSmallIntegerField()),
                ("body", models.BinaryField()),
                ("kept_at", models.DateTimeField(default=abusedesk.core.clock.now)),
                (
                    "source",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="detectors.source",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["kept_at"], name="keptanswer_age")],
                "constraints": [
                    models.UniqueConstraint(fields=("source", "key"), name="keptanswer_once")
                ],
            },
        ),
    ]
