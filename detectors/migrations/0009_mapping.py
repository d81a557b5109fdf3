"""Versions of saved mappings, and types of entities that people add."""

from __future__ import annotations

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import abusedesk.core.clock


class Migration(migrations.Migration):
    dependencies = [
        ("detectors", "0008_reference_lists"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="EntityType",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("slug", models.CharField(max_length=40, unique=True)),
                ("label", models.CharField(max_length=60)),
                ("meaning", models.CharField(max_length=300)),
                (
                    "form",
                    models.CharField(
                        choices=[
                            ("as-is", "As it is"),
                            ("lower", "Lower case"),
                            ("url", "Web address"),
                            ("domain", "Domain"),
                            ("email", "E-mail"),
                            ("phone", "Phone"),
                            ("number", "Number: digits only"),
                        ],
                        max_length=8,
                    ),
                ),
                ("created_at", models.DateTimeField(default=abusedesk.core.clock.now)),
                (
                    "created_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "ordering": ["slug"],
            },
        ),
        migrations.CreateModel(
            name="SavedMapping",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("slug", models.SlugField(max_length=28)),
                ("number", models.PositiveIntegerField()),
                ("spec", models.JSONField()),
                ("sample", models.TextField(blank=True)),
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
                "constraints": [
                    models.UniqueConstraint(fields=("slug", "number"), name="mapping_number"),
                    models.UniqueConstraint(
                        condition=models.Q(("current", True)),
                        fields=("slug",),
                        name="mapping_one_current",
                    ),
                ],
            },
        ),
    ]
