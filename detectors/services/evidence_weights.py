"""Fits weights of evidence to verdicts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec
import numpy as np
from django.db.models import F, TextField
from django.db.models.functions import MD5, Cast

from abusedesk.core import audit
from abusedesk.core.audit import Verb
from detectors.calibration.curve import Raw
from detectors.calibration.evidence import (
    Strengths,
    Table,
    fit_table,
    probability_of,
    strengths_of,
)
from detectors.calibration.measures import quality
from detectors.calibration.refit import TRAIN
from detectors.calibration.verdicts import Judged, sample_of
from detectors.choices import Outcome
from detectors.fits import table_of, weights_in_force
from detectors.models import CampaignEdge, EvidenceWeights, FusedFinding, Verdict
from detectors.pairs import Evidence

PAIRS_EACH: Final = 50
"""Strongest pairs of one campaign that are read: a large one shall not outvote all others."""
RANDOM_PAIRS: Final = 2_000
"""No fitted weight can exceed the logarithm of this, about 7.6."""
SEED: Final = 1


def refit_weights(*, verdicts: Sequence[Verdict]) -> EvidenceWeights | None:
    """Fit a table to the older verdicts and test it on the newer ones. None: nothing to learn from.

    verdicts: oldest first. Cases keep their weights; a table is for campaigns that begin after it.
    """
    cut = round(TRAIN * len(verdicts))
    older, newer = verdicts[:cut], verdicts[cut:]
    confirmed = [
        pair for one in older if one.outcome == Outcome.ABUSE for pair in _pairs_of(one.campaign_id)
    ]
    random = _random_pairs()
    if not confirmed or not random:
        return None
    table, current = fit_table(confirmed, random), weights_in_force()
    tests = [(one, pairs) for one in newer if (pairs := _pairs_of(one.campaign_id))]
    brier, before = _brier(tests, table), _brier(tests, table_of(current))
    better = bool(tests) and brier <= before
    if better:
        EvidenceWeights.objects.filter(in_force=True).update(in_force=False)
    fit = EvidenceWeights.objects.create(
        verdicts=len(verdicts),
        trained=len(older),
        before=before,
        brier=brier,
        in_force=better,
        table=msgspec.to_builtins(table),
    )
    audit.append(
        actor=None,
        verb=Verb.WEIGHTS_FITTED,
        target=fit,
        verdicts=len(verdicts),
        brier=round(brier, 4),
        before=round(before, 4),
        result="in force for new campaigns" if better else "not activated",
    )
    return fit


def _pairs_of(campaign_id: int) -> Sequence[Strengths]:
    """What findings say of the strongest pairs of one campaign; those without any are left out."""
    edges = CampaignEdge.objects.filter(campaign=campaign_id).values_list("a", "b")[:PAIRS_EACH]
    evidence = _told(FusedFinding.objects.filter(finding__campaigns__campaign=campaign_id))
    return [told for a, b in edges if (told := strengths_of(evidence, a, b))]


def _random_pairs() -> Sequence[Strengths]:
    """One pair each of findings in an order that says nothing, the same at every fit."""
    dice = np.random.Generator(np.random.PCG64(SEED))
    lot = MD5(Cast(F("finding_id"), TextField()))
    found = []
    joining = FusedFinding.objects.filter(subjects__len__gte=2)
    for row in joining.order_by(lot)[:RANDOM_PAIRS]:
        (one,) = _told([row])
        a, b = _any_pair(one, dice)
        both = _told(FusedFinding.objects.filter(subjects__contains=[a, b]))
        found.append(strengths_of(both, a, b))
    return found


def _any_pair(one: Evidence, dice: np.random.Generator) -> tuple[str, str]:
    """Two accounts that this finding joins."""
    if one.links:
        a, b, _ = one.links[int(dice.integers(len(one.links)))]
    else:
        a, b = dice.choice(len(one.subjects), 2, replace=False).tolist()
    return one.subjects[a], one.subjects[b]


def _told(rows: Iterable[FusedFinding]) -> list[Evidence]:
    return [
        msgspec.convert({**row.evidence, "id": row.finding_id}, Evidence, strict=False)
        for row in rows
    ]


def _brier(tests: Sequence[tuple[Verdict, Sequence[Strengths]]], table: Table | None) -> float:
    said = [
        Judged(probability_of(pairs, table), one.outcome == Outcome.ABUSE, one.weight)
        for one, pairs in tests
    ]
    return quality(Raw(), sample_of(said)).brier
