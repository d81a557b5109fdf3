"""Queues with access and rules, shifts, assignment, the clock of the service level, snoozes."""

from __future__ import annotations

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import abusedesk.core.clock
import cases.models.queue


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0007_decisions"),
        ("detectors", "0013_declared_group"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Notice",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("assigned", "was given to you"),
                            ("at-risk", "is about to be late"),
                            ("late", "is late"),
                            ("escalating", "came back: it beats its forecast"),
                            ("returned", "came back from snooze"),
                        ],
                        max_length=12,
                    ),
                ),
                ("created_at", models.DateTimeField(default=abusedesk.core.clock.now)),
                ("read_at", models.DateTimeField(null=True)),
            ],
            options={
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="RoutingRule",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=80, unique=True)),
                ("query", models.CharField(max_length=2000)),
                ("position", models.PositiveIntegerField()),
                ("active", models.BooleanField(default=True)),
                ("created_at", models.DateTimeField(default=abusedesk.core.clock.now)),
            ],
            options={
                "ordering": ["position", "id"],
            },
        ),
        migrations.CreateModel(
            name="Shift",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "skills",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.SlugField(max_length=40), default=list, size=None
                    ),
                ),
                (
                    "days",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.PositiveSmallIntegerField(), size=None
                    ),
                ),
                ("start_min", models.PositiveSmallIntegerField(default=0)),
                ("end_min", models.PositiveSmallIntegerField(default=0)),
                ("zone", models.CharField(default="UTC", max_length=60)),
                ("capacity", models.PositiveSmallIntegerField(default=20)),
                ("away_until", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Snooze",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("started_at", models.DateTimeField(default=abusedesk.core.clock.now)),
                ("until", models.DateTimeField()),
                ("until_escalates", models.BooleanField(default=False)),
                (
                    "history",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.PositiveIntegerField(), default=list, size=None
                    ),
                ),
                ("expected", models.FloatField(default=0.0)),
                ("upper", models.PositiveIntegerField(default=0)),
                ("day", models.PositiveSmallIntegerField(default=0)),
                ("base", models.PositiveIntegerField(default=0)),
                ("seen", models.PositiveIntegerField(default=0)),
                ("ended_at", models.DateTimeField(null=True)),
                ("escalated", models.BooleanField(default=False)),
            ],
            options={
                "ordering": ["-id"],
            },
        ),
        migrations.AddField(
            model_name="case",
            name="assigned_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="case",
            name="assigned_by",
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
            name="assignee",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="assigned",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="case",
            name="escalating",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="case",
            name="languages",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=8), db_default=[], default=list, size=None
            ),
        ),
        migrations.AddField(
            model_name="case",
            name="sla_paused_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="case",
            name="sla_stage",
            field=models.PositiveSmallIntegerField(
                choices=[(0, "in time"), (1, "at risk"), (2, "late")], db_default=0, default=0
            ),
        ),
        migrations.AddField(
            model_name="case",
            name="sources",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=60), db_default=[], default=list, size=None
            ),
        ),
        migrations.AddField(
            model_name="queue",
            name="assign",
            field=models.CharField(
                choices=[("pull", "People take the next one"), ("auto", "The desk hands them out")],
                db_default="pull",
                default="pull",
                max_length=4,
            ),
        ),
        migrations.AddField(
            model_name="queue",
            name="escalate_late",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="queue",
            name="hidden_actions",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=40), db_default=[], default=list, size=None
            ),
        ),
        migrations.AddField(
            model_name="queue",
            name="people",
            field=models.ManyToManyField(
                blank=True, related_name="queues", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="queue",
            name="roles",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(
                    choices=[
                        ("reviewer", "Reviewer"),
                        ("lead", "Lead"),
                        ("admin", "Admin"),
                        ("integration", "Integration"),
                        ("partner", "Partner"),
                    ],
                    max_length=16,
                ),
                db_default=["reviewer", "lead"],
                default=cases.models.queue.reviewing_roles,
                size=None,
            ),
        ),
        migrations.AddField(
            model_name="queue",
            name="skill",
            field=models.SlugField(blank=True, db_default="", default="", max_length=40),
        ),
        migrations.AddField(
            model_name="queue",
            name="sla_pauses",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="notice",
            name="case",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="notices", to="cases.case"
            ),
        ),
        migrations.AddField(
            model_name="notice",
            name="user",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="notices",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="routingrule",
            name="created_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="routingrule",
            name="queue",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="rules", to="cases.queue"
            ),
        ),
        migrations.AddField(
            model_name="shift",
            name="user",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="shift",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="snooze",
            name="actor",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="snooze",
            name="case",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="snoozes", to="cases.case"
            ),
        ),
        migrations.AddIndex(
            model_name="notice",
            index=models.Index(fields=["user", "-id"], name="notice_user"),
        ),
        migrations.AddConstraint(
            model_name="notice",
            constraint=models.UniqueConstraint(
                condition=models.Q(("read_at", None)),
                fields=("user", "case", "kind"),
                name="notice_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="shift",
            constraint=models.CheckConstraint(
                condition=models.Q(("end_min__lt", 1440), ("start_min__lt", 1440)),
                name="shift_in_a_day",
            ),
        ),
        migrations.AddConstraint(
            model_name="shift",
            constraint=models.CheckConstraint(
                condition=models.Q(("capacity__gte", 1), ("capacity__lte", 500)),
                name="shift_capacity",
            ),
        ),
        migrations.AddIndex(
            model_name="snooze",
            index=models.Index(
                condition=models.Q(("ended_at", None), ("until_escalates", True)),
                fields=["id"],
                name="snooze_watched",
            ),
        ),
        migrations.AddConstraint(
            model_name="snooze",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_at", None)), fields=("case",), name="snooze_running_once"
            ),
        ),
    ]
