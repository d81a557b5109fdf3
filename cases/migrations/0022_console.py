"""What people add to a case by hand, who is present, and word of a takeover."""

from __future__ import annotations

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import abusedesk.core.clock


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0021_statements"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name="notice",
            name="kind",
            field=models.CharField(
                choices=[
                    ("assigned", "was given to you"),
                    ("at-risk", "is about to be late"),
                    ("late", "is late"),
                    ("escalating", "came back: it beats its forecast"),
                    ("returned", "came back from snooze"),
                    ("mention", "names you in a note"),
                    ("escalated", "was escalated"),
                    ("snoozed", "was put away for a while"),
                    ("closed", "was closed"),
                    ("reopened", "is back for review"),
                    ("absorbed", "took in another case"),
                    ("taken-over", "was taken over from you"),
                ],
                max_length=12,
            ),
        ),
        migrations.CreateModel(
            name="Presence",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("seen_at", models.DateTimeField()),
                (
                    "case",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="viewers",
                        to="cases.case",
                    ),
                ),
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="presence",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="CaseAddition",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("type", models.CharField(max_length=40)),
                ("value", models.CharField(max_length=4200)),
                ("digest", models.BinaryField(max_length=16)),
                ("reason", models.CharField(max_length=500)),
                ("added_at", models.DateTimeField(default=abusedesk.core.clock.now)),
                (
                    "added_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "case",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="additions",
                        to="cases.case",
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
                "indexes": [models.Index(fields=["digest"], name="addition_thing")],
                "constraints": [
                    models.UniqueConstraint(fields=("case", "digest"), name="addition_once")
                ],
            },
        ),
    ]
