"""Sources: how each fares, and what people say of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_http_methods

from abusedesk.core import clock
from abusedesk.core.errors import ConflictError, InvalidError, NotFoundError
from abusedesk.core.htmx import DeskRequest
from abusedesk.core.models import Role
from abusedesk.core.templatetags.ui import span
from detectors.complaints import opens_cases
from detectors.models import Source
from detectors.policy import STAFF
from detectors.selectors.source import (
    DAYS,
    HOURS,
    SourceHealth,
    health_of,
    source_by_slug,
    sources_for,
    tokens_of,
)
from detectors.services.source_settings import (
    create_source,
    require_source_admin,
    update_source,
)
from detectors.ui import silent
from detectors.ui.source_form import NewSourceForm, SourceForm, first_values

PAGE: Final = 50


@login_required
@require_GET
def source_list(request: DeskRequest) -> HttpResponse:
    """All sources, by name; those that are silent stand above."""
    _require_reader(request)
    after = request.GET.get("after", "").replace("\x00", "")[:60]
    found = list(sources_for(request.user).filter(slug__gt=after)[: PAGE + 1])
    rows, health = found[:PAGE], health_of(found[:PAGE])
    context = {
        "section": "sources",
        "rows": [
            {"source": one, "health": health[one.pk], **_said(health[one.pk])} for one in rows
        ],
        **silent.context(request.user),
        "total": sources_for(request.user).count(),
        "can_save": request.user.role == Role.ADMIN,
        "shown": f"{len(rows)} sources",
        "step": PAGE,
        "first": "?" if after else "",
        "more": f"?{urlencode({'after': rows[-1].slug})}" if len(found) > PAGE else "",
    }
    return render(request, "detectors/source_list.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def source_new(request: DeskRequest) -> HttpResponse:
    """A source before its first signal."""
    _require_reader(request)
    require_source_admin(actor=request.user)
    form = NewSourceForm(request.POST or None, initial={"alarm": "auto", "report_cases": "auto"})
    if request.method == "POST" and form.is_valid():
        try:
            slug = form.cleaned_data["slug"]
            source = create_source(actor=request.user, slug=slug, **form.values())
        except (InvalidError, ConflictError) as error:
            form.refuse(error.field, error.message)
        else:
            messages.success(request, f"The source {source.title} is there.")
            return redirect("detectors:source-detail", source.slug)
    status = 422 if form.is_bound else 200
    page = {"section": "sources", "form": form, "new": True, "error": ""}
    return render(request, "detectors/source_new.html", page, status=status)


@login_required
@require_http_methods(["GET", "POST"])
def source_detail(request: DeskRequest, slug: str) -> HttpResponse:
    """One source: volume, errors, clocks, tokens; POST saves what people say of it."""
    source = source_by_slug(slug, request.user)
    form = SourceForm(request.POST or None, initial=first_values(source))
    if request.method != "POST":
        return _source_page(request, source, form)
    require_source_admin(actor=request.user)
    if form.is_valid():
        try:
            update_source(actor=request.user, source=source, **form.values())
        except InvalidError as error:
            form.refuse(error.field, error.message)
        else:
            messages.success(request, "Saved.")
            return redirect("detectors:source-detail", slug)
    return _source_page(request, source, form, status=422)


def _source_page(
    request: DeskRequest, source: Source, form: SourceForm, status: int = 200
) -> HttpResponse:
    health = health_of([source])[source.pk]
    now = clock.now()
    hours = [now - timedelta(hours=back) for back in reversed(range(HOURS))]
    days = [now - timedelta(days=back) for back in reversed(range(DAYS))]
    context = {
        "section": "sources",
        "source": source,
        "health": health,
        "form": form,
        "error": next(iter(form.non_field_errors()), ""),
        "can_save": request.user.role == Role.ADMIN,
        "tokens": tokens_of(source, request.user),
        "new": False,
        "charts": [
            _chart("24 hours by hour", "hours", hours, health.hours, "%d %b %H:00"),
            _chart("14 days by day", "days", days, health.days, "%d %b"),
        ],
        "limit": span(health.limit_s) if health.limit_s else "",
        "opens_cases": opens_cases(source.report_cases, source.adapters),
        "unexpected": set(health.platforms) - set(source.platforms) if source.platforms else set(),
        **_said(health),
    }
    return render(request, "detectors/source_detail.html", context, status=status)


def _chart(
    title: str, slug: str, moments: list[datetime], counts: list[int], form: str
) -> dict[str, Any]:
    """Bars and the table with the same numbers."""
    lines = [(one.strftime(form), n) for one, n in zip(moments, counts, strict=True)]
    return {"title": title, "slug": slug, "counts": counts, "most": max(counts), "lines": lines}


def _said(health: SourceHealth) -> dict[str, Any]:
    """Numbers in words."""
    rate, skew = health.error_rate, health.skew_s
    return {
        "rate": "" if rate is None else f"{100 * rate:.1f} %",
        "skew": "" if skew is None else _skew(skew),
        "platforms": sorted(health.platforms.items(), key=lambda one: (-one[1], one[0])),
    }


def _skew(seconds: float) -> str:
    if abs(seconds) < 1:
        return "under 1 s"
    return f"{span(abs(seconds))}{'' if seconds > 0 else ' ahead'}"


def _require_reader(request: DeskRequest) -> None:
    if request.user.role not in STAFF:
        message = "There is nothing here."
        raise NotFoundError(message)
