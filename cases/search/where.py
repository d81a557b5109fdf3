"""From terms to conditions on cases."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from operator import and_, or_
from typing import Final

from django.db.models import DurationField, ExpressionWrapper, F, Q, Value

from abusedesk.core.models import User
from abusedesk.core.query import Query, Term
from cases import golden, states
from cases.blind import unveiled
from cases.choices import State
from cases.models import Case, CaseCampaign, CaseReport, Decision
from cases.search.fields import ME, NOBODY, SEVERITIES, span
from detectors.choices import EntityType, FindingStatus
from detectors.entities import digest_of

AT_RISK: Final = timedelta(minutes=15)  # of every hour of the service level: its last quarter

# A tab of a queue that is no state: what waits because evidence came after its end.
REGRESSED: Final = "regressed"
LOOKUPS: Final = {"": "", ">": "__gt", ">=": "__gte", "<": "__lt", "<=": "__lte"}
OPPOSITE: Final = {">": "<", ">=": "<=", "<": ">", "<=": ">="}


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks, and when: what `me` and times count from. viewer: empty for a rule."""

    now: datetime
    viewer: User | None = None


Condition = Callable[[str, str, Asked], Q]
"""Value, operator, context -> what a case must be."""


def where(query: Query, now: datetime, viewer: User | None = None) -> Q:
    """All terms at once; inside a term any value."""
    asked = Asked(now, viewer)
    return reduce(and_, (_term(term, asked) for term in query.terms), Q())


def at_risk(now: datetime, sla_hours: F | None = None) -> Q:
    """Late, or the last quarter of the service level runs. For rows of cases.

    sla_hours: where the query knows the queue already; a join hides the index over due times.
    """
    hours = F("queue__sla_hours") if sla_hours is None else sla_hours
    quarter = ExpressionWrapper(hours * Value(AT_RISK), DurationField())
    return Q(due_at__lte=Value(now) + quarter)


def on_tab(tab: str) -> Q:
    """On this tab of a queue; on the first one for what is no tab."""
    if tab == REGRESSED:
        return Q(state__in=states.WAITING, regressed=True)
    return Q(state=tab if tab in State.values else State.OPEN)


def _term(term: Term, asked: Asked) -> Q:
    condition = _CONDITIONS[term.field]
    found = reduce(or_, (condition(value, term.operator, asked) for value in term.values))
    return ~found if term.negated else found


def _words(value: str, _operator: str, _asked: Asked) -> Q:
    return Q(title__icontains=value) | Q(ref=value.upper())


def _flag(value: str, _operator: str, asked: Asked) -> Q:
    return _FLAGS[value](asked)


def _holds(column: str) -> Condition:
    """A list that holds the value."""
    return lambda value, _operator, _asked: Q(**{f"{column}__contains": [value]})


def _number(column: str) -> Condition:
    return lambda value, operator, _asked: Q(**{f"{column}{LOOKUPS[operator]}": int(value)})


def _severity(value: str, operator: str, _asked: Asked) -> Q:
    return Q(**{f"severity{LOOKUPS[operator]}": SEVERITIES.index(value)})


def _queue(value: str, _operator: str, _asked: Asked) -> Q:
    return Q(queue__slug=value)


def _detector(value: str, _operator: str, _asked: Asked) -> Q:
    """By id, so that a case with several such findings stays one row."""
    links = CaseCampaign.objects.filter(
        campaign__evidence__finding__detector=value,
        campaign__evidence__finding__status=FindingStatus.CURRENT,
    )
    return golden.seen_as(links.values("case"))


def _entity(value: str, _operator: str, _asked: Asked) -> Q:
    """A member of its campaigns, what a finding in force rests on, or what was reported."""
    members = CaseCampaign.objects.filter(campaign__members__account=value)
    anchors = CaseCampaign.objects.filter(
        campaign__evidence__finding__anchor_value=value,
        campaign__evidence__finding__status=FindingStatus.CURRENT,
    )
    digests = [digest_of(kind, value) for kind in EntityType.values]
    reports = CaseReport.objects.filter(digest__in=digests, case__isnull=False)
    found = [rows.values("case") for rows in (members, anchors, reports)]
    return reduce(or_, map(golden.seen_as, found))


def _age(value: str, operator: str, asked: Asked) -> Q:
    """Older is opened earlier, so the comparison turns round."""
    lookup = LOOKUPS[OPPOSITE[operator or ">="]]
    return Q(**{f"opened_at{lookup}": asked.now - span(value)})


def _left(value: str, operator: str, asked: Asked) -> Q:
    """Of what waits; a closed case has no time left, nor has it none."""
    due = Q(**{f"due_at{LOOKUPS[operator or '<=']}": asked.now + span(value)})
    return due & _waiting(asked)


def _assignee(value: str, _operator: str, asked: Asked) -> Q:
    if value.lower() == NOBODY:
        return Q(assignee=None)
    if value.lower() == ME:
        return Q(assignee=asked.viewer.pk) if asked.viewer else Q(pk__in=Case.objects.none())
    return Q(assignee__username__iexact=value)


def _policy(value: str, _operator: str, asked: Asked) -> Q:
    """Any version. A verdict that the viewer must not know yet is none, also for a minus."""
    if asked.viewer is None:
        return Q(pk__in=Case.objects.none())
    known = Decision.objects.filter(unveiled(asked.viewer), undone_at=None)
    return Q(pk__in=known.filter(policy_version__slug=value).values("case"))


def _state(state: State) -> Callable[[Asked], Q]:
    return lambda _asked: Q(state=state)


def _waiting(_asked: Asked) -> Q:
    return Q(state__in=states.WAITING)


def _claimed(asked: Asked) -> Q:
    return Q(claim_expires_at__gt=asked.now)


_FLAGS: Final[dict[str, Callable[[Asked], Q]]] = {
    "open": _state(State.OPEN),
    "escalated": _state(State.ESCALATED),
    "snoozed": _state(State.SNOOZED),
    "closed": _state(State.CLOSED),
    "regressed": lambda _: Q(regressed=True),
    "escalating": lambda _: Q(escalating=True),
    "late": lambda asked: _waiting(asked) & Q(due_at__lte=asked.now),
    "at-risk": lambda asked: _waiting(asked) & at_risk(asked.now),
    "claimed": _claimed,
    "free": lambda asked: _waiting(asked) & ~_claimed(asked),
    "assigned": lambda _: Q(assignee__isnull=False),
    "reported": lambda _: Q(reports__gt=0),
    "held": lambda _: Q(hold__released_at=None, hold__isnull=False),
}
_CONDITIONS: Final[dict[str, Condition]] = {
    "": _words,
    "is": _flag,
    "queue": _queue,
    "platform": _holds("platforms"),
    "provider": _holds("providers"),
    "source": _holds("sources"),
    "lang": _holds("languages"),
    "detector": _detector,
    "sev": _severity,
    "hits": _number("hits"),
    "accounts": _number("accounts"),
    "reports": _number("reports"),
    "age": _age,
    "sla": _left,
    "assignee": _assignee,
    "policy": _policy,
    "entity": _entity,
    "label": _holds("labels"),
}
