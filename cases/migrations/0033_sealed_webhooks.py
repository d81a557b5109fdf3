"""The secrets of webhooks are sealed, as other secrets are."""

from __future__ import annotations

from typing import Any

from django.db import migrations, models

from abusedesk.core import sealing

PURPOSE = "webhook"


def seal_secrets(apps: Any, schema_editor: Any) -> None:
    """Secrets that were made before lie in the table as they are."""
    del schema_editor
    for row in apps.get_model("cases", "Webhook").objects.all():
        row.secret = sealing.seal(row.secret, purpose=PURPOSE)
        row.save(update_fields=["secret"])


def unseal_secrets(apps: Any, schema_editor: Any) -> None:
    """As they were before."""
    del schema_editor
    for row in apps.get_model("cases", "Webhook").objects.all():
        row.secret = sealing.unseal(row.secret, purpose=PURPOSE)
        row.save(update_fields=["secret"])


class Migration(migrations.Migration):
    dependencies = [("cases", "0032_shared_keys")]

    operations = [
        migrations.AlterField(
            model_name="webhook",
            name="secret",
            field=models.CharField(max_length=400),
        ),
        migrations.RunPython(seal_secrets, unseal_secrets),
    ]
