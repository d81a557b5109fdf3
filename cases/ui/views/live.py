"""What an open page asks for every few seconds: counts, and whether anything new came."""

from __future__ import annotations

from hashlib import blake2b

import msgspec
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, HttpResponseNotModified
from django.views.decorators.http import require_GET

from abusedesk.core.htmx import DeskRequest
from cases.paging import total
from cases.selectors.case import queue_counts, rail_views_of, unread_of
from cases.selectors.view import counted_views_for


@login_required
@require_GET
def live(request: DeskRequest) -> HttpResponse:
    """Numbers by name, as `data-live` of an element asks for them; 304 while they stay the same.

    `<slug>.open` and its kin count one queue, `all.open` every queue of this person,
    `inbox.unread` what they have not read, `view.<id>` what a saved view shows.
    """
    body = msgspec.json.encode(_numbers(request))
    etag = f'"{blake2b(body, digest_size=8).hexdigest()}"'
    if request.headers.get("If-None-Match") == etag:
        answer: HttpResponse = HttpResponseNotModified()
    else:
        answer = HttpResponse(body, content_type="application/json")
    answer["ETag"] = etag
    return answer


def _numbers(request: DeskRequest) -> dict[str, int]:
    counts = queue_counts(request.user)
    found: dict[str, int] = {}
    for name in ("open", "escalated", "snoozed", "closed", "late"):
        found |= {f"{one.slug}.{name}": getattr(one, name) for one in counts}
        found[f"all.{name}"] = total(counts, name)
    found |= {f"{one.slug}.newest": one.newest for one in counts}
    found["inbox.unread"] = unread_of(counts)
    views = counted_views_for(request.user, rail_views_of(counts))
    found |= {f"view.{one.view.pk}": one.total for one in views if one.total is not None}
    return found
