"""Columns of one's own; the audit is found by verb and by time, also while the desk goes on."""

from __future__ import annotations

import django.contrib.postgres.indexes
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("core", "0009_time_zone"),
    ]

    operations = [
        migrations.AddField(
            model_name="user",
            name="own_columns",
            field=models.JSONField(
                blank=True,
                db_default=models.Value({}, models.JSONField()),
                default=dict,
            ),
        ),
        AddIndexConcurrently(
            model_name="auditentry",
            index=models.Index(fields=["verb", "id"], name="audit_verb"),
        ),
        AddIndexConcurrently(
            model_name="auditentry",
            index=django.contrib.postgres.indexes.BrinIndex(
                fields=["at"], name="audit_at", pages_per_range=32
            ),
        ),
    ]
