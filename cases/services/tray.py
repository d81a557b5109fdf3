"""Puts cases and entities into the tray of a person, and takes them out again."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Final, NamedTuple

from django.db import transaction

from abusedesk.core import audit
from abusedesk.core.audit import Verb
from abusedesk.core.errors import InvalidError
from abusedesk.core.models import User
from cases import policy
from cases.models import Case, CaseAddition, TrayItem
from cases.selectors.tray import named_for
from cases.services.addition import add_to_case
from cases.tray import MAX_CHARS, Line, lines_in
from detectors.models import Entity

MOST: Final = 500
"""What a person can look at together; more is a matter for a search or a job."""


class Put(NamedTuple):
    """What became of things that were put into a tray. unknown: lines that name nothing here."""

    added: int
    known: int
    unknown: Sequence[Line] = ()


@transaction.atomic
def put_in_tray(
    *, actor: User, cases: Collection[Case] = (), entities: Collection[Entity] = ()
) -> Put:
    """What is there already stays once. Raises InvalidError when it would be more than 500."""
    policy.require(actor, "tray.own")
    User.objects.select_for_update(no_key=True).get(pk=actor.pk)  # one request at a time fills it
    held = list(TrayItem.objects.filter(user=actor).values_list("case", "digest"))
    have = {case for case, _ in held}, {bytes(digest) for _, digest in held if digest is not None}
    rows = [
        *(TrayItem(user=actor, case_id=pk) for pk in {one.pk for one in cases} - have[0]),
        *(
            TrayItem(user=actor, digest=digest)
            for digest in dict.fromkeys(bytes(one.digest) for one in entities)
            if digest not in have[1]
        ),
    ]
    if len(held) + len(rows) > MOST:
        message = (
            f"A tray holds at most {MOST} things; this one would hold {len(held) + len(rows)}."
        )
        raise InvalidError(message, field="items")
    if rows:
        TrayItem.objects.bulk_create(rows)
        audit.append(actor=actor, verb=Verb.TRAY_FILLED, target=actor, count=len(rows))
    return Put(len(rows), len(cases) + len(entities) - len(rows))


@transaction.atomic
def put_lines_in_tray(*, actor: User, text: str) -> Put:
    """What the lines of a table or a list name; those that name nothing are told."""
    policy.require(actor, "tray.own")
    if len(text) > MAX_CHARS:
        message = f"A list has at most {MAX_CHARS:,} characters."
        raise InvalidError(message, field="lines")
    lines = list(lines_in(text))
    if len(lines) > MOST:
        message = f"A tray holds at most {MOST} things; the list has {len(lines):,} lines."
        raise InvalidError(message, field="lines")
    found = named_for(actor, lines)
    put = put_in_tray(actor=actor, cases=found.cases, entities=found.entities)
    return Put(put.added, put.known, found.unknown)


@transaction.atomic
def take_out_of_tray(
    *, actor: User, cases: Iterable[Case] = (), entities: Iterable[Entity] = ()
) -> int:
    """Returns how many there were."""
    policy.require(actor, "tray.own")
    own = TrayItem.objects.filter(user=actor)
    named = own.filter(case__in=cases) | own.filter(digest__in=[one.digest for one in entities])
    return _gone(actor, named.delete()[0])


@transaction.atomic
def empty_tray(*, actor: User) -> int:
    """Returns how many things there were."""
    policy.require(actor, "tray.own")
    return _gone(actor, TrayItem.objects.filter(user=actor).delete()[0])


def export_tray(*, actor: User, count: int) -> None:
    """It is kept who saved what they see outside of the desk."""
    policy.require(actor, "tray.own")
    audit.append(actor=actor, verb=Verb.TRAY_EXPORTED, target=actor, count=count)


@transaction.atomic
def add_all_to_case(
    *, actor: User, case: Case, entities: Iterable[Entity], reason: str
) -> list[CaseAddition]:
    """All of them or none; each as `add_to_case` has it."""
    return [add_to_case(actor=actor, case=case, entity=one, reason=reason) for one in entities]


def _gone(actor: User, count: int) -> int:
    if count:
        audit.append(actor=actor, verb=Verb.TRAY_EMPTIED, target=actor, count=count)
    return count
