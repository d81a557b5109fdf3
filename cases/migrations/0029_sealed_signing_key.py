"""The key that a desk signs with is sealed, as other secrets are."""

from __future__ import annotations

from typing import Any

from django.db import migrations, models

from abusedesk.core import sealing

PURPOSE = "signing"


def seal_keys(apps: Any, schema_editor: Any) -> None:
    """Keys that were made before lie in the table as they are."""
    del schema_editor
    for row in apps.get_model("cases", "Organisation").objects.all():
        row.signing_key = sealing.seal(row.signing_key, purpose=PURPOSE)
        row.save(update_fields=["signing_key"])


def unseal_keys(apps: Any, schema_editor: Any) -> None:
    """As they were before."""
    del schema_editor
    for row in apps.get_model("cases", "Organisation").objects.all():
        row.signing_key = sealing.unseal(row.signing_key, purpose=PURPOSE)
        row.save(update_fields=["signing_key"])


class Migration(migrations.Migration):
    dependencies = [("cases", "0028_patterns")]

    operations = [
        migrations.AlterField(
            model_name="organisation",
            name="signing_key",
            field=models.CharField(max_length=200),
        ),
        migrations.RunPython(seal_keys, unseal_keys),
    ]
