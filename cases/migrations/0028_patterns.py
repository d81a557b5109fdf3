"""Abuse patterns: keys of partners, own and received ones, their ledger, counts of outcomes."""

from __future__ import annotations

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import abusedesk.core.clock

GUARD = """
CREATE TRIGGER pattern_ledger_guard_rows BEFORE UPDATE OR DELETE ON cases_patternhandover
    FOR EACH ROW EXECUTE FUNCTION cases_ledger_guard();
"""
UNGUARD = "DROP TRIGGER pattern_ledger_guard_rows ON cases_patternhandover;"


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0027_taxii_in"),
        ("core", "0008_sharing"),
        ("detectors", "0025_indicator_ends"),
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
                    ("alarm", "raised an alarm"),
                    ("draft", "has a draft that waits for approval"),
                    ("draft-done", "has your draft in force"),
                    ("draft-no", "had your draft rejected"),
                    ("tripped", "tripped its circuit breaker: automated hits are held"),
                    ("auto", "has a proposal to let it act by itself"),
                    ("auto-done", "acts by itself, as you proposed"),
                    ("auto-no", "had your proposal to let it act by itself refused"),
                    ("paused", "was paused; its page says why"),
                    ("feed", "is read no more until somebody looks"),
                ],
                max_length=12,
            ),
        ),
        migrations.CreateModel(
            name="Pattern",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.CharField(max_length=121, unique=True)),
                ("stix_uuid", models.UUIDField(unique=True)),
                ("slug", models.SlugField(db_index=False, max_length=60)),
                ("config", models.PositiveIntegerField(default=0)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("draft", "Draft"),
                            ("waiting", "Waits for approval"),
                            ("shared", "Shared"),
                            ("revoked", "Revoked"),
                        ],
                        default="draft",
                        max_length=8,
                    ),
                ),
                ("revision", models.PositiveIntegerField(default=1)),
                ("live", models.PositiveIntegerField(default=0)),
                ("title", models.CharField(max_length=120)),
                ("summary", models.TextField(blank=True, max_length=2000)),
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
                        default="green",
                        max_length=12,
                    ),
                ),
                (
                    "pap",
                    models.CharField(
                        choices=[
                            ("clear", "PAP:CLEAR, anything"),
                            ("green", "PAP:GREEN, active steps such as blocking"),
                            ("amber", "PAP:AMBER, passive look-ups only"),
                            ("red", "PAP:RED, nothing that can be noticed"),
                        ],
                        default="amber",
                        max_length=8,
                    ),
                ),
                ("licence", models.CharField(max_length=60)),
                ("purpose", models.CharField(max_length=300)),
                ("severity", models.CharField(default="medium", max_length=13)),
                ("lifetime_days", models.PositiveIntegerField(default=180)),
                ("valid_until", models.DateTimeField()),
                ("pattern_type", models.CharField(max_length=20)),
                ("text", models.TextField()),
                ("parameters", models.JSONField(default=dict)),
                ("tests", models.JSONField(default=list)),
                ("lineage", models.JSONField(default=list)),
                ("tested", models.JSONField(default=list)),
                ("expected", models.JSONField(null=True)),
                ("at", models.DateTimeField(default=abusedesk.core.clock.now)),
                ("bundle", models.TextField(blank=True)),
                ("lines", models.JSONField(default=list)),
                ("conflicts", models.JSONField(default=list)),
                ("digest", models.CharField(blank=True, max_length=64)),
                ("revoked_at", models.DateTimeField(null=True)),
                ("revoke_reason", models.CharField(blank=True, max_length=500)),
                ("created_at", models.DateTimeField(default=abusedesk.core.clock.now)),
                (
                    "author",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "backtest",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="detectors.backtest",
                    ),
                ),
                (
                    "changed_by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "circle",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="patterns",
                        to="cases.circle",
                    ),
                ),
                ("partners", models.ManyToManyField(related_name="patterns", to="cases.partner")),
            ],
            options={
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="PatternRelease",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("revision", models.PositiveIntegerField()),
                ("revoked", models.BooleanField(default=False)),
                ("stix_id", models.CharField(max_length=90)),
                ("type", models.CharField(default="indicator", max_length=30)),
                ("seq", models.BigIntegerField()),
                ("added_at", models.DateTimeField()),
                ("version", models.DateTimeField()),
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
                ("purpose", models.CharField(max_length=300)),
                ("valid_until", models.DateTimeField()),
                ("bundle", models.TextField()),
                ("body", models.TextField()),
                ("sha256", models.CharField(max_length=64)),
                (
                    "approved_by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "partners",
                    models.ManyToManyField(related_name="pattern_releases", to="cases.partner"),
                ),
                (
                    "pattern",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="releases",
                        to="cases.pattern",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("pattern", "revision", "revoked"), name="patternrelease_once"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PatternHandover",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField(default=abusedesk.core.clock.now)),
                (
                    "way",
                    models.CharField(
                        choices=[
                            ("signed", "Signed bundle file"),
                            ("bundle", "Bundle file"),
                            ("table", "Table"),
                            ("recall", "Recall file"),
                            ("taxii", "TAXII"),
                        ],
                        max_length=8,
                    ),
                ),
                ("size", models.PositiveIntegerField()),
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
                ("purpose", models.CharField(max_length=300)),
                ("legal_basis", models.CharField(max_length=300)),
                ("agreement", models.CharField(blank=True, max_length=120)),
                (
                    "actor",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "partner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="pattern_handovers",
                        to="cases.partner",
                    ),
                ),
                (
                    "token",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="core.apitoken",
                    ),
                ),
                (
                    "release",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="handovers",
                        to="cases.patternrelease",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="ReceivedPattern",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("stix_id", models.CharField(max_length=90)),
                ("key", models.CharField(max_length=121)),
                ("revision", models.PositiveIntegerField()),
                ("title", models.CharField(max_length=120)),
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
                ("valid_until", models.DateTimeField()),
                ("indicator", models.JSONField()),
                ("sha256", models.CharField(max_length=64)),
                ("key_id", models.CharField(max_length=40)),
                ("verified", models.BooleanField(default=False)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("quarantined", "In quarantine"),
                            ("accepted", "Accepted, inactive"),
                            ("shadow", "In shadow"),
                            ("enabled", "Enabled"),
                            ("paused", "Paused"),
                            ("replaced", "Replaced by a later revision"),
                            ("refused", "Refused"),
                        ],
                        default="quarantined",
                        max_length=12,
                    ),
                ),
                ("why", models.CharField(blank=True, max_length=500)),
                ("tested", models.JSONField(default=list)),
                ("tested_at", models.DateTimeField(null=True)),
                (
                    "lacks",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=120), default=list, size=None
                    ),
                ),
                ("slug", models.SlugField(blank=True, db_index=False, max_length=60)),
                ("values", models.JSONField(default=dict)),
                ("shadow_at", models.DateTimeField(null=True)),
                ("enabled_at", models.DateTimeField(null=True)),
                ("paused", models.CharField(blank=True, max_length=12)),
                ("final", models.BooleanField(default=False)),
                ("tells_back", models.BooleanField(default=False)),
                ("received_at", models.DateTimeField(default=abusedesk.core.clock.now)),
                (
                    "backtest",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="detectors.backtest",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "partner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="received_patterns",
                        to="cases.partner",
                    ),
                ),
                (
                    "received_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("partner", "stix_id", "revision"), name="receivedpattern_once"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("slug", ""), _negated=True),
                        fields=("slug",),
                        name="receivedpattern_slug",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="OutcomeSent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.CharField(max_length=14)),
                ("monday", models.DateField()),
                ("floor", models.PositiveIntegerField()),
                ("body", models.JSONField(null=True)),
                ("made_at", models.DateTimeField(default=abusedesk.core.clock.now)),
                (
                    "received",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        to="cases.receivedpattern",
                    ),
                ),
            ],
            options={
                "ordering": ["-monday", "kind"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("received", "kind", "monday"), name="outcomesent_once"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SigningKey",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key_id", models.CharField(max_length=40, unique=True)),
                ("public", models.CharField(max_length=64)),
                ("identity", models.CharField(blank=True, max_length=90)),
                (
                    "state",
                    models.CharField(
                        choices=[("pinned", "Compared and pinned"), ("withdrawn", "Withdrawn")],
                        default="pinned",
                        max_length=10,
                    ),
                ),
                ("pinned_at", models.DateTimeField(default=abusedesk.core.clock.now)),
                ("withdrawn_at", models.DateTimeField(null=True)),
                (
                    "partner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="signing_keys",
                        to="cases.partner",
                    ),
                ),
                (
                    "pinned_by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="OutcomeTold",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("revision", models.PositiveIntegerField()),
                ("kind", models.CharField(max_length=14)),
                ("monday", models.DateField()),
                ("floor", models.PositiveIntegerField()),
                ("told_at", models.DateTimeField(default=abusedesk.core.clock.now)),
                (
                    "partner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="cases.partner",
                    ),
                ),
                (
                    "pattern",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="outcomes",
                        to="cases.pattern",
                    ),
                ),
            ],
            options={
                "ordering": ["-monday", "kind"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("pattern", "partner", "revision", "kind", "monday"),
                        name="outcometold_once",
                    )
                ],
            },
        ),
        migrations.RunSQL(GUARD, UNGUARD),
    ]
