"""Decisions that wait for a second person before they are in force."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0014_golden"),
    ]

    operations = [
        migrations.AddField(
            model_name="decision",
            name="held",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="policyversion",
            name="review_effect",
            field=models.CharField(
                choices=[
                    ("at_once", "at once; the second look comes after"),
                    ("agreed", "once a second person agrees"),
                ],
                db_default="at_once",
                default="at_once",
                max_length=8,
            ),
        ),
    ]
