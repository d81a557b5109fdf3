"""MISP events of what is shared, and feeds of them that are read."""

from __future__ import annotations

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0029_sealed_signing_key"),
    ]

    operations = [
        migrations.AddField(
            model_name="circle",
            name="misp_group",
            field=models.UUIDField(null=True),
        ),
        migrations.AddField(
            model_name="feed",
            name="kind",
            field=models.CharField(
                choices=[("taxii", "TAXII 2.1 collection"), ("misp", "MISP feed")],
                db_default="taxii",
                default="taxii",
                max_length=5,
            ),
        ),
        migrations.AddField(
            model_name="sharetarget",
            name="offered_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AlterField(
            model_name="handover",
            name="way",
            field=models.CharField(
                choices=[
                    ("signed", "Signed bundle file"),
                    ("bundle", "Bundle file"),
                    ("table", "Table"),
                    ("recall", "Recall file"),
                    ("taxii", "TAXII"),
                    ("event", "MISP event file"),
                    ("misp", "MISP feed"),
                ],
                max_length=8,
            ),
        ),
        migrations.AlterField(
            model_name="patternhandover",
            name="way",
            field=models.CharField(
                choices=[
                    ("signed", "Signed bundle file"),
                    ("bundle", "Bundle file"),
                    ("table", "Table"),
                    ("recall", "Recall file"),
                    ("taxii", "TAXII"),
                    ("event", "MISP event file"),
                    ("misp", "MISP feed"),
                ],
                max_length=8,
            ),
        ),
        migrations.CreateModel(
            name="SharedEvent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("uuid", models.UUIDField()),
                ("body", models.TextField()),
                ("sha256", models.CharField(max_length=64)),
                (
                    "tlp",
                    models.CharField(
                        choices=[
                            ("clear", "TLP:CLEAR"),
                            ("green", "TLP:GREEN"),
                            ("amber", "TLP:AMBER"),
                            ("amber+strict", "TLP:AMBER+STRICT"),
                            ("red", "TLP:RED"),
                        ],
                        max_length=12,
                    ),
                ),
                ("withdrawn", models.BooleanField(default=False)),
                ("taken_back", models.TextField(blank=True)),
                ("head", models.JSONField()),
                (
                    "digests",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=32), size=None
                    ),
                ),
                (
                    "rendition",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="misp",
                        to="cases.rendition",
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="FeedEvent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("uuid", models.UUIDField()),
                ("wanted", models.BigIntegerField()),
                ("waiting", models.BooleanField(default=True)),
                ("fault", models.CharField(blank=True, max_length=300)),
                (
                    "feed",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="events",
                        to="cases.feed",
                    ),
                ),
            ],
            options={
                "ordering": ["wanted", "id"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("waiting", True)),
                        fields=["feed", "wanted"],
                        name="feedevent_waiting",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("feed", "uuid"), name="feedevent_once")
                ],
            },
        ),
    ]
