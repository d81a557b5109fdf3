"""Probability and weight of verdicts, the audit sample, what is fitted to verdicts."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models

import abusedesk.core.clock


class Migration(migrations.Migration):
    dependencies = [
        ("detectors", "0014_cuts_and_proposals"),
    ]

    operations = [
        migrations.AddField(
            model_name="verdict",
            name="p",
            field=models.FloatField(null=True),
        ),
        migrations.AddField(
            model_name="verdict",
            name="weight",
            field=models.FloatField(db_default=1.0, default=1.0),
        ),
        migrations.CreateModel(
            name="AuditDraw",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("rate", models.FloatField()),
                ("drawn", models.BooleanField()),
                ("created_at", models.DateTimeField(default=abusedesk.core.clock.now)),
                (
                    "campaign",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="audit_draw",
                        to="detectors.campaign",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Calibration",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("verdicts", models.PositiveIntegerField()),
                ("trained", models.PositiveIntegerField()),
                ("before", models.FloatField()),
                ("brier", models.FloatField()),
                ("in_force", models.BooleanField()),
                ("created_at", models.DateTimeField(default=abusedesk.core.clock.now)),
                ("kind", models.CharField(max_length=10)),
                ("curve", models.JSONField()),
                ("base_rate", models.FloatField()),
                ("tested", models.JSONField()),
                ("applied", models.BooleanField(default=False)),
            ],
            options={
                "ordering": ["-id"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("in_force", True)),
                        fields=("in_force",),
                        name="calibration_one_in_force",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="EvidenceWeights",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("verdicts", models.PositiveIntegerField()),
                ("trained", models.PositiveIntegerField()),
                ("before", models.FloatField()),
                ("brier", models.FloatField()),
                ("in_force", models.BooleanField()),
                ("created_at", models.DateTimeField(default=abusedesk.core.clock.now)),
                ("table", models.JSONField()),
            ],
            options={
                "ordering": ["-id"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("in_force", True)),
                        fields=("in_force",),
                        name="evidenceweights_one_in_force",
                    )
                ],
            },
        ),
        migrations.AddField(
            model_name="campaign",
            name="weights",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="detectors.evidenceweights",
            ),
        ),
    ]
