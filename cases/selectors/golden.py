"""Reads golden items, own results, and how far people agree."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from django.db.models import Count, F, QuerySet

from abusedesk.core.errors import NotFoundError
from abusedesk.core.models import User
from cases import golden, policy
from cases.choices import ReviewState
from cases.kappa import Agreement, agreement
from cases.models import GoldenCheck, GoldenItem, PolicyVersion
from cases.selectors.review import reviews_for

Pairs = dict[str, list[tuple[str, str]]]
NO_POLICY = "no policy"


@dataclass(frozen=True, slots=True)
class ByPolicy:
    """One version of one policy: reviewers against known answers, first against second looks."""

    policy: str
    golden: Agreement
    second: Agreement


@dataclass(frozen=True, slots=True)
class ByReviewer:
    """One person against known answers."""

    reviewer: str
    golden: Agreement


@dataclass(frozen=True, slots=True)
class Report:
    """How far people agree."""

    policies: list[ByPolicy]
    reviewers: list[ByReviewer]


def golden_items_for(viewer: User) -> QuerySet[GoldenItem]:
    """The golden set in the viewer's queues, newest first, with `answered`; for leads."""
    if not policy.allowed(viewer, "golden.save"):
        return GoldenItem.objects.none()
    told = Count("checks", filter=golden.told("checks__"))
    rows = GoldenItem.objects.filter(case__queue__in=policy.queues_of(viewer))
    return rows.select_related("case", "policy_version", "marked_by").annotate(answered=told)


def golden_item_by_id(golden_id: int, viewer: User) -> GoldenItem:
    """One of them. Raises NotFoundError."""
    row = golden_items_for(viewer).filter(pk=golden_id).first()
    if row is None:
        message = "There is no such golden item."
        raise NotFoundError(message)
    return row


def own_results_for(viewer: User) -> QuerySet[GoldenCheck]:
    """What the viewer said where the answer was known, newest first."""
    rows = GoldenCheck.objects.filter(reviewer=viewer.pk, decided_at__isnull=False)
    if not policy.allowed(viewer, "golden.own"):
        return rows.none()
    return _with_answers(rows)


def wrong_answers_for(viewer: User) -> QuerySet[GoldenCheck]:
    """Results that differ from the known answer, newest first; for leads, after the reviewers."""
    return _with_answers(_checks(viewer)).exclude(outcome=F("item__outcome"))


def agreement_for(viewer: User) -> Report:
    """Kappa by policy version and by person, of what leads may know by now; for leads."""
    if not policy.allowed(viewer, "golden.save"):
        return Report([], [])
    by_policy, by_person = _golden_pairs(viewer)
    looks = _second_pairs(viewer)
    return Report(
        policies=[
            ByPolicy(name, agreement(by_policy[name]), agreement(looks[name]))
            for name in sorted({*by_policy, *looks})
        ],
        reviewers=[ByReviewer(name, agreement(pairs)) for name, pairs in sorted(by_person.items())],
    )


def _golden_pairs(viewer: User) -> tuple[Pairs, Pairs]:
    """(said, known), by the policy version of the known answer and by person."""
    by_policy: Pairs = defaultdict(list)
    by_person: Pairs = defaultdict(list)
    rows = _checks(viewer).select_related("item__policy_version", "reviewer").order_by("pk")
    for check in rows:
        pair = (check.outcome, check.item.outcome)
        by_policy[_name(check.item.policy_version)].append(pair)
        by_person[str(check.reviewer)].append(pair)
    return by_policy, by_person


def _second_pairs(viewer: User) -> Pairs:
    """(first, second), by the policy version of the first."""
    found: Pairs = defaultdict(list)
    rows = reviews_for(viewer).exclude(state=ReviewState.WAITING).exclude(outcome="")
    for row in rows.order_by("pk"):
        first = row.decision
        found[_name(first.policy_version)].append((first.outcome, row.outcome))
    return found


def _checks(viewer: User) -> QuerySet[GoldenCheck]:
    """Results of which a lead may know."""
    rows = GoldenCheck.objects.filter(golden.told(), item__case__queue__in=policy.queues_of(viewer))
    return rows if policy.allowed(viewer, "golden.save") else rows.none()


def _with_answers(rows: QuerySet[GoldenCheck]) -> QuerySet[GoldenCheck]:
    return rows.select_related(
        "case", "reviewer", "policy_version", "item__case", "item__policy_version"
    )


def _name(version: PolicyVersion | None) -> str:
    return str(version) if version else NO_POLICY
