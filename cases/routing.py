"""Puts new cases into queues: the first rule that matches, else the inbox."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

import structlog
from django.db.models import Case as Choose
from django.db.models import IntegerField, Q, QuerySet, Value, When

from abusedesk.core import audit, clock
from abusedesk.core.audit import Verb
from abusedesk.core.errors import InvalidError
from abusedesk.core.query import Query, QueryError, parse
from cases import assigning
from cases.models import Case, RoutingRule
from cases.search import ROUTING, where

log = structlog.get_logger(__name__)

Rule = tuple[int, Q]
"""Number of a rule, and what a case must be."""

ROUTED: Final = ("queue", "due_at", *assigning.FIELDS)


def route(case: Case) -> RoutingRule | None:
    """Give a new case (saved, described) its queue, due time and perhaps a person.

    The caller holds `opening.one_at_a_time`, so that two cases see each other's assignment.
    """
    found = first_match(Case.objects.filter(pk=case.pk), in_force(clock.now()))
    rules = RoutingRule.objects.select_related("queue").filter(pk__in=found.values())
    rule = rules.first()
    if rule is not None:
        case.queue = rule.queue
        case.due_at = case.opened_at + timedelta(hours=rule.queue.sla_hours)
    assigning.hand_out(case)
    if rule is not None or case.assignee_id is not None:
        case.save(update_fields=ROUTED)
    return rule


def tell(case: Case, rule: RoutingRule | None) -> None:
    """The timeline says where the case went and to whom; after all other writing."""
    if rule is not None:
        queue = rule.queue
        audit.append(
            actor=None, verb=Verb.CASE_ROUTED, target=case, queue=queue.title, rule=rule.name
        )
    assigning.tell(case)


def in_force(now: datetime) -> list[Rule]:
    """Rules in their order. One that cannot be read any more is passed over, and told."""
    return list(_readable(RoutingRule.objects.filter(active=True), now))


def first_match(cases: QuerySet[Case], rules: list[Rule]) -> dict[int, int]:
    """Case -> the first rule that takes it, in one statement; cases that no rule takes are out."""
    if not rules:
        return {}
    chosen = cases.annotate(rule=choice(rules)).exclude(rule=None)
    return dict(chosen.order_by().values_list("pk", "rule"))


def choice(rules: list[Rule]) -> Choose:
    """The number of the first rule whose condition holds, as an expression over cases."""
    whens = [When(condition, then=Value(number)) for number, condition in rules]
    return Choose(*whens, default=None, output_field=IntegerField())


def read_rule(text: str) -> Query:
    """The query of a rule. Raises InvalidError; a rule without a condition would take all."""
    try:
        query = parse(text, ROUTING)
    except QueryError as error:
        raise InvalidError(error.message, field="query") from None
    if not query:
        message = "Write a condition, for example platform:x sev:>=high."
        raise InvalidError(message, field="query")
    return query


def _readable(rules: Iterable[RoutingRule], now: datetime) -> Iterable[Rule]:
    for rule in rules:
        try:
            yield rule.pk, where(parse(rule.query, ROUTING), now)
        except QueryError as error:
            log.warning("A routing rule cannot be read", rule=rule.pk, fault=error.message)
