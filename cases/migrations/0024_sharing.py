"""Partners, circles, shares, what was let out of them, and the ledger that nobody changes."""

from __future__ import annotations

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import abusedesk.core.clock

GUARD = """
CREATE FUNCTION cases_ledger_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the sharing ledger is append-only: % refused', TG_OP
        USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER ledger_guard_rows BEFORE UPDATE OR DELETE ON cases_handover
    FOR EACH ROW EXECUTE FUNCTION cases_ledger_guard();
"""
UNGUARD = """
DROP TRIGGER ledger_guard_rows ON cases_handover;
DROP FUNCTION cases_ledger_guard();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0023_notices_of_detectors"),
        ("core", "0008_sharing"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Circle",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("slug", models.SlugField(max_length=60, unique=True)),
                ("title", models.CharField(max_length=120)),
                (
                    "tlp_cap",
                    models.CharField(
                        choices=[
                            ("clear", "TLP:CLEAR"),
                            ("green", "TLP:GREEN"),
                            ("amber", "TLP:AMBER"),
                            ("amber+strict", "TLP:AMBER+STRICT"),
                            ("red", "TLP:RED"),
                        ],
                        default="amber",
                        max_length=12,
                    ),
                ),
                ("community", models.BooleanField(default=False)),
                ("active", models.BooleanField(default=True)),
                ("collection", models.UUIDField(unique=True)),
                ("last_seq", models.BigIntegerField(default=0)),
                ("last_added", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField(default=abusedesk.core.clock.now)),
            ],
            options={
                "ordering": ["title", "id"],
            },
        ),
        migrations.CreateModel(
            name="Organisation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=120)),
                ("identity", models.UUIDField()),
                ("since", models.DateTimeField(default=abusedesk.core.clock.now)),
                ("key_id", models.CharField(max_length=40)),
                ("signing_key", models.CharField(max_length=64)),
                ("cursor_key", models.CharField(max_length=64)),
            ],
        ),
        migrations.CreateModel(
            name="Partner",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("slug", models.SlugField(max_length=60, unique=True)),
                ("title", models.CharField(max_length=120)),
                ("contact", models.CharField(blank=True, max_length=200)),
                (
                    "tlp_cap",
                    models.CharField(
                        choices=[
                            ("clear", "TLP:CLEAR"),
                            ("green", "TLP:GREEN"),
                            ("amber", "TLP:AMBER"),
                            ("amber+strict", "TLP:AMBER+STRICT"),
                            ("red", "TLP:RED"),
                        ],
                        default="amber",
                        max_length=12,
                    ),
                ),
                (
                    "types",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("account", "account"),
                                ("domain", "domain"),
                                ("url", "url"),
                                ("ip", "ip"),
                                ("email", "email"),
                                ("phone", "phone"),
                                ("payment", "payment"),
                                ("device", "device"),
                                ("wallet", "wallet"),
                                ("handle", "handle"),
                                ("hashtag", "hashtag"),
                                ("hash", "hash"),
                                ("media", "media"),
                            ],
                            max_length=12,
                        ),
                        default=list,
                        size=None,
                    ),
                ),
                ("hide_accounts", models.BooleanField(default=False)),
                ("knows_tlp_2", models.BooleanField(default=True)),
                ("purpose", models.CharField(blank=True, max_length=300)),
                ("legal_basis", models.CharField(blank=True, max_length=300)),
                ("agreement", models.CharField(blank=True, max_length=120)),
                ("retention_days", models.PositiveIntegerField(default=365)),
                ("ends_on", models.DateField(null=True)),
                ("active", models.BooleanField(default=True)),
                ("created_at", models.DateTimeField(default=abusedesk.core.clock.now)),
                (
                    "user",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="partner",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["title", "id"],
            },
        ),
        migrations.CreateModel(
            name="CircleMember",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("joined_at", models.DateTimeField(default=abusedesk.core.clock.now)),
                (
                    "circle",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="members",
                        to="cases.circle",
                    ),
                ),
                (
                    "partner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="memberships",
                        to="cases.partner",
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.AddField(
            model_name="circle",
            name="partners",
            field=models.ManyToManyField(
                related_name="circles", through="cases.CircleMember", to="cases.partner"
            ),
        ),
        migrations.CreateModel(
            name="Share",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
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
                ("title", models.CharField(max_length=120)),
                ("summary", models.TextField(blank=True, max_length=5000)),
                ("purpose", models.CharField(max_length=300)),
                ("valid_until", models.DateTimeField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("draft", "Draft"),
                            ("waiting", "Waits for a second person"),
                            ("shared", "Shared"),
                            ("recalled", "Recalled"),
                        ],
                        default="draft",
                        max_length=8,
                    ),
                ),
                ("revision", models.PositiveIntegerField(default=1)),
                ("live", models.PositiveIntegerField(default=0)),
                (
                    "live_tlp",
                    models.CharField(
                        blank=True,
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
                ("era", models.PositiveIntegerField(default=1)),
                ("live_era", models.PositiveIntegerField(default=0)),
                ("at", models.DateTimeField(default=abusedesk.core.clock.now)),
                ("digest", models.CharField(blank=True, max_length=64)),
                ("conflicts", models.JSONField(default=list)),
                ("approved_at", models.DateTimeField(null=True)),
                ("shared_at", models.DateTimeField(null=True)),
                ("recalled_at", models.DateTimeField(null=True)),
                ("recall_reason", models.CharField(blank=True, max_length=500)),
                ("created_at", models.DateTimeField(default=abusedesk.core.clock.now)),
                (
                    "approved_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "author",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="shares",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="shares",
                        to="cases.case",
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
                        related_name="shares",
                        to="cases.circle",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "recalled"), _negated=True),
                        fields=("case", "circle"),
                        name="share_one_a_circle",
                    )
                ],
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="Rendition",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("revision", models.PositiveIntegerField()),
                ("profile", models.CharField(max_length=200)),
                ("bundle", models.TextField()),
                ("table", models.TextField()),
                ("sha256", models.CharField(max_length=64)),
                ("table_sha256", models.CharField(max_length=64)),
                ("lines", models.JSONField(default=list)),
                ("subjects", models.JSONField(default=list)),
                ("revocation", models.TextField(blank=True)),
                ("created_at", models.DateTimeField(default=abusedesk.core.clock.now)),
                ("partners", models.ManyToManyField(related_name="renditions", to="cases.partner")),
                (
                    "share",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="renditions",
                        to="cases.share",
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="Handover",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField(default=abusedesk.core.clock.now)),
                ("revision", models.PositiveIntegerField()),
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
                (
                    "objects_sent",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=90), size=None
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
                    "partner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="handovers",
                        to="cases.partner",
                    ),
                ),
                (
                    "share",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="handovers",
                        to="cases.share",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="SharedNote",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("body", models.TextField(max_length=5000)),
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
                        default="amber",
                        max_length=12,
                    ),
                ),
                ("created_at", models.DateTimeField(default=abusedesk.core.clock.now)),
                (
                    "author",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="shared_notes",
                        to="cases.case",
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="SharedObject",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("seq", models.BigIntegerField()),
                ("added_at", models.DateTimeField()),
                ("stix_id", models.CharField(max_length=90)),
                ("type", models.CharField(max_length=30)),
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
                ("body", models.TextField()),
                ("sha256", models.CharField(max_length=64)),
                ("revoked", models.BooleanField(default=False)),
                ("withdrawn", models.BooleanField(default=False)),
                (
                    "circle",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="shared_objects",
                        to="cases.circle",
                    ),
                ),
                (
                    "rendition",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="let_out",
                        to="cases.rendition",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["circle", "stix_id", "-seq"], name="sharedobject_id")
                ],
                "ordering": ["seq"],
            },
        ),
        migrations.CreateModel(
            name="SharedSubject",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("type", models.CharField(max_length=40)),
                ("digest", models.BinaryField(max_length=16)),
                ("how", models.CharField(max_length=10)),
                ("stix_id", models.CharField(max_length=90)),
                (
                    "rendition",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="told",
                        to="cases.rendition",
                    ),
                ),
            ],
            options={"indexes": [models.Index(fields=["digest"], name="sharedsubject_digest")]},
        ),
        migrations.CreateModel(
            name="ShareName",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("era", models.PositiveIntegerField()),
                ("profile", models.CharField(max_length=200)),
                ("type", models.CharField(max_length=30)),
                ("source", models.CharField(max_length=250)),
                ("uuid", models.UUIDField()),
                ("born", models.DateTimeField()),
                (
                    "share",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="names",
                        to="cases.share",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ShareTarget",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("dropped", models.BooleanField(default=False)),
                ("reached_at", models.DateTimeField(null=True)),
                ("told_at", models.DateTimeField(null=True)),
                (
                    "answer",
                    models.CharField(
                        blank=True,
                        choices=[("acknowledged", "Acknowledged"), ("refused", "Refused")],
                        max_length=12,
                    ),
                ),
                ("answered_at", models.DateTimeField(null=True)),
                ("answer_note", models.CharField(blank=True, max_length=300)),
                ("disabled", models.PositiveIntegerField(null=True)),
                (
                    "approved",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="targets",
                        to="cases.rendition",
                    ),
                ),
                (
                    "partner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="targets",
                        to="cases.partner",
                    ),
                ),
                (
                    "pending",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="cases.rendition",
                    ),
                ),
                (
                    "share",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="targets",
                        to="cases.share",
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="CircleKey",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("epoch", models.PositiveIntegerField()),
                ("key_id", models.CharField(max_length=80, unique=True)),
                ("secret", models.CharField(max_length=64)),
                ("begins_at", models.DateTimeField(default=abusedesk.core.clock.now)),
                (
                    "circle",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="keys",
                        to="cases.circle",
                    ),
                ),
            ],
            options={
                "ordering": ["-epoch"],
                "constraints": [
                    models.UniqueConstraint(fields=("circle", "epoch"), name="circlekey_epoch")
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="circlemember",
            constraint=models.UniqueConstraint(
                fields=("circle", "partner"), name="circlemember_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="rendition",
            constraint=models.UniqueConstraint(
                fields=("share", "revision", "profile"), name="rendition_profile"
            ),
        ),
        migrations.AddConstraint(
            model_name="sharedobject",
            constraint=models.UniqueConstraint(fields=("circle", "seq"), name="sharedobject_seq"),
        ),
        migrations.AddConstraint(
            model_name="sharename",
            constraint=models.UniqueConstraint(
                fields=("share", "era", "profile", "type", "source"), name="sharename_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="sharetarget",
            constraint=models.UniqueConstraint(
                fields=("share", "partner"), name="sharetarget_once"
            ),
        ),
        migrations.RunSQL(GUARD, UNGUARD),
    ]
