"""Reports that open cases."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models

import abusedesk.core.clock


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0005_case_providers"),
    ]

    operations = [
        migrations.AddField(
            model_name="case",
            name="reports",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.CreateModel(
            name="CaseReport",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("signal_id", models.BigIntegerField()),
                ("target_type", models.CharField(max_length=40)),
                ("target", models.CharField(max_length=4200)),
                ("digest", models.BinaryField(max_length=16)),
                ("platform", models.CharField(max_length=40)),
                ("reporter", models.CharField(max_length=242)),
                ("reason", models.CharField(blank=True, max_length=80)),
                ("reported_at", models.DateTimeField()),
                ("held", models.BooleanField(default=False)),
                ("added_at", models.DateTimeField(default=abusedesk.core.clock.now)),
                (
                    "case",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="report_links",
                        to="cases.case",
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
                "indexes": [
                    models.Index(fields=["case", "-reported_at", "-id"], name="casereport_case"),
                    models.Index(fields=["signal_id"], name="casereport_signal"),
                    models.Index(
                        condition=models.Q(("case", None)),
                        fields=["held", "id"],
                        name="casereport_waiting",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("digest", "signal_id"), name="casereport_once")
                ],
            },
        ),
    ]
