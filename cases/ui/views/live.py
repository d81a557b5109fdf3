"""What an open page asks for every few seconds: counts, and whether anything new came."""

from __future__ import annotations

from hashlib import blake2b

import msgspec
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, HttpResponseNotModified
from django.views.decorators.http import require_GET

from abusedesk.core.errors import NotFoundError
from abusedesk.core.htmx import DeskRequest
from abusedesk.core.models import User
from cases.claims import holder_of
from cases.models import Case
from cases.paging import total
from cases.selectors.case import (
    case_by_ref,
    online_of,
    queue_counts,
    rail_views_of,
    unread_of,
)
from cases.selectors.presence import viewers_of
from cases.selectors.view import counted_views_for
from cases.services.presence import note_presence
from cases.ui.rail import YOU, viewing


@login_required
@require_GET
def live(request: DeskRequest) -> HttpResponse:
    """Numbers by name, as `data-live` of an element asks for them; 304 while they stay the same.

    `<slug>.open` and its kin count one queue, `all.open` every queue of this person,
    `inbox.unread` what they have not read, `view.<id>` what a saved view shows, `people.online`
    and `people.names` who else is here. ?case= a reference: `case.viewing`, `case.holder` too.
    """
    case = _case(request)
    note_presence(actor=request.user, case=case)
    told = _numbers(request) | (_told_of(case, request.user) if case else {})
    body = msgspec.json.encode(told)
    etag = f'"{blake2b(body, digest_size=8).hexdigest()}"'
    if request.headers.get("If-None-Match") == etag:
        answer: HttpResponse = HttpResponseNotModified()
    else:
        answer = HttpResponse(body, content_type="application/json")
    answer["ETag"] = etag
    return answer


def _case(request: DeskRequest) -> Case | None:
    """The case on the screen; None for none, or one that does not exist for this person."""
    ref = request.GET.get("case", "").replace("\x00", "")
    try:
        return case_by_ref(ref, request.user) if ref else None
    except NotFoundError:
        return None


def _told_of(case: Case, viewer: User) -> dict[str, int | str]:
    holder = holder_of(case)
    return {
        "case.viewing": viewing(viewers_of(case, viewer)),
        "case.holder": YOU if holder == viewer else str(holder or ""),
    }


def _numbers(request: DeskRequest) -> dict[str, int | str]:
    counts = queue_counts(request.user)
    found: dict[str, int | str] = {}
    for name in ("open", "escalated", "snoozed", "closed", "late"):
        found |= {f"{one.slug}.{name}": getattr(one, name) for one in counts}
        found[f"all.{name}"] = total(counts, name)
    found |= {f"{one.slug}.newest": one.newest for one in counts}
    found["inbox.unread"] = unread_of(counts)
    names = online_of(counts)
    found["people.online"] = len(names)
    if counts:
        found["people.names"] = ", ".join(names)
    views = counted_views_for(request.user, rail_views_of(counts))
    found |= {f"view.{one.view.pk}": one.total for one in views if one.total is not None}
    return found
