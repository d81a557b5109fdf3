"""What the shell of every page shows of cases: queues in the rail, the undo toast."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from django import template

from cases.exposure import Points
from cases.models import Case
from cases.paging import told, total
from cases.selectors.case import (
    QueueCount,
    cases_by_campaign,
    exposure_of,
    online_of,
    queue_counts,
    rail_views_of,
    unread_of,
)
from cases.selectors.view import CountedView, counted_views_for
from cases.selectors.workload import Workload, workload_of
from cases.ui import undo
from cases.ui.heads import Head, heads_for
from cases.ui.pages import Entry, rail_for
from detectors.choices import Outcome
from detectors.models import Backtest

register = template.Library()


class CampaignLine(NamedTuple):
    """A campaign that other settings would make or lose."""

    told: Mapping[str, Any]
    case: Case | None

    @property
    def outcome(self) -> str:
        """What people said of it."""
        return str(Outcome(self.told["outcome"]).label) if self.told["outcome"] else ""

    @property
    def rest(self) -> int:
        """Accounts beyond the three that stand for it."""
        return int(self.told["size"]) - 3


@register.simple_tag(takes_context=True)
def rail(context: dict[str, Any]) -> list[Entry]:
    """The left rail of this person on this page."""
    return rail_for(context["request"].user.role, context.get("section", ""))


@register.simple_tag(takes_context=True)
def list_heads(context: dict[str, Any]) -> list[Head]:
    """Heads of a list of cases as this person has them; sorted where the page says `listing`."""
    return heads_for(context["request"].user, context.get("listing"))


@register.simple_tag(takes_context=True)
def queue_nav(context: dict[str, Any]) -> Any:
    """Queues of this person with what waits in them; a page that counted them gives its counts."""
    counted = context.get("queue_counts")
    return queue_counts(context["request"].user) if counted is None else counted


@register.simple_tag(takes_context=True)
def campaign_cases(
    context: dict[str, Any], campaigns: Sequence[Mapping[str, Any]]
) -> list[CampaignLine]:
    """Campaigns of a backtest, each with its case as far as this person may see it."""
    viewer = context["request"].user
    cases = cases_by_campaign([one["campaign"] for one in campaigns if one["campaign"]], viewer)
    return [CampaignLine(one, cases.get(one["campaign"])) for one in campaigns]


@register.simple_tag(takes_context=True)
def workload(context: dict[str, Any], run: Backtest) -> Workload | None:
    """What a backtest costs in people, for who sees cases."""
    return workload_of(run, context["request"].user)


@register.filter
def unread(counts: list[QueueCount]) -> int:
    """Notices that this person has not read."""
    return unread_of(counts)


@register.filter
def online(counts: list[QueueCount]) -> list[str]:
    """Names of others who have the desk open."""
    return online_of(counts)


@register.filter
def exposure(counts: list[QueueCount]) -> Points | None:
    """Own points of this shift."""
    return exposure_of(counts)


@register.filter
def late_total(counts: list[QueueCount]) -> int:
    """Cases past their due time in all queues of this person."""
    return total(counts, "late")


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
