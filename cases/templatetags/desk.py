"""What the shell of every page shows of cases: queues in the rail, the undo toast."""

from __future__ import annotations

from typing import Any

from django import template

from cases.paging import told
from cases.selectors.case import QueueCount, queue_counts, rail_views_of, unread_of
from cases.selectors.view import CountedView, counted_views_for
from cases.ui import undo
from cases.ui.pages import RAIL, Page

register = template.Library()


@register.simple_tag(takes_context=True)
def rail(context: dict[str, Any]) -> list[Page]:
    """Pages of the left rail that this person may open."""
    role = context["request"].user.role
    return [page for page in RAIL if role in page.roles]


@register.simple_tag(takes_context=True)
def queue_nav(context: dict[str, Any]) -> Any:
    """Queues of this person with what waits in them; a page that counted them gives its counts."""
    counted = context.get("queue_counts")
    return queue_counts(context["request"].user) if counted is None else counted


@register.filter
def unread(counts: list[QueueCount]) -> int:
    """Notices that this person has not read."""
    return unread_of(counts)


@register.simple_tag(takes_context=True)
def view_nav(context: dict[str, Any], counts: list[QueueCount]) -> list[CountedView]:
    """Saved views in the rail, with what each shows."""
    return counted_views_for(context["request"].user, rail_views_of(counts))


@register.filter
def counted(total: int) -> str:
    """A count of cases: exact to 10,000, then "10,000+"."""
    return told(total)


@register.simple_tag(takes_context=True)
def undo_offer(context: dict[str, Any]) -> undo.Offer | None:
    """The decision that `u` takes back."""
    return undo.current(context["request"])
