"""Reads templates of messages, what was written from them, and what fills their gaps."""

from __future__ import annotations

from typing import Final

from django.db.models import QuerySet

from abusedesk.core import clock
from abusedesk.core.errors import NotFoundError
from abusedesk.core.models import User
from cases import policy
from cases.blind import by_who_decided, unveiled
from cases.choices import Audience
from cases.involved import accounts_of_case
from cases.models import Case, CaseReport, Message, MessageTemplate
from cases.selectors.lineage import family_of

OFFERED: Final = 50


def templates_for(viewer: User) -> QuerySet[MessageTemplate]:
    """All templates, by title."""
    seen = policy.allowed(viewer, "template.view")
    rows = MessageTemplate.objects.all() if seen else MessageTemplate.objects.none()
    return rows.select_related("saved_by")


def template_by_slug(slug: str, viewer: User) -> MessageTemplate:
    """One template. Raises NotFoundError."""
    row = templates_for(viewer).filter(slug=slug.replace("\x00", "")).first()
    if row is None:
        message = "There is no such template."
        raise NotFoundError(message)
    return row


def messages_of(case: Case, viewer: User) -> QuerySet[Message]:
    """What was written on the case, newest first; of who decided once the verdict is known."""
    if not policy.can_see(viewer, case):
        return Message.objects.none()
    refs = family_of(case).refs
    rows = Message.objects.filter(~by_who_decided(refs, viewer), case__in=refs)
    return rows.select_related("author", "template", "case").prefetch_related("deliveries__webhook")


def message_by_id(message_id: int, case: Case, viewer: User) -> Message:
    """One of them. Raises NotFoundError."""
    row = messages_of(case, viewer).filter(pk=message_id).first()
    if row is None:
        message = "This case has no such message."
        raise NotFoundError(message)
    return row


def known_values_of(case: Case, viewer: User) -> dict[str, str]:
    """Gap -> what the desk fills it with; left out what the viewer may not know yet."""
    if not policy.can_see(viewer, case):
        return {}
    values = {"case": case.ref, "date": f"{clock.now():%-d %B %Y}"}
    decision = case.decisions.filter(unveiled(viewer), undone_at=None).first()
    if decision is not None:
        values["outcome"] = decision.get_outcome_display()
        values["decided"] = f"{decision.created_at:%-d %B %Y}"
        if decision.policy_version is not None:
            values["policy"] = decision.policy_version.title
    return values


def recipients_of(case: Case, viewer: User) -> dict[str, list[str]]:
    """Audience -> accounts that a message may go to: who reported, and whom the case is about."""
    if not policy.can_see(viewer, case):
        return {}
    reports = (
        CaseReport.objects.filter(case=case.rests_on).exclude(reporter="").order_by("reporter")
    )
    reporters = reports.values_list("reporter", flat=True).distinct()[:OFFERED]
    return {
        Audience.REPORTER.value: list(reporters),
        Audience.SUBJECT.value: accounts_of_case(case)[:OFFERED],
    }
