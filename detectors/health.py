"""What can be wrong with what comes in, for `manage.py doctor`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from django.db import connection

from abusedesk.core.health import Level, Verdict
from abusedesk.core.models import Role, User
from detectors import registry
from detectors.needs import missing
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


def optional_packages() -> Iterator[Verdict]:
    """A detector without its package is no fault: it finds nothing, and the others go on."""
    for kind in registry.all_detectors().values():
        if packages := missing(kind.meta):
            lacks = f"finds nothing here without {' and '.join(packages)}, which is optional"
            yield Verdict(kind.meta.slug, Level.OK, f"{kind.meta.title} {lacks}.")
