"""The watch list: values that somebody warned of, each for a limited time."""

from __future__ import annotations

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import abusedesk.core.clock


class Migration(migrations.Migration):
    dependencies = [
        ("detectors", "0011_source_report_cases"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="WatchItem",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "type",
                    models.CharField(
                        choices=[
                            ("account", "Account"),
                            ("domain", "Domain"),
                            ("email", "E-mail"),
                            ("fingerprint", "Fingerprint"),
                            ("handle", "Handle"),
                            ("hash", "File hash"),
                            ("ip", "IP address"),
                            ("phone", "Phone"),
                            ("url", "URL"),
                            ("wallet", "Wallet"),
                        ],
                        max_length=12,
                    ),
                ),
                ("value", models.CharField(max_length=4200)),
                ("digest", models.BinaryField(max_length=16)),
                ("source", models.CharField(max_length=60)),
                ("trust", models.FloatField()),
                ("note", models.CharField(blank=True, max_length=300)),
                (
                    "warned",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=60), default=list, size=None
                    ),
                ),
                ("added_at", models.DateTimeField(default=abusedesk.core.clock.now)),
                ("expires_at", models.DateTimeField()),
                ("hits", models.PositiveIntegerField(default=0)),
                ("last_hit_at", models.DateTimeField(null=True)),
                ("pending", models.BooleanField(default=True)),
                ("ended_at", models.DateTimeField(null=True)),
                ("end_reason", models.CharField(blank=True, max_length=500)),
                (
                    "added_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "ended_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("pending", True)),
                        fields=["id"],
                        name="watchitem_pending",
                    ),
                    models.Index(
                        condition=models.Q(("ended_at", None)),
                        fields=["expires_at"],
                        name="watchitem_expiry",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at", None)),
                        fields=("digest", "source"),
                        name="watchitem_in_force",
                    ),
                ],
            },
        ),
    ]
