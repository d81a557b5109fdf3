"""Reads what a case rests on: signals, findings, and how the score comes about."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from django.contrib.postgres.fields import ArrayField
from django.db.models import BigIntegerField, Value

from abusedesk.core.models import User
from cases import facts, policy
from cases.cited import cited_by, span_of
from cases.models import Case
from cases.summary import strongest_first
from detectors.models import Finding, Signal
from detectors.scoring import PRIOR
from detectors.selectors.retention import Buried, buried_of
from detectors.selectors.signal import signals_for


def findings_of(case: Case, viewer: User) -> list[Finding]:
    """Findings in force behind the case, strongest first."""
    if not policy.can_see(viewer, case):
        return []
    rows = facts.findings_behind(facts.live_campaigns(case))
    return strongest_first(rows.select_related("config"))


def evidence_of(findings: Sequence[Finding], viewer: User, limit: int = 50) -> Sequence[Signal]:
    """The newest signals that they cite; `finding_ids` on each names the findings that cite it.

    One query over the partitions between the first and the last cited moment.
    """
    cited = cited_by(findings)
    if not cited:
        return []
    rows = (
        signals_for(viewer)
        .filter(pk__in=list(cited), occurred_at__range=span_of(findings))
        .annotate(finding_ids=Value([], ArrayField(BigIntegerField())))
        .order_by("-occurred_at", "-id")[:limit]
    )
    signals = list(rows)
    for signal in signals:
        signal.finding_ids = cited[signal.pk]
    return signals


def cited_of(finding: Finding, ids: Collection[int], viewer: User) -> dict[int, Signal]:
    """Those of the signals that a finding cites which are still stored, with their sources."""
    rows = signals_for(viewer).filter(pk__in=list(ids), occurred_at__range=span_of([finding]))
    return {signal.pk: signal for signal in rows}


def purged_of(findings: Sequence[Finding], viewer: User, found: Sequence[Signal]) -> Buried:
    """What they cite that retention has purged; found: cited signals that are still there."""
    missing = set(cited_by(findings)) - {signal.pk for signal in found}
    return buried_of(missing, viewer)


def contributions_of(case: Case) -> dict[str, float]:
    """Log odds by family, the prior first; they add up to the score of the leading campaign.

    Empty for a case without campaign: no detector has measured anything.
    """
    campaigns = facts.live_campaigns(case)
    if not campaigns:
        return {}
    parts = dict(campaigns[0].parts)
    prior = parts.pop("prior", PRIOR)
    return {"prior": prior, **dict(sorted(parts.items(), key=lambda part: -abs(part[1])))}
