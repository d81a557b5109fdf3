"""D10: who seems to teach another model is found; busy, odd or declared customers are not."""

from __future__ import annotations

import json
from collections.abc import Sequence
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.base import DAY_S, Family, FindingDraft, Key, Signal, Tier
from detectors.engine import run_all
from detectors.prompts.entropy import entropy
from detectors.prompts.habits import KEPT_DAYS, MAX_ACCOUNTS, MAX_MODELS, TOPICS, Habits
from detectors.rules.distillation import Distillation, DistillationParams
from tests.asking import START, ask, numbered, one_tick, unlike
from tests.harness import largest_state, run

RULE = Distillation(b"secret")
DEFAULTS = DistillationParams()
MODEL = {"provider": "acme", "model": "m1"}
SMALL = {"min_calls": 100}


def usual(number: int, calls: int = 25, *, day: int = 0, **more: Any) -> list[Signal]:
    """A shop that asks much the same all day: one topic, short answers, first turns."""
    fields = MODEL | {"tokens_in": 100 + number, "tokens_out": 200, "attributes": plain()} | more
    return [
        ask(0, day * DAY_S + 60 * n, f"shop{number}", "answer the customer about parcels", **fields)
        for n in range(calls)
    ]


def plain(turn: int = 1, temperature: float = 0.7) -> dict[str, Any]:
    return {"turn": turn, "temperature": temperature}


def crowd(customers: int = 30, *, day: int = 0) -> list[Signal]:
    return [one for number in range(customers) for one in usual(number, day=day)]


def distiller(calls: int = 120, actor: str = "d", *, day: int = 0, **more: Any) -> list[Signal]:
    """Every topic there is, with reasoning, long answers and deep follow-ups."""
    fields = MODEL | {"tokens_in": 50, "tokens_out": 4_000} | more
    fields.setdefault("attributes", plain(turn=9))
    return [
        ask(0, day * DAY_S + 40 * n, actor, f"Show your reasoning: {unlike(n)}", **fields)
        for n in range(calls)
    ]


def find(*groups: Sequence[Signal], **params: Any) -> list[FindingDraft]:
    signals = numbered([one for group in groups for one in group])
    return one_tick(RULE, DistillationParams(**(SMALL | params)), signals)


def test_a_customer_with_the_habits_of_a_teacher_is_found() -> None:
    (draft,) = find(crowd(), distiller())
    assert draft.subjects == ("acme-ai:d",)
    assert draft.anchor == Key("customer", "acme-ai:d")
    assert (draft.llr, draft.tier) == (2.0, Tier.SUPPORTING)
    assert RULE.meta.family is Family.AI
    assert draft.sentence.startswith(
        "120 calls in one day; 4 of 5 habits far from those of other customers: "
        "asks for reasoning 1.00 (usually 0.00, z 20.0)"
    )
    rows = {row.name: (row.value, row.op, row.limit, row.met) for row in draft.conditions}
    assert rows["calls in one day"] == (120, ">=", 100, True)
    assert rows["unusual habits"] == (4, ">=", 3, True)
    assert rows["follow-up depth"] == (8, ">=", 4, True)


def test_the_table_shows_every_habit_with_its_percentile() -> None:
    (draft,) = find(crowd(), distiller())
    table = draft.values["percentiles"]
    assert set(table) == {"markers", "topics", "depth", "output", "temperature"}
    assert table["markers"]["percentile"] == 98.4
    assert table["temperature"]["z"] == 0


def test_z_follows_from_the_constants() -> None:
    (draft,) = find(crowd(), distiller())
    for name, told in draft.constants.items():
        row = draft.values["percentiles"][name]
        assert row["z"] == pytest.approx((row["value"] - told["median"]) / told["sigma"], abs=0.02)
        assert told["customers"] == 31


def test_declared_evaluations_and_batch_jobs_are_left_out() -> None:
    assert find(crowd(), distiller(declared_use="evaluation harness")) == []
    assert find(crowd(), distiller(declared_use="nightly batch job")) == []


def test_a_busy_customer_with_usual_habits_is_not_found() -> None:
    assert find(crowd(), usual(99, calls=2_000)) == []


def test_two_odd_habits_are_not_enough() -> None:
    """A tutor: reasoning and many topics, but answers and turns as everybody has them."""
    tutor = distiller(tokens_in=100, tokens_out=200, attributes=plain())
    assert find(crowd(), tutor) == []
    assert len(find(crowd(), tutor, min_habits=2)) == 1


def test_few_calls_are_not_found() -> None:
    assert find(crowd(), distiller(99)) == []
    assert find(crowd(), distiller(), min_calls=1_000) == []


def test_where_everybody_works_so_nobody_is_unusual() -> None:
    assert find(*(distiller(120, f"lab{n}") for n in range(30))) == []


def test_without_a_population_nothing_is_said() -> None:
    assert find(crowd(18), distiller()) == []
    assert len(find(crowd(19), distiller())) == 1


def test_what_others_do_not_tell_is_not_compared() -> None:
    silent = [one for n in range(30) for one in usual(n, attributes={}, tokens_in=None)]
    assert find(silent, distiller()) == []
    (draft,) = find(silent, distiller(), min_habits=2)
    assert set(draft.values["percentiles"]) == {"markers", "topics"}


def test_the_keys_of_one_organisation_are_one_customer() -> None:
    keys = [one for n in range(4) for one in distiller(30, f"key{n}", org="Lab")]
    (draft,) = find(crowd(), keys)
    assert draft.subjects == tuple(f"acme-ai:key{n}" for n in range(4))
    assert draft.values["calls"] == 120


def test_a_move_to_a_new_model_is_a_habit_once_the_desk_knows_the_old_ones() -> None:
    """With it three habits are unusual; without the history there are only two."""
    moved: dict[str, Any] = {
        "model": "m2",
        "tokens_in": 100,
        "tokens_out": 200,
        "attributes": plain(),
    }
    history = [one for day in (0, 15) for one in crowd(day=day)]
    (draft,) = find(history, distiller(day=15, **moved))
    assert draft.values["percentiles"]["pivot"]["value"] == 1.0
    assert find(crowd(day=15), distiller(day=15, **moved)) == []


def test_an_odd_temperature_counts_in_both_directions() -> None:
    for temperature in (0.05, 2.0):
        (draft,) = find(crowd(), distiller(attributes=plain(9, temperature)))
        assert draft.values["percentiles"]["temperature"]["z"] != 0
        assert "temperature" in draft.sentence


def test_a_finding_holds_for_a_week() -> None:
    assert len(find(crowd(), distiller(), usual(1, day=6))) == 1
    assert find(crowd(), distiller(), usual(1, day=7)) == []


def test_of_several_days_the_newest_most_unusual_is_told() -> None:
    (draft,) = find(crowd(), distiller(), crowd(day=1), distiller(day=1), crowd(day=2))
    assert draft.first_at % (10 * DAY_S) == (numbered(crowd())[0].at + DAY_S) % (10 * DAY_S)


# --- several customers with one template ---------------------------------------------------

LESSON = "Show your reasoning and answer the following exam question in great detail:"


def heads(count: int = 12, calls: int = 10, prompt: str = LESSON) -> list[Signal]:
    """Customers that ask few questions each, all in one frame and each about something else."""
    fields: dict[str, Any] = {"tokens_in": 50, "tokens_out": 4_000, "attributes": plain(turn=9)}
    return [
        ask(0, 60 * n + who, f"head{who}", f"{prompt} {unlike(100 * who + n)[:9]}",
            **MODEL | fields)
        for who in range(count)
        for n in range(calls)
    ]  # fmt: skip


def test_customers_that_share_a_template_are_judged_as_one() -> None:
    (draft,) = find(crowd(), heads())
    assert draft.anchor.type == "prompt"
    assert draft.subjects == tuple(sorted(f"acme-ai:head{n}" for n in range(12)))
    assert draft.sentence.startswith(
        "12 customers with one prompt template: 120 calls in one day; "
    )
    assert draft.values["customers"] == 12
    assert len(draft.signal_ids) == 12
    assert all(told["customers"] == 30 for told in draft.constants.values())


def test_few_customers_or_few_calls_of_each_are_no_crew() -> None:
    assert find(crowd(), heads(2, calls=60)) == []
    assert find(crowd(), heads(30, calls=4)) == []
    assert find(crowd(), heads(9)) == []


def test_a_toolkit_of_many_firms_with_usual_habits_is_no_crew_of_teachers() -> None:
    prompt = "You are a polite assistant of a parcel firm and answer only what is asked about {}"
    toolkit = [
        msgspec.structs.replace(one, text=prompt.format(f"parcel {place}"))
        for place, one in enumerate(crowd(60))
    ]
    assert find(toolkit) == []
    (draft,) = find(toolkit, heads())
    assert draft.values["customers"] == 12


def test_unlike_prompts_make_no_crew() -> None:
    alone = [one for n in range(12) for one in distiller(10, f"lab{n}")]
    own = [
        ask(0, one.at - START, one.actor, f"{unlike(7_000 + int(one.actor[3:]))} step by step",
            **MODEL, attributes=plain(turn=9))
        for one in alone
    ]  # fmt: skip
    assert find(crowd(), own) == []


def test_declared_members_are_left_out_of_a_crew() -> None:
    declared = [
        ask(0, one.at - START, one.actor, one.text, declared_use="evaluation") for one in heads()
    ]
    assert find(crowd(), declared) == []


def test_who_declared_the_use_is_not_named_with_the_rest_of_a_crew() -> None:
    declared = [
        ask(0, one.at - START, one.actor, one.text, declared_use="evaluation",
            **MODEL, attributes=plain(turn=9))
        for one in heads(3)
    ]  # fmt: skip
    others = [one for one in heads(15) if one.actor not in {"head0", "head1", "head2"}]
    (draft,) = find(crowd(), declared, others)
    assert draft.subjects == tuple(sorted(f"acme-ai:head{n}" for n in range(3, 15)))


def test_a_teacher_alone_and_a_crew_are_told_apart_and_nobody_twice() -> None:
    found = find(crowd(), distiller(), heads())
    assert sorted(one.anchor.type for one in found) == ["customer", "prompt"]
    named = [name for one in found for name in one.subjects]
    assert len(named) == len(set(named)) == 13


@pytest.mark.parametrize("odd", ["9", [9], {"a": 9}, None, True, float("nan"), 10**400, -3])
def test_attributes_of_other_types_are_nothing(odd: object) -> None:
    rows = distiller(attributes={"turn": odd, "temperature": odd})
    (draft,) = find(crowd(), rows)
    assert set(draft.values["percentiles"]) == {"markers", "topics", "output"}


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("Solve it Step by step", True),
        ("write down all of your reasoning first", True),
        ("resuelve paso a paso", True),
        ("\u4e00\u6b65\u4e00\u6b65\u5730\u89e3\u91ca", True),
        ("x" * 5_000 + " step by step", False),
        ("what are the steps of a waltz", False),
        ("", False),
    ],
)
def test_prompts_that_ask_for_reasoning_are_known_by_their_words(text: str, marked: bool) -> None:
    habits = Habits()
    habits.add(ask(1, 0, "a", text))
    (day,) = habits.days.values()
    assert bool(day.marked) is marked


def test_state_stays_bounded_under_a_flood() -> None:
    states: dict[Key, Any] = {}
    rows = [
        ask(n, n * 3_600.0, f"a{n}", unlike(n), org="o", model=f"m{n}", provider="p" * 200)
        for n in range(1_000)
    ]
    rows += [ask(n, n, "b", "\u0130\u00df" * 30_000, org="o", model="m") for n in range(3)]
    run(RULE, DEFAULTS, rows, states=states)
    kept = states[Key("customer", "org acme-ai:o")]
    assert len(kept.days) == KEPT_DAYS
    assert len(kept.accounts) == MAX_ACCOUNTS
    assert all(len(day.models) <= MAX_MODELS for day in kept.days.values())
    assert all(len(day.topics) <= TOPICS for day in kept.days.values())
    assert largest_state(states) < 100_000


def test_what_is_no_use_of_a_service_touches_no_key() -> None:
    for one in (
        Signal(1, 0.0, "p", "ai.request", "a", "text"),
        ask(1, 0, "", "text"),
        ask(1, 0, "a", "text", declared_use="evaluation"),
    ):
        assert list(RULE.keys(one, DEFAULTS)) == []


def test_a_live_run_tells_it_within_the_hours() -> None:
    signals = numbered([*crowd(), *distiller(400)])
    found = run_all(RULE, DistillationParams(**SMALL), signals, of=4)
    assert {one.draft.subjects for one in found} == {("acme-ai:d",)}
    assert len(found) > 1


@pytest.mark.parametrize(
    ("counts", "places", "value"), [([1] * 512, 256, 9 / 8), ([2] * 256, 256, 1.0), ([9], 256, 0)]
)
def test_entropy_is_relative_to_the_places_there_are(
    counts: list[int], places: int, value: float
) -> None:
    assert entropy(counts, places) == pytest.approx(value)


@settings(max_examples=25, deadline=None)
@given(
    days=st.lists(st.integers(0, 2), min_size=1, max_size=3),
    shards=st.sampled_from([1, 4]),
    cuts=st.lists(st.integers(0, 900), max_size=3).map(sorted),
    chance=st.randoms(use_true_random=False),
)
def test_any_split_shards_and_order_give_the_same_findings(
    days: list[int], shards: int, cuts: list[int], chance: Random
) -> None:
    params = DistillationParams(min_calls=100, min_customers=5)
    rows = [one for day in days for one in [*crowd(6, day=day), *distiller(110, day=day)]]
    rows += heads()
    signals = numbered(rows)
    cuts = [min(cut, len(signals)) for cut in cuts]
    whole = _plain(one_tick(RULE, params, signals))
    assert whole
    assert _plain(one_tick(RULE, params, signals, shards=shards, cuts=cuts)) == whole
    mixed = [*chance.sample(signals[:-1], len(signals) - 1), signals[-1]]
    assert _plain(one_tick(RULE, params, mixed, shards=shards)) == whole


def _plain(drafts: Sequence[FindingDraft]) -> list[str]:
    told = ([d.anchor, d.subjects, d.signal_ids, d.sentence, dict(d.values)] for d in drafts)
    return sorted(json.dumps(one) for one in told)
