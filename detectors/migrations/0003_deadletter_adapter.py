"""Which adapter could make no signal of a dead letter."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("detectors", "0002_store"),
    ]

    operations = [
        migrations.AddField(
            model_name="deadletter",
            name="adapter",
            field=models.CharField(blank=True, db_default="", default="", max_length=40),
        ),
    ]
