"""What can be wrong with what comes in, for `manage.py doctor`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from django.db import connection

from abusedesk.core.health import Level, Verdict
from abusedesk.core.models import Role, User
from detectors.selectors.source import silent_for

NAMED: Final = 5
TABLE: Final = "detectors_sourcehour"


def silent_sources() -> Iterator[Verdict]:
    """A source that has stopped is a warning: the desk itself is well."""
    if TABLE not in connection.introspection.table_names():  # before its migration
        return
    silent = silent_for(User(role=Role.ADMIN))
    named = ", ".join(
        f"{source.slug} (since {since:%Y-%m-%d %H:%M} UTC)"
        for source, since in list(silent.items())[:NAMED]
    )
    if silent:
        more = f" and {len(silent) - NAMED} more" if len(silent) > NAMED else ""
        yield Verdict("sources", Level.WARNING, f"Silent for too long: {named}{more}.")
    else:
        yield Verdict("sources", Level.OK, "No source is silent for too long.")
