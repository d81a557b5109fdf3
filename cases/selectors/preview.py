"""Says what work on many cases would change, before it begins."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, NamedTuple

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db.models import (
    BigIntegerField,
    Count,
    F,
    Q,
    QuerySet,
    Value,
    When,
)
from django.db.models import Case as Choose

from abusedesk.core import ids
from abusedesk.core.errors import InvalidError
from abusedesk.core.models import User
from abusedesk.core.query import Query
from abusedesk.core.sql import AnyOf
from cases import paging, policy
from cases.blind import unveiled
from cases.choices import State
from cases.deeds import ALONE, TYPED, Deed
from cases.models import Case, Decision
from cases.search import where
from cases.selectors.case import cases_for

SAMPLES: Final = 10
CHANGED: Final = "changed since the preview"


@dataclass(frozen=True, slots=True)
class Choice:
    """Which cases: those that were picked, or all that the query finds. at: when it was looked at.

    What came after `at` does not belong to it.
    """

    at: datetime
    query: Query = field(default_factory=Query)
    refs: tuple[str, ...] = ()


class Pile(NamedTuple):
    """So many cases of one sort."""

    name: str
    cases: int


class Candidate(NamedTuple):
    """What is read of each chosen case. holder: who else works on it. changed: since the choice."""

    pk: int
    version: int
    state: str
    queue: int
    accounts: int
    holder: str
    changed: bool


@dataclass(frozen=True, slots=True)
class Preview:
    """What would happen. takes: cases to change; changed: that moved since the choice was made.

    found: how many match, one more than `paging.COUNTED` says that there are more. left_out: why
    some stay as they are, and how many. enforcing: actions on accounts that receivers are asked
    for.
    """

    takes: list[Candidate]
    changed: list[Candidate]
    found: int
    left_out: list[Pile]
    enforcing: int

    @property
    def total(self) -> int:
        return len(self.takes)

    @property
    def capped(self) -> bool:
        """Whether one job cannot take all of them."""
        return self.found > settings.BULK_CAP

    @property
    def typed(self) -> bool:
        """Whether the number must be typed."""
        return self.total > TYPED

    @property
    def held(self) -> bool:
        """Whether a second person must agree before anything of it is in force."""
        return self.enforcing > ALONE

    @property
    def by_state(self) -> list[Pile]:
        return _piles(State(one.state).label for one in self.takes)


def preview_for(viewer: User, choice: Choice, deed: Deed) -> Preview:
    """What `deed` would do to the oldest `BULK_CAP` cases of the choice. One query, and queues."""
    cap = settings.BULK_CAP
    found = [Candidate(*row) for row in _candidates(viewer, choice)[: cap + 1]]
    states, hidden = _obstacles_of_states(viewer, deed), _hiding(viewer, deed)
    why = {one.pk: _obstacle(one, deed, states, hidden) for one in found[:cap]}
    takes = [one for one in found[:cap] if not why[one.pk]]
    return Preview(
        takes=takes,
        changed=[one for one in found[:cap] if why[one.pk] == CHANGED],
        found=len(found) if len(found) <= cap else paging.count(_chosen(viewer, choice)),
        left_out=_piles(filter(None, why.values())),
        enforcing=sum(one.accounts for one in takes) if deed.enforces else 0,
    )


def policies_by_count(takes: Sequence[Candidate], viewer: User) -> list[Pile]:
    """Policies of decisions in force on these cases, and how many have none."""
    ids_of = Value([one.pk for one in takes], ArrayField(BigIntegerField()))
    known = Decision.objects.filter(unveiled(viewer), Q(AnyOf(F("case"), ids_of)), undone_at=None)
    rows = known.order_by().values_list("policy_version__title")
    counted = rows.annotate(Count("case", distinct=True))
    named = [Pile(title, number) for title, number in counted if title]
    rest = len(takes) - sum(pile.cases for pile in named)
    named.sort(key=lambda pile: -pile.cases)
    return [*named, Pile("no policy yet", rest)] if rest else named


def samples_of(takes: Sequence[Candidate], viewer: User) -> QuerySet[Case]:
    """Some of these cases at random."""
    drawn = ids.sample([one.pk for one in takes], SAMPLES)
    return cases_for(viewer).select_related("claimed_by", "assignee").filter(pk__in=drawn)


def chosen_for(viewer: User, choice: Choice, most: int) -> list[Case]:
    """The oldest `most` cases of the choice."""
    return list(_chosen(viewer, choice).order_by("pk")[:most])


def _chosen(viewer: User, choice: Choice) -> QuerySet[Case]:
    if len(choice.refs) > settings.BULK_CAP:
        message = f"One action changes at most {settings.BULK_CAP:,} cases."
        raise InvalidError(message, field="refs")
    rows = cases_for(viewer).exclude(state=State.MERGED).filter(opened_at__lte=choice.at)
    rows = rows.filter(where(choice.query, choice.at, viewer))
    return rows.filter(ref__in=choice.refs) if choice.refs else rows


def _candidates(viewer: User, choice: Choice) -> QuerySet[Case, tuple[Any, ...]]:
    """Rows of `Candidate`. Ten thousand times are told as yes or no: to read them took as long as
    all else.
    """
    others = Q(claim_expires_at__gt=choice.at) & ~Q(claimed_by=viewer.pk)
    holder = Choose(When(others, then=F("claimed_by__username")), default=Value(""))
    rows = _chosen(viewer, choice).annotate(holder=holder, changed=Q(updated_at__gt=choice.at))
    rows = rows.order_by("pk")
    return rows.values_list("pk", "version", "state", "queue_id", "accounts", "holder", "changed")


def _piles(names: Iterable[str]) -> list[Pile]:
    """The largest first."""
    return [Pile(*pile) for pile in Counter(names).most_common()]


def _hiding(viewer: User, deed: Deed) -> dict[int, str]:
    """Queues that do not offer it."""
    rows = policy.queues_of(viewer).filter(hidden_actions__contains=[deed.rule.verb])
    return {queue.pk: f"{queue} does not offer this" for queue in rows.only("pk", "title")}


def _obstacles_of_states(viewer: User, deed: Deed) -> dict[str, str]:
    """State -> why cases in it stay as they are; empty where they need not."""
    unfit = [state for state in State if state not in deed.rule.states]
    found = dict.fromkeys(State.values, "") | {
        state.value: f"{state.label.lower()}: this does not fit" for state in unfit
    }
    if deed.rule.escalated and not policy.allowed(viewer, deed.rule.escalated):
        found[State.ESCALATED] = "escalated: it waits for a lead"
    return found


def _obstacle(one: Candidate, deed: Deed, states: dict[str, str], hidden: dict[int, str]) -> str:
    """Why a case stays as it is; empty when it can be changed."""
    if said := states[one.state] or hidden.get(one.queue, ""):
        return said
    if one.holder:
        return f"claimed by {one.holder}"
    return CHANGED if deed.rule.careful and one.changed else ""
