"""What a finished backtest says: findings and campaigns gained and lost, judged by decisions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
from django.db import transaction

from abusedesk.core import clock
from detectors import registry
from detectors.backtest.comparing import Compared, compare
from detectors.backtest.judging import Decided, found_among, share_confirmed, share_found
from detectors.backtest.trial import CURRENT, PROPOSED, Said, Variant, said_since
from detectors.base import Key, Tier
from detectors.choices import BacktestState, Change, Outcome
from detectors.fits import standing_verdicts
from detectors.folding import evidence_of, revision_digest
from detectors.models import Backtest, BacktestFinding, CampaignMember
from detectors.pairs import Evidence
from detectors.services.campaigns_instead import compare_campaigns

KEPT: Final = 1_000
"""Findings of one change that are stored; all are counted."""
MAX_ACCOUNTS: Final = 2_000
"""Accounts of changed findings around which campaigns are computed; of more, of the weightiest."""
MAX_DECIDED: Final = 20_000
MAX_SIGNALS: Final = 50

Found = Mapping[Key, Said]


def keep_result(*, run: Backtest, variants: Mapping[str, Variant], signals: int) -> None:
    """Store it and end the run, unless somebody has cancelled it meanwhile."""
    since = run.since.timestamp()
    sides = {name: said_since(variant.said, since) for name, variant in variants.items()}
    compared = compare(sides[CURRENT], sides[PROPOSED])
    lists = {
        Change.GAINED: compared.gained,
        Change.LOST: compared.lost,
        Change.KEPT: compared.kept,
    }
    told: dict[str, Any] = {
        **{str(change): len(said) for change, said in lists.items()},
        **{name: totals_of(side) for name, side in sides.items()},
        "days": _days(sides),
        "campaigns": _campaigns(run.slug, sides, compared),
    }
    judge(told, sides)
    rows = [
        _row(run, change, place, said)
        for change, group in lists.items()
        for place, said in enumerate(group[:KEPT])
    ]
    end_with(run=run, told=told, rows=rows, signals=signals)


@transaction.atomic
def end_with(
    *, run: Backtest, told: Mapping[str, Any], rows: Sequence[BacktestFinding], signals: int
) -> None:
    """Keep a result, unless somebody has cancelled the run meanwhile."""
    running = Backtest.objects.filter(pk=run.pk, state=BacktestState.RUNNING)
    is_mine = running.update(
        state=BacktestState.DONE,
        share=1.0,
        signals=signals,
        payload=None,
        result=told,
        finished_at=clock.now(),
    )
    if is_mine:
        BacktestFinding.objects.bulk_create(rows, 500)


def totals_of(side: Found) -> dict[str, int]:
    return {
        "findings": len(side),
        "opening": sum(one.draft.tier == Tier.OPENING for one in side.values()),
        "accounts": len({name for one in side.values() for name in one.draft.subjects}),
        "lapsed": sum(one.lapsed for one in side.values()),
    }


def _days(sides: Mapping[str, Found]) -> list[list[Any]]:
    """Day, findings of the current settings, of the proposed ones; by when they were first said."""
    counts = {
        name: Counter(_moment(one.first_s).date().isoformat() for one in side.values())
        for name, side in sides.items()
    }
    days = sorted(counts[CURRENT].keys() | counts[PROPOSED].keys())
    return [[day, counts[CURRENT][day], counts[PROPOSED][day]] for day in days]


def _campaigns(slug: str, sides: Mapping[str, Found], compared: Compared) -> dict[str, Any]:
    """Campaigns around what changes, with all other evidence as it is now."""
    return compare_campaigns(
        accounts=_touched(sides, compared),
        detector=slug,
        current=_about(slug, sides[CURRENT]),
        proposed=_about(slug, sides[PROPOSED]),
        with_kept=True,
    )


def _touched(sides: Mapping[str, Found], compared: Compared) -> set[str]:
    """Accounts of findings that come, go or change, up to so many."""
    changed = [
        one
        for one in compared.kept
        if (before := sides[CURRENT].get(one.draft.anchor)) is None
        or revision_digest(before.draft) != revision_digest(one.draft)
        or before.lapsed != one.lapsed
    ]
    found: set[str] = set()
    for one in [*compared.lost, *compared.gained, *changed]:
        if len(found) < MAX_ACCOUNTS:
            found.update(one.draft.subjects)
    return found


def _about(slug: str, side: Found) -> Any:
    """The evidence of one side, by accounts; ids below those of stored findings."""
    meta = registry.get(slug).meta
    standing = [one.draft for _, one in sorted(side.items()) if not one.lapsed]
    evidence = [evidence_of(draft, meta, -number) for number, draft in enumerate(standing, 1)]
    naming: dict[str, list[Evidence]] = {}
    for one in evidence:
        for name in one.subjects:
            naming.setdefault(name, []).append(one)

    def about(names: set[str]) -> list[Evidence]:
        found = {one.id: one for name in names for one in naming.get(name, ())}
        return [found[number] for number in sorted(found)]

    return about


def judge(told: dict[str, Any], sides: Mapping[str, Found]) -> None:
    """Put precision and recall to each side, by the campaigns that people decided.

    Recall is of the confirmed campaigns that any side finds.
    """
    decided = _decided()
    found = {
        name: found_among(decided, (one.draft.subjects for one in side.values()))
        for name, side in sides.items()
    }
    either = list({id(one): one for side in found.values() for one in side}.values())
    for name, campaigns in found.items():
        told[name]["precision"] = asdict(share_confirmed(campaigns))
        told[name]["recall"] = asdict(share_found(campaigns, either))


def _decided() -> list[Decided]:
    """Campaigns that people decided, with their members."""
    verdicts = standing_verdicts().filter(weight=1).values_list("campaign", "outcome")
    outcomes = dict(verdicts[:MAX_DECIDED])
    members: dict[int, set[str]] = {}
    rows = CampaignMember.objects.filter(campaign__in=list(outcomes)).order_by()
    for campaign, account in rows.values_list("campaign", "account").iterator():
        members.setdefault(campaign, set()).add(account)
    return [
        Decided(frozenset(names), outcomes[campaign] == Outcome.ABUSE)
        for campaign, names in sorted(members.items())
    ]


def _row(run: Backtest, change: Change, place: int, said: Said) -> BacktestFinding:
    draft, meta = said.draft, registry.get(run.slug).meta
    return BacktestFinding(
        run=run,
        change=change,
        place=place,
        anchor_type=draft.anchor.type,
        anchor_value=draft.anchor.value,
        family=str(draft.family or meta.family),
        tier=str(draft.tier),
        subjects=list(draft.subjects),
        signal_ids=sorted(draft.signal_ids)[:MAX_SIGNALS],
        signal_total=max(draft.signal_total, len(draft.signal_ids)),
        llr=draft.llr,
        score=draft.score,
        sentence=draft.sentence,
        conditions=msgspec.to_builtins(draft.conditions),
        said_at=_moment(said.first_s),
        lapsed=said.lapsed,
    )


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
