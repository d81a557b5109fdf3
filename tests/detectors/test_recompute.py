"""A finding scored again from its record and its cited signals: the same, or the difference."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache

import msgspec
import pytest

from detectors import registry
from detectors.base import DAY_S, FindingDraft, Rescored, Score, Signal, Told
from detectors.demo import world
from detectors.engine import run_all
from detectors.needs import missing
from detectors.recompute import score_again
from detectors.rules.velocity import Velocity

END = datetime(2026, 11, 24, 3, 17, tzinfo=UTC)
SECRET = b"secret of this desk"
SLUGS = [slug for slug, kind in registry.all_detectors().items()
         if kind.meta.rescored is not Rescored.POPULATION and not missing(kind.meta)]  # fmt: skip


@cache
def demo() -> list[Signal]:
    ordered = sorted(world(seed=7, end=END), key=lambda one: (one.occurred_at, one.external_id))
    return [Signal.of(one, number) for number, one in enumerate(ordered, start=1)]


@cache
def told_last(slug: str) -> list[FindingDraft]:
    """The current findings of one detector over the demo world."""
    kind = registry.get(slug)
    found = run_all(kind(SECRET), kind.Params(), demo(), tick_floor_s=DAY_S)
    last = {one.draft.anchor: one.draft for one in found}
    return [draft for draft in last.values() if not draft.lapsed]


def stored(draft: FindingDraft) -> Told:
    """As a database keeps it: JSON."""
    values, constants = (
        json.loads(json.dumps(msgspec.to_builtins(part)))
        for part in (draft.values, draft.constants)
    )
    return Told(draft.anchor, draft.subjects, values, constants)


def again(slug: str, draft: FindingDraft, signals: Sequence[Signal]) -> Score | None:
    kind = registry.get(slug)
    return score_again(kind, kind.Params(), stored(draft), signals, SECRET)


def cited(draft: FindingDraft) -> list[Signal]:
    by_id = {one.id: one for one in demo()}
    return [by_id[id_] for id_ in draft.signal_ids]


@pytest.mark.parametrize("slug", SLUGS)
def test_every_finding_of_the_demo_world_comes_out_the_same(slug: str) -> None:
    findings = told_last(slug)
    different = [
        (draft.anchor, draft.score, now)
        for draft in findings
        if (now := again(slug, draft, cited(draft)))
        != Score(draft.score, draft.llr, draft.subjects)
    ]
    assert findings
    assert different == []


@pytest.mark.parametrize("slug", SLUGS)
def test_the_order_of_the_signals_does_not_matter(slug: str) -> None:
    draft = told_last(slug)[0]
    assert again(slug, draft, cited(draft)[::-1]) == again(slug, draft, cited(draft))


def test_a_moved_signal_changes_the_p_of_synchronous_pairs() -> None:
    draft = told_last("coaction-synchrony")[0]
    signals = cited(draft)
    moved = [msgspec.structs.replace(signals[0], at=signals[0].at + 7_200.0), *signals[1:]]
    now = again("coaction-synchrony", draft, moved)
    assert now is not None
    assert draft.score is not None
    assert now.score is not None
    assert now.score > draft.score


@pytest.mark.parametrize("slug", SLUGS)
def test_without_its_signals_a_finding_does_not_hold(slug: str) -> None:
    draft = told_last(slug)[0]
    assert again(slug, draft, []) is None
    assert again(slug, draft, cited(draft)[:1]) is None


def test_another_text_takes_its_account_out_of_a_cluster() -> None:
    draft = next(one for one in told_last("near-duplicate-text") if len(one.subjects) > 3)
    *signals, last = cited(draft)
    other = msgspec.structs.replace(last, text="Something else entirely, about gardens and rain.")
    now = again("near-duplicate-text", draft, [*signals, other])
    assert now != Score(draft.score, draft.llr, draft.subjects)


def test_a_detector_that_needs_its_population_says_so() -> None:
    class Crowd(Velocity):
        meta = replace(Velocity.meta, rescored=Rescored.POPULATION)

    draft = told_last("velocity")[0]
    with pytest.raises(ValueError, match="population"):
        score_again(Crowd, Crowd.Params(), stored(draft), cited(draft))
