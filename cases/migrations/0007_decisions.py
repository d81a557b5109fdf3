"""Structured decisions, policies, second looks, appeals, strikes."""

from __future__ import annotations

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import abusedesk.core.clock


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0006_casereport"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="decision",
            name="assessment",
            field=models.JSONField(db_default=models.Value({}, models.JSONField()), default=dict),
        ),
        migrations.AddField(
            model_name="decision",
            name="confidence",
            field=models.PositiveSmallIntegerField(
                choices=[(1, "low"), (2, "medium"), (3, "high")], null=True
            ),
        ),
        migrations.AddField(
            model_name="decision",
            name="replaces",
            field=models.OneToOneField(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="replaced_by",
                to="cases.decision",
            ),
        ),
        migrations.AddField(
            model_name="decision",
            name="undo_reason",
            field=models.TextField(blank=True, db_default="", default="", max_length=5000),
        ),
        migrations.CreateModel(
            name="EntityAction",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("entity_type", models.CharField(max_length=40)),
                ("value", models.CharField(max_length=4200)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("warn", "Warn"),
                            ("limit", "Limit reach"),
                            ("block", "Block"),
                            ("suspend", "Suspend"),
                            ("terminate", "Terminate"),
                        ],
                        max_length=10,
                    ),
                ),
                ("until", models.DateTimeField(null=True)),
                ("reversed_at", models.DateTimeField(null=True)),
                (
                    "decision",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="actions",
                        to="cases.decision",
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="PolicyVersion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("slug", models.SlugField(max_length=60)),
                ("number", models.PositiveIntegerField()),
                ("title", models.CharField(max_length=120)),
                ("text", models.TextField(max_length=20000)),
                (
                    "harm",
                    models.PositiveSmallIntegerField(
                        choices=[
                            (0, "info"),
                            (1, "low"),
                            (2, "medium"),
                            (3, "high"),
                            (4, "critical"),
                        ],
                        default=2,
                    ),
                ),
                ("review_percent", models.PositiveSmallIntegerField(default=0)),
                ("review_over", models.PositiveIntegerField(null=True)),
                (
                    "questions",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("authenticity", "How inauthentic are the accounts?"),
                                ("harm", "How harmful is what they do?"),
                                ("orchestration", "How centrally is it organised?"),
                                ("change", "How much does its behaviour change over time?"),
                            ],
                            max_length=16,
                        ),
                        blank=True,
                        default=list,
                        size=None,
                    ),
                ),
                ("strikes", models.PositiveSmallIntegerField(default=1)),
                ("strike_half_life_days", models.PositiveSmallIntegerField(default=90)),
                ("strike_days", models.PositiveSmallIntegerField(default=365)),
                ("appeal_hours", models.PositiveSmallIntegerField(default=72)),
                ("current", models.BooleanField(default=True)),
                ("reason", models.CharField(max_length=500)),
                ("created_at", models.DateTimeField(default=abusedesk.core.clock.now)),
                (
                    "created_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "ordering": ["slug", "-number"],
            },
        ),
        migrations.AddField(
            model_name="decision",
            name="policy_version",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="decisions",
                to="cases.policyversion",
            ),
        ),
        migrations.CreateModel(
            name="SecondReview",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "why",
                    models.CharField(
                        choices=[("sample", "drawn by lot"), ("large", "acts on many accounts")],
                        max_length=8,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waits for a second opinion"),
                            ("agreed", "Both agree"),
                            ("disagreed", "Waits for a lead"),
                            ("settled", "Settled by a lead"),
                            ("moot", "Decision taken back"),
                        ],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("abuse", "Abuse confirmed"),
                            ("legitimate", "Coordinated, legitimate"),
                            ("no_abuse", "No abuse"),
                            ("unsure", "Cannot tell"),
                        ],
                        max_length=12,
                    ),
                ),
                (
                    "confidence",
                    models.PositiveSmallIntegerField(
                        choices=[(1, "low"), (2, "medium"), (3, "high")], null=True
                    ),
                ),
                ("assessment", models.JSONField(default=dict)),
                ("reason", models.TextField(blank=True, max_length=5000)),
                ("created_at", models.DateTimeField(default=abusedesk.core.clock.now)),
                ("reviewed_at", models.DateTimeField(null=True)),
                ("settled_at", models.DateTimeField(null=True)),
                ("settled_reason", models.TextField(blank=True, max_length=5000)),
                (
                    "decision",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="second_review",
                        to="cases.decision",
                    ),
                ),
                (
                    "policy_version",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="second_reviews",
                        to="cases.policyversion",
                    ),
                ),
                (
                    "reviewer",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="second_reviews",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "settled_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="settled_reviews",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="Strike",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("value", models.CharField(max_length=242)),
                ("points", models.PositiveSmallIntegerField()),
                ("half_life_days", models.PositiveSmallIntegerField()),
                ("given_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("withdrawn_at", models.DateTimeField(null=True)),
                (
                    "decision",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="strikes",
                        to="cases.decision",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="Appeal",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.UUIDField(unique=True)),
                ("appellant", models.CharField(max_length=242)),
                ("statement", models.TextField(max_length=20000)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waits for a ruling"),
                            ("upheld", "Upheld"),
                            ("changed", "Changed"),
                            ("overturned", "Overturned"),
                            ("moot", "Decision taken back"),
                        ],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("opened_at", models.DateTimeField(default=abusedesk.core.clock.now)),
                ("due_at", models.DateTimeField()),
                ("ruled_at", models.DateTimeField(null=True)),
                ("ruling", models.TextField(blank=True, max_length=5000)),
                (
                    "decision",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="appeals",
                        to="cases.decision",
                    ),
                ),
                (
                    "opened_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="opened_appeals",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "ruled_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="ruled_appeals",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "waiting")),
                        fields=["due_at"],
                        name="appeal_due",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "waiting")),
                        fields=("decision",),
                        name="appeal_one_open",
                    )
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="policyversion",
            constraint=models.UniqueConstraint(fields=("slug", "number"), name="policy_number"),
        ),
        migrations.AddConstraint(
            model_name="policyversion",
            constraint=models.UniqueConstraint(
                condition=models.Q(("current", True)), fields=("slug",), name="policy_one_current"
            ),
        ),
        migrations.AddIndex(
            model_name="secondreview",
            index=models.Index(
                condition=models.Q(("state__in", ["waiting", "disagreed"])),
                fields=["state", "id"],
                name="secondreview_open",
            ),
        ),
        migrations.AddIndex(
            model_name="strike",
            index=models.Index(
                condition=models.Q(("withdrawn_at", None)), fields=["value"], name="strike_value"
            ),
        ),
        migrations.AddConstraint(
            model_name="strike",
            constraint=models.UniqueConstraint(fields=("decision", "value"), name="strike_once"),
        ),
    ]
