"""Reads from campaigns what a case is about, and writes it into the case's fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import Count, F, QuerySet

from cases import priority, reported, summary
from cases.choices import BENIGN
from cases.counting import count_days, first_day
from cases.models import Case, CaseReport
from cases.reported import reported_of
from cases.summary import Facts
from detectors.choices import CampaignState, FindingStatus
from detectors.fits import calibrated
from detectors.models import Campaign, CampaignMember, Finding
from detectors.selectors.evidence import (
    days_of,
    firsts_of,
    providers_of,
    signal_count,
)
from detectors.selectors.origin import Origin, origin_of

SAMPLE: Final = 40  # signals of one finding that are asked for source and language
SAMPLED: Final = 10  # findings
HEAVY: Final = ("signal_ids", "links", "values", "constants", "conditions")


@dataclass(frozen=True, slots=True)
class Picture:
    """All that intake needs of the campaigns of one case.

    firsts: platform -> its first signal. days: day from 1970 -> its signals, of the last two weeks.
    """

    facts: Facts
    families: frozenset[str]
    providers: list[str]
    firsts: dict[str, datetime]
    days: dict[int, int]
    parts: dict[str, float]


def live_campaigns(case: Case) -> list[Campaign]:
    """The case's campaigns that have not gone into others, largest first."""
    rows = Campaign.objects.filter(case_link__case=case.rests_on).exclude(
        state=CampaignState.MERGED
    )
    return list(rows.order_by("-size", "id"))


def findings_behind(campaigns: Sequence[Campaign]) -> QuerySet[Finding]:
    """Findings in force that hold these campaigns together."""
    rows = Finding.objects.filter(campaigns__campaign__in=campaigns).distinct()
    return rows.filter(status=FindingStatus.CURRENT)


def accounts_of(case: Case) -> list[str]:
    """Members of the case's campaigns."""
    return list(_chances(live_campaigns(case)))


def faded_of(case: Case) -> list[str]:
    """Members whom no evidence ties to any of its campaigns now, by name."""
    chances = _chances(live_campaigns(case))
    return sorted(name for name, p in chances.items() if p == 0.0)


def signals_behind(findings: QuerySet[Finding]) -> int:
    """Different signals that these findings cite."""
    return signal_count(list(findings.values_list("pk", flat=True)))


def picture_of(campaigns: Sequence[Campaign]) -> Picture:
    """campaigns: at least one, the leading one first."""
    lead = campaigns[0]
    chances = _chances(campaigns)
    tied = sum(p > 0.0 for p in chances.values())
    findings = summary.strongest_first(findings_behind(campaigns).defer(*HEAVY))
    facts = Facts(
        accounts=tied or lead.size,
        faded=len(chances) - tied,
        platforms=sorted({name for one in campaigns for name in one.platforms}),
        findings=findings,
        first_at=min(one.first_at for one in campaigns),
        last_at=max(one.last_at for one in campaigns),
        signals=signal_count([one.pk for one in findings]) or lead.signal_total,
        p=lead.p,
        label=lead.label,
    )
    return Picture(
        facts=facts,
        providers=providers_of([one.pk for one in findings]),
        firsts=firsts_of([one.pk for one in findings]),
        days=days_of([one.pk for one in findings], first_day()),
        families=frozenset(family for one in campaigns for family in one.families),
        parts=_parts(facts, campaigns, set(chances)),
    )


def describe(case: Case, picture: Picture) -> None:
    """Write the picture into the case (not saved); hits and state are the caller's."""
    facts = picture.facts
    case.title = summary.title(facts)
    case.summary = list(summary.sentences(facts))
    case.reasons = summary.reasons(facts.findings)
    case.platforms = list(facts.platforms)
    if case.reports and (told := reported_of(case)) is not None:
        case.summary += reported.sentences(told)
        case.platforms = sorted({*facts.platforms, *told.platforms})
    case.providers = picture.providers
    _spread(case, picture.firsts)
    count_days(case, picture.days)
    case.accounts = facts.accounts
    case.how_sure = facts.p
    _came_from(case, origin_of(_sample(case, facts.findings)))
    case.severity = priority.severity(picture.parts)
    case.priority_parts = picture.parts
    calibrate(case)


def _spread(case: Case, firsts: Mapping[str, datetime]) -> None:
    """Order its platforms in time; what was known of one whose signals were purged stays."""
    known = dict(zip(case.spread, case.spread_s, strict=True))
    known |= {name: at.timestamp() for name, at in firsts.items()}
    order = sorted((at, name) for name, at in known.items() if name in case.platforms)
    case.spread = [name for _, name in order]
    case.spread_s = [at for at, _ in order]


def calibrate(case: Case) -> None:
    """Take how sure a case with campaigns is through the curve in force (not saved).

    Its priority follows the calibrated probability, where there is one.
    """
    case.calibrated, case.calibration = calibrated(case.how_sure)
    sure = case.how_sure if case.calibrated is None else case.calibrated
    case.priority_parts = {**case.priority_parts, "p": sure}
    case.priority = priority.priority(case.priority_parts)


def redescribe(case: Case) -> int:
    """Write what the case is about by now (not saved): of its campaigns, else of its reports.

    Returns how many hits that are.
    """
    campaigns = live_campaigns(case)
    if campaigns:
        picture = picture_of(campaigns)
        describe(case, picture)
        return picture.facts.signals + case.reports
    if (told := reported_of(case)) is not None:
        reported.describe(case, told)
        count_days(case, {})
        _came_from(case, origin_of(_sample(case, ())))
    return case.reports


def _came_from(case: Case, origin: Origin) -> None:
    case.sources, case.languages = list(origin.sources), list(origin.languages)


def _sample(case: Case, findings: Sequence[Finding]) -> list[int]:
    """Some signals behind the case: of each finding in force, and of its reports."""
    strongest = [one.pk for one in findings[:SAMPLED]]
    rows = Finding.objects.filter(pk__in=strongest).values_list("signal_ids", flat=True)
    cited = {one for ids in rows for one in ids[-SAMPLE:]}
    if case.reports:
        reports = CaseReport.objects.filter(case=case.rests_on).order_by("-id")
        cited |= set(reports.values_list("signal_id", flat=True)[:SAMPLE])
    return sorted(cited)


def _chances(campaigns: Sequence[Campaign]) -> dict[str, float]:
    """Members with how sure each is; 0 for those whom no evidence ties any more."""
    rows = CampaignMember.objects.filter(campaign__in=campaigns).order_by("p")
    return dict(rows.values_list("account", "p"))


def _parts(facts: Facts, campaigns: Sequence[Campaign], accounts: set[str]) -> dict[str, float]:
    """Exposures are not known to most sources: every signal counts as one, a lower bound."""
    return {
        "p": facts.p,
        "harm": priority.harm(one.anchor_type for one in facts.findings),
        "reach": priority.reach(facts.signals),
        "velocity": priority.velocity(facts.signals, facts.last_at - facts.first_at),
        "novelty": 1.0 - _similarity_to_benign(campaigns, accounts),
    }


def _similarity_to_benign(campaigns: Sequence[Campaign], accounts: set[str]) -> float:
    """The largest share of common accounts (Jaccard) with a campaign that was called benign."""
    rows = (
        CampaignMember.objects.filter(
            account__in=accounts,
            campaign__verdicts__outcome__in=BENIGN,
            campaign__verdicts__withdrawn_at=None,
        )
        .exclude(campaign__in=campaigns)
        .values("campaign")
        .annotate(common=Count("account", distinct=True), size=F("campaign__size"))
    )
    return max(
        (row["common"] / max(1, row["size"] + len(accounts) - row["common"]) for row in rows),
        default=0.0,
    )
