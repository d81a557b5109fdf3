"""Campaigns on the watch list end when evidence takes them apart."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("detectors", "0018_letter_lease"),
    ]

    operations = [
        migrations.AlterField(
            model_name="campaign",
            name="state",
            field=models.CharField(
                choices=[
                    ("watch", "Watch list"),
                    ("open", "Strong enough for a case"),
                    ("merged", "Merged into another"),
                    ("declared", "Declared coordination"),
                    ("ended", "Taken apart by evidence"),
                ],
                max_length=8,
            ),
        ),
    ]
