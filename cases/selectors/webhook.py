"""Reads receivers and what they were sent."""

from __future__ import annotations

from django.db.models import Count, Q, QuerySet

from abusedesk.core.errors import NotFoundError
from abusedesk.core.models import User
from cases import policy
from cases.choices import DeliveryState
from cases.models import Delivery, Webhook


def webhooks_for(viewer: User) -> QuerySet[Webhook]:
    """All receivers with how many messages wait for each, and how many were given up.

    Raises NotFoundError for who may not know that there are any.
    """
    if not policy.allowed(viewer, "webhook.view"):
        message = "There is nothing here."
        raise NotFoundError(message)
    return Webhook.objects.annotate(
        waiting=Count("deliveries", filter=Q(deliveries__state=DeliveryState.WAITING)),
        dead=Count("deliveries", filter=Q(deliveries__state=DeliveryState.DEAD)),
    ).order_by("id")


def webhook_by_id(webhook_id: int, viewer: User) -> Webhook:
    """One receiver. Raises NotFoundError."""
    found = webhooks_for(viewer).filter(pk=webhook_id).first()
    if found is None:
        message = "There is no such receiver."
        raise NotFoundError(message)
    return found


def deliveries_of(
    webhook: Webhook, viewer: User, state: DeliveryState | None = None
) -> QuerySet[Delivery]:
    """Its messages, newest first. state: only those in it."""
    rows = Delivery.objects.filter(webhook=webhook, webhook__in=webhooks_for(viewer).values("pk"))
    rows = rows.select_related("case", "decision__case")
    return (rows.filter(state=state) if state else rows).order_by("-id")


def delivery_by_id(delivery_id: int, webhook_id: int, viewer: User) -> Delivery:
    """One message to this receiver. Raises NotFoundError."""
    seen = webhooks_for(viewer).filter(pk=webhook_id).values("pk")
    found = Delivery.objects.filter(pk=delivery_id, webhook__in=seen).first()
    if found is None:
        message = "There is no such delivery."
        raise NotFoundError(message)
    return found
