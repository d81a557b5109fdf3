"""Saves, orders and deletes routing rules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from django.db import transaction
from django.db.models import Max

from abusedesk.core import audit
from abusedesk.core.audit import Verb
from abusedesk.core.errors import InvalidError, NotFoundError
from abusedesk.core.models import User
from cases import fields, locks, policy, routing
from cases.models import Queue, RoutingRule

MOST: Final = 200
LIST: Final = "routing rules"


@transaction.atomic
def save_rule(
    *,
    actor: User,
    name: str,
    query: str,
    queue: Queue,
    active: bool = True,
    rule: RoutingRule | None = None,
) -> RoutingRule:
    """Make a rule, at the end of the order, or change one. Cases that are open stay where they are.

    Raises ForbiddenError, NotFoundError, or InvalidError that names the field.
    """
    policy.require(actor, "routing.save")
    locks.one_writer(LIST)
    name = fields.text(name, field="name", limit=80)
    others = RoutingRule.objects.exclude(pk=rule.pk) if rule else RoutingRule.objects.all()
    if others.filter(name=name).exists():
        message = f"There is a rule {name} already."
        raise InvalidError(message, field="name")
    if rule is None:
        rule = RoutingRule(position=_next_position(), created_by=actor)
    else:
        rule = _newest(rule)
    rule.name, rule.query, rule.queue, rule.active = (
        name,
        str(routing.read_rule(query)),
        queue,
        active,
    )
    rule.save()
    audit.append(
        actor=actor,
        verb=Verb.ROUTING_SAVED,
        target=rule,
        name=name,
        query=rule.query if active else f"(off) {rule.query}",
        queue=queue.title,
    )
    return rule


@transaction.atomic
def delete_rule(*, actor: User, rule: RoutingRule) -> None:
    """Delete a rule; cases that it routed stay where they are. Raises NotFoundError."""
    policy.require(actor, "routing.save")
    locks.one_writer(LIST)
    rule = _newest(rule)
    audit.append(
        actor=actor, verb=Verb.ROUTING_ENDED, target=rule, name=rule.name, query=rule.query
    )
    rule.delete()


@transaction.atomic
def order_rules(*, actor: User, rule_ids: Sequence[int]) -> list[RoutingRule]:
    """Put all rules into this order. Raises InvalidError when one is missing or unknown."""
    policy.require(actor, "routing.save")
    locks.one_writer(LIST)
    rules = {rule.pk: rule for rule in RoutingRule.objects.all()}
    if sorted(rule_ids) != sorted(rules):
        message = "Name every rule once; somebody may have added or deleted one."
        raise InvalidError(message, field="order")
    ordered = [rules[pk] for pk in rule_ids]
    for place, rule in enumerate(ordered, 1):
        rule.position = place
    RoutingRule.objects.bulk_update(ordered, ["position"])
    order = ", ".join(rule.name for rule in ordered)
    audit.append(
        actor=actor,
        verb=Verb.ROUTING_ORDERED,
        target_type="routingrule",
        target_id="order",
        order=order,
    )
    return ordered


def _next_position() -> int:
    if RoutingRule.objects.count() >= MOST:
        message = f"A desk has at most {MOST} routing rules."
        raise InvalidError(message, field="name")
    return (RoutingRule.objects.aggregate(last=Max("position"))["last"] or 0) + 1


def _newest(rule: RoutingRule) -> RoutingRule:
    """As it is now: somebody may have moved it, or deleted it, since the caller read it."""
    found = RoutingRule.objects.filter(pk=rule.pk).first()
    if found is None:
        message = "There is no such rule."
        raise NotFoundError(message)
    return found
