"""Saves queues: who works there, what is offered, how fast it must be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from django.db import transaction
from django.db.models import Max

from abusedesk.core import audit
from abusedesk.core.audit import Verb
from abusedesk.core.errors import InvalidError
from abusedesk.core.models import Role, User
from cases import fields, locks, policy
from cases.choices import Assign
from cases.models import Queue
from cases.policy import HIDEABLE, PERMISSIONS

SLA_MOST: Final = 24 * 365  # hours
MOST: Final = 200
GOLDEN_MOST: Final = 50  # percent; people are here to work
RESERVED: Final = frozenset({"new"})  # an address of its own


@transaction.atomic
def save_queue(
    *, actor: User, queue: Queue | None = None, people: Iterable[User] | None = None, **said: Any
) -> Queue:
    """Make a queue, or change what `said` names of one. A slug stays: links hold it.

    Raises ForbiddenError, or InvalidError that names the field.
    """
    policy.require(actor, "queue.save")
    if queue is None:
        queue = _new(said.pop("slug", ""))
    else:
        queue = Queue.objects.select_for_update(no_key=True).get(pk=queue.pk)
    changed = _changed(queue, {name: _CLEAN[name](value) for name, value in said.items()})
    if not queue.title:
        message = "Write a title."
        raise InvalidError(message, field="title")
    queue.save()
    if people is not None:
        people = list(people)
        queue.people.set(people)
        changed.append(f"people {', '.join(sorted(map(str, people))) or 'none'}")
    what = "; ".join(changed) or "nothing changed"
    audit.append(actor=actor, verb=Verb.QUEUE_SAVED, target=queue, slug=queue.slug, what=what)
    return queue


def _new(slug: str) -> Queue:
    locks.one_writer("queues")
    slug = fields.slug(slug, field="slug", limit=60)
    if not slug or slug in RESERVED or Queue.objects.filter(slug=slug).exists():
        message = f"Choose another slug; {slug or 'an empty one'} is taken."
        raise InvalidError(message, field="slug")
    if Queue.objects.count() >= MOST:
        message = f"A desk has at most {MOST} queues."
        raise InvalidError(message, field="slug")
    last = Queue.objects.aggregate(last=Max("position"))["last"]
    return Queue(slug=slug, title="", position=(last or 0) + 1)


def _changed(queue: Queue, values: Mapping[str, Any]) -> list[str]:
    """Write the values into the queue. Returns what is new, in words."""
    words = []
    for name, value in values.items():
        if getattr(queue, name) != value or queue.pk is None:
            setattr(queue, name, value)
            words.append(f"{name.replace('_', ' ')} {_word(value)}")
    return words


def _word(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(value) or "none"
    return str(value) or "none"


def _title(value: str) -> str:
    return fields.text(value, field="title", limit=120)


def _hours(value: int) -> int:
    if not 1 <= value <= SLA_MOST:
        message = f"The service level is 1 to {SLA_MOST:,} hours."
        raise InvalidError(message, field="sla_hours")
    return value


def _roles(value: Iterable[str]) -> list[str]:
    """Only roles that see cases at all; admins see every queue anyway."""
    viewing = PERMISSIONS["case.view"] - {Role.ADMIN}
    odd = sorted(set(value) - viewing)
    if odd:
        message = f"Queues are for {', '.join(sorted(viewing))}; {odd[0]} is none of them."
        raise InvalidError(message, field="roles")
    return sorted(set(value), reverse=True)


def _hidden(value: Iterable[str]) -> list[str]:
    odd = sorted(set(value) - set(HIDEABLE))
    if odd:
        message = f"A queue may hide {', '.join(HIDEABLE)}; {odd[0]} is none of them."
        raise InvalidError(message, field="hidden_actions")
    return sorted(set(value))


def _percent(value: int) -> int:
    if not 0 <= value <= GOLDEN_MOST:
        message = f"Choose 0 to {GOLDEN_MOST} percent."
        raise InvalidError(message, field="golden_percent")
    return value


def _assign(value: str) -> str:
    if value not in Assign.values:
        message = f"Choose one of {', '.join(Assign.values)}."
        raise InvalidError(message, field="assign")
    return Assign(value).value


_CLEAN: Final[dict[str, Any]] = {
    "title": _title,
    "sla_hours": _hours,
    "roles": _roles,
    "hidden_actions": _hidden,
    "assign": _assign,
    "skill": lambda value: fields.slug(value, field="skill", limit=40),
    "golden_percent": _percent,
    "sla_pauses": bool,
    "escalate_late": bool,
}
