"""The signals explorer and its exports."""

from __future__ import annotations

from typing import Any, Final

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.views.decorators.http import require_GET, require_POST

from abusedesk.core import clock, saved
from abusedesk.core.htmx import DeskRequest, render_part
from abusedesk.core.query import MAX_CHARS, Query, QueryError, parse
from detectors.policy import allowed
from detectors.search import FIELDS, Found, Goal, Position
from detectors.selectors.search import hits_for, overview_of, signals_of
from detectors.services.export import LIMIT, export_signals
from detectors.ui import explorer

PAGE: Final = 50
COUNTED: Final = 10_001
# The first look feeds rows, count, facets and bars; it may take as long as people do not notice.
OVERVIEW: Final = Goal(most=COUNTED, enough=PAGE + 1, soft_s=0.1, hard_s=1.0)
NEXT: Final = Goal(most=PAGE + 1, enough=PAGE + 1, soft_s=1.0, hard_s=1.0)
MEDIA: Final = {"csv": "text/csv; charset=utf-8", "ndjson": "application/x-ndjson"}


@login_required
@require_GET
def signal_list(request: DeskRequest) -> HttpResponse:
    """Stored signals that a query finds, newest first."""
    typed = request.GET.get("q", "").strip()
    context: dict[str, Any] = {
        "section": "signals",
        "typed": typed[: 2 * MAX_CHARS],
        "help": explorer.help_lines(),
        "views": saved.views_for(request.user, "signals"),
        "can_save": request.user.role in saved.STAFF,
        "can_export": allowed(request.user, "signal.export"),
        "export_limit": LIMIT,
    }
    try:
        context |= _results(request, parse(typed, FIELDS))
    except QueryError as error:
        context |= {"faults": error.faults}
    status = 422 if context.get("faults") else 200
    return render_part(
        request, "detectors/signal_list.html", context, part="results", status=status
    )


@login_required
@require_POST
def signal_export(request: DeskRequest) -> HttpResponseBase:
    """What the query finds as a file."""
    query = parse(request.POST.get("q", ""), FIELDS)
    format = request.POST.get("format", "csv")
    pieces = export_signals(actor=request.user, query=query, format=format)
    name = f"signals-{clock.now():%Y%m%d-%H%M}.{format}"
    return StreamingHttpResponse(
        pieces,
        content_type=MEDIA[format],
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
            "X-Accel-Buffering": "no",
        },
    )


def _results(request: DeskRequest, query: Query) -> dict[str, Any]:
    """Rows of this page, and what all pages together are."""
    start = Position.read(request.GET.get("from", ""))
    newest = hits_for(request.user, query, OVERVIEW)
    found = newest if start is None else hits_for(request.user, query, NEXT, start)
    overview = overview_of(newest.hits[: COUNTED - 1])
    following = _following(found)
    return {
        "query": query,
        "chips": explorer.chips(query),
        "rows": signals_of(found.hits[:PAGE], request.user),
        "total": explorer.total(newest, COUNTED),
        "basis": explorer.basis(newest, COUNTED),
        "facets": explorer.facets(query, overview),
        "chart": explorer.chart(query, overview.bars),
        "step": PAGE,
        "shown": "",
        "first": explorer.link(query) if start else "",
        "more": explorer.link(query, following) if following else "",
        # the time was up before the page was full
        "searched_to": following.occurred_at if following and len(found.hits) < PAGE else None,
    }


def _following(found: Found) -> Position | None:
    """Behind what the next page begins."""
    if len(found.hits) > PAGE:
        return found.hits[PAGE - 1].position
    return found.end
