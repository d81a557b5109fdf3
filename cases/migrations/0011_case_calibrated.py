"""Cases keep their calibrated probability and the fit that gave it."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0010_case_content"),
        ("detectors", "0015_calibration"),
    ]

    operations = [
        migrations.AddField(
            model_name="case",
            name="calibrated",
            field=models.FloatField(null=True),
        ),
        migrations.AddField(
            model_name="case",
            name="calibration",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="detectors.calibration",
            ),
        ),
    ]
