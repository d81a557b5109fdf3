"""D15: brigades that report together and without cause; honest reporters are nobody's brigade."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import blake2b
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors import demo
from detectors.base import DAY_S, HOUR_S, MINUTE_S, Family, FindingDraft, Key, Signal, Tier
from detectors.engine import Event, Runner, Ticked, run_all, tick_drafts
from detectors.reporting.judge import CLOSE_REASONS, Burst, Pair, Ring, burst_of, ring_of
from detectors.reporting.state import MIN_REASON, Reason, Reports, reason_sketch
from detectors.rules.mass_reporting import MAX_TARGETS, MassReporting, MassReportingParams
from detectors.synchrony.sharers import MAX_ACCOUNTS
from tests.harness import T0, largest_state, run

RULE = MassReporting(b"secret")
DEFAULTS = MassReportingParams()
REASONS = (
    "This profile pretends to be a reporter and it must be removed at once please",
    "I feel threatened by this page and so do most of my friends in the valley",
    "It collects money for a club that does not exist and shows false papers",
)


class World:
    """Reports in any order; `at` is in seconds after T0."""

    def __init__(self) -> None:
        self.signals: list[Signal] = []

    def report(self, at: float, who: str, target: str, text: str = "", **told: Any) -> None:
        self.signals.append(
            Signal(
                id=len(self.signals) + 1,
                at=T0 + at,
                platform="x",
                kind="report",
                actor=who,
                text=text,
                objects=(f"report-target:{target}",),
                attributes=told,
            )
        )

    def outcome(self, at: float, who: str, target: str, *, upheld: object) -> None:
        self.report(at, who, target, upheld=upheld)

    def in_order(self) -> list[Signal]:
        return sorted(self.signals, key=lambda one: (one.at, one.id))


def brigade(targets: int = 7, people: int = 11, *, same_words: bool = True) -> World:
    """One target every six hours, all of them within a minute."""
    world = World()
    for n in range(targets):
        for who in range(people):
            own = "" if same_words else blake2b(f"{n} {who}".encode()).hexdigest() * 2
            world.report(6 * HOUR_S * n + 5 * who, f"u{who:02d}", f"t{n}", REASONS[n % 3] + own)
    return world


def decided(world: World, targets: int, people: int, upheld: int) -> World:
    """Outcomes of the first targets, the first `upheld` of them in the reporters' favour."""
    number = 0
    for n in range(targets):
        for who in range(people):
            at = 6 * HOUR_S * n + 3 * HOUR_S + number
            world.outcome(at, f"u{who:02d}", f"t{n}", upheld=number < upheld)
            number += 1
    return world


def honest(world: World, targets: int = 60, seed: int = 7) -> World:
    """What everybody else reports: two to nine people a target, over hours."""
    dice = Random(seed)
    for n in range(targets):
        start = dice.uniform(0, 42 * HOUR_S)
        for who in dice.sample(range(400), dice.randint(2, 9)):
            world.report(start + dice.expovariate(1 / (2 * HOUR_S)), f"h{who}", f"rude{n}", "spam")
    return world


def find(signals: Sequence[Signal], of: int = 1, **params: Any) -> dict[str, FindingDraft]:
    """What holds at the last tick, by target."""
    found = run_all(RULE, MassReportingParams(**params), signals, of=of)
    end = max(signal.at for signal in signals)
    return {one.draft.anchor.value: one.draft for one in found if one.at == end}


def test_a_brigade_whose_reports_are_not_upheld_opens() -> None:
    found = find(decided(honest(brigade()), 6, 11, 3).in_order())
    draft = found["t6"]
    assert draft.sentence == (
        "11 reports of one target in 50 s; 11 reporters had 6 earlier targets in common; 3 of their"
        " 66 reports were upheld; 11 gave nearly the same reason"
    )
    assert draft.anchor == Key("report-target", "t6")
    assert draft.subjects == tuple(f"x:u{n:02d}" for n in range(11))
    assert (draft.tier, draft.llr, draft.score) == (Tier.OPENING, 4.0, 11.0)
    assert [(one.name, one.value, one.op, one.limit, one.met) for one in draft.conditions] == [
        ("reporters within the window", 11, ">=", 8, True),
        ("earlier targets in common", 6, ">=", 4, True),
        ("upper bound of the rate upheld", 0.1117, "<", 0.2, True),
    ]
    assert len(draft.links) == 55
    assert MassReporting.meta.family is Family.BEHAVIOUR


def test_only_targets_with_enough_earlier_ones_in_common_are_told() -> None:
    """The first four bursts have no past that counts."""
    assert sorted(find(brigade().in_order())) == ["t4", "t5", "t6"]


def test_the_evidence_is_the_reports_of_the_burst() -> None:
    signals = brigade().in_order()
    draft = find(signals)["t6"]
    cited = [one for one in signals if one.id in draft.signal_ids]
    assert {item for one in cited for item in one.objects} == {"report-target:t6"}
    assert draft.first_at == min(one.at for one in cited)
    assert draft.last_at == max(one.at for one in cited)


# Without a history of verdicts, or with a good one.


def test_without_outcomes_a_brigade_only_supports() -> None:
    draft = find(brigade(same_words=False).in_order())["t6"]
    assert (draft.tier, draft.llr, draft.flags) == (Tier.SUPPORTING, 2.0, ("no-verdicts",))
    assert "nothing is known of what became of their reports" in draft.sentence
    assert not draft.conditions[2].met


def test_nearly_the_same_words_weigh_more() -> None:
    draft = find(brigade().in_order())["t6"]
    assert (draft.tier, draft.llr) == (Tier.SUPPORTING, 3.0)
    assert draft.values["similar_reasons"] == 11


def test_a_few_outcomes_prove_nothing() -> None:
    """Five of five refused: the rate may still be 0.39."""
    world = brigade()
    for who in range(5):
        world.outcome(9 * HOUR_S, f"u{who:02d}", "t0", upheld=False)
    draft = find(world.in_order())["t6"]
    assert draft.tier is Tier.SUPPORTING
    assert draft.conditions[2].value == pytest.approx(1 - 0.05 ** (1 / 6), abs=1e-4)


def test_a_team_that_is_right_is_never_told() -> None:
    assert find(decided(brigade(), 6, 11, 60).in_order()) == {}


def test_a_team_that_is_right_hides_no_brigade() -> None:
    """Both report the same last target."""
    world = decided(honest(brigade()), 6, 11, 0)
    for n in range(7):
        for who in range(5):
            target = "t6" if n == 6 else f"fake-shop{n}"
            world.report(6 * HOUR_S * n + 90 + 5 * who, f"trusted{who}", target)
            world.outcome(6 * HOUR_S * n + 2 * HOUR_S, f"trusted{who}", target, upheld=True)
    draft = find(world.in_order())["t6"]
    assert draft.values["reports"] == 16
    assert draft.subjects == tuple(f"x:u{n:02d}" for n in range(11))


def test_the_last_outcome_of_a_report_counts() -> None:
    """A decision may be appealed."""
    world = decided(brigade(), 6, 11, 0)
    appealed = decided(World(), 6, 11, 66).signals
    world.signals += [
        msgspec.structs.replace(one, id=one.id + 10_000, at=one.at + HOUR_S) for one in appealed
    ]
    assert find(world.in_order()) == {}


@pytest.mark.parametrize("upheld", ["true", 1, 0, None, [False], {"upheld": False}])
def test_an_outcome_of_another_type_is_no_outcome(upheld: object) -> None:
    world = brigade()
    for n in range(66):
        world.outcome(40 * HOUR_S + n, f"u{n % 11:02d}", f"t{n // 11}", upheld=upheld)
    assert find(world.in_order())["t6"].flags == ("no-verdicts",)


def test_an_outcome_is_no_report() -> None:
    """Moderators decide on many honest reports at once; that is no burst."""
    world = World()
    for n in range(8):
        for who in range(12):
            world.outcome(6 * HOUR_S * n + who, f"u{who}", f"t{n}", upheld=False)
    assert find(world.in_order()) == {}


# Honest reports in bulk.


def test_an_abusive_target_reported_by_many_unconnected_people_is_no_brigade() -> None:
    world = honest(World())
    for n in range(200):
        world.report(
            30 * HOUR_S + 9 * n, f"witness{n}", "abuser", "this is disgusting, please stop"
        )
    assert find(world.in_order()) == {}


def test_a_wave_after_a_broadcast_is_no_brigade() -> None:
    """Sixty viewers report the six pages that were shown, each when it was."""
    world, dice = honest(World()), Random(3)
    for n in range(6):
        for who in range(60):
            if dice.random() < 0.7:
                delay = dice.expovariate(1 / 600)
                world.report(
                    HOUR_S * n + delay, f"viewer{who}", f"page{n}", "as seen on television"
                )
    assert find(world.in_order()) == {}


def test_honest_reporters_who_see_the_same_things_at_different_times_are_no_brigade() -> None:
    """Twelve volunteers look through the same list once a day, each at an hour of their own."""
    world, dice = honest(World()), Random(5)
    for n in range(8):
        for who in range(12):
            world.report(DAY_S * (n // 4) + dice.uniform(0, DAY_S), f"v{who}", f"list{n}")
    for who in range(12):
        world.report(2 * DAY_S + 60 * who, f"v{who}", "list8")
    assert find(world.in_order()) == {}


def test_seven_reporters_are_no_burst() -> None:
    assert find(honest(brigade(people=7)).in_order()) == {}
    assert find(honest(brigade(people=7)).in_order(), min_reporters=7) != {}


def test_reports_spread_over_a_day_are_no_burst() -> None:
    world = World()
    for n in range(7):
        for who in range(11):
            world.report(DAY_S * n + who * 2 * HOUR_S, f"u{who}", f"t{n}")
    assert find(world.in_order()) == {}


def test_the_background_alone_has_no_brigade() -> None:
    for seed in range(5):
        assert find(honest(World(), 200, seed).in_order()) == {}


@pytest.mark.parametrize("seed", [1, 2])
def test_the_brigade_of_the_demo_world_is_found_and_nobody_else(seed: int) -> None:
    end = datetime(2026, 9, 26, tzinfo=UTC)
    signals = [
        Signal(
            id=number,
            at=one.occurred_at.timestamp(),
            platform=one.platform,
            kind=one.kind.value,
            actor=one.actor,
            text=one.text,
            objects=one.objects,
            attributes=one.attributes,
        )
        for number, one in enumerate(demo.world(seed=seed, end=end), 1)
        if one.kind.value == "report"
    ]
    crew = demo.truth(seed=seed, end=end)["cyber-special-operations"]
    found = find(signals)
    named = {name for draft in found.values() for name in draft.subjects}
    assert named <= crew
    assert len(named) >= 20
    assert len(found) >= 8


# The parts.


def test_a_burst_is_the_largest_number_within_the_window() -> None:
    reports = {f"u{n}": (float(at), n) for n, at in enumerate((0, 30, 61, 70, 119, 500))}
    burst = burst_of("t", reports, 60.0, 3)
    assert burst is not None
    assert sorted(burst.reporters) == ["u1", "u2", "u3"]
    assert (burst.first_at, burst.last_at) == (30.0, 70.0)
    assert burst_of("t", reports, 60.0, 4) is None
    assert burst_of("t", {}, 60.0, 1) is None


@given(
    moments=st.lists(st.integers(0, 300), max_size=30),
    window=st.integers(1, 100),
    least=st.integers(1, 6),
)
def test_no_window_holds_more_than_the_burst(moments: list[int], window: int, least: int) -> None:
    reports = {f"u{n}": (float(at), n) for n, at in enumerate(moments)}
    most = max((sum(at <= other < at + window for other in moments) for at in moments), default=0)
    burst = burst_of("t", reports, float(window), least)
    assert (len(burst.reporters) if burst else 0) == (most if most >= least else 0)


def _pairs(*names: str) -> list[Pair]:
    return [Pair(one[0], one[1], 4 + n, 1e-6) for n, one in enumerate(names)]


def test_groups_of_two_are_no_ring() -> None:
    burst = Burst("t", dict.fromkeys("abcde", (0.0, 1)))
    assert ring_of(burst, _pairs("ab", "cd"), {}, {}) is None
    ring = ring_of(burst, _pairs("ab", "bc", "de"), {}, {})
    assert ring is not None
    assert ring.accounts == ("a", "b", "c")
    assert ring.common == 4


def test_the_bound_falls_with_every_refused_report() -> None:
    burst = Burst("t", {"a": (0.0, 1)})
    bounds = [Ring(burst, ("a",), (), 0, n, 0).upheld_bound for n in range(0, 40, 4)]
    assert bounds == sorted(bounds, reverse=True)
    assert bounds[0] == 1.0
    assert Ring(burst, ("a",), (), 3, 140, 0).upheld_bound < 0.06
    assert Ring(burst, ("a",), (), 0, 13, 0).upheld_bound < 0.2
    assert Ring(burst, ("a",), (), 0, 12, 0).upheld_bound > 0.2


def test_reasons_with_a_changed_word_are_nearly_the_same_and_short_ones_are_no_text() -> None:
    def alike(one: str, two: str) -> float:
        left, right = bytes.fromhex(reason_sketch(one)), bytes.fromhex(reason_sketch(two))
        equal = [left[n : n + 2] == right[n : n + 2] for n in range(0, len(left), 2)]
        return sum(equal) / len(equal)

    assert alike(REASONS[0], REASONS[0].replace("removed", "closed")) >= CLOSE_REASONS
    assert alike(REASONS[0], REASONS[1]) < CLOSE_REASONS
    assert reason_sketch("x" * (MIN_REASON - 1)) == ""
    assert reason_sketch("spam") == ""


# Hostile input, bounds, replay.


def test_other_objects_and_nobodys_reports_touch_nothing() -> None:
    base = Signal(id=1, at=T0, platform="x", kind="report", actor="u")
    for objects in ((), ("target:t",), ("report-target:",), ("report-target",)):
        assert list(RULE.keys(msgspec.structs.replace(base, objects=objects), DEFAULTS)) == []
    named = msgspec.structs.replace(base, objects=("report-target:t",))
    assert list(RULE.keys(named, DEFAULTS)) == [Key("report-target", "t")]
    assert list(RULE.keys(msgspec.structs.replace(named, actor=""), DEFAULTS)) == []
    many = tuple(f"report-target:t{n}" for n in range(100))
    assert (
        len(list(RULE.keys(msgspec.structs.replace(base, objects=many), DEFAULTS))) == MAX_TARGETS
    )


def test_hostile_reasons_are_taken_in() -> None:
    world = brigade()
    for n, text in enumerate(("\ud800" * 5_000, "x" * 65_000, "\u0000\u202e" * 3_000)):
        world.report(1e5 + n, f"odd{n}", "t6", text)
    assert "t6" in find(world.in_order())


def test_the_state_of_a_target_is_bounded() -> None:
    world = World()
    for n in range(2 * MAX_ACCOUNTS + 500):
        world.report(n, f"u{n}", "t", f"{REASONS[0]} {n % 50}")
        world.outcome(n, f"u{n}", "t", upheld=False)
    states: dict[Key, Reports] = {}
    run(RULE, DEFAULTS, world.in_order(), states=states)
    state = states[Key("report-target", "t")]
    assert len(state.sharers.shares) <= 2 * MAX_ACCOUNTS
    assert len(state.reasons) <= 2 * MAX_ACCOUNTS + 1
    assert len(state.verdicts) <= 2 * MAX_ACCOUNTS
    assert state.is_sampled
    assert largest_state(states) < 1_500_000


def test_the_same_act_under_another_id_changes_nothing() -> None:
    signals = decided(brigade(), 6, 11, 3).in_order()
    again = [msgspec.structs.replace(one, id=one.id + 1_000) for one in signals]
    twice = sorted([*signals, *again], key=lambda one: (one.at, one.id))
    assert find(signals) == find(twice)


def test_a_later_reason_of_the_same_account_does_not_count() -> None:
    state = Reports()
    first = Signal(id=1, at=T0, platform="x", kind="report", actor="u", text=REASONS[0])
    later = msgspec.structs.replace(first, id=2, at=T0 + 9, text=REASONS[1])
    for one in (later, first):
        RULE.apply(Key("report-target", "t"), one, state, DEFAULTS)
    assert state.reasons == {"x:u": Reason(T0, 1, reason_sketch(REASONS[0]))}


def _told(signals: Sequence[Signal], of: int, cut: int) -> list[tuple[float, FindingDraft]]:
    told: list[list[Event]] = []
    for shard in range(of):
        first = Runner(RULE, DEFAULTS, shard=shard, of=of)
        events = first.feed(signals[:cut])
        second = Runner(RULE, DEFAULTS, shard=shard, of=of)
        second.load(first.clock, first.dump())
        told.append(events + second.feed(signals[cut:]) + second.finish())
    found: list[tuple[float, FindingDraft]] = []
    for shards in zip(*told, strict=True):
        parts = [one.part for one in shards if isinstance(one, Ticked)]
        found += [
            (shards[0].at, draft) for draft in tick_drafts(RULE, DEFAULTS, shards[0].at, parts)
        ]
    return found


@settings(max_examples=12, deadline=None)
@given(cut=st.integers(0, 170), of=st.sampled_from([1, 4]))
def test_any_batches_and_shards_give_the_same_findings(cut: int, of: int) -> None:
    signals = decided(honest(brigade(), 8), 6, 11, 3).in_order()
    expected = [(one.at, one.draft) for one in run_all(RULE, DEFAULTS, signals)]
    assert expected
    assert _told(signals, of, cut) == expected


@settings(max_examples=12, deadline=None)
@given(chance=st.randoms(use_true_random=False), most=st.sampled_from([MINUTE_S, HOUR_S, DAY_S]))
def test_any_order_of_arrival_gives_the_same_findings_at_the_last_tick(
    chance: Random, most: int
) -> None:
    signals = decided(brigade(), 6, 11, 3).in_order()
    end = msgspec.structs.replace(
        signals[0], id=9_999, at=signals[-1].at + 2 * DAY_S, objects=("report-target:other",)
    )
    came = sorted(signals, key=lambda one: (one.at + chance.randint(0, most), one.id))
    assert find([*came, end]) == find([*signals, end])


def test_a_finding_says_its_constants() -> None:
    draft = find(brigade().in_order())["t6"]
    assert set(draft.constants) == {"pairs_tested", "threshold", "q"}
    assert draft.values["largest_p"] <= draft.constants["threshold"]
    assert replace(draft, llr=1.0) != draft
