"""One table of partners' keys, sealed secrets, where a page begins, opinions that were told."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

from abusedesk.core import sealing

ALGS = {"sign": "ed25519", "seal": "x25519"}


def gather_keys(apps: Any, schema_editor: Any) -> None:
    """Keys that were pinned without a fingerprint go on to count for what they were pinned for.

    One that is pinned with its fingerprint, or was withdrawn, is known and stays as it is.
    """
    del schema_editor
    keys = apps.get_model("cases", "SigningKey").objects
    for row in apps.get_model("cases", "PartnerKey").objects.order_by("pk"):
        for use, alg in ALGS.items():
            public = getattr(row, use)
            if not public:
                continue
            digits = sha256(bytes.fromhex(public)).hexdigest()[:16]
            told = {
                "partner_id": row.partner_id,
                "use": use,
                "public": public,
                "compared": False,
                "pinned_at": row.set_at,
            }
            keys.get_or_create(key_id=f"{alg}:{digits}", defaults=told)


def part_keys(apps: Any, schema_editor: Any) -> None:
    """As it was before: the newest pinned key of each use stands on the second card too."""
    del schema_editor
    old = apps.get_model("cases", "PartnerKey").objects
    for one in apps.get_model("cases", "SigningKey").objects.filter(state="pinned").order_by("pk"):
        row, _ = old.get_or_create(partner_id=one.partner_id)
        setattr(row, one.use, one.public)
        row.set_at = one.pinned_at
        row.save()
    apps.get_model("cases", "SigningKey").objects.filter(pinned_by=None).delete()


def seal_secrets(apps: Any, schema_editor: Any) -> None:
    """Keys that were made before lie in the tables as they are."""
    del schema_editor
    _each(apps, sealing.seal)


def unseal_secrets(apps: Any, schema_editor: Any) -> None:
    """As they were before."""
    del schema_editor
    _each(apps, sealing.unseal)


def _each(apps: Any, change: Any) -> None:
    for row in apps.get_model("cases", "Organisation").objects.all():
        row.cursor_key = change(row.cursor_key, purpose="cursor")
        row.save(update_fields=["cursor_key"])
    for row in apps.get_model("cases", "CircleKey").objects.all():
        row.secret = change(row.secret, purpose="epoch")
        row.save(update_fields=["secret"])


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("cases", "0031_notice_habits"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="sharedobject",
            index=models.Index(fields=["circle", "added_at"], name="sharedobject_added"),
        ),
        migrations.AddField(
            model_name="importedobject",
            name="opined_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="importedobject",
            name="opinion",
            field=models.CharField(
                blank=True,
                choices=[
                    ("strongly-agree", "Strongly agree"),
                    ("agree", "Agree"),
                    ("neutral", "Cannot tell"),
                    ("disagree", "Disagree"),
                    ("strongly-disagree", "Strongly disagree"),
                ],
                db_default="",
                max_length=17,
            ),
        ),
        migrations.AlterField(
            model_name="organisation",
            name="cursor_key",
            field=models.CharField(max_length=200),
        ),
        migrations.AlterField(
            model_name="circlekey",
            name="secret",
            field=models.CharField(max_length=200),
        ),
        migrations.RunPython(seal_secrets, unseal_secrets, atomic=True),
        migrations.AddField(
            model_name="signingkey",
            name="use",
            field=models.CharField(
                choices=[
                    ("sign", "Signs patterns, files and receipts"),
                    ("seal", "Keys of circles are sealed to it"),
                ],
                default="sign",
                max_length=4,
            ),
        ),
        migrations.AddField(
            model_name="signingkey",
            name="compared",
            field=models.BooleanField(default=True),
        ),
        migrations.AlterField(
            model_name="signingkey",
            name="state",
            field=models.CharField(
                choices=[("pinned", "Pinned"), ("withdrawn", "Withdrawn")],
                default="pinned",
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="signingkey",
            name="pinned_by",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.RunPython(gather_keys, part_keys, atomic=True),
        migrations.DeleteModel(name="PartnerKey"),
        migrations.RenameModel("SigningKey", "PartnerKey"),
        migrations.AlterField(
            model_name="partnerkey",
            name="partner",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="keys",
                to="cases.partner",
            ),
        ),
    ]
