"""What pages of the detectors show of cases: the templates join what the code keeps apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import template
from django.forms import Form

from cases import policy
from cases.masking import Cover, signal_item
from cases.models import AutomatedAction, ImportedObject, ProtectedEntity, Reporter
from cases.selectors import entity as selectors
from cases.selectors.automation import automated_actions_by_account
from cases.selectors.feed import imported_of
from cases.selectors.masking import covers_for
from cases.selectors.protected import protection_by_value
from cases.selectors.reporter import reporters_for
from cases.selectors.strike import Standing, standings_of
from cases.services.exposure import count_seen
from cases.sharing.minimise import TYPES
from detectors.models import Entity, Finding, Signal

register = template.Library()
AUTOMATED = 20  # lines on the page of an entity
TOLD = 20


class Covers(dict[int, Cover]):
    """Signal id -> how it is covered."""

    @property
    def worst(self) -> Cover | None:
        """The one that says the page what is covered and how to peek."""
        return max(self.values(), key=lambda one: (one.on, one.severity), default=None)


@register.filter
def said(form: Form, name: str) -> Any:
    """What a form says in the field of that name, typed or given."""
    return form[name].value()


@register.simple_tag(takes_context=True)
def cases_by_entity(
    context: dict[str, Any], entity: Entity, finding_ids: Sequence[int]
) -> list[selectors.Involved]:
    """Cases of this person's queues in which the entity plays a part."""
    return selectors.cases_by_entity(entity, finding_ids, context["request"].user)


@register.simple_tag(takes_context=True)
def told_of_entity(context: dict[str, Any], entity: Entity) -> list[ImportedObject]:
    """What others shared that tells of it, in the clear or hashed; the newest."""
    return list(imported_of(entity, context["request"].user)[:TOLD])


@register.simple_tag(takes_context=True)
def askable(context: dict[str, Any], entity: Entity) -> bool:
    """Whether this person may ask other desks about it."""
    return entity.type in TYPES and policy.allowed(context["request"].user, "lookup.ask")


@register.simple_tag(takes_context=True)
def standings_of_entity(context: dict[str, Any], entity: Entity) -> list[Standing]:
    """What an account has against it."""
    return standings_of(entity.value, context["request"].user)


@register.simple_tag(takes_context=True)
def record_of_entity(context: dict[str, Any], entity: Entity) -> Reporter | None:
    """What became of the reports that an account sent."""
    return reporters_for(context["request"].user).filter(name=entity.value).first()


@register.simple_tag(takes_context=True)
def covers_of(context: dict[str, Any], signals: Sequence[Signal]) -> Covers:
    """How the signals of a page are covered; what the page shows uncovered counts as seen."""
    viewer = context["request"].user
    covers = Covers(covers_for(signals, viewer))
    worded = (signal.pk for signal in signals if signal.text)
    bare = {signal_item(key): covers[key] for key in worded if not covers[key].on}
    count_seen(actor=viewer, covers=bare)
    return covers


@register.simple_tag(takes_context=True)
def cover_of(context: dict[str, Any], signal: Signal) -> Cover | None:
    """How the one signal of a page is covered."""
    return covers_of(context, [signal]).get(signal.pk)


@register.simple_tag(takes_context=True)
def automated_of_entity(context: dict[str, Any], entity: Entity) -> list[AutomatedAction]:
    """What detectors did to an account by themselves, or would have, the newest first."""
    rows = automated_actions_by_account(entity.value, context["request"].user)
    return list(rows[:AUTOMATED])


@register.simple_tag(takes_context=True)
def protection_of_entity(context: dict[str, Any], entity: Entity) -> ProtectedEntity | None:
    """Why nobody acts on it alone, if that is so."""
    return protection_by_value(entity.type, entity.value, context["request"].user)


@register.filter
def under(covers: Covers, signal: Signal) -> Cover | None:
    """How one signal of the page is covered."""
    return covers.get(signal.pk)


@register.simple_tag
def history_of_entity(
    entity: Entity,
    findings: Sequence[Finding],
    cases: Sequence[selectors.Involved],
    standings: Sequence[Standing] = (),
    automated: Sequence[AutomatedAction] = (),
) -> list[selectors.Moment]:
    """What its page speaks of, in the order of time; only an account has the last two."""
    return selectors.history_of(entity, findings, cases, standings, automated)
