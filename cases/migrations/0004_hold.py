"""The legal hold that was placed on a case."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0003_inbox"),
        ("detectors", "0005_retention"),
    ]

    operations = [
        migrations.AddField(
            model_name="case",
            name="hold",
            field=models.ForeignKey(
                null=True,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="cases",
                to="detectors.hold",
            ),
        ),
    ]
