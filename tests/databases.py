"""Databases of tests: one is migrated, the others are its copies, and all are emptied quickly."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

from django.db import connection

from abusedesk import env
from abusedesk.core import embedded
from abusedesk.core.pgpaths import Paths

BLANK = "blank"
KEPT = {"auth_permission", "django_content_type"}
"""What `migrate` writes of the models: it would be the same again after every test."""


def blank_database(paths: Paths) -> str:
    """Name of a database with all tables and nothing in them, to be copied: migrating takes long.

    The first process of a run that asks makes it, the others wait.
    """
    made = paths.root.with_name("blank-is-made")
    with paths.root.with_name("blank.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            embedded.ensure_database(paths, BLANK)
            told = {"DATABASE_URL": paths.dsn_of(BLANK), "ABUSEDESK_BROKER_URL": "memory://"}
            command = [sys.executable, "manage.py", "migrate", "--verbosity=0"]
            subprocess.run(command, cwd=env.BASE_DIR, env=os.environ | told, check=True)
            made.touch()
    return BLANK


def emptying(_: object, __: object, tables: Sequence[str], **___: Any) -> list[str]:
    """What Django's `sql_flush` returns, twenty times as quick for tables that hold little.

    TRUNCATE gives each table and index a new file. The locks wait for those who still write, as it
    would; the role leaves out triggers: foreign keys, and what guards the audit table.
    """
    names = [connection.ops.quote_name(table) for table in sorted(set(tables) - KEPT)]
    return [
        "SET LOCAL session_replication_role = replica",
        f"LOCK TABLE {', '.join(names)} IN SHARE ROW EXCLUSIVE MODE",
        ";".join(f"DELETE FROM {name}" for name in names),
        "SET LOCAL session_replication_role = DEFAULT",
    ]
