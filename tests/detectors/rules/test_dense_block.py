"""D14: bought follows and likes; celebrities, fan days and busy people are no block."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.base import DAY_S, HOUR_S, MINUTE_S, Family, FindingDraft, Key, Signal, Tier
from detectors.engine import Event, Runner, Ticked, run_all, tick_drafts
from detectors.rules import dense_block
from detectors.rules.dense_block import MAX_OBJECTS, DenseBlock, DenseBlockParams
from detectors.synchrony.sharers import MAX_ACCOUNTS, Sharers
from tests.harness import T0, largest_state, run

RULE = DenseBlock(b"secret")
DEFAULTS = DenseBlockParams()
SMALL = DenseBlockParams(shuffles=50)
WEEK_S = 6.9 * DAY_S


class World:
    """Acts in any order; `at` is in seconds after T0."""

    def __init__(self, seed: int = 1) -> None:
        self.signals: list[Signal] = []
        self.dice = Random(seed)

    def act(self, at: float, who: str, kind: str, *objects: str) -> None:
        self.signals.append(
            Signal(
                id=len(self.signals) + 1,
                at=T0 + at,
                platform="x",
                kind=kind,
                actor=who,
                objects=objects,
            )
        )

    def everyday(
        self, edges: int = 2_000, people: int = 700, things: int = 700, kind: str = "follow"
    ) -> World:
        """Busy people and known things: both have heavy tails."""
        busy = [self.dice.paretovariate(1.4) for _ in range(people)]
        known = [self.dice.paretovariate(1.0) for _ in range(things)]
        who = self.dice.choices(range(people), busy, k=edges)
        what = self.dice.choices(range(things), known, k=edges)
        for person, thing in zip(who, what, strict=True):
            name = "report-target" if kind == "report" else "target"
            self.act(self.dice.uniform(0, WEEK_S), f"p{person}", kind, f"{name}:{thing}")
        return self

    def block(
        self,
        accounts: int = 15,
        objects: int = 10,
        fill: float = 0.7,
        span: float = WEEK_S,
        kind: str = "follow",
    ) -> World:
        """Accounts that follow the same ten, a part of them each."""
        name = "report-target" if kind == "report" else "target"
        for n in range(accounts):
            for m in range(objects):
                if self.dice.random() < fill:
                    at = self.dice.uniform(0, span)
                    self.act(at, f"bot{n:02d}", kind, f"{name}:shown{m}")
        return self

    def in_order(self) -> list[Signal]:
        return sorted(self.signals, key=lambda one: (one.at, one.id))


def find(signals: Sequence[Signal], **params: Any) -> list[FindingDraft]:
    """What holds at a tick behind the last signal."""
    p, end = DenseBlockParams(**params), max(signal.at for signal in signals)
    states: dict[Key, Any] = {}
    run(RULE, p, signals, states=states)
    return tick_drafts(RULE, p, end, [msgspec.msgpack.encode(RULE.part(end, states, p))])


def test_accounts_that_follow_the_same_ten_are_a_block() -> None:
    (draft,) = find(World().everyday().block(fill=1.0).in_order())
    assert draft.subjects == tuple(f"x:bot{n:02d}" for n in range(15))
    assert draft.anchor == Key("follow-block", "shown0")
    assert draft.sentence.startswith(
        "15 accounts made 150 of 150 possible follows of 10 accounts in 7 d"
    )
    assert draft.sentence.endswith("times as dense as the densest block of 25 shuffles")
    assert (draft.tier, draft.llr, draft.flags) == (Tier.SUPPORTING, 4.0, ())
    assert DenseBlock.meta.family is Family.BEHAVIOUR
    assert draft.score is not None
    assert draft.score > 1.5
    assert [(one.name, one.limit, one.met) for one in draft.conditions[:4]] == [
        ("accounts", 10, True),
        ("objects", 5, True),
        ("share of possible acts", 0.33, True),
        ("share that is the block's", 0.5, True),
    ]


def test_the_evidence_is_the_blocks_own_acts() -> None:
    signals = World().everyday().block(fill=1.0).in_order()
    (draft,) = find(signals)
    cited = [one for one in signals if one.id in draft.signal_ids]
    assert len(cited) == 150
    assert all(one.actor.startswith("bot") for one in cited)
    assert (draft.first_at, draft.last_at) == (cited[0].at, cited[-1].at)


@pytest.mark.parametrize("kind", ["follow", "reaction", "report", "payment"])
def test_every_kind_of_act_has_its_blocks(kind: str) -> None:
    (draft,) = find(World().everyday(kind=kind).block(kind=kind).in_order())
    assert draft.anchor.type == f"{kind}-block"
    assert f"possible {kind}s of 10 " in draft.sentence


def test_acts_of_two_kinds_make_no_block_together() -> None:
    world = World().everyday()
    for kind in ("follow", "reaction"):
        world.block(accounts=15, objects=10, fill=0.2, kind=kind)
    assert find(world.in_order()) == []


def test_two_blocks_are_two_findings() -> None:
    world = World().everyday().block()
    for n in range(12):
        for m in range(8):
            world.act(world.dice.uniform(0, WEEK_S), f"second{n:02d}", "follow", f"target:other{m}")
    drafts = find(world.in_order())
    assert {draft.subjects[0] for draft in drafts} == {"x:bot00", "x:second00"}


def test_followers_who_hide_behind_known_accounts_are_still_a_block() -> None:
    """Each also follows four that everybody follows."""
    world = World().everyday()
    known = [f"target:{n}" for n in range(20)]
    for n in range(15):
        for name in world.dice.sample(known, 4):
            world.act(world.dice.uniform(0, WEEK_S), f"bot{n:02d}", "follow", name)
    (draft,) = find(world.block().in_order())
    assert set(draft.subjects) >= {f"x:bot{n:02d}" for n in range(15)}


# What looks like it and is none.


@pytest.mark.parametrize("seed", range(3))
def test_busy_people_and_known_things_make_no_block(seed: int) -> None:
    assert find(World(seed).everyday(3_000).in_order()) == []


def test_a_celebrity_makes_no_block() -> None:
    world = World().everyday()
    for n in range(900):
        world.act(world.dice.uniform(0, WEEK_S), f"fan{n}", "follow", "target:celebrity")
    assert find(world.in_order()) == []


def test_a_fan_day_makes_no_block() -> None:
    """Sixty loyal fans like most of twelve goals; so do hundreds of others, one or two each."""
    world = World().everyday()
    for goal in range(12):
        crowd = [f"fan{n}" for n in range(60) if world.dice.random() < 0.7]
        crowd += [f"viewer{n}" for n in world.dice.sample(range(4_000), 300)]
        for who in crowd:
            at = 3 * DAY_S + goal * 600 + world.dice.expovariate(1 / 120)
            world.act(at, who, "follow", f"target:goal{goal}")
    assert find(world.in_order()) == []


def test_a_club_that_does_it_all_on_one_day_is_explained_by_the_event() -> None:
    (draft,) = find(World().everyday().block(span=12 * HOUR_S).in_order())
    assert (draft.tier, draft.llr, draft.flags) == (Tier.EVENT_EXPLAINED, 1.0, ("one-day",))
    assert draft.sentence.endswith("most of them within one day, as an event explains")
    assert not draft.conditions[-1].met


@pytest.mark.parametrize(
    ("accounts", "objects", "fill"), [(9, 10, 0.9), (15, 4, 0.9), (15, 10, 0.2)]
)
def test_small_and_thin_blocks_are_none(accounts: int, objects: int, fill: float) -> None:
    signals = World().everyday().block(accounts, objects, fill).in_order()
    assert find(signals) == []


def test_the_size_of_a_block_is_a_parameter() -> None:
    signals = World().everyday().block(9, 10, 0.9).in_order()
    assert len(find(signals, min_accounts=9)) == 1


def test_what_is_older_than_the_window_does_not_count() -> None:
    world = World().everyday().block()
    world.act(20 * DAY_S, "later", "follow", "target:x")
    assert find(world.in_order()) == []
    assert len(find(world.in_order(), window_d=30)) == 1


# Hostile input, bounds, replay.


def test_other_objects_and_nobodys_acts_touch_nothing() -> None:
    def keys(**more: Any) -> list[Key]:
        base: dict[str, Any] = {"id": 1, "at": T0, "platform": "x", "kind": "follow", "actor": "u"}
        return list(RULE.keys(Signal(**{**base, **more}), DEFAULTS))

    assert keys() == []
    assert keys(objects=("hashtag:x", "target:", "target")) == []
    assert keys(objects=("target:a",), actor="") == []
    assert keys(objects=("target:a",)) == [Key("follow", "a")]
    assert keys(objects=("report-target:a",)) == []
    assert keys(objects=("report-target:a",), kind="report") == [Key("report", "a")]
    assert len(keys(objects=tuple(f"target:{n}" for n in range(100)))) == MAX_OBJECTS


def test_nothing_at_all_is_no_block() -> None:
    assert RULE.tick(T0, [], DEFAULTS) == []
    world = World()
    world.act(0, "u", "follow", "target:a")
    assert find(world.in_order()) == []


def test_the_state_of_an_object_is_bounded() -> None:
    world = World()
    for n in range(2 * MAX_ACCOUNTS + 700):
        world.act(n, f"u{n}", "follow", "target:a")
    states: dict[Key, Sharers] = {}
    run(RULE, DEFAULTS, world.in_order(), states=states)
    assert len(states[Key("follow", "a")].shares) <= 2 * MAX_ACCOUNTS
    assert largest_state(states) < 200_000


def test_above_the_limit_a_keyed_sample_of_accounts_is_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    signals = World().everyday().block(40, 12, 0.9).in_order()
    (whole,) = find(signals)
    monkeypatch.setattr(dense_block, "MAX_EDGES", 1_500)
    (part,) = find(signals)
    assert whole.flags == ()
    assert part.flags == ("sampled",)
    assert set(part.subjects) < set(whole.subjects)


def test_the_same_act_under_another_id_changes_nothing() -> None:
    signals = World().everyday().block().in_order()
    again = [msgspec.structs.replace(one, id=one.id + 10_000) for one in signals]
    twice = sorted([*signals, *again], key=lambda one: (one.at, one.id))
    assert find(signals) == find(twice)


def _told(signals: Sequence[Signal], of: int, cut: int) -> list[tuple[float, FindingDraft]]:
    told: list[list[Event]] = []
    for shard in range(of):
        first = Runner(RULE, SMALL, shard=shard, of=of)
        events = first.feed(signals[:cut])
        second = Runner(RULE, SMALL, shard=shard, of=of)
        second.load(first.clock, first.dump())
        told.append(events + second.feed(signals[cut:]) + second.finish())
    found: list[tuple[float, FindingDraft]] = []
    for shards in zip(*told, strict=True):
        parts = [one.part for one in shards if isinstance(one, Ticked)]
        found += [(shards[0].at, draft) for draft in tick_drafts(RULE, SMALL, shards[0].at, parts)]
    return found


@settings(max_examples=2, deadline=None)
@given(cut=st.integers(0, 400), of=st.sampled_from([1, 4]))
def test_any_batches_and_shards_give_the_same_findings(cut: int, of: int) -> None:
    signals = World().everyday(300, 200, 200).block(span=2.5 * DAY_S).in_order()
    expected = [(one.at, one.draft) for one in run_all(RULE, SMALL, signals)]
    assert expected
    assert _told(signals, of, cut) == expected


@settings(max_examples=2, deadline=None)
@given(chance=st.randoms(use_true_random=False), most=st.sampled_from([MINUTE_S, HOUR_S, DAY_S]))
def test_any_order_of_arrival_gives_the_same_findings_at_the_last_tick(
    chance: Random, most: int
) -> None:
    world = World().everyday(300, 200, 200).block(span=5 * DAY_S)
    signals = world.in_order()
    end = msgspec.structs.replace(
        signals[0], id=9_999, at=T0 + 6.99 * DAY_S, objects=("target:other",)
    )
    came = sorted(signals, key=lambda one: (one.at + chance.randint(0, most), one.id))
    assert find([*came, end], shuffles=50) == find([*signals, end], shuffles=50)
