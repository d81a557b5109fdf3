"""What pages of the detectors show of cases: the templates join what the code keeps apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import template
from django.forms import Form

from cases.models import Case
from cases.selectors import entity as selectors
from cases.selectors.strike import Standing, standings_of
from detectors.models import Entity

register = template.Library()


@register.filter
def said(form: Form, name: str) -> Any:
    """What a form says in the field of that name, typed or given."""
    return form[name].value()


@register.simple_tag(takes_context=True)
def cases_by_entity(
    context: dict[str, Any], entity: Entity, finding_ids: Sequence[int]
) -> list[Case]:
    """Cases of this person's queues in which the entity plays a part."""
    return selectors.cases_by_entity(entity, finding_ids, context["request"].user)


@register.simple_tag(takes_context=True)
def standings_of_entity(context: dict[str, Any], entity: Entity) -> list[Standing]:
    """What an account has against it."""
    return standings_of(entity.value, context["request"].user)
