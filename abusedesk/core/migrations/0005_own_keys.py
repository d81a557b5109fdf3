"""A person's own keys."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0004_saved_view"),
    ]

    operations = [
        migrations.AddField(
            model_name="user",
            name="own_keys",
            field=models.JSONField(
                blank=True, db_default=models.Value({}, models.JSONField()), default=dict
            ),
        ),
    ]
