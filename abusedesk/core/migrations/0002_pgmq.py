"""The queue's SQL, so that Celery needs nothing but this Postgres."""

from __future__ import annotations

from typing import Any

from django.db import migrations


def install(apps: Any, schema_editor: Any) -> None:
    from abusedesk.core import pgmq_sql  # noqa: PLC0415 -- see the note in pgmq_sql

    pgmq_sql.install(schema_editor)


class Migration(migrations.Migration):
    dependencies = [("core", "0001_initial")]

    operations = [migrations.RunPython(install, migrations.RunPython.noop)]
