"""Installs the queue's SQL (PGMQ) into the desk's database."""

from __future__ import annotations

from typing import Final

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from pgmq.install import get_embedded_install_sql

PRESENT: Final = "SELECT to_regclass('pgmq.meta') IS NOT NULL"


def install(schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Run the SQL of the pgmq package once; the script is not repeatable.

    Queues themselves are made by Celery when a worker or a sender first names them.
    """
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(PRESENT)
        if not cursor.fetchone()[0]:
            cursor.execute(get_embedded_install_sql(), None)
