"""Mails notices to who asked for it: a reference and what happened, never evidence."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import structlog
from django.db import transaction
from django.urls import reverse

from abusedesk.core import clock, mail
from abusedesk.core.mail import MailError
from cases.choices import Tlp
from cases.models import Notice
from cases.selectors.notice import notices_for

log = structlog.get_logger(__name__)

AGAIN: Final = timedelta(minutes=5)
"""When a mail is tried again; longer than a server has to answer."""
STALE: Final = timedelta(days=1)
"""A notice that is older is no news by mail any more."""


def mail_due(limit: int = 20) -> int:
    """Mail up to `limit` notices whose time has come. Returns how many were sent."""
    sent = 0
    for _ in range(limit):
        row = _take()
        if row is None:
            break
        if not _may_be_mailed(row):
            _done(row)
            continue
        try:
            mail.send(to=row.user.email, subject=_subject(row), body=_body(row))
        except MailError as error:
            log.warning("A notice was not mailed", notice=row.pk, error=str(error))
            break  # a server that is away is away for the next one, too
        sent += 1
        _done(row)
    return sent


@transaction.atomic
def _take() -> Notice | None:
    """One due notice, put off while it travels, so that others leave it alone meanwhile."""
    now = clock.now()
    rows = Notice.objects.select_for_update(skip_locked=True, no_key=True, of=("self",))
    due = rows.filter(mail_due_at__lte=now).select_related("user", "case", "actor")
    row = due.order_by("mail_due_at", "pk").first()
    if row is not None:
        row.mail_due_at = now + AGAIN
        row.save(update_fields=["mail_due_at"])
    return row


def _may_be_mailed(row: Notice) -> bool:
    """News of a case that they still may see, that was not read meanwhile, and is not TLP:RED."""
    is_red = row.case is not None and row.case.tlp == Tlp.RED
    fresh = row.created_at > clock.now() - STALE and not is_red
    seen = notices_for(row.user).filter(pk=row.pk)
    return fresh and row.user.is_active and mail.wanted_by(row.user) and seen.exists()


def _done(row: Notice) -> None:
    Notice.objects.filter(pk=row.pk).update(mail_due_at=None)


def _subject(row: Notice) -> str:
    return f"{row.about} {row.get_kind_display()}"


def _body(row: Notice) -> str:
    by = f", by {row.actor}" if row.actor else ""
    return (
        f"{_subject(row)}{by}.\n\n"
        f"{mail.address_of(reverse('cases:notice', args=[row.pk]))}\n\n"
        "You asked for these mails in your inbox, and can end them there.\n"
    )
