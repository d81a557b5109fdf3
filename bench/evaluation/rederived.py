"""How many findings come out again from their record and the signals they cite, by detector."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from bench.evaluation.desk import SECRET, TICK_FLOOR_S, Anchor, Outcome, run_desk
from bench.evaluation.measures import share
from bench.evaluation.table import Row
from bench.worlds.listed import warned_of, with_sightings
from bench.worlds.mixed import mixed
from detectors import registry
from detectors.base import MAX_SIGNAL_IDS, FindingDraft, Rescored, Score, Signal, Told
from detectors.needs import missing
from detectors.recompute import score_again

PROMISED: Final = frozenset(
    {
        "coaction-synchrony",
        "lookalike-site",
        "near-duplicate-text",
        "shared-infrastructure",
        "velocity",
        "watch-list",
    }
)
"""Detectors of which every finding must come out again."""


@dataclass(frozen=True, slots=True)
class Rederived:
    """Findings of one detector. sampled: those that cite only a part; they are not tried."""

    slug: str
    same: int
    tried: int
    sampled: int = 0
    different: tuple[Anchor, ...] = ()


def measure_rederived(size: int, seed: int, *, tick_floor_s: int = TICK_FLOOR_S) -> list[Row]:
    """One row a detector over a world of campaigns and benign life with a watch list."""
    world = mixed(size, seed)
    signals = with_sightings(world.signals, warned_of(world))
    outcome = run_desk(signals, slugs=rescored(), tick_floor_s=tick_floor_s)
    return [_row(one) for one in rederive(outcome, signals)]


def rederive(outcome: Outcome, signals: Sequence[Signal]) -> list[Rederived]:
    """Score the last revision of each finding again, for detectors that can do it.

    Of ticks also what lapsed: time went by. Elsewhere what lapsed was taken back.
    """
    known = {one.id: one for one in signals}
    found = []
    for slug in rescored():
        told = outcome.told if registry.get(slug).meta.tick_s else outcome.standing
        drafts = {anchor: draft for anchor, draft in told.items() if anchor[0] == slug}
        whole = {anchor: one for anchor, one in drafts.items() if not _is_sampled(one)}
        different = tuple(
            anchor
            for anchor, draft in whole.items()
            if _again(slug, draft, [known[id_] for id_ in draft.signal_ids])
            != Score(draft.score, draft.llr, draft.subjects)
        )
        same = len(whole) - len(different)
        found.append(Rederived(slug, same, len(whole), len(drafts) - len(whole), different))
    return found


def rescored() -> list[str]:
    """Detectors whose findings can be scored again here."""
    return [
        slug
        for slug, kind in registry.all_detectors().items()
        if kind.meta.rescored is not Rescored.POPULATION and not missing(kind.meta)
    ]


def _row(one: Rederived) -> Row:
    part = share(one.same, one.tried, empty=1.0)
    cut = f"; {one.sampled} cite a sample only" if one.sampled else ""
    short = "" if one.slug not in PROMISED or one.same == one.tried else ", BELOW 1"
    return Row(
        f"findings computed again from their evidence: {one.slug}",
        f"{part:.3f} of {one.tried}{short}{cut}",
        {f"rederived_{one.slug}": part},
    )


def _is_sampled(draft: FindingDraft) -> bool:
    return max(draft.signal_total, len(draft.signal_ids)) > MAX_SIGNAL_IDS


def _again(slug: str, draft: FindingDraft, cited: Sequence[Signal]) -> Score | None:
    # as they come back from the table
    values, constants = (
        json.loads(json.dumps(msgspec.to_builtins(part)))
        for part in (draft.values, draft.constants)
    )
    record = Told(draft.anchor, draft.subjects, values, constants)
    return score_again(registry.get(slug), registry.defaults(slug), record, cited, SECRET)
