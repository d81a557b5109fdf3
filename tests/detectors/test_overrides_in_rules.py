"""With overrides a detector finds what it would find if the same number held for all it reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from detectors import registry
from detectors.base import DAY_S, FindingDraft, Key, Signal
from detectors.engine import run_all
from detectors.overrides import overridable, told_among
from tests.detectors.overridden_world import FORUM, alike, mixed

SECRET = b"secret of this desk"
SCOPED = [
    (slug, name)
    for slug, kind in registry.all_detectors().items()
    for name in overridable(kind.Params)
]
MORE: Mapping[str, dict[str, Any]] = {
    "sequence": {"joined_by": "url", "first_kind": "post", "second_kind": "reply"},
}
"""Without these nothing is found, whatever the numbers."""

each = pytest.mark.parametrize(("slug", "name"), SCOPED)


def found(
    slug: str, signals: Sequence[Signal], name: str, general: int, **rows: int
) -> dict[Key, FindingDraft]:
    """What stands at the end. rows: `platform_x=4`."""
    kind = registry.get(slug)
    overrides = [
        {"scope": scope.replace("_", ":"), "setting": name, "value": value}
        for scope, value in rows.items()
    ]
    detector = kind(SECRET, tell=told_among(signals, {FORUM: "export"}))
    params = kind.Params.model_validate(
        {**MORE.get(slug, {}), name: general, "overrides": overrides}
    )
    told = run_all(detector, params, signals, tick_floor_s=DAY_S)
    last = {one.draft.anchor: one.draft for one in told}
    return {anchor: draft for anchor, draft in last.items() if not draft.lapsed}


def said(drafts: Mapping[Key, FindingDraft]) -> dict[Key, tuple[Any, ...]]:
    """All but the condition that names the number."""
    return {
        anchor: (one.subjects, one.signal_ids, one.llr, one.tier, one.sentence, one.links)
        for anchor, one in drafts.items()
    }


@each
def test_on_one_platform_an_override_is_the_general_number(slug: str, name: str) -> None:
    few, many = said(found(slug, alike(), name, 3)), said(found(slug, alike(), name, 5))
    assert few.keys() > many.keys() != set()
    assert said(found(slug, alike(), name, 5, platform_forum=3)) == few
    assert said(found(slug, alike(), name, 3, platform_forum=5)) == many


@each
def test_from_one_source_an_override_is_the_general_number(slug: str, name: str) -> None:
    few, many = said(found(slug, alike(), name, 3)), said(found(slug, alike(), name, 5))
    assert said(found(slug, alike(), name, 5, source_export=3, platform_forum=9)) == few
    assert said(found(slug, alike(), name, 3, source_export=5, platform_forum=3)) == many


@each
def test_elsewhere_an_override_changes_nothing(slug: str, name: str) -> None:
    plain = said(found(slug, mixed(), name, 3))
    assert said(found(slug, mixed(), name, 3, platform_nowhere=9, source_export=9)) == plain


@each
def test_an_override_divides_no_group_that_reaches_beyond_it(slug: str, name: str) -> None:
    plain = found(slug, mixed(), name, 3)
    strict = found(slug, mixed(), name, 3, platform_x=50)
    wide = {anchor for anchor, one in plain.items() if len(_places(one)) > 1}
    assert wide
    assert said({anchor: strict[anchor] for anchor in wide}) == said(
        {anchor: plain[anchor] for anchor in wide}
    )
    assert not any(_places(one) == {"x"} for one in strict.values())
    elsewhere = {anchor for anchor, one in plain.items() if "x" not in _places(one)}
    assert strict.keys() >= wide | elsewhere
    # near copies: a band that had nothing to say for itself speaks of the group that another leads
    assert all(len(_places(strict[anchor])) > 1 for anchor in strict.keys() - wide - elsewhere)


@each
def test_a_finding_tells_which_number_it_met(slug: str, name: str) -> None:
    rows = found(slug, alike(), name, 5, platform_forum=3).values()
    told = [(met, one) for one in rows for met in one.conditions if met.name.endswith(" on forum")]
    assert told
    for met, one in told:
        assert (met.value, met.limit, met.met) == (len(one.subjects), 3, True)


def _places(one: FindingDraft) -> set[str]:
    return {name.partition(":")[0] for name in one.subjects}
