"""What the reports of a case say together: facts, words, and how urgent they make it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import Count, Max, Min

from cases import priority, summary
from cases.models import Case, CaseReport
from cases.summary import Sentence
from detectors.choices import EntityType

NAMED: Final = 2
LISTED: Final = 10
DOUBT: Final = 0.5
"""What one reporter leaves of it; each further one leaves that share of the rest."""
LEAST_DOUBT: Final = 0.05
HARM_BY_REASON: Final = {
    "fraud": 0.7,
    "malware": 0.7,
    "phishing": 0.7,
    "ransomware": 0.7,
    "virus": 0.7,
}


@dataclass(frozen=True, slots=True)
class Reported:
    """All reports of one case. targets, reporters, reasons: the first ones; *_total: of how many.

    accounts: how many of the targets are accounts.
    """

    reports: int
    targets: Sequence[tuple[str, str]]
    target_total: int
    accounts: int
    reporters: Sequence[str]
    reporter_total: int
    reasons: Sequence[str]
    platforms: Sequence[str]
    first_at: datetime
    last_at: datetime


def reported_of(case: Case) -> Reported | None:
    """None: nobody reported what this case is about."""
    rows = CaseReport.objects.filter(case=case).order_by()
    counted = rows.aggregate(
        reports=Count("signal_id", distinct=True),
        target_total=Count("digest", distinct=True),
        reporter_total=Count("reporter", distinct=True),
        first_at=Min("reported_at"),
        last_at=Max("reported_at"),
    )
    if not counted["reports"]:
        return None
    accounts = rows.filter(target_type=EntityType.ACCOUNT).aggregate(
        accounts=Count("digest", distinct=True)
    )
    targets = rows.values_list("target_type", "target").annotate(first=Min("id"))
    return Reported(
        targets=[(type, value) for type, value, _ in targets.order_by("first")[:LISTED]],
        reporters=_firsts(case, "reporter"),
        reasons=[one for one in _firsts(case, "reason") if one],
        platforms=_firsts(case, "platform"),
        **counted,
        **accounts,
    )


def report_count(case: Case) -> int:
    """How many reports the case has."""
    return CaseReport.objects.filter(case=case).values("signal_id").distinct().count()


def describe(case: Case, reported: Reported) -> None:
    """Write into a case without campaign (not saved) what was reported.

    How sure stays 0: no detector has measured anything.
    """
    parts = _parts(reported)
    case.title = title(reported)
    case.summary = list(sentences(reported))
    case.reasons = [_who(reported)]
    case.platforms = sorted(reported.platforms)
    case.providers = []
    case.accounts = reported.accounts
    case.how_sure = 0.0
    case.severity = priority.severity(parts)
    case.priority = priority.priority(parts)
    case.priority_parts = parts


def title(reported: Reported) -> str:
    """`Reported: win@prize.example on email and 1 more by feedback@isp.example`."""
    first, *_ = reported.targets
    more = reported.target_total - 1
    also = f" and {more:,} more" if more else ""
    return summary.cut(
        f"Reported: {summary.cut(shown(*first), summary.TITLE_LIMIT // 2)}{also}"
        f" by {_several(reported.reporters, reported.reporter_total)}",
        summary.TITLE_LIMIT,
    )


def sentences(reported: Reported) -> list[Sentence]:
    """Who reported, what, and as what; none rests on a finding."""
    lines = [
        ("Reported", _who(reported)),
        ("About", _several([shown(*one) for one in reported.targets], reported.target_total)),
    ]
    if reported.reasons:
        lines.append(("As", ", ".join(reported.reasons)))
    return [{"lead": lead, "text": text, "finding_ids": []} for lead, text in lines]


def shown(type: str, value: str) -> str:
    """A target in words."""
    if type != EntityType.ACCOUNT:
        return value
    platform, _, name = value.partition(":")
    return f"{name} on {platform}"


def _who(reported: Reported) -> str:
    first, last = (summary.moment(at) for at in (reported.first_at, reported.last_at))
    span = f"on {first}" if first == last else f"from {first} to {last}"
    reports = summary.counted(reported.reports, "report")
    return f"{reports} by {_several(reported.reporters, reported.reporter_total)}, {span} UTC."


def _several(names: Sequence[str], total: int) -> str:
    """`a, b and 7 more`."""
    named = [summary.cut(one, summary.TITLE_LIMIT) for one in names[:NAMED]]
    more = [f"{total - len(named):,} more"] if total > len(named) else []
    *early, last = [*named, *more]
    return f"{', '.join(early)} and {last}" if early else last


def _firsts(case: Case, name: str) -> list[str]:
    """Values of one column, in the order in which they came."""
    rows = CaseReport.objects.filter(case=case).values_list(name)
    return [value for value, _ in rows.annotate(first=Min("id")).order_by("first")[:LISTED]]


def _parts(reported: Reported) -> dict[str, float]:
    """p: one reporter counts as an even chance; mass reporting is no proof, so it ends at 0.95.

    Reports come in bursts when a mailbox is read, so their speed is that of a day at least.
    """
    span = reported.last_at - reported.first_at
    worst = max((_harm(one) for one in reported.reasons), default=0.0)
    return {
        "p": 1 - max(LEAST_DOUBT, DOUBT ** min(reported.reporter_total, 10)),
        "harm": max(worst, priority.harm(type for type, _ in reported.targets)),
        "reach": priority.reach(reported.reports),
        "velocity": priority.velocity(reported.reports, max(span, priority.DAY)),
        "novelty": 1.0,
    }


def _harm(reason: str) -> float:
    return max((harm for word, harm in HARM_BY_REASON.items() if word in reason.lower()), default=0)
