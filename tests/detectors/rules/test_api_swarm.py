"""D9: many quiet customers on one template are found; what everybody asks is not."""

from __future__ import annotations

import json
from collections.abc import Sequence
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors import sketches
from detectors.base import DAY_S, HOUR_S, Family, FindingDraft, Key, Signal, Tier
from detectors.engine import run_all
from detectors.prompts.askers import MAX_ASKERS
from detectors.rules.api_swarm import ApiSwarm, ApiSwarmParams
from tests.asking import START, ask, numbered, one_tick, unlike
from tests.harness import largest_state, run

RULE = ApiSwarm(b"secret")
DEFAULTS = ApiSwarmParams()
SCAM = (
    'Write a friendly message to {who} in "{tongue}" that praises our trading course, mentions a '
    "gain of {gain} dollars, asks for nothing yet and ends with a question about the weekend"
)
WHO = ("Anna", "Boris", "Chen Wu", "Dana Lee", "Emil")
LIMITS = {"rate_limit_per_min": 60, "quota_per_day": 100}


def filled(number: int) -> str:
    return SCAM.format(who=WHO[number % 5], tongue=f"t{number}", gain=100 + number)


def watched(days: int = 20) -> list[Signal]:
    """Other people's unlike requests, so that the desk knows what time has passed."""
    return [ask(0, hour * HOUR_S, f"calm{hour}", unlike(hour)) for hour in range(0, days * 24, 12)]


def swarm(size: int = 12, each: int = 3, *, day: float = 20, **more: Any) -> list[Signal]:
    """`size` customers that send the template `each` times within some hours."""
    more.setdefault("attributes", LIMITS)
    return [
        ask(0, day * DAY_S + 600 * turn + 7 * n, f"m{n:03}", filled(n + turn), **more)
        for n in range(size)
        for turn in range(each)
    ]


def find(*groups: Sequence[Signal], **params: Any) -> list[FindingDraft]:
    signals = numbered([one for group in groups for one in group])
    return one_tick(RULE, ApiSwarmParams(**params), signals)


def test_twelve_customers_on_one_template_are_found_whatever_they_fill_in() -> None:
    (draft,) = find(watched(), swarm())
    assert draft.sentence == ("12 accounts, one template, 36x usual, each below 4 % of its limit")
    assert draft.subjects == tuple(f"acme-ai:m{n:03}" for n in range(12))
    assert (draft.llr, draft.tier, draft.family, draft.links) == (5.0, Tier.SUPPORTING, None, ())
    assert RULE.meta.family is Family.AI
    assert draft.anchor.type == "prompt"
    assert len(draft.signal_ids) == 12
    assert draft.signal_total == 36
    rows = {row.name: (row.value, row.op, row.limit, row.unit, row.met) for row in draft.conditions}
    assert rows == {
        "accounts": (12, ">=", 10, "accounts", True),
        "requests in the window": (36, ">=", 5, "x usual", True),
        "time watched before": (336, ">=", 24, "hours", True),
        "largest share of an own limit": (0.03, "<", 0.5, "share", True),
    }


def test_the_score_follows_from_the_constants() -> None:
    (draft,) = find(watched(), swarm())
    told = draft.constants
    assert draft.score == told["requests"] / told["usual_requests"]


def test_wordings_that_are_alike_are_one_template() -> None:
    others = [
        ask(0, 20 * DAY_S + 60 * n, f"z{n}", filled(n).replace("friendly", "warm"))
        for n in range(6)
    ]
    (draft,) = find(watched(), swarm(6), others)
    assert draft.values["wordings"] == 2
    assert draft.values["accounts"] == 12
    assert draft.sentence == (
        "12 accounts, one template in 2 wordings, 24x usual, 6 with a known limit below 4 % of it"
    )
    assert find(watched(), swarm(6), others, j=0.99) == []


def test_a_desk_that_sees_only_sketches_finds_the_same_swarm() -> None:
    key = b"a key of sixteen bytes or more"
    hidden = [
        ask(0, 20 * DAY_S + n, f"m{n}", "", fingerprints=(sketches.sketch(SCAM, key, "ours"),))
        for n in range(12)
    ]
    (draft,) = find(watched(), hidden)
    assert draft.values["accounts"] == 12
    assert draft.sentence.endswith("own limits not known")


def test_sketches_under_two_keys_are_two_templates() -> None:
    hidden = []
    for n in range(12):
        name = ("ours", "yours")[n % 2]
        one = sketches.sketch(SCAM, name.encode() * 8, name)
        hidden.append(ask(0, 20 * DAY_S + n, f"m{n}", "", fingerprints=(one,)))
    assert find(watched(), hidden) == []
    assert len(find(watched(), hidden, min_accounts=6)) == 2


def test_a_prompt_that_a_library_brings_along_is_usual() -> None:
    """Steady for weeks: the window holds no more than its mean."""
    steady = [
        ask(0, day * DAY_S + 900 * n, f"dev{n}", filled(n), attributes=LIMITS, born=-400 - n)
        for day in range(21)
        for n in range(20)
    ]
    assert find(watched(), steady) == []
    (draft,) = find(watched(), steady, swarm(40, each=4))
    assert draft.values["usual_requests"] == 20
    assert draft.values["factor"] == 9


def test_nothing_is_said_before_the_desk_has_watched_as_long_as_the_window() -> None:
    assert find(watched(1), swarm(day=0.9)) == []
    assert len(find(watched(3), swarm(day=3))) == 1


def test_the_keys_of_one_firm_are_one_customer() -> None:
    assert find(watched(), swarm(org="Big Firm")) == []
    several = [one for n in range(12) for one in swarm(3, org=f"org{n}")]
    (draft,) = find(watched(), several)
    assert draft.values["accounts"] == 12
    assert draft.subjects == ("acme-ai:m000",)


def test_one_busy_firm_makes_no_swarm_of_the_others_on_a_template() -> None:
    steady = [
        ask(0, day * DAY_S + 900 * n, f"dev{n}", filled(n)) for day in range(21) for n in range(20)
    ]
    busy = [ask(0, 20 * DAY_S + 10 * n, "firm", filled(n)) for n in range(500)]
    assert find(watched(), steady, busy) == []


def test_customers_of_several_firms_are_named_by_one_account_each() -> None:
    rows = [ask(0, 20 * DAY_S + n, f"key{n:02}", filled(n), org=f"org{n % 10}") for n in range(30)]
    (draft,) = find(watched(), rows)
    assert draft.subjects == tuple(f"acme-ai:key{n:02}" for n in range(10))


def test_a_class_that_works_on_one_task_is_one_institution() -> None:
    school = {"asn_class": "education"}
    ips = ({"ip": "198.51.100.7"}, {"ip": "203.0.113.9"})
    work = [one for n in range(2) for one in swarm(30, attributes=school, identifier_map=ips[n])]
    assert find(watched(), work) == []


def test_an_office_behind_one_network_is_one_institution() -> None:
    office = swarm(30, identifier_map={"ip": "198.51.100.7"})
    assert find(watched(), office) == []
    rented = swarm(
        30,
        identifier_map={"ip": "198.51.100.7"},
        attributes={**LIMITS, "asn_class": "hosting"},
    )
    assert len(find(watched(), rented)) == 1


def test_accounts_on_three_rented_networks_are_counted() -> None:
    rows = [
        ask(0, 20 * DAY_S + n, f"m{n}", filled(n), identifier_map={"ip": f"198.51.{n % 3}.7"})
        for n in range(12)
    ]
    (draft,) = find(watched(), rows)
    assert (draft.values["networks"], draft.values["network_entropy"]) == (3, 0.4421)


def test_customers_near_their_limit_do_not_count() -> None:
    loud = swarm(12, each=3, attributes={"quota_per_day": 5})
    assert find(watched(), loud) == []
    (draft,) = find(
        watched(),
        swarm(),
        [
            ask(0, 20 * DAY_S + n, "loud", filled(n), attributes={"quota_per_day": 30})
            for n in range(20)
        ],
    )
    assert draft.values["left_out_heavy"] == 1
    assert "acme-ai:loud" not in draft.subjects


def test_a_limit_per_minute_is_compared_with_the_busiest_hour() -> None:
    fast = {"rate_limit_per_min": 1}
    rows = [
        ask(0, 20 * DAY_S + 60 * turn + n, f"m{n}", filled(n), attributes=fast)
        for n in range(12)
        for turn in range(15)
    ]
    (draft,) = find(watched(), rows)
    assert draft.values["largest_limit_share"] == 0.25


def test_declared_use_is_left_out() -> None:
    assert find(watched(), swarm(declared_use="evaluation of a benchmark")) == []


def test_few_customers_or_little_more_than_usual_are_no_swarm() -> None:
    assert find(watched(), swarm(9)) == []
    assert find(watched(), swarm(12, each=1), rate_factor=12.5) == []
    assert len(find(watched(), swarm(12, each=1), rate_factor=12)) == 1


def test_unlike_requests_of_many_are_no_template() -> None:
    assert find(watched(), watched(20), min_accounts=3) == []


def test_short_prompts_are_no_template() -> None:
    rows = [ask(0, 20 * DAY_S + n, f"m{n}", "translate this: 12 34 56 78 90") for n in range(30)]
    assert find(watched(), rows) == []


def test_a_finding_holds_for_a_week_and_then_lapses() -> None:
    after = [ask(0, (20 + day) * DAY_S, "calm", unlike(day)) for day in range(1, 10)]
    assert len(find(watched(), swarm(), after[:6])) == 1
    assert find(watched(), swarm(), after) == []


def test_growth_keeps_the_anchor() -> None:
    (few,) = find(watched(), swarm(12))
    (more,) = find(watched(), swarm(30))
    assert few.anchor == more.anchor
    assert len(more.subjects) == 30


def test_births_and_hours_are_shown() -> None:
    rows = [ask(0, 20 * DAY_S + HOUR_S * n, f"m{n:02}", filled(n), born=n // 4) for n in range(12)]
    (draft,) = find(watched(), rows)
    told = draft.values
    assert (told["births_known"], told["birth_spread_d"]) == (12, 2.0)
    assert (told["active_hours"], told["active_hours_per_account"]) == (12, 1.0)


@pytest.mark.parametrize(
    "attributes",
    [
        {"rate_limit_per_min": "60", "quota_per_day": [1], "asn_class": {"a": 1}},
        {"rate_limit_per_min": True, "quota_per_day": -5, "asn_class": ["education"]},
        {"rate_limit_per_min": float("nan"), "quota_per_day": float("inf"), "asn_class": None},
        {"rate_limit_per_min": 10**400, "quota_per_day": 10**400},
    ],
)
def test_attributes_of_other_types_are_nothing(attributes: dict[str, Any]) -> None:
    (draft,) = find(watched(), swarm(attributes=attributes))
    assert draft.values["limits_known"] == 0


def test_what_cannot_be_a_prompt_touches_no_key() -> None:
    bare = Signal(id=1, at=START, platform="a", kind="ai.request", actor="a", text=filled(1))
    assert len(list(RULE.keys(bare, DEFAULTS))) == 1
    for one in (
        ask(1, 0, "", filled(1)),
        ask(1, 0, "a", ""),
        ask(1, 0, "a", "#" * 70_000),
        ask(1, 0, "a", "", fingerprints=("afp1:ours:1:0:", "nonsense")),
    ):
        assert list(RULE.keys(one, DEFAULTS)) == []


def test_state_stays_bounded_under_a_flood() -> None:
    states: dict[Key, Any] = {}
    rows = [
        ask(n, n * 60.0, f"m{n}", filled(n), attributes=LIMITS, org="o" * 200 + str(n))
        for n in range(2 * MAX_ASKERS + 10)
    ]
    rows += [ask(n, n * HOUR_S, "m1", filled(1)) for n in range(3_000)]
    run(RULE, DEFAULTS, rows, states=states)
    assert len(states) == 1
    assert largest_state(states) < 1_000_000


def test_customers_beyond_those_kept_are_estimated_and_marked() -> None:
    size = 3 * MAX_ASKERS
    rows = [ask(0, 20 * DAY_S + n, f"m{n}", filled(n)) for n in range(size)]
    (draft,) = find(watched(), rows)
    assert draft.values["accounts"] == pytest.approx(size, rel=0.1)
    assert "sampled" in draft.flags
    assert len(draft.subjects) == 1_000


def test_a_live_run_tells_the_swarm_while_it_grows() -> None:
    signals = numbered([*watched(), *swarm(each=4), *swarm(1, day=21)])
    found = run_all(RULE, DEFAULTS, signals, of=4)
    assert {one.draft.anchor.type for one in found} == {"prompt"}
    assert {len(one.draft.subjects) for one in found} == {12}


rows = st.lists(
    st.tuples(
        st.integers(0, 20), st.integers(0, 3), st.integers(0, 40 * HOUR_S), st.integers(0, 2)
    ),
    min_size=5,
    max_size=60,
)


@settings(max_examples=60, deadline=None)
@given(
    rows=rows,
    shards=st.sampled_from([1, 4]),
    cuts=st.lists(st.integers(0, 60), max_size=3).map(sorted),
    chance=st.randoms(use_true_random=False),
)
def test_any_split_shards_and_order_give_the_same_findings(
    rows: list[tuple[int, int, int, int]], shards: int, cuts: list[int], chance: Random
) -> None:
    words = ("friendly", "warm", "short", "cold and very distant but polite")
    signals = numbered(
        [
            ask(
                0,
                DAY_S + at,
                f"m{who}",
                filled(who).replace("friendly", words[word]),
                org=("", "one", "two")[org],
                attributes=LIMITS if who % 2 else {},
            )
            for who, word, at, org in rows
        ]
    )
    signals = [ask(0, 0, "first", unlike(1)), *signals]
    params = ApiSwarmParams(min_accounts=3, rate_factor=2, window_h=6)
    whole = _plain(one_tick(RULE, params, signals))
    assert _plain(one_tick(RULE, params, signals, shards=shards, cuts=cuts)) == whole
    mixed = chance.sample(signals[:-1], len(signals) - 1)
    newest = max(signals, key=lambda one: one.at)
    mixed = [*(one for one in mixed if one is not newest), newest]
    mixed += [one for one in signals if one not in mixed]
    assert _plain(one_tick(RULE, params, mixed, shards=shards)) == whole


def _plain(drafts: Sequence[FindingDraft]) -> list[str]:
    return sorted(json.dumps([d.anchor, d.subjects, d.signal_ids, d.sentence]) for d in drafts)
