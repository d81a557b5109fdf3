#!/usr/bin/env python
"""Command line of the desk: `python manage.py help`."""

from __future__ import annotations

import os
import sys

from django.core.management import execute_from_command_line
from django.db import OperationalError

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "abusedesk.settings")
    try:
        execute_from_command_line(sys.argv)
    except OperationalError as error:
        reason = str(error).partition("\n")[0]
        sys.exit(
            f"The database does not answer ({reason}).\nIs `make run` up? `manage.py doctor` tells."
        )
