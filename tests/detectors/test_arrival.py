"""E6: after the last tick the current findings are the same for any order of arrival."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.base import DAY_S, HOUR_S, MINUTE_S, BaseParams, Detector, FindingDraft, Signal
from detectors.engine import Found, Runner, Ticked, tick_drafts
from detectors.lookalike.verdict import LookalikeParams
from detectors.rules.lookalike_site import LookalikeSite
from detectors.rules.media_reuse import MediaReuse, MediaReuseParams
from detectors.rules.near_duplicate_text import NearDuplicateParams, NearDuplicateText
from detectors.rules.shared_infrastructure import SharedInfrastructure, SharedInfrastructureParams
from detectors.rules.velocity import Velocity
from detectors.velocity.params import VelocityParams

WORDS = (
    "the harbour bridge will be closed for repairs from monday until the end of the month and",
    "our new course shows everybody how to earn two hundred a day from home without any risk",
)
LINKS = (
    "https://paypa1-login.example/harbour/x.php?id=7",
    "https://desk.example/harbour/x.php?id=8&login=1",
    "https://netflix.pages.dev/harbour/x.php?id=9",
    "https://harbour.example/paypal/login",
)
FACE = int("c3a5" * 16, 16)
TURNED = (0, 9, 20, 33)
"""Bits in which the copies of a picture differ from the first; the last is another picture."""
ADDRESSES = ("198.51.100.7", "198.51.100.8", "203.0.113.9")


def _text(topic: int, slot: int) -> str:
    return f"{WORDS[topic]} {('all lanes', 'one lane', 'two ramps', 'both sides')[slot]} again"


def _picture(topic: int, slot: int) -> int:
    return FACE ^ (((1 << 128) - 1) * topic) ^ ((1 << TURNED[slot]) - 1)


def _signal(number: int, at: int, who: int, topic: int, slot: int) -> Signal:
    return Signal(
        id=number,
        at=float(at),
        platform="x" if who % 3 else "forum",
        kind="post",
        actor=f"u{who}",
        text=_text(topic, slot),
        raw_urls=(LINKS[(topic + slot) % 4],),
        objects=(f"media:pdq-{_picture(topic, slot):064x}",),
        identifier_map={
            "ip": ADDRESSES[(who + slot) % 3],
            "device": f"d{who % 4}",
            "email": f"m{who % 2}@example.org",
        },
        attributes={"verified": ["email"]} if slot == 1 else {},
    )


worlds = st.lists(
    st.tuples(
        st.one_of(st.integers(0, 90), st.integers(0, 40 * HOUR_S)),
        st.integers(0, 9),
        st.integers(0, 1),
        st.integers(0, 3),
    ),
    min_size=10,
    max_size=60,
)
"""How long after the signal before, who, about what, in which words."""

RULES: dict[str, tuple[Detector[Any, Any], BaseParams]] = {
    "lookalike-site": (LookalikeSite(), LookalikeParams(kit_domains=2)),
    "media-reuse": (MediaReuse(b"secret"), MediaReuseParams()),
    "media-reuse-pairs": (
        MediaReuse(b"secret"),
        MediaReuseParams(min_accounts=2, lookback_d=1, distance=15),
    ),
    "near-duplicate-text": (NearDuplicateText(), NearDuplicateParams(common_floor=20)),
    "near-duplicate-common": (
        NearDuplicateText(),
        NearDuplicateParams(common_floor=20, population=100, min_accounts=2, window_h=2),
    ),
    "shared-infrastructure": (SharedInfrastructure(), SharedInfrastructureParams()),
    "shared-infrastructure-public": (
        SharedInfrastructure(),
        SharedInfrastructureParams(ip_cap=3, block_cap=4, ip_half_life_d=0.25, public_cap=20),
    ),
    "velocity": (
        Velocity(),
        VelocityParams(posts=2, posts_window_s=3_600, copies=3, copies_window_s=600),
    ),
    "velocity-rate": (
        Velocity(),
        VelocityParams(
            custom=4, custom_measure="rate", custom_refill=2, custom_group="ip", posts=0, copies=0
        ),
    ),
    "velocity-season": (
        Velocity(),
        VelocityParams(posts=2, copies=2, copies_window_s=120, season="day", season_busy=3),
    ),
}


def _signals(rows: Sequence[tuple[int, int, int, int]]) -> list[Signal]:
    signals, at = [], 1_790_000_000
    for number, (later, *rest) in enumerate(rows, 1):
        at += later
        signals.append(_signal(number, at, *rest))
    return signals


def _current(
    detector: Detector[Any, Any], params: BaseParams, signals: Sequence[Signal], cut: int = 0
) -> dict[str, FindingDraft]:
    """What is current after the last tick, by anchor; a restart at `cut`.

    What a tick does not say again has lapsed, so of ticks the last one counts.
    """
    known = {one.id: one for one in signals}

    def runner() -> Runner:
        return Runner(detector, params, recall=lambda ids: [known[id_] for id_ in ids])

    first = runner()
    events = first.feed(signals[:cut])
    second = runner()
    second.load(first.clock, first.dump())
    events += second.feed(signals[cut:]) + second.finish()
    drafts = [one.draft for one in events if isinstance(one, Found)]
    *_, tick = [None, *(one for one in events if isinstance(one, Ticked))]
    if tick is not None:
        drafts += tick_drafts(detector, params, tick.at, [tick.part])
    found = {"/".join(draft.anchor): draft for draft in drafts}
    return {name: _plain(draft) for name, draft in found.items() if not draft.lapsed}


def _plain(draft: FindingDraft) -> FindingDraft:
    """As it is after a restart: whole numbers may have become fractions and tuples lists."""
    return msgspec.msgpack.decode(msgspec.msgpack.encode(draft), type=FindingDraft)


@pytest.mark.parametrize("name", RULES)
@settings(max_examples=150, deadline=None)
@given(
    rows=worlds,
    most=st.sampled_from([MINUTE_S, HOUR_S, DAY_S]),
    cut=st.integers(0, 60),
    chance=st.randoms(use_true_random=False),
)
def test_any_order_of_arrival_gives_the_same_current_findings(
    name: str, rows: list[tuple[int, int, int, int]], most: int, cut: int, chance: Random
) -> None:
    signals = _signals(rows)
    came = sorted(signals, key=lambda one: (one.at + chance.randint(0, most), one.id))
    assert _current(*RULES[name], came, cut) == _current(*RULES[name], signals)


def test_what_was_found_before_a_rest_is_current_again_when_the_new_beginning_was_wrong() -> None:
    """Half of the accounts come back after the key was dropped, the last two in the wrong order."""
    rest = 36 * HOUR_S + 1
    rows = [(0, 0, 0, 0)] * 6 + [(0, 1, 0, 0), (0, 2, 0, 1)]
    rows += [(rest, 1, 0, 0), (0, 0, 0, 0), (0, 0, 0, 1), (0, 2, 0, 2)]
    signals = _signals(rows)
    came = [*signals[:-2], signals[-1], signals[-2]]
    rule = RULES["shared-infrastructure-public"]
    assert "ip-block/198.51.100.0/24" in _current(*rule, signals)
    for cut in range(len(signals)):
        assert _current(*rule, came, cut) == _current(*rule, signals)
