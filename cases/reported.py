"""What the reports of a case say together: facts, words, and how urgent they make it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import Count, Max, Min, QuerySet

from cases import priority, summary
from cases.models import Case, CaseReport, Reporter
from cases.reputation import Record, chance
from cases.summary import Sentence
from detectors.choices import EntityType

NAMED: Final = 2
LISTED: Final = 10
AS_ONE: Final = "As one"
"""Lead of the line that flags reporters who act as one."""
KNOWN: Final = 500
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

    accounts: how many of the targets are accounts. records: what is known of reporters, who was
    judged most often first.
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
    records: Sequence[Record] = ()


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
        records=_records(rows),
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
    lines += _standing(reported.records)
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


def _standing(records: Sequence[Record]) -> list[tuple[str, str]]:
    """What became of the reports of those who are known, and who of them act as one."""
    judged = [one for one in records if one.decided]
    told = [f"{one.name} {one.upheld:,} of {one.decided:,}" for one in judged]
    lines = [("Known", f"Reports upheld so far: {_several(told, len(told))}.")] if told else []
    rings = Counter(one.ring for one in records if one.ring is not None)
    lines += [
        (AS_ONE, f"{summary.counted(count, 'reporter')} of it act as one, and count as one.")
        for _, count in sorted(rings.items())
    ]
    return lines


def _records(rows: QuerySet[CaseReport]) -> list[Record]:
    known = Reporter.objects.filter(name__in=rows.values("reporter")).order_by("-decided", "id")
    return [Record(*one) for one in known.values_list(*Record._fields)[:KNOWN]]


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
    """p: how likely one of the reporters is right, by what became of their earlier reports.

    Reports come in bursts when a mailbox is read, so their speed is that of a day at least.
    """
    span = reported.last_at - reported.first_at
    worst = max((_harm(one) for one in reported.reasons), default=0.0)
    return {
        "p": chance(reported.records, reported.reporter_total - len(reported.records)),
        "harm": max(worst, priority.harm(type for type, _ in reported.targets)),
        "reach": priority.reach(reported.reports),
        "velocity": priority.velocity(reported.reports, max(span, priority.DAY)),
        "novelty": 1.0,
    }


def _harm(reason: str) -> float:
    return max((harm for word, harm in HARM_BY_REASON.items() if word in reason.lower()), default=0)
