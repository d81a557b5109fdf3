"""Tells watchers what became of their cases: the audit chain is the outbox, a sweep reads it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from django.db import transaction
from django.db.models import Q

from abusedesk.core import clock
from abusedesk.core.audit import Verb
from abusedesk.core.models import AuditEntry, Role, User
from abusedesk.core.queueing import wake
from cases import notices, policy, posting
from cases.choices import NoticeKind
from cases.models import CaseWatch, NewsCursor, Notice
from cases.services.event import newest_entry, owe_events
from detectors.policy import PERMISSIONS

BATCH: Final = 500
# Nothing here tells a verdict: a second person may have to judge without the first.
NEWS: Final[dict[str, NoticeKind]] = {
    Verb.CASE_DECIDED: NoticeKind.CLOSED,
    Verb.CASE_UNDONE: NoticeKind.REOPENED,
    Verb.CASE_REVERSED: NoticeKind.REOPENED,
    Verb.CASE_REOPENED: NoticeKind.REOPENED,
    Verb.CASE_REGRESSED: NoticeKind.REOPENED,
    Verb.CASE_ESCALATED: NoticeKind.ESCALATED,
    Verb.CASE_LATE: NoticeKind.LATE,
    Verb.CASE_SNOOZED: NoticeKind.SNOOZED,
    Verb.CASE_RETURNED: NoticeKind.RETURNED,
    Verb.CASE_ESCALATING: NoticeKind.ESCALATING,
    Verb.CASE_ABSORBED: NoticeKind.ABSORBED,
}

OF_DETECTORS: Final[dict[str, NoticeKind]] = {
    Verb.ALARM_RAISED: NoticeKind.ALARM,
    Verb.DRAFT_WRITTEN: NoticeKind.DRAFT,
    Verb.DRAFT_APPROVED: NoticeKind.DRAFT_DONE,
    Verb.DRAFT_REJECTED: NoticeKind.DRAFT_NO,
    Verb.AUTOMATION_PROPOSED: NoticeKind.AUTOMATION,
    Verb.AUTOMATION_ALLOWED: NoticeKind.AUTOMATION_DONE,
    Verb.AUTOMATION_REFUSED: NoticeKind.AUTOMATION_NO,
    Verb.PATTERN_PAUSED: NoticeKind.PAUSED,
}


def sweep() -> None:
    """Tell watchers and receivers, and have mailed what waits, without waiting for a server."""
    tell_watchers()
    owe_events()
    if Notice.objects.filter(mail_due_at__lte=clock.now()).exists() or posting.due().exists():
        wake("cases.mail_notices")


@transaction.atomic
def tell_watchers() -> int:
    """Tell of what happened since, at most 500 events; who did it knows. Returns how many."""
    NewsCursor.objects.get_or_create(pk=1)
    rows = NewsCursor.objects.select_for_update(skip_locked=True, no_key=True)
    cursor = rows.filter(pk=1).first()
    if cursor is None:
        return 0
    end = newest_entry()
    happened = AuditEntry.objects.filter(
        Q(target_type="case", verb__in=list(NEWS))
        | Q(target_type="detector", verb__in=list(OF_DETECTORS)),
        pk__gt=cursor.read_to,
        pk__lte=end,
    )
    entries = list(happened.select_related("actor").order_by("pk")[:BATCH])
    _tell(one for one in entries if one.target_type == "case")
    _tell_of_detectors(one for one in entries if one.target_type == "detector")
    read_to = entries[-1].pk if len(entries) == BATCH else end
    if read_to != cursor.read_to:
        cursor.read_to = read_to
        cursor.save(update_fields=["read_to"])
    return len(entries)


def _tell(entries: Iterable[AuditEntry]) -> None:
    """In the order of events."""
    entries = list(entries)
    watches: dict[int, list[CaseWatch]] = defaultdict(list)
    about = {int(entry.target_id) for entry in entries}
    for watch in CaseWatch.objects.filter(case__in=about).select_related("user", "case"):
        watches[watch.case_id].append(watch)
    for entry in entries:
        told = [
            one
            for one in watches[int(entry.target_id)]
            if one.user_id != entry.actor_id and one.since <= entry.at
        ]
        if told:
            people = [one.user for one in told]
            notices.give(told[0].case, NEWS[entry.verb], people, actor=entry.actor)


def _tell_of_detectors(entries: Iterable[AuditEntry]) -> None:
    """Alarms go to admins, proposals to who may approve them, what became of one to its author,
    that a pattern was paused to who took it in."""
    for entry in entries:
        people = User.objects.filter(is_active=True)
        if entry.verb == Verb.ALARM_RAISED:
            told = people.filter(role=Role.ADMIN)
        elif entry.verb == Verb.DRAFT_WRITTEN:
            told = people.filter(role__in=PERMISSIONS["detector.approve"])
        elif entry.verb == Verb.AUTOMATION_PROPOSED:
            told = people.filter(role__in=policy.PERMISSIONS["automation.allow"])
        else:
            told = people.filter(username=entry.data.get("author", ""))
        others = told.exclude(pk=entry.actor_id) if entry.actor_id else told
        kind = OF_DETECTORS[entry.verb]
        notices.give_of_detector(entry.target_id, kind, others, actor=entry.actor)
