"""Settings of a backtest share the keys of signals where those cannot differ."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from bench.worlds import flow
from detectors import registry
from detectors.backtest.trial import Variant, feed_all
from detectors.base import BaseParams, Signal

SIGNALS = 6_000
PAGE = 2_000
SLUG = "near-duplicate-text"
KNOWN = sorted(slug for slug, one in registry.all_detectors().items() if one.keys_read is not None)


class Watched:
    """Parameters that note which of them are read, by properties and methods of theirs too."""

    def __init__(self, params: BaseParams) -> None:
        self.params, self.seen = params, set[str]()

    def __getattr__(self, name: str) -> Any:
        kind = type(self.params)
        if name in kind.model_fields:
            self.seen.add(name)
            return getattr(self.params, name)
        found = inspect.getattr_static(kind, name)
        if isinstance(found, property) and found.fget is not None:
            return found.fget(self)
        return lambda *args, **named: found(self, *args, **named)


@pytest.fixture(scope="module")
def signals() -> list[Signal]:
    return [flow.signal(number) for number in range(SIGNALS)]


def sketched(number: int) -> Signal:
    return Signal(
        id=10**9 + number, at=float(number), platform="x", kind="post", actor=f"a{number}",
        fingerprints=("broken", f"{number}"),
    )  # fmt: skip


@pytest.mark.parametrize("slug", KNOWN)
def test_keys_are_found_by_the_parameters_that_a_detector_names(
    slug: str, signals: list[Signal]
) -> None:
    kind = registry.get(slug)
    detector, watched = kind(b"x"), Watched(registry.defaults(slug))
    wanted: Any = watched
    mine = [one for one in signals if one.kind in kind.meta.kinds or not kind.meta.kinds]
    mine += [sketched(number) for number in range(9)]
    detector.prepare(mine, wanted)
    found = [list(detector.keys(one, wanted)) for one in mine]
    assert any(found)
    assert watched.seen == set(kind.keys_read or ())


@pytest.mark.parametrize(
    "changed", [{"min_accounts": 4}, {"window_h": 6}, {"min_chars": 80}, {"j_alert": 0.9}]
)
def test_each_setting_finds_beside_others_what_it_finds_alone(
    changed: dict[str, Any], signals: list[Signal]
) -> None:
    by_id = {one.id: one for one in signals}
    detector = registry.get(SLUG)(b"x")

    def variant(**params: Any) -> Variant:
        said = detector.Params.model_validate(params)
        return Variant(
            detector, said, recall=lambda ids: [by_id[one] for one in ids], tick_floor_s=21_600
        )

    pages = [signals[start : start + PAGE] for start in range(0, SIGNALS, PAGE)]
    skip = {signals[7].id, signals[2_500].id}
    together = [variant(), variant(**changed)]
    alone = [variant(), variant(**changed)]
    for page in pages:
        feed_all(together, page, skip)
        for one in alone:
            one.feed(page, skip)
    assert [one.said for one in together] == [one.said for one in alone]
    assert [one.dump() for one in together] == [one.dump() for one in alone]
    assert together[0].said
