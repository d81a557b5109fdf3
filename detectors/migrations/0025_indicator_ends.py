"""Ends of single indicators, and an index by their name at the source."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("detectors", "0024_tuning_as_tests"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="indicatorrow",
            name="until",
            field=models.DateTimeField(null=True),
        ),
        AddIndexConcurrently(
            model_name="watchitem",
            index=models.Index(
                condition=models.Q(("ended_at", None)),
                fields=["source", "uid"],
                name="watchitem_uid",
            ),
        ),
    ]
