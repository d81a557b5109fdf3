"""Golden items, checks of reviewers made of them, and how often they come."""

from __future__ import annotations

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import abusedesk.core.clock

OUTCOMES = [
    ("abuse", "Abuse confirmed"),
    ("legitimate", "Coordinated, legitimate"),
    ("no_abuse", "No abuse"),
    ("unsure", "Cannot tell"),
]


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0013_case_counts"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="case",
            name="only_for",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="case",
            name="stands_for",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="cases.case",
            ),
        ),
        migrations.AddField(
            model_name="queue",
            name="golden_percent",
            field=models.PositiveSmallIntegerField(db_default=5, default=5),
        ),
        migrations.CreateModel(
            name="GoldenItem",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("outcome", models.CharField(choices=OUTCOMES, max_length=12)),
                ("reason", models.TextField(max_length=5000)),
                ("marked_at", models.DateTimeField(default=abusedesk.core.clock.now)),
                ("expires_at", models.DateTimeField()),
                (
                    "case",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="golden_item",
                        to="cases.case",
                    ),
                ),
                (
                    "marked_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="golden_items",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "policy_version",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="golden_items",
                        to="cases.policyversion",
                    ),
                ),
            ],
            options={"ordering": ["-id"]},
        ),
        migrations.CreateModel(
            name="GoldenCheck",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("outcome", models.CharField(blank=True, choices=OUTCOMES, max_length=12)),
                ("created_at", models.DateTimeField(default=abusedesk.core.clock.now)),
                ("decided_at", models.DateTimeField(null=True)),
                ("seen_at", models.DateTimeField(null=True)),
                (
                    "case",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="golden_check",
                        to="cases.case",
                    ),
                ),
                (
                    "policy_version",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="golden_checks",
                        to="cases.policyversion",
                    ),
                ),
                (
                    "reviewer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="golden_checks",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "item",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="checks",
                        to="cases.goldenitem",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("seen_at", None)),
                        fields=["reviewer"],
                        name="goldencheck_unseen",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("item", "reviewer"), name="golden_once")
                ],
            },
        ),
    ]
