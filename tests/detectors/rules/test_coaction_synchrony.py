"""D1 as a rule: keys, state, findings, replay over shards and orders, re-derivation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from itertools import pairwise
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.worlds import coaction
from detectors.base import DAY_S, MAX_SIGNAL_IDS, FindingDraft, Key, Signal, Tier
from detectors.engine import Event, Runner, Ticked, run_all, tick_drafts
from detectors.rules.coaction_synchrony import CoactionParams, CoactionSynchrony
from detectors.synchrony import WINDOWS_S, keyed_rank, tail_p
from detectors.synchrony.sharers import MAX_ACCOUNTS, MAX_DAYS, Sharers
from detectors.synchrony.tables import merge

START = 1_700_000_000 // DAY_S * DAY_S
RULE = CoactionSynchrony(b"secret")
BARE = CoactionParams.model_validate({"use_prior": False})
WHOLE_WEEK = 10**9


def tuned(**values: object) -> CoactionParams:
    return CoactionParams.model_validate(values)


def signal(number: int, at: float, actor: str, **more: Any) -> Signal:
    more.setdefault("platform", "x")
    more.setdefault("kind", "post")
    return Signal(id=number, at=START + at, actor=actor, **more)


def keys(one: Signal, p: CoactionParams = BARE) -> list[tuple[str, str]]:
    return [(key.type, key.value) for key in RULE.keys(one, p)]


def link(number: int, at: float, actor: str, item: object, platform: str = "x") -> Signal:
    url = f"https://news.example/{item}"
    return signal(number, at, actor, raw_urls=(url,), platform=platform)


def ring(names: Sequence[str], items: int, platforms: Sequence[str] = ("x",)) -> list[Signal]:
    """Everybody shares every item within seconds, three hours apart, in stream order."""
    rows = [(k * 10_801.0 + n, name, k, n) for k in range(items) for n, name in enumerate(names)]
    return [
        link(number, at, name, item, platforms[n % len(platforms)])
        for number, (at, name, item, n) in enumerate(rows, 1)
    ]


def backdrop(first_id: int = 10_000) -> list[Signal]:
    """A slow population: 60 links, six accounts each, hours apart."""
    rows = sorted(
        (k * 5_003.0 + a * 7_001, f"calm{(k * 7 + a) % 40}", f"calm-{k}")
        for k in range(60)
        for a in range(6)
    )
    return [link(first_id + n, *row) for n, row in enumerate(rows)]


def by_time(*groups: list[Signal]) -> list[Signal]:
    return sorted((one for group in groups for one in group), key=lambda one: (one.at, one.id))


def tick(
    signals: Sequence[Signal], p: CoactionParams = BARE, *, shards: int = 1
) -> list[FindingDraft]:
    """One tick at the end, parts as they travel between processes."""
    parts = []
    clock = 0.0
    for shard in range(shards):
        runner = Runner(RULE, p, shard=shard, of=shards, tick_floor_s=WHOLE_WEEK)
        parts += [event.part for event in ticks(runner, signals)]
        clock = runner.clock
    return tick_drafts(RULE, p, clock, parts)


def ticks(runner: Runner, signals: Sequence[Signal]) -> list[Ticked]:
    events = runner.feed(signals) + runner.finish()
    return [event for event in events if isinstance(event, Ticked)]


@cache
def world_signals(name: str, seed: int) -> list[Signal]:
    world = coaction.make(name, seed)
    objects, accounts, at = world.rows()
    order = np.argsort(at, kind="stable").tolist()
    return [
        link(
            number,
            float(at[row]),
            f"{world.truth[accounts[row]]}-{accounts[row]}",
            objects[row],
            ("x", "telegram", "acme-video")[accounts[row] % 3],
        )
        for number, row in enumerate(order, 1)
    ]


@cache
def world_findings(name: str, seed: int) -> list[FindingDraft]:
    return tick(world_signals(name, seed))


def kinds_of(draft: FindingDraft) -> Counter[str]:
    return Counter(subject.split(":")[1].split("-")[0] for subject in draft.subjects)


# keys


def test_links_texts_and_listed_objects_are_keys() -> None:
    one = signal(
        1,
        0,
        "ann",
        text="Read this before they take it down https://news.example/a?utm_source=x #Now",
        objects=("target:shop-9", "media:pdq-00ff", "hashtag:#Later", "colour:red"),
    )
    found = keys(one)
    assert ("url", "https://news.example/a") in found
    assert ("target", "shop-9") in found
    assert ("media", "pdq-00ff") in found
    assert [value for kind, value in found if kind == "hashtag"] == ["later", "now"]
    assert Counter(kind for kind, _ in found)["text"] == 1
    assert "colour" not in {kind for kind, _ in found}


def test_the_same_words_are_one_key_whatever_their_case() -> None:
    one, two = (
        keys(signal(1, 0, "ann", text=text))
        for text in ("Vote for the blue list on Sunday!!", "VOTE for the  blue list on\nSunday!!")
    )
    assert one == two
    assert [kind for kind, _ in one] == ["text"]


def test_short_texts_are_no_objects() -> None:
    assert keys(signal(1, 0, "ann", text="good morning")) == []


def test_five_hashtags_in_a_row_are_an_object_of_their_own() -> None:
    four, five = (
        {kind for kind, _ in keys(signal(1, 0, "ann", text=" ".join(f"#t{k}a" for k in range(n))))}
        for n in (4, 5)
    )
    assert "hashtag-seq" not in four
    assert "hashtag-seq" in five


def test_domains_are_off_until_asked_for() -> None:
    one = link(1, 0, "ann", "story")
    assert ("domain", "news.example") not in keys(one)
    assert ("domain", "news.example") in keys(one, tuned(domains=True))


def test_prompts_are_objects_but_not_texts() -> None:
    one = signal(
        1,
        0,
        "key-1",
        kind="ai.request",
        text="Write five posts about the election, angry tone",
        objects=("prompt:ab12",),
    )
    assert keys(one) == [("prompt", "ab12")]


def test_nobody_shares_nothing() -> None:
    assert keys(link(1, 0, "", "story")) == []


def test_malformed_objects_are_ignored() -> None:
    assert keys(signal(1, 0, "ann", objects=("target:", "nothing", ":x"))) == []


# state


@given(
    shares=st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 40 * DAY_S)), max_size=30),
    data=st.data(),
)
def test_state_does_not_depend_on_the_order(
    shares: list[tuple[str, int]], data: st.DataObject
) -> None:
    rows = [(name, float(at), number) for number, (name, at) in enumerate(shares)]
    one, two = Sharers(), Sharers()
    for row in rows:
        one.add(*row)
    for row in data.draw(st.permutations(rows)):
        two.add(*row)
    assert one == two
    assert all(len(days) <= MAX_DAYS for days in one.shares.values())


def test_a_share_that_expires_leaves_the_next_one_behind() -> None:
    state = Sharers()
    for number, day in enumerate((0, 5, 9)):
        state.add("x:ann", day * DAY_S + 60.0, number)
    assert state.first_since(0) == {"x:ann": (60.0, 0)}
    assert state.first_since(DAY_S) == {"x:ann": (5 * DAY_S + 60.0, 1)}
    assert state.first_since(10 * DAY_S) == {}


def test_a_popular_object_keeps_the_keyed_sample() -> None:
    state, key = Sharers(), Key("url", "https://news.example/viral")
    names = [f"u{number}" for number in range(2 * MAX_ACCOUNTS + 10)]
    for number, name in enumerate(names):
        RULE.apply(key, link(number, number / 10, name, "viral"), state, BARE)
    table = merge(RULE.part(START + DAY_S, {key: state}, BARE))["url"]
    lowest = sorted((f"x:{name}" for name in names), key=lambda a: (keyed_rank(a, b"secret"), a))
    assert len(state.shares) <= 2 * MAX_ACCOUNTS
    assert table.accounts == tuple(sorted(lowest[:MAX_ACCOUNTS]))
    assert table.sampled


def test_a_part_counts_what_only_one_account_shared() -> None:
    states = {Key("url", f"u{k}"): Sharers() for k in range(3)}
    for state in states.values():
        state.add("x:ann", START + 10.0, 1)
    states[Key("url", "u0")].add("x:bob", START + 20.0, 2)
    table = merge(RULE.part(START + DAY_S, states, BARE))["url"]
    assert table.objects == (Key("url", "u0"),)
    assert [table.accounts[place] for place in table.account.tolist()] == ["x:ann", "x:bob"]
    assert dict(zip(table.accounts, table.alone.tolist(), strict=True)) == {"x:ann": 2, "x:bob": 0}


# findings


def test_a_ring_is_one_finding_in_words() -> None:
    found = tick(by_time(ring(["ann", "bob", "cy"], 6, ("x", "telegram")), backdrop()))
    assert [draft.tier for draft in found] == [Tier.OPENING]
    draft = found[0]
    assert draft.subjects == ("telegram:bob", "x:ann", "x:cy")
    assert draft.anchor == Key("synchrony-url", "group:telegram:bob")
    assert draft.sentence.startswith(
        "3 accounts on 2 platforms acted on the same 6 links within 10 s of each other in 7 d; "
        "the weakest of 3 pairs: 6 of 6 within 10 s, expected 0.0 (p "
    )
    assert draft.sentence.endswith("pairs tested, FDR 1 %).")
    assert draft.links == ((0, 1, 6.5), (0, 2, 6.5), (1, 2, 6.5))
    assert draft.values["synchronous_objects"] == 6
    assert draft.signal_ids == tuple(range(1, 19))
    assert draft.signal_total == 18
    assert all(condition.met for condition in draft.conditions)
    assert (draft.first_at, draft.last_at) == (START, START + 5 * 10_801 + 2)


def test_a_single_pair_only_supports() -> None:
    found = tick(by_time(ring(["ann", "bob"], 6), backdrop()))
    assert [(draft.tier, draft.llr) for draft in found] == [(Tier.SUPPORTING, 4.0)]
    assert found[0].sentence.startswith(
        "x:ann and x:bob shared the same 6 links in 7 d, 6 within 10 s; expected 0.0 (p "
    )
    assert found[0].anchor == Key("synchrony-url", "pair:x:ann x:bob")


def test_few_objects_are_said_to_rest_on_a_prior() -> None:
    found = tick(by_time(ring(["ann", "bob", "cy"], 9), backdrop()), tuned())
    assert found
    assert all("prior_q" in draft.flags for draft in found)


def test_a_hashtag_bundle_is_no_pile_of_evidence() -> None:
    """Two posts with ten hashtags each are two occasions."""
    tags = tuple(f"hashtag:tag{k}" for k in range(10))
    posts = [
        signal(10 * k + n, k * 9_001.0 + n, name, objects=tuple(f"{t}{k}" for t in tags))
        for k in range(2)
        for n, name in enumerate(("ann", "bob", "cy"))
    ]
    assert tick(by_time(posts, backdrop())) == []


def test_types_are_pooled_when_none_alone_is_enough() -> None:
    posts = []
    for k in range(6):
        for n, name in enumerate(("ann", "bob", "cy")):
            item: dict[str, Any] = (
                {"raw_urls": (f"https://news.example/{k}",)}
                if k % 2
                else {"objects": (f"target:shop-{k}",)}
            )
            posts.append(signal(10 * k + n, k * 9_001.0 + n, name, **item))
    found = tick(by_time(posts, backdrop()))
    assert [draft.anchor.type for draft in found] == ["synchrony-any"]
    assert found[0].values["objects"] == 6


def test_pooling_says_nothing_twice() -> None:
    texts = [
        signal(
            500 + n, n * 4_001.0, f"calm{n}", text=f"a long enough text number {n // 2} to share"
        )
        for n in range(8)
    ]
    found = tick(by_time(ring(["ann", "bob", "cy"], 6), backdrop(), texts))
    assert [draft.anchor.type for draft in found] == ["synchrony-url"]


def test_shares_outside_the_lookback_are_forgotten() -> None:
    later = [link(90_000, 9 * DAY_S, "dee", "late")]
    signals = by_time(ring(["ann", "bob", "cy"], 6), backdrop(), later)
    assert tick(signals) == []
    assert tick(signals, tuned(use_prior=False, lookback_d=30)) != []


def test_a_repeated_share_is_no_new_object() -> None:
    posts = [
        link(k, k * 3_001.0 + n, name, "same")
        for k in range(9)
        for n, name in enumerate(("ann", "bob", "cy"))
    ]
    assert tick(by_time(posts, backdrop())) == []


def test_a_minute_clock_is_noticed() -> None:
    signals = [
        msgspec.structs.replace(one, at=one.at // 60 * 60)
        for one in by_time(ring(["ann", "bob", "cy"], 6), backdrop())
    ]
    found = tick(signals)
    assert found[0].constants["windows_s"] == [60, 300, 1_800, 3_600]
    assert found[0].constants["clock_step_s"] == {"x": 60}
    assert found[0].values["window_s"] == 60


def test_one_coarse_platform_does_not_blind_the_others() -> None:
    """The rate of an object is kept for every window that some pair could use."""
    signals = [
        msgspec.structs.replace(one, at=one.at // 60 * 60) if one.platform == "mail" else one
        for one in by_time(ring(["ann", "bob", "cy", "dan"], 6, ("mail", "x")), backdrop())
    ]
    found = tick(signals)
    assert found[0].constants["clock_step_s"] == {"mail": 60}
    assert {edge[4] for edge in found[0].values["edges"]} == {10, 60}
    assert all(rate[0] > 0 for rate in found[0].constants["object_q"].values())


def test_evidence_is_limited_and_counted() -> None:
    names = [f"bot{n:02}" for n in range(30)]
    rows = [(k * 3_001.0 + n / 9, name, k) for k in range(80) for n, name in enumerate(names)]
    signals = [link(number, *row) for number, row in enumerate(rows, 1)]
    found = tick(by_time(signals, backdrop(first_id=9_000)))
    assert [len(draft.subjects) for draft in found] == [30]
    assert len(found[0].signal_ids) == MAX_SIGNAL_IDS
    assert found[0].signal_total == 2_400


def test_a_quiet_world_needs_no_words() -> None:
    assert tick(backdrop()) == []
    assert tick([]) == []


# reference worlds, replay


def test_groups_of_the_reference_world_are_the_campaigns() -> None:
    found = [kinds_of(draft) for draft in world_findings("W2", 21) if draft.tier is Tier.OPENING]
    assert sorted(kind for kinds in found for kind in kinds) == ["camo", "fast", "newsroom", "slow"]


def test_event_crowds_weigh_little() -> None:
    found = world_findings("W1", 21)
    assert {draft.tier for draft in found} <= {Tier.SUPPORTING, Tier.EVENT_EXPLAINED}
    crowd = max(found, key=lambda draft: len(draft.subjects))
    assert crowd.tier is Tier.EVENT_EXPLAINED
    assert kinds_of(crowd)["fans"] >= 58
    assert crowd.llr == 1.0
    assert crowd.sentence.endswith("so an event may explain it.")
    assert "truncated" in crowd.flags
    assert len(crowd.links) == 2_000


@pytest.mark.parametrize("shards", [4, 16])
def test_any_number_of_shards_gives_the_same_findings(shards: int) -> None:
    assert tick(world_signals("W2", 21), shards=shards) == world_findings("W2", 21)


def test_any_order_of_arrival_gives_the_same_findings() -> None:
    signals = world_signals("W2", 21)
    order = np.random.default_rng(3).permutation(len(signals)).tolist()
    last = len(signals) - 1
    mixed = [signals[k] for k in order if k != last]
    states: dict[Key, Sharers] = {}
    for one in [*mixed, signals[last]]:
        for key in dict.fromkeys(RULE.keys(one, BARE)):
            RULE.apply(key, one, states.setdefault(key, Sharers()), BARE)
    part = RULE.part(signals[last].at, states, BARE)
    assert RULE.tick(signals[last].at, [part], BARE) == world_findings("W2", 21)


class FourTimesADay(CoactionSynchrony):
    """The same rule with fewer ticks, to keep the test short."""

    meta = replace(CoactionSynchrony.meta, tick_s=6 * 3_600)


@settings(deadline=None, max_examples=20)
@given(cuts=st.lists(st.integers(0, 400), max_size=6), shards=st.sampled_from([1, 3, 16]))
def test_any_split_into_batches_gives_the_same_findings(cuts: list[int], shards: int) -> None:
    rule = FourTimesADay(b"secret")
    signals = by_time(ring(["ann", "bob", "cy"], 6), backdrop())
    whole = run_all(rule, BARE, signals)
    runner = Runner(rule, BARE)
    events: list[Event] = []
    for start, end in pairwise([0, *sorted(cuts), len(signals)]):
        events += runner.feed(signals[start:end])
        kept, clock = runner.dump(), runner.clock
        runner = Runner(rule, BARE)
        runner.load(clock, kept)
    at_ticks = [event for event in events + runner.finish() if isinstance(event, Ticked)]
    split = [
        draft for event in at_ticks for draft in tick_drafts(rule, BARE, event.at, [event.part])
    ]
    assert len(split) > 5
    assert [found.draft for found in whole] == split
    assert [found.draft for found in run_all(rule, BARE, signals, of=shards)] == split


@pytest.mark.parametrize(("name", "least"), [("W2", 50), ("W5", 50)])
def test_every_score_follows_from_the_record_and_the_cited_signals(name: str, least: int) -> None:
    signals = {one.id: one for one in world_signals(name, 21)}
    checked = 0
    for draft in world_findings(name, 21):
        cited = [signals[number] for number in draft.signal_ids]
        for edge in draft.values["edges"]:
            rederive(draft, edge, cited)
            checked += 1
    assert checked >= least


def rederive(draft: FindingDraft, edge: list[Any], cited: Sequence[Signal]) -> None:
    """n, c, sum of q and p of one pair from nothing but the finding and its signals."""
    a, b, n, c, window_s, sum_q, p, tests = edge
    rates = draft.constants["object_q"]
    first: dict[tuple[str, str], float] = {}
    for one in cited:
        where = (one.account, f"url:{one.urls[0]}")
        first[where] = min(one.at, first.get(where, one.at))
    pair = (draft.subjects[a], draft.subjects[b])
    shared = [item for item in rates if all((who, item) in first for who in pair)]
    gaps = [abs(first[pair[0], item] - first[pair[1], item]) for item in shared]
    place = draft.constants["windows_s"].index(window_s)
    assert len(shared) == n
    assert sum(gap <= window_s for gap in gaps) == c
    chances = [rates[item][place] for item in shared]
    assert sum(chances) == pytest.approx(sum_q)
    assert tests == len(WINDOWS_S)
    assert min(1.0, tests * float(tail_p([chances], [c])[0])) == p


# contract


def test_parameters_have_the_bounds_of_the_specification() -> None:
    fields = CoactionParams.model_json_schema()["properties"]
    bounds = {
        name: (field.get("minimum"), field["default"], field.get("maximum"))
        for name, field in fields.items()
        if "minimum" in field
    }
    assert bounds == {
        "lookback_d": (1, 7, 30),
        "n_min": (3, 4, 20),
        "c_min": (2, 3, 20),
        "alpha": (0.0001, 0.01, 0.1),
        "p_open": (1e-8, 1e-4, 1e-2),
        "min_strangers": (20, 50, 500),
        "stranger_min_objects": (1, 3, 20),
        "cap": (50, 400, 2_000),
    }
    assert all(field["unit"] for field in fields.values())
