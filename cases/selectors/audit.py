"""Reads the audit chain for a page: by what happened, by whom, to what, and when."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import F, Q, QuerySet

from abusedesk.core import audit
from abusedesk.core.errors import InvalidError
from abusedesk.core.models import AuditEntry, User
from cases import policy
from cases.blind import unveiled
from cases.models import Case, Decision
from cases.selectors.case import cases_for
from cases.timeline import TELLING

PAGE: Final = 50
MOST: Final = 2**62
_REF: Final = re.compile(r"AD-([0-9]{1,18})", re.IGNORECASE)
_THING: Final = re.compile(r"([a-z_-]{1,40})(?:\s+(\S{1,64}))?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody looks for; empty is everything. actor: a user name, or that of the desk itself.

    about: a case by its reference, or a kind of thing, with an id or without.
    """

    verb: str = ""
    actor: str = ""
    about: str = ""
    since: datetime | None = None
    until: datetime | None = None

    def __str__(self) -> str:
        said = {
            "verb": self.verb, "actor": self.actor, "about": self.about,
            "since": self.since and f"{self.since:%Y-%m-%dT%H:%MZ}",
            "until": self.until and f"{self.until:%Y-%m-%dT%H:%MZ}",
        }  # fmt: skip
        return " ".join(f"{name}:{value}" for name, value in said.items() if value) or "all"


@dataclass(frozen=True, slots=True)
class Line:
    """An entry in words. ref: of the case that it is about, where the viewer sees it."""

    entry: AuditEntry
    sentence: str
    ref: str


def audit_entries_for(viewer: User, asked: Asked) -> QuerySet[AuditEntry]:
    """Entries, newest first. Raises InvalidError that names the field.

    What tells a verdict that this person must not know yet is left out, as on timelines.
    """
    if not policy.allowed(viewer, "audit.view"):
        return AuditEntry.objects.none()
    rows = AuditEntry.objects.filter(
        _verb(asked.verb), _actor(asked.actor), _about(asked.about), _span(asked)
    )
    return _without_veiled(rows, veiled_decisions_for(viewer)).order_by("-id")


def veiled_decisions_for(viewer: User) -> QuerySet[Decision]:
    """Decisions that wait for a second opinion, of which this person knows no verdict."""
    if not policy.allowed(viewer, "audit.view"):
        return Decision.objects.none()
    return Decision.objects.filter(~unveiled(viewer)).order_by("created_at")


def audit_page_for(
    viewer: User, asked: Asked, before: str = "", size: int = PAGE
) -> tuple[list[AuditEntry], str]:
    """Entries behind a place of the chain, and the place behind them; empty at the end."""
    rows = audit_entries_for(viewer, asked)
    if before.isascii() and before.isdecimal():
        rows = rows.filter(pk__lt=min(int(before[:19]), MOST))
    found = list(rows[: size + 1])
    more = str(found[size - 1].pk) if len(found) > size else ""
    return found[:size], more


def audit_lines_of(entries: Iterable[AuditEntry], viewer: User) -> list[Line]:
    """Each entry with its sentence; one query for the cases that they name."""
    listed = list(entries)
    ids = {int(one.target_id) for one in listed if _is_case(one)}
    refs = dict(cases_for(viewer).filter(pk__in=ids).values_list("pk", "ref"))
    return [
        Line(one, audit.sentence(one), refs.get(int(one.target_id), "") if _is_case(one) else "")
        for one in listed
    ]


def _is_case(entry: AuditEntry) -> bool:
    return entry.target_type == "case" and entry.target_id.isdecimal()


def _verb(text: str) -> Q:
    if not text:
        return Q()
    if text not in audit.SENTENCES:
        message = f"There is no event {text[:40]!r}."
        raise InvalidError(message, field="verb")
    return Q(verb=text)


def _actor(text: str) -> Q:
    if not text:
        return Q()
    if text == audit.MACHINE:
        return Q(actor=None)
    person = User.objects.filter(username=text.replace("\x00", "")).first()
    if person is None:
        message = f"There is nobody of this name; the desk itself is {audit.MACHINE}."
        raise InvalidError(message, field="actor")
    return Q(actor=person)


def _about(text: str) -> Q:
    if not text:
        return Q()
    if found := _REF.fullmatch(text):
        pk = Case.objects.filter(ref=f"AD-{int(found[1])}").values_list("pk", flat=True).first()
        return Q(target_type="case", target_id=str(pk or 0))
    named = _THING.fullmatch(text)
    if named is None:
        message = "Write a case such as AD-7, or a kind of thing with its id such as apitoken 3."
        raise InvalidError(message, field="about")
    thing = Q(target_type=named[1].lower())
    return thing & Q(target_id=named[2]) if named[2] else thing


def _span(asked: Asked) -> Q:
    if asked.since and asked.until and asked.since >= asked.until:
        message = "The beginning lies before the end."
        raise InvalidError(message, field="until")
    since = Q(at__gte=asked.since) if asked.since else Q()
    return since & (Q(at__lt=asked.until) if asked.until else Q())


def _without_veiled(rows: QuerySet[AuditEntry], veiled: QuerySet[Decision]) -> QuerySet[AuditEntry]:
    known: list[Mapping[str, Any]] = list(veiled.values("pk", "created_at", of=F("case_id")))
    if not known:
        return rows
    ids = [one["pk"] for one in known]
    rows = rows.exclude(data__has_key="decision", data__decision__in=ids)
    cases = {str(one["of"]) for one in known}
    since = known[0]["created_at"]
    return rows.exclude(target_type="case", target_id__in=cases, verb__in=TELLING, at__gte=since)
