"""Reads restrictions that owe a statement of reasons, and statements that were issued."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from django.db.models import QuerySet

from abusedesk.core.errors import InvalidError
from abusedesk.core.models import User
from cases import policy
from cases.choices import ActionKind, Tlp
from cases.involved import accounts_of_cases
from cases.models import CaseReport, EntityAction, Statement
from cases.selectors.decision import decisions_for
from cases.statements.ground import read_ground
from cases.statements.making import RESTRICTS, Restriction, faults_of, statement_of
from cases.statements.schema import Fault
from detectors import registry
from detectors.entities import digest_of
from detectors.models import CampaignFinding, Entity

MAX_DRAFTS: Final = 1_000
LONGEST_DAYS: Final = 400
SECRET: Final = Fault("tlp", "the case is TLP:RED; nothing of it leaves")
NO_GROUND: Final = Fault("policy", "the policy says nothing for statements of reasons")
NO_POLICY: Final = Fault("policy", "the decision names no policy")


@dataclass(frozen=True, slots=True)
class Span:
    """Days, both inside, in UTC."""

    first: date
    last: date

    def __str__(self) -> str:
        return f"{self.first} to {self.last}"

    @property
    def bounds(self) -> tuple[datetime, datetime]:
        """From the first moment to the moment after the last."""
        first = datetime.combine(self.first, time(), UTC)
        return first, datetime.combine(self.last, time(), UTC) + timedelta(days=1)

    def check(self) -> None:
        """Raises InvalidError naming the field."""
        if self.last < self.first:
            message = "The last day is before the first."
            raise InvalidError(message, field="last")
        if (self.last - self.first).days > LONGEST_DAYS:
            message = f"That is more than {LONGEST_DAYS} days; take them in parts."
            raise InvalidError(message, field="first")
        if self.last == date.max:
            message = "No day comes after the last one."
            raise InvalidError(message, field="last")


@dataclass(frozen=True, slots=True)
class Draft:
    """What would be issued for one restriction. faults: what keeps it back; empty: nothing."""

    action: EntityAction
    body: dict[str, Any]
    faults: Sequence[Fault]


def statements_for(viewer: User) -> QuerySet[Statement]:
    """Issued ones, newest first, of decisions that the viewer may know."""
    if not policy.allowed(viewer, "statement.view"):
        return Statement.objects.none()
    rows = Statement.objects.filter(action__decision__in=decisions_for(viewer).order_by())
    return rows.select_related("action__decision__case", "issued_by").order_by("-pk")


def statements_by_span(span: Span, viewer: User) -> QuerySet[Statement]:
    """Those of decisions of these days."""
    first, until = span.bounds
    found = statements_for(viewer)
    return found.filter(
        action__decision__created_at__gte=first, action__decision__created_at__lt=until
    )


def owed_for(viewer: User) -> QuerySet[EntityAction]:
    """Restrictions in force without a statement, the oldest first."""
    if not policy.allowed(viewer, "statement.view"):
        return EntityAction.objects.none()
    known = decisions_for(viewer).filter(held=False, undone_at=None, case__stands_for=None)
    rows = EntityAction.objects.filter(
        decision__in=known.order_by(), kind__in=RESTRICTS, reversed_at=None, statement=None
    )
    return rows.select_related("decision__case", "decision__policy_version").order_by("pk")


def drafts_by_span(span: Span, viewer: User) -> list[Draft]:
    """What decisions of these days owe, at most a thousand; puids are given at the issue."""
    first, until = span.bounds
    rows = owed_for(viewer).filter(decision__created_at__gte=first, decision__created_at__lt=until)[
        :MAX_DRAFTS
    ]
    return drafts_of(list(rows))


def drafts_of(actions: Sequence[EntityAction]) -> list[Draft]:
    """What these restrictions would say."""
    cases = {action.decision.case_id: action.decision.case for action in actions}
    seen, found_by = _seen(actions), _detectors(cases)
    reported = set(
        CaseReport.objects.filter(case__in=cases).order_by().values_list("case", flat=True)
    )
    accounts = accounts_of_cases(cases)
    drafts = []
    for action in actions:
        case = action.decision.case
        known = Restriction(
            kind=ActionKind(action.kind),
            decided_at=action.decision.created_at,
            until=action.until,
            seen_at=seen.get(digest_of(action.entity_type, action.value)),
            accounts=case.accounts,
            platforms=case.platforms,
            detectors=found_by[case.pk],
            reported=case.pk in reported,
            names=[account.partition(":")[2] for account in accounts.get(case.pk, ())],
        )
        drafts.append(_draft(action, known))
    return drafts


def _draft(action: EntityAction, known: Restriction) -> Draft:
    under = action.decision.policy_version
    ground = read_ground(under.statement) if under else None
    body = statement_of(known, ground, "")
    if action.decision.case.tlp == Tlp.RED:
        return Draft(action, {}, [SECRET])
    if ground is None:
        return Draft(action, body, [NO_GROUND if under else NO_POLICY])
    faults = faults_of({**body, "puid": "given-when-issued"}, known.names)
    return Draft(action, body, faults)


def _seen(actions: Sequence[EntityAction]) -> dict[bytes, datetime]:
    digests = {digest_of(one.entity_type, one.value) for one in actions}
    rows = Entity.objects.filter(digest__in=digests).values_list("digest", "first_seen_at")
    return {bytes(digest): at for digest, at in rows}


def _detectors(cases: Collection[int]) -> dict[int, list[str]]:
    """Case -> titles of the detectors behind it."""
    rows = CampaignFinding.objects.filter(campaign__case_link__case__in=list(cases)).order_by()
    found: dict[int, list[str]] = defaultdict(list)
    pairs = rows.values_list("campaign__case_link__case", "finding__detector").distinct()
    known = registry.all_detectors()
    for case_id, slug in pairs:
        found[case_id].append(known[slug].meta.title.lower() if slug in known else slug)
    return found
