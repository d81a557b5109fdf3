"""The sequence detector: first here, then there, joined by a value, within the hours set."""

from __future__ import annotations

from typing import Any

import pytest

from detectors.base import DAY_S, HOUR_S, FindingDraft, Key, Signal, Tier
from detectors.engine import Found, Runner
from detectors.rules.sequence import Sequence
from detectors.sequences.chain import MAX_FIRST
from detectors.sequences.params import SequenceParams
from tests.harness import T0, largest_state, run

LINK = "https://shop.example/win"
DETECTOR = Sequence()
SET: dict[str, Any] = {
    "joined_by": "url",
    "first_platform": "x",
    "first_kind": "post",
    "second_platform": "telegram",
    "second_kind": "message",
}
PARAMS = SequenceParams(**SET)


def _act(number: int, at: float, platform: str, kind: str, actor: str, **more: Any) -> Signal:
    fields: dict[str, Any] = {"raw_urls": (LINK,), **more}
    return Signal(id=number, at=T0 + at, platform=platform, kind=kind, actor=actor, **fields)


def _ad(number: int, at: float, actor: str, **more: Any) -> Signal:
    return _act(number, at, "x", "post", actor, **more)


def _chat(number: int, at: float, actor: str, **more: Any) -> Signal:
    return _act(number, at, "telegram", "message", actor, **more)


def _operation() -> list[Signal]:
    """Two ads on x, two chats on telegram about the same link two hours later."""
    return [
        _ad(1, 0, "ad1"),
        _ad(2, 600, "ad2"),
        _chat(3, 2 * HOUR_S, "agent1"),
        _chat(4, 3 * HOUR_S, "agent2"),
    ]


def _found(signals: list[Signal], **changes: Any) -> list[FindingDraft]:
    params = SequenceParams(**SET | changes)
    return [draft for _, draft in run(DETECTOR, params, signals)]


@pytest.mark.row(15)
def test_ads_on_one_platform_and_chats_on_another_are_one_finding() -> None:
    found = _found(_operation())
    assert [len(one.subjects) for one in found] == [3, 4]
    last = found[-1]
    assert last.anchor == Key("url", LINK)
    assert last.subjects == ("telegram:agent1", "telegram:agent2", "x:ad1", "x:ad2")
    assert last.signal_ids == (1, 2, 3, 4)
    assert last.sentence == (
        "4 accounts: post on x, then message on telegram with one link (https:…/win) "
        "within 24 h, in 3 h"
    )
    assert [(one.name, one.value, one.op, one.limit, one.met) for one in last.conditions] == [
        ("accounts", 4, ">=", 3, True),
        ("between the steps", 3.0, "<=", 24, True),
        ("common", 4, "<=", 200, True),
    ]
    assert (last.values["first_step"], last.values["second_step"]) == (2, 2)
    assert last.tier == Tier.OPENING


@pytest.mark.row(15)
def test_the_other_way_round_is_no_sequence() -> None:
    signals = [_chat(1, 0, "a"), _chat(2, 60, "b"), _ad(3, 120, "c"), _ad(4, 180, "d")]
    assert _found(signals) == []


@pytest.mark.row(15)
@pytest.mark.parametrize(("later_s", "accounts"), [(24 * HOUR_S, 3), (24 * HOUR_S + 1, 0)])
def test_the_second_step_comes_within_the_hours_set(later_s: int, accounts: int) -> None:
    signals = [_ad(1, 0, "a"), _ad(2, 0, "b"), _chat(3, later_s, "c")]
    assert sum(len(one.subjects) for one in _found(signals)) == accounts


def test_steps_without_a_common_value_are_no_sequence() -> None:
    signals = [_ad(n, n, f"a{n}", raw_urls=(f"https://a{n}.example/",)) for n in range(1, 5)] + [
        _chat(n, n, f"b{n}", raw_urls=(f"https://b{n}.example/",)) for n in range(5, 9)
    ]
    assert _found(signals) == []


def test_another_kind_or_platform_is_no_step() -> None:
    signals = [
        _act(1, 0, "x", "reply", "a"),
        _act(2, 1, "mastodon", "post", "b"),
        _chat(3, 2, "c"),
        _act(4, 3, "telegram", "post", "d"),
    ]
    assert _found(signals) == []


def test_fewer_accounts_than_asked_for_say_nothing() -> None:
    assert _found(_operation(), min_accounts=5) == []
    assert [one.tier for one in _found(_operation()[:1] + _operation()[2:3], min_accounts=2)] == [
        Tier.SUPPORTING
    ]


def test_without_a_common_value_set_it_costs_nothing() -> None:
    assert list(DETECTOR.keys(_ad(1, 0, "a"), SequenceParams())) == []
    assert _found(_operation(), joined_by="off") == []


@pytest.mark.parametrize(
    ("joined_by", "common"),
    [
        ("ip", {"identifier_map": {"ip": "198.51.100.7"}}),
        ("device", {"identifier_map": {"device": "d1"}}),
        ("email", {"identifier_map": {"email": "Ada+a@Mail.example"}}),
        ("phone", {"identifier_map": {"phone": "+49 30 901820"}}),
        ("payment", {"identifier_map": {"payment": "hmac:card-0001-abcdef"}}),
        ("wallet", {"identifier_map": {"wallet": "hmac:wallet-0001-abcdef"}}),
        ("agent", {"identifier_map": {"user_agent": "bot/1"}}),
        ("text", {"text": "the same words, more than twenty characters of them"}),
        ("domain", {}),
        ("object", {"objects": ("hashtag:win",)}),
    ],
)
def test_whatever_both_steps_have_can_join_them(joined_by: str, common: dict[str, Any]) -> None:
    signals = [
        _ad(1, 0, "a", **common),
        _ad(2, 60, "b", **common),
        _chat(3, 120, "c", **common),
    ]
    (found,) = _found(signals, joined_by=joined_by)
    assert found.anchor.type == joined_by
    assert len(found.subjects) == 3


def test_only_objects_of_the_type_set_join() -> None:
    common: dict[str, Any] = {"objects": ("hashtag:win",)}
    signals = [_ad(1, 0, "a", **common), _ad(2, 1, "b", **common), _chat(3, 2, "c", **common)]
    assert len(_found(signals, joined_by="object", object_type="hashtag")) == 1
    assert _found(signals, joined_by="object", object_type="repost") == []


def test_a_story_that_everybody_passes_on_is_taken_back() -> None:
    signals = [_ad(n, n, f"a{n}") for n in range(1, 9)]
    signals += [_chat(n, n, f"b{n}") for n in range(9, 30)]
    found = _found(signals, public_cap=10)
    last = found[-1]
    assert last.lapsed
    assert last.sentence == (
        "11 accounts in sequences with one link (https:…/win), more than 10: "
        "many people pass it on, so it proves nothing"
    )
    assert sum(1 for one in found if one.lapsed) == 1


def test_the_same_step_under_another_id_is_no_second_account() -> None:
    signals = [_ad(n, n, "one") for n in range(1, 30)] + [_chat(n, n, "two") for n in range(30, 60)]
    assert _found(signals) == []


def test_sequences_of_a_week_ago_do_not_count() -> None:
    late = 7 * DAY_S + 3 * HOUR_S
    signals = [*_operation()[:3], _ad(8, late, "new"), _chat(9, late + 60, "newer")]
    assert [len(one.subjects) for one in _found(signals)] == [3]


def test_hostile_signals_do_no_harm_and_the_state_is_bounded() -> None:
    huge = "w" * 65_536
    odd = [
        _ad(1, 0, "", raw_urls=(LINK,)),
        _ad(2, 1, "a", raw_urls=("not a link", "")),
        _ad(3, 2, "b", text=huge, raw_urls=()),
        _ad(4, 3, "c", objects=("nocolon", ":"), identifier_map={"ip": []}),
    ]
    assert _found(odd) == []
    many = [_ad(n, n, f"{'n' * 190}{n}") for n in range(10, 2_000)]
    states: dict[Key, Any] = {}
    run(DETECTOR, PARAMS, [*many, _chat(2_001, 2_001, "c")], states=states)
    (state,) = [one for key, one in states.items() if key.value == LINK]
    assert len(state.waiting) <= MAX_FIRST
    assert largest_state(states) < 200_000


def test_a_cut_of_first_steps_is_flagged() -> None:
    signals = [_ad(n, n, f"a{n}") for n in range(1, MAX_FIRST + 5)]
    found = _found([*signals, _chat(900, 900, "c")], public_cap=1_000)
    assert found[-1].flags == ("truncated",)


def _current(order: list[Signal], shards: int, batch: int) -> list[FindingDraft]:
    told: dict[Key, FindingDraft] = {}
    for shard in range(shards):
        runner = Runner(DETECTOR, PARAMS, shard=shard, of=shards)
        events = []
        for place in range(0, len(order), batch):
            events += runner.feed(order[place : place + batch])
        events += runner.finish()
        told |= {one.draft.anchor: one.draft for one in events if isinstance(one, Found)}
    return [told[key] for key in sorted(told) if not told[key].lapsed]


def test_any_order_any_batches_and_any_shards_end_in_the_same_findings() -> None:
    other = {"raw_urls": ("https://other.example/",)}
    signals = [
        *_operation(),
        _ad(11, 50, "o1", **other),
        _ad(12, 70, "o2", **other),
        _chat(13, 90, "o3", **other),
    ]
    signals.sort(key=lambda one: one.at)
    wanted = _current(signals, 1, 100)
    assert [len(one.subjects) for one in wanted] == [3, 4]
    for order in (signals, signals[::-1], sorted(signals, key=lambda one: one.id % 5)):
        for shards, batch in ((1, 1), (1, 3), (4, 100)):
            assert _current(order, shards, batch) == wanted
