"""What sources say of values: imports, opinions, scores that fall."""

from __future__ import annotations

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

import abusedesk.core.clock


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("detectors", "0021_suppression"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="IndicatorRow",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("raw", models.CharField(max_length=4000)),
                ("heading", models.CharField(blank=True, max_length=200)),
                ("form", models.CharField(max_length=12)),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("new", "New"),
                            ("candidate", "Needs a look"),
                            ("withdraws", "Withdraws"),
                            ("held", "Held: well known"),
                            ("known", "Already on the list"),
                            ("repeated", "Said above"),
                            ("count", "Count"),
                            ("note", "Note"),
                            ("empty", "Empty"),
                        ],
                        max_length=10,
                    ),
                ),
                ("things", models.JSONField(default=list)),
                ("message", models.CharField(blank=True, max_length=300)),
                ("phase", models.CharField(blank=True, max_length=40)),
                ("phase_how", models.CharField(blank=True, max_length=8)),
                ("said", models.CharField(blank=True, max_length=300)),
                ("technique", models.CharField(blank=True, max_length=300)),
                ("procedure", models.CharField(blank=True, max_length=300)),
                ("note", models.CharField(blank=True, max_length=2000)),
                ("first_seen", models.DateTimeField(null=True)),
                ("last_seen", models.DateTimeField(null=True)),
                ("extra", models.JSONField(default=dict)),
                (
                    "opinion",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("positive", "Abusive"),
                            ("negative", "Not abusive"),
                            ("seed", "Investigation seed"),
                        ],
                        max_length=8,
                    ),
                ),
                ("confidence", models.PositiveSmallIntegerField(null=True)),
                ("uid", models.CharField(blank=True, max_length=100)),
                (
                    "tags",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=200), default=list, size=None
                    ),
                ),
            ],
            options={
                "ordering": ["batch", "number"],
            },
        ),
        migrations.AddField(
            model_name="watchitem",
            name="confidence",
            field=models.PositiveSmallIntegerField(db_default=100, default=100),
        ),
        migrations.AddField(
            model_name="watchitem",
            name="fades_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="watchitem",
            name="first_seen",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="watchitem",
            name="last_seen",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="watchitem",
            name="lifetime_d",
            field=models.PositiveSmallIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="watchitem",
            name="opinion",
            field=models.CharField(
                choices=[
                    ("positive", "Abusive"),
                    ("negative", "Not abusive"),
                    ("seed", "Investigation seed"),
                ],
                db_default="positive",
                default="positive",
                max_length=8,
            ),
        ),
        migrations.AddField(
            model_name="watchitem",
            name="phase",
            field=models.CharField(blank=True, db_default="", max_length=40),
        ),
        migrations.AddField(
            model_name="watchitem",
            name="reach",
            field=models.DurationField(null=True),
        ),
        migrations.AddField(
            model_name="watchitem",
            name="reference",
            field=models.CharField(blank=True, db_default="", max_length=500),
        ),
        migrations.AddField(
            model_name="watchitem",
            name="renewed_at",
            field=models.DateTimeField(
                db_default=django.db.models.functions.datetime.Now(),
                default=abusedesk.core.clock.now,
            ),
        ),
        migrations.AddField(
            model_name="watchitem",
            name="tlp",
            field=models.CharField(
                choices=[
                    ("clear", "TLP:CLEAR"),
                    ("green", "TLP:GREEN"),
                    ("amber", "TLP:AMBER"),
                    ("amber+strict", "TLP:AMBER+STRICT"),
                    ("red", "TLP:RED"),
                ],
                db_default="amber",
                default="amber",
                max_length=12,
            ),
        ),
        migrations.AddField(
            model_name="watchitem",
            name="uid",
            field=models.CharField(blank=True, db_default="", max_length=100),
        ),
        migrations.AlterField(
            model_name="watchitem",
            name="type",
            field=models.CharField(
                choices=[
                    ("account", "Account"),
                    ("app", "App"),
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
        migrations.CreateModel(
            name="IndicatorBatch",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("source", models.CharField(max_length=60)),
                ("name", models.CharField(blank=True, max_length=200)),
                ("sha256", models.CharField(max_length=64)),
                ("form", models.CharField(max_length=12)),
                ("trust", models.FloatField()),
                ("confidence", models.PositiveSmallIntegerField()),
                (
                    "opinion",
                    models.CharField(
                        choices=[
                            ("positive", "Abusive"),
                            ("negative", "Not abusive"),
                            ("seed", "Investigation seed"),
                        ],
                        max_length=8,
                    ),
                ),
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
                ("licence", models.CharField(blank=True, max_length=60)),
                ("reference", models.CharField(blank=True, max_length=500)),
                ("note", models.CharField(blank=True, max_length=300)),
                ("days", models.PositiveSmallIntegerField()),
                ("rows", models.PositiveIntegerField()),
                ("forms", models.JSONField(default=dict)),
                ("outcomes", models.JSONField(default=dict)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("preview", "Preview"),
                            ("accepted", "Accepted"),
                            ("dropped", "Dropped"),
                            ("undone", "Undone"),
                        ],
                        default="preview",
                        max_length=8,
                    ),
                ),
                ("added", models.PositiveIntegerField(default=0)),
                ("withdrawn", models.PositiveIntegerField(default=0)),
                ("created_at", models.DateTimeField(default=abusedesk.core.clock.now)),
                ("settled_at", models.DateTimeField(null=True)),
                ("reason", models.CharField(blank=True, max_length=500)),
                (
                    "actor",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "settled_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "indicator batches",
                "ordering": ["-id"],
            },
        ),
        migrations.AddField(
            model_name="watchitem",
            name="batch",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="assertions",
                to="detectors.indicatorbatch",
            ),
        ),
        AddIndexConcurrently(
            model_name="watchitem",
            index=models.Index(
                condition=models.Q(("ended_at", None), ("fades_at__isnull", False)),
                fields=["fades_at"],
                name="watchitem_fading",
            ),
        ),
        migrations.AddField(
            model_name="indicatorrow",
            name="batch",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="items",
                to="detectors.indicatorbatch",
            ),
        ),
        migrations.AddIndex(
            model_name="indicatorbatch",
            index=models.Index(fields=["sha256"], name="indicatorbatch_sha256"),
        ),
        migrations.AddIndex(
            model_name="indicatorrow",
            index=models.Index(fields=["batch", "outcome", "number"], name="indicatorrow_outcome"),
        ),
        migrations.AddConstraint(
            model_name="indicatorrow",
            constraint=models.UniqueConstraint(
                fields=("batch", "number"), name="indicatorrow_number"
            ),
        ),
    ]
