"""Pages of signals and detectors."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from abusedesk.core import text
from abusedesk.core.errors import ForbiddenError, InvalidError, NotFoundError
from abusedesk.core.htmx import DeskRequest, render_part
from abusedesk.core.models import Role, User
from abusedesk.core.templatetags.ui import span
from detectors import registry
from detectors.choices import Mode
from detectors.forms import PREFIX, ConfigForm, config_form, param_rows
from detectors.models import DetectorConfig, Signal
from detectors.schema import Kind
from detectors.selectors.config import (
    DetectorStats,
    configs_of,
    current_configs,
    detector_stats,
    lag_seconds,
)
from detectors.selectors.signal import entities_of, findings_citing, signal_by_id, signals_for
from detectors.services.config import save_config

PAGE = 50
FILTERS = ("platform", "kind", "actor", "text")
WHOLE = 100_000
CITED = 50


@login_required
@require_GET
def signal_list(request: DeskRequest) -> HttpResponse:
    """Stored signals, newest first."""
    filters = {name: request.GET.get(name, "").strip() for name in FILTERS}
    found = _filtered(signals_for(request.user), filters)
    start = _start(request.GET.get("from", ""))
    rows = list(found[start : start + PAGE + 1])
    lag = lag_seconds()
    context = {
        "section": "signals",
        "filters": filters,
        "filtered": any(filters.values()),
        "platforms": _platforms(rows),
        "kinds": [kind.value for kind in Kind],
        "lag": span(lag) if lag else "",
        "rows": rows[:PAGE],
        "shown": f"{start + 1} to {start + len(rows[:PAGE])}",
        "step": PAGE,
        "first": _link(request, 0) if start else "",
        "more": _link(request, start + PAGE) if len(rows) > PAGE else "",
    }
    return render_part(request, "detectors/signal_list.html", context, part="rows")


@login_required
@require_GET
def signal_detail(request: DeskRequest, signal_id: int) -> HttpResponse:
    """One signal with what was extracted and what was found with it."""
    signal = signal_by_id(signal_id, request.user)
    whole = request.GET.get("text") == "all"
    context = {
        "section": "signals",
        "signal": signal,
        "text_view": text.safe_view(signal.text, WHOLE if whole else text.GRAPHEMES),
        "is_cut": not whole and text.is_long(signal.text),
        "entities": entities_of(signal),
        "findings": findings_citing(signal)[:CITED],
        "raw": raw_of(signal),
    }
    return render(request, "detectors/signal_detail.html", context)


@login_required
@require_GET
def detector_list(request: DeskRequest) -> HttpResponse:
    """All detectors and how they fare."""
    configs, stats = current_configs(), detector_stats()
    rows = [_row(slug, configs.get(slug), stats.get(slug)) for slug in registry.all_detectors()]
    modes = [row["mode"] for row in rows]
    context = {
        "section": "detectors",
        "rows": rows,
        **{mode.value: modes.count(mode.value) for mode in Mode},
    }
    return render(request, "detectors/detector_list.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def detector_detail(request: DeskRequest, slug: str) -> HttpResponse:
    """One detector: what it does, its settings, their versions."""
    if slug not in registry.all_detectors():
        message = "There is no such detector."
        raise NotFoundError(message)
    config = current_configs().get(slug)
    params = config.params if config else registry.defaults(slug).model_dump(mode="json")
    mode = config.mode if config else Mode.OFF.value
    form = config_form(registry.get(slug).Params, params, mode, request.POST or None)
    if request.method != "POST":
        return _detector_page(request, slug, config, form)
    _require_admin(request.user)
    if form.is_valid() and _saved(request, slug, form):
        return redirect("detectors:detector-detail", slug)
    return _detector_page(request, slug, config, form, status=422)


def _saved(request: DeskRequest, slug: str, form: ConfigForm) -> bool:
    said = form.cleaned_data
    try:
        config = save_config(
            actor=request.user,
            slug=slug,
            mode=said["mode"],
            params=form.params(),
            reason=said["reason"],
        )
    except InvalidError as error:
        name = f"{PREFIX}{error.field}"
        form.add_error(name if name in form.fields else None, error.message)
        return False
    messages.success(request, f"Version {config.number} is in force from the next tick.")
    return True


def _detector_page(
    request: DeskRequest,
    slug: str,
    config: DetectorConfig | None,
    form: ConfigForm,
    status: int = 200,
) -> HttpResponse:
    detector = registry.get(slug)
    meta = detector.meta
    stats = detector_stats().get(slug, DetectorStats())
    versions = configs_of(slug)
    context: dict[str, Any] = {
        "section": "detectors",
        "meta": meta,
        "family": meta.family.value,
        "kinds": ", ".join(meta.kinds) or "every kind",
        "lookback": span(meta.lookback_s),
        "mode": config.mode if config else Mode.OFF.value,
        "chosen_mode": form["mode"].value(),
        "modes": Mode.choices,
        "config": config,
        "form": form,
        "error": next(iter(form.non_field_errors()), ""),
        "params": param_rows(form, detector.Params),
        "can_save": request.user.role == Role.ADMIN,
        "next_number": versions[0].number + 1 if versions else 1,
        "versions": versions,
        "stats": stats,
        "lag": span(stats.lag_s) if stats.lag_s else "up to date",
    }
    return render(request, "detectors/detector_detail.html", context, status=status)


def raw_of(signal: Signal) -> str:
    """The signal as JSON, defanged; hidden characters stay escaped, so that nothing in it can act."""
    body = {
        "external_id": signal.external_id,
        "platform": signal.platform,
        "kind": signal.kind,
        "occurred_at": signal.occurred_at.isoformat(),
        "actor": signal.actor,
        "text": signal.text,
        **signal.payload,
    }
    return text.defang(json.dumps(body, indent=2, ensure_ascii=True))


def _row(slug: str, config: DetectorConfig | None, stats: DetectorStats | None) -> dict[str, Any]:
    meta = registry.get(slug).meta
    numbers = stats or DetectorStats()
    return {
        "slug": slug,
        "title": meta.title,
        "doc": meta.doc,
        "family": meta.family.value,
        "mode": config.mode if config else Mode.OFF.value,
        "config": config,
        "findings_7d": numbers.findings_7d,
        "opening": numbers.opening,
        "lag": span(numbers.lag_s) if numbers.lag_s else "0 s",
        "error": numbers.error,
    }


def _filtered(signals: QuerySet[Signal], filters: dict[str, str]) -> QuerySet[Signal]:
    if filters["platform"]:
        signals = signals.filter(platform=filters["platform"].lower())
    if filters["kind"]:
        signals = signals.filter(kind=filters["kind"])
    if filters["actor"]:
        signals = signals.filter(actor=filters["actor"])
    if filters["text"]:
        signals = signals.filter(text__icontains=filters["text"])
    return signals


def _platforms(rows: list[Signal]) -> list[str]:
    return sorted({row.platform for row in rows})


def _start(asked: str) -> int:
    return int(asked) if asked.isdecimal() and len(asked) < 7 else 0  # noqa: PLR2004 -- a million


def _link(request: DeskRequest, start: int) -> str:
    query = request.GET.copy()
    query["from"] = str(start)
    return f"{reverse('detectors:signal-list')}?{query.urlencode()}"


def _require_admin(user: User) -> None:
    if user.role != Role.ADMIN:
        message = "Only an admin may change a detector."
        raise ForbiddenError(message)
