"""What automation owes by the clock: circuit breakers, and cases that came after an action."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import Final

from django.db import transaction

from abusedesk.core import clock
from abusedesk.core.audit import Verb
from cases.automating import tell_acted, wake_if_due
from cases.choices import AutomatedState
from cases.models import AutomatedAction, Case, CaseCampaign
from cases.tripping import watch_breakers

BATCH: Final = 500
LOOKED_BACK: Final = timedelta(days=30)
"""A finding that no case rests on by then is not looked at again."""


def sweep() -> None:
    """Trip what goes wrong, tell cases what was there before them, wake what was forgotten."""
    watch_breakers()
    tell_cases()
    wake_if_due()


@transaction.atomic
def tell_cases() -> int:
    """Actions whose finding a case rests on by now become part of it. Returns how many."""
    links = _links()
    if not links:
        return 0
    rows = AutomatedAction.objects.select_for_update(skip_locked=True, no_key=True, of=("self",))
    found = rows.filter(pk__in=links, case=None).select_related("config", "settled_by")
    told: dict[tuple[int, int, str], list[AutomatedAction]] = defaultdict(list)
    for action in found.order_by("pk"):
        action.case_id = links[action.pk]
        told[links[action.pk], action.config_id, action.kind].append(action)
    changed = [action for some in told.values() for action in some]
    AutomatedAction.objects.bulk_update(changed, ["case"], 500)
    cases = Case.objects.in_bulk({case_id for case_id, _, _ in told})
    for (case_id, _, _), some in sorted(told.items()):
        tell_acted(some, case=cases[case_id], verb=Verb.AUTOMATION_STOOD)
    return len(changed)


def _links() -> dict[int, int]:
    """Action that no case tells of -> the case that rests on its finding."""
    untold = AutomatedAction.objects.filter(
        case=None, state=AutomatedState.ACTED, created_at__gt=clock.now() - LOOKED_BACK
    )
    behind = CaseCampaign.objects.filter(
        campaign__evidence__finding__in=untold.values("finding")
    ).values_list("campaign__evidence__finding", "case")
    by_finding = dict(behind.order_by("-case")[:BATCH])
    if not by_finding:
        return {}
    rows = untold.filter(finding__in=by_finding).values_list("pk", "finding")
    return {pk: by_finding[finding] for pk, finding in rows.order_by("pk")[:BATCH]}
