"""Receivers: which there are, what each hears, what it was sent; and sending it again."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from abusedesk.core.errors import ConflictError, InvalidError
from abusedesk.core.htmx import DeskRequest
from cases.actions import redeliver
from cases.choices import DeliveryState
from cases.models import Webhook
from cases.selectors.webhook import deliveries_of, delivery_by_id, webhook_by_id, webhooks_for
from cases.services.webhook import save_webhook
from cases.ui.forms import WebhookForm

SHOWN = 100


@login_required
@require_http_methods(["GET", "POST"])
def webhooks(request: DeskRequest) -> HttpResponse:
    """All receivers; POST makes one and shows its secret once."""
    rows = webhooks_for(request.user)
    form = WebhookForm(request.POST if request.method == "POST" else None)
    made = _saved(request, form) if request.method == "POST" else None
    context = {"rows": rows, "made": made, "secret": made.plain if made else ""}
    return _page(request, "cases/webhooks.html", WebhookForm() if made else form, context)


@login_required
@require_http_methods(["GET", "POST"])
def webhook(request: DeskRequest, webhook_id: int) -> HttpResponse:
    """One receiver with its last deliveries; POST changes it."""
    found = webhook_by_id(webhook_id, request.user)
    if request.method == "POST":
        form = WebhookForm(request.POST)
        if _saved(request, form, found):
            messages.success(request, "Saved.")
            return redirect("cases:webhook", found.pk)
    else:
        form = WebhookForm(
            initial={"url": found.url, "events": found.events, "active": found.active}
        )
    asked = request.GET.get("state", "")
    state = DeliveryState(asked) if asked in DeliveryState.values else None
    context = {
        "webhook": found,
        "deliveries": deliveries_of(found, request.user, state)[:SHOWN],
        "state": asked,
        "states": [("", "All"), *DeliveryState.choices],
        "cancelled": DeliveryState.CANCELLED,
    }
    return _page(request, "cases/webhook.html", form, context)


@login_required
@require_POST
def delivery_again(request: DeskRequest, webhook_id: int, delivery_id: int) -> HttpResponse:
    """Send a message once more, at once."""
    delivery = delivery_by_id(delivery_id, webhook_id, request.user)
    try:
        redeliver(actor=request.user, delivery=delivery)
    except ConflictError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, f"Delivery {delivery.pk} goes out again now.")
    return redirect("cases:webhook", webhook_id)


def _saved(
    request: DeskRequest, form: WebhookForm, webhook: Webhook | None = None
) -> Webhook | None:
    """The receiver, or None when the form says what is wrong."""
    if not form.is_valid():
        return None
    try:
        return save_webhook(actor=request.user, webhook=webhook, **form.cleaned_data)
    except InvalidError as error:
        form.add_error(error.field, error.message)
        return None


def _page(
    request: DeskRequest, template: str, form: WebhookForm, context: dict[str, Any]
) -> HttpResponse:
    status = InvalidError.status if form.is_bound else 200
    shown = {"section": "webhooks", "form": form, **context}
    return render(request, template, shown, status=status)
