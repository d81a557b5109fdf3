"""In which time zone somebody reads times: their own, else that of the desk."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, tzinfo
from difflib import get_close_matches
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from abusedesk.core import audit
from abusedesk.core.audit import Verb
from abusedesk.core.errors import InvalidError
from abusedesk.core.models import User

MINUTES: Final = "%Y-%m-%d %H:%M"
PROGRAMS: Final = ("/api/", "/taxii2/")
"""What programs read: an answer must not depend on who asks."""


@cache
def names() -> tuple[str, ...]:
    """Every IANA name, in order; without the copies of the data base that some systems list."""
    return tuple(sorted(name for name in available_timezones() if "/" in name or name == "UTC"))


def zone_of(person: User) -> ZoneInfo:
    """Theirs; that of the desk where they chose none, or one that is known no more."""
    with suppress(ZoneInfoNotFoundError, ValueError, OSError):
        if person.time_zone:
            return ZoneInfo(person.time_zone)
    return ZoneInfo(settings.TIME_ZONE)


def current_name() -> str:
    """IANA name of the zone in which this page tells times."""
    return timezone.get_current_timezone_name()


def here(moment: datetime, zone: tzinfo | None = None) -> datetime:
    """`moment` in that zone, else that of the page; as it is at either end of the calendar."""
    try:
        return moment.astimezone(zone or timezone.get_current_timezone())
    except OverflowError:
        return moment


def told(moment: datetime, form: str = MINUTES, zone: tzinfo | None = None) -> str:
    """`2026-11-27 16:23 CET`: a moment in that zone, else in that of the page, which is named."""
    at = here(moment, zone)
    name = at.strftime("%Z")
    # where people have no letters for a zone, its name is an offset
    return f"{at.strftime(form)} {name if name[:1].isalpha() else f'UTC{name}'}"


def minute(moment: datetime) -> str:
    """`16:23 CET`: a moment of today."""
    return told(moment, "%H:%M")


def local(moment: datetime) -> str:
    """`2026-11-27 16:23`, where its zone stands beside it."""
    return here(moment).strftime(MINUTES)


@transaction.atomic
def choose_zone(*, actor: User, name: str) -> None:
    """From now on they read times in this zone; empty for that of the desk. Raises InvalidError."""
    name = name.strip()
    if name == actor.time_zone:
        return
    if name and name not in names():
        close = get_close_matches(name, names(), n=1, cutoff=0.5)
        meant = f" Did you mean {close[0]}?" if close else ""
        message = f"There is no such time zone. Write one such as Europe/Berlin.{meant}"
        raise InvalidError(message, field="time_zone")
    actor.time_zone = name
    actor.save(update_fields=["time_zone"])
    audit.append(actor=actor, verb=Verb.ZONE_CHOSEN, target=actor, zone=name or "that of the desk")


class ZoneMiddleware:
    """Pages tell times in the zone of who reads them; who is signed in was read already."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        person = request.user
        if not isinstance(person, User) or request.path.startswith(PROGRAMS):
            return self.get_response(request)
        with timezone.override(zone_of(person)):
            return self.get_response(request)
