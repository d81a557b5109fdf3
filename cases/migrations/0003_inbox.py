"""A desk begins with one queue."""

from __future__ import annotations

from typing import Any

from django.db import migrations


def make_inbox(apps: Any, schema_editor: Any) -> None:
    queues = apps.get_model("cases", "Queue")
    queues.objects.get_or_create(slug="inbox", defaults={"title": "Inbox"})


class Migration(migrations.Migration):
    dependencies = [("cases", "0002_initial")]

    operations = [
        migrations.RunPython(make_inbox, migrations.RunPython.noop),
    ]
