"""A desk begins with one queue; a delivery can be cancelled; late cases have an index."""

from __future__ import annotations

from typing import Any

from django.db import migrations, models


def make_inbox(apps: Any, schema_editor: Any) -> None:
    queues = apps.get_model("cases", "Queue")
    queues.objects.get_or_create(slug="inbox", defaults={"title": "Inbox"})


class Migration(migrations.Migration):
    dependencies = [("cases", "0002_initial")]

    operations = [
        migrations.RunPython(make_inbox, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="delivery",
            name="state",
            field=models.CharField(
                choices=[
                    ("waiting", "Waiting"),
                    ("sent", "Sent"),
                    ("dead", "Given up"),
                    ("canceled", "Cancelled by undo"),
                ],
                default="waiting",
                max_length=8,
            ),
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(fields=["queue", "state", "due_at"], name="case_due"),
        ),
    ]
