"""Scores a stored finding again from its record and its cited signals alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from detectors.base import (
    BaseParams,
    Detector,
    FindingDraft,
    Rescored,
    Score,
    Signal,
    Tell,
    Told,
    nobody,
)
from detectors.engine import Found, Runner


def score_again(
    kind: type[Detector[Any, Any]],
    params: BaseParams,
    told: Told,
    signals: Sequence[Signal],
    secret: bytes = b"",
    tell: Tell = nobody,
) -> Score | None:
    """What these signals claim now; None when they do not make the finding any more.

    params: those the finding was made with. Raises ValueError for a detector whose findings rest on
    more than what they cite.
    """
    if kind.meta.rescored is Rescored.POPULATION:
        message = f"{kind.meta.slug} compares with a population that its findings do not hold"
        raise ValueError(message)
    ordered = sorted(signals, key=lambda signal: signal.place)
    if kind.meta.rescored is Rescored.CONSTANTS:
        return kind(secret, tell=tell).score_again(told, ordered, params)
    draft = _folded(kind(secret, every=True, tell=tell), params, told, ordered)
    return Score(draft.score, draft.llr, draft.subjects) if draft is not None else None


def _folded(
    detector: Detector[Any, Any], params: BaseParams, told: Told, signals: Sequence[Signal]
) -> FindingDraft | None:
    """The last thing that is said about the same, once all signals are in."""
    runner = Runner(detector, params)
    events = runner.feed(signals) + runner.finish()
    drafts = (event.draft for event in events if isinstance(event, Found))
    last = [draft for draft in drafts if draft.anchor == told.anchor][-1:]
    return next((draft for draft in last if not draft.lapsed), None)
