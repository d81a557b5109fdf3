"""An index over what findings rest on, made while the desk goes on."""

from __future__ import annotations

import django.contrib.postgres.indexes
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("detectors", "0015_calibration"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="finding",
            index=django.contrib.postgres.indexes.HashIndex(
                fields=["anchor_value"], name="finding_anchor"
            ),
        ),
    ]
