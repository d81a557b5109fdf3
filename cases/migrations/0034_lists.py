"""Hits by day for rows of lists; one index for every order of them, made while the desk goes on."""

from __future__ import annotations

import django.contrib.postgres.fields
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("cases", "0033_sealed_webhooks"),
    ]

    operations = [
        migrations.AddField(
            model_name="case",
            name="daily",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.PositiveIntegerField(), db_default=[], default=list, size=None
            ),
        ),
        migrations.AddField(
            model_name="case",
            name="daily_to",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        AddIndexConcurrently(
            model_name="case",
            index=models.Index(
                fields=["queue", "state"],
                include=[
                    "id", "only_for", "severity", "how_sure", "calibrated", "priority", "accounts",
                    "hits", "reports", "opened_at", "updated_at", "due_at", "closed_at",
                    "snoozed_until",
                ],
                name="case_sorts",
            ),
        ),
    ]  # fmt: skip
