"""Reads queues, routing rules, and shifts, and tries a rule on cases there are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

from django.db.models import BooleanField, Count, Q, QuerySet, Value, When
from django.db.models import Case as Choose

from abusedesk.core import clock
from abusedesk.core.errors import NotFoundError
from abusedesk.core.models import User
from abusedesk.core.query import Query
from cases import policy, routing, states
from cases.models import Case, Queue, RoutingRule
from cases.search import where
from cases.selectors.case import cases_for

DRAFT: Final = 0  # number of a rule that is not saved
LAST: Final = 200
LAST_MOST: Final = 2_000


class Earlier(NamedTuple):
    """An earlier rule, and how many of the cases it takes before."""

    rule: str
    cases: int


@dataclass(frozen=True, slots=True)
class Trial:
    """What a rule would have done with the newest cases.

    looked: how many were asked; matched: for how many it holds; taken: those that no earlier rule
    takes first, newest first; elsewhere: those that an earlier rule takes.
    """

    looked: int
    matched: int
    taken: list[Case]
    elsewhere: list[Earlier]


def queue_by_slug(slug: str, viewer: User) -> Queue:
    """One queue. Raises NotFoundError, also for what the viewer may not see."""
    queue = policy.queues_of(viewer).filter(slug=slug.replace("\x00", "")).first()
    if queue is None:
        message = "There is no such queue."
        raise NotFoundError(message)
    return queue


def routing_rules_for(viewer: User) -> QuerySet[RoutingRule]:
    """Rules in their order, to who may see all queues."""
    if not policy.allowed(viewer, "routing.save"):
        return RoutingRule.objects.none()
    return RoutingRule.objects.select_related("queue", "created_by")


def routing_rule_by_id(rule_id: int, viewer: User) -> RoutingRule:
    """One rule. Raises NotFoundError."""
    rule = routing_rules_for(viewer).filter(pk=rule_id).first()
    if rule is None:
        message = "There is no such rule."
        raise NotFoundError(message)
    return rule


def trial_for(
    viewer: User, query: Query, *, instead_of: RoutingRule | None = None, last: int = LAST
) -> Trial:
    """Try a rule on the last cases. instead_of: the rule that it would replace; else it is last."""
    if not policy.allowed(viewer, "routing.save"):
        return Trial(0, 0, [], [])
    now, condition = clock.now(), where(query, clock.now())
    names = dict(routing_rules_for(viewer).values_list("pk", "name"))
    rules = _with_draft(routing.in_force(now), condition, instead_of)
    newest = cases_for(viewer).order_by("-opened_at", "-pk")[: max(1, min(last, LAST_MOST))]
    cases = Case.objects.filter(pk__in=[case.pk for case in newest.only("pk", "queue")])
    holds = Choose(When(condition, then=Value(True)), default=Value(False),  # noqa: FBT003 -- SQL
                   output_field=BooleanField())  # fmt: skip
    rows = cases.annotate(first=routing.choice(rules), holds=holds).filter(holds=True)
    found = list(rows.select_related("queue").order_by("-opened_at", "-pk"))
    first: dict[int, int] = {}
    for case in found:
        first[case.first] = first.get(case.first, 0) + 1
    return Trial(
        looked=cases.count(),
        matched=len(found),
        taken=[case for case in found if case.first == DRAFT],
        elsewhere=[Earlier(names[pk], total) for pk, total in first.items() if pk != DRAFT],
    )


def people_for(viewer: User) -> QuerySet[User]:
    """Who works on cases, with `waiting`: how many wait for them; to who may save shifts."""
    if not policy.allowed(viewer, "shift.save"):
        return User.objects.none()
    people = User.objects.filter(is_active=True, role__in=policy.REVIEWERS)
    waiting = Count("assigned", filter=Q(assigned__state__in=states.WAITING))
    return people.select_related("shift").annotate(waiting=waiting).order_by("username")


def _with_draft(
    rules: list[routing.Rule], condition: Q, instead_of: RoutingRule | None
) -> list[routing.Rule]:
    draft = (DRAFT, condition)
    if instead_of is None or instead_of.pk not in dict(rules):
        return [*rules, draft]
    return [draft if number == instead_of.pk else (number, one) for number, one in rules]
