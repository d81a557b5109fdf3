"""Reads how evidence is covered for somebody, and what they may uncover."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Any, Final

from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection
from django.db.models import Q, QuerySet
from django.db.models.functions import JSONObject

from abusedesk.core.errors import NotFoundError
from abusedesk.core.models import User
from cases import golden, policy
from cases.blind import unveiled
from cases.budget import Budget
from cases.cited import cited_by
from cases.exposure import COLUMNS, budget, budgeted
from cases.masking import BLUR_PX, ELSE, Cover, mode_of, worst
from cases.models import Case, CaseReport, Decision, Mask, PeekHabit, PolicyVersion
from cases.selectors.evidence import findings_of
from cases.selectors.report import reported_acts_of
from detectors.models import Signal
from detectors.policy import allowed as may
from detectors.selectors.signal import signal_by_id

# Which cases rest on these signals.
_RESTING: Final = """
SELECT asked.id, link.case_id
FROM unnest(%(ids)s::bigint[]) AS asked (id)
JOIN detectors_finding finding ON finding.signal_ids @> ARRAY[asked.id]
JOIN detectors_campaignfinding tie ON tie.finding_id = finding.id
JOIN cases_casecampaign link ON link.campaign_id = tie.campaign_id
UNION
SELECT signal_id, case_id FROM cases_casereport
WHERE signal_id = ANY(%(ids)s::bigint[]) AND case_id IS NOT NULL
"""


class _Eyes:
    """What one person chose and has seen, with the policies that some cases are about: one query.

    A verdict that they may not know yet says nothing here either.
    """

    def __init__(self, viewer: User, cases: Collection[int]) -> None:
        decided = Decision.objects.filter(
            unveiled(viewer), golden.shown_to(viewer, "case"), undone_at=None, case__in=cases
        )
        found = budgeted(User.objects.filter(pk=viewer.pk)).values_list(
            *COLUMNS,
            _rows(_masks_of(viewer), user="user_id", category="category", mode="mode"),
            _rows(PeekHabit.objects.filter(user=viewer), press="press", blur="blur"),
            _rows(PolicyVersion.objects.filter(current=True), slug="slug", harm="harm"),
            _rows(Case.objects.filter(pk__in=cases), case="pk", slugs="labels"),
            _rows(CaseReport.objects.filter(case__in=cases), case="case", slug="reason"),
            _rows(decided, case="case", slug="policy_version__slug", harm="policy_version__harm"),
        )
        row = found.get()
        self.budget: Budget = budget(*row[: len(COLUMNS)])
        # None: Django does not ask about no cases at all
        arrays = (one or [] for one in row[len(COLUMNS) :])
        masks, habits, policies, labelled, reported, made = arrays
        self.own, self.desk = (
            {one["category"]: one["mode"] for one in masks if (one["user"] is None) == of_desk}
            for of_desk in (False, True)
        )
        self.habit: dict[str, Any] = habits[0] if habits else {"press": False, "blur": BLUR_PX}
        harms = {one["slug"]: one["harm"] for one in policies}
        named = [(one["case"], slug) for one in labelled for slug in one["slugs"]]
        named += [(one["case"], one["slug"]) for one in reported]
        self.about: dict[int, set[tuple[str, int]]] = defaultdict(set)
        for case, slug in named:
            if slug in harms:
                self.about[case].add((slug, harms[slug]))
        for one in made:
            if one["slug"] is not None:
                self.about[one["case"]].add((one["slug"], one["harm"]))

    def cover(self, cases: Iterable[int]) -> Cover:
        """How evidence of all these cases is covered."""
        category, severity = worst({told for case in cases for told in self.about[case]})
        mode = mode_of(category, severity, own=self.own, desk=self.desk)
        return Cover(category, severity, mode, **self.habit, budget=self.budget)


def cover_for(case: Case, viewer: User) -> Cover | None:
    """How this person sees the evidence of the case; None for who cannot see the case."""
    if not policy.can_see(viewer, case):
        return None
    about = {case.pk, case.rests_on}
    return _Eyes(viewer, about).cover(about)


def covers_for(signals: Collection[Signal], viewer: User) -> dict[int, Cover]:
    """Signal id -> how this person sees it, by the worst case that rests on it.

    Cases out of their sight count too: words are as disturbing to who may not decide about them.
    """
    if not signals or not may(viewer, "signal.view"):
        return {}
    resting: dict[int, set[int]] = {signal.pk: set() for signal in signals}
    with connection.cursor() as cursor:
        cursor.execute(_RESTING, {"ids": list(resting)})
        for signal_id, case_id in cursor.fetchall():
            resting[signal_id].add(case_id)
    eyes = _Eyes(viewer, set().union(*resting.values()))
    return {signal_id: eyes.cover(cases) for signal_id, cases in resting.items()}


def masks_for(viewer: User) -> tuple[dict[str, str], dict[str, str]]:
    """Category -> mode: the viewer's own choices, and those of the desk."""
    tables: tuple[dict[str, str], dict[str, str]] = ({}, {})
    if policy.allowed(viewer, "mask.own"):
        for mask in _masks_of(viewer):
            tables[mask.user_id is None][mask.category] = mask.mode
    return tables


def mask_categories_for(viewer: User) -> list[tuple[str, str]]:
    """Slug and title of everything that can be covered in its own way; all others come last."""
    if not policy.allowed(viewer, "mask.own"):
        return []
    rows = PolicyVersion.objects.filter(current=True).order_by("title")
    return [*rows.values_list("slug", "title"), (ELSE, "Everything else")]


def evidence_by_id(signal_id: int, case: Case, viewer: User) -> Signal:
    """One signal that the page of the case shows. Raises NotFoundError."""
    findings = findings_of(case, viewer)
    shown = signal_id in cited_by(findings)
    shown = shown or CaseReport.objects.filter(case=case.rests_on, signal_id=signal_id).exists()
    if not shown and signal_id not in {act.pk for act in reported_acts_of(case, viewer)}:
        message = "This case shows no such signal."
        raise NotFoundError(message)
    return signal_by_id(signal_id, viewer)


def _masks_of(viewer: User) -> QuerySet[Mask]:
    return Mask.objects.filter(Q(user=viewer) | Q(user=None))


def _rows(rows: QuerySet[Any], **columns: str) -> ArraySubquery:
    return ArraySubquery(rows.order_by().values(told=JSONObject(**columns)).distinct())
