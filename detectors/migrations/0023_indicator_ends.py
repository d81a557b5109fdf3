"""Ends of single indicators, and an index by their name at the source."""

from __future__ import annotations

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("detectors", "0022_indicators"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="indicatorrow",
            name="until",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddIndex(
            model_name="watchitem",
            index=models.Index(
                condition=models.Q(("ended_at", None), models.Q(("uid", ""), _negated=True)),
                fields=["source", "uid"],
                name="watchitem_uid",
            ),
        ),
    ]
