"""Which versions of settings read signals."""

from __future__ import annotations

from django.db.models import Q

from detectors.choices import Mode


def running(prefix: str = "") -> Q:
    """Condition: the version in force, unless it is off, or the one that watches beside it.

    prefix: the way to the version from the rows that are asked, such as `config__`.
    """
    on = Q(**{f"{prefix}current": True}) & ~Q(**{f"{prefix}mode": Mode.OFF})
    return on | Q(**{f"{prefix}beside__isnull": False, f"{prefix}ended_at": None})
