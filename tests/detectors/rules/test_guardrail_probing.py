"""D11: who tries out what a service refuses is found; unlucky and declared people are not."""

from __future__ import annotations

import json
from collections.abc import Sequence
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.base import DAY_S, HOUR_S, Family, FindingDraft, Key, Signal, Tier
from detectors.engine import run_all
from detectors.prompts.rates import lower_bound
from detectors.prompts.trials import MAX_STEPS, SAMPLED, Trials
from detectors.rules.guardrail_probing import GuardrailProbing, GuardrailProbingParams
from tests.asking import ask, numbered, one_tick, unlike
from tests.harness import largest_state, run

RULE = GuardrailProbing(b"secret")
DEFAULTS = GuardrailProbingParams()
GOAL = unlike(1).split()
MODEL = {"provider": "acme", "model": "m1"}


def rung(number: int) -> str:
    """The goal, worded anew: each time two of fourteen words are other ones than before."""
    other = unlike(2).split()
    return " ".join(other[n] if n < 2 * number else word for n, word in enumerate(GOAL))


def climb(
    actor: str, rungs: int = 5, *, at: float = 0, let_through: bool = False, **more: Any
) -> list[Signal]:
    """One prompt a minute, each refused; with `let_through` all but the last."""
    fields = MODEL | more
    return [
        ask(0, at + 60 * n, actor, rung(n), refused=not (let_through and n == rungs - 1), **fields)
        for n in range(rungs)
    ]


def unlucky(actor: str, refusals: int, asked: int, *, at: float = 0, **more: Any) -> list[Signal]:
    """Unlike prompts, the first ones refused."""
    seed = sum(map(ord, actor)) * 100
    return [
        ask(0, at + 30 * n, actor, unlike(seed + n), refused=n < refusals, **(MODEL | more))
        for n in range(asked)
    ]


def find(*groups: Sequence[Signal], **params: Any) -> list[FindingDraft]:
    signals = numbered([one for group in groups for one in group])
    return one_tick(RULE, GuardrailProbingParams(**params), signals)


def test_an_account_that_is_refused_again_and_again_is_found() -> None:
    (draft,) = find(unlucky("m", 12, 15))
    assert draft.sentence == (
        "12 of 15 requests refused (a rate of at least 0.24, limit 0.20), 12 refusals within 60 min"
    )
    assert draft.subjects == ("acme-ai:m",)
    assert (draft.anchor, draft.llr, draft.tier) == (
        Key("asker", "acme-ai:m"),
        1.0,
        Tier.SUPPORTING,
    )
    assert RULE.meta.family is Family.AI
    assert len(draft.signal_ids) == 12
    rows = {row.name: (row.value, row.op, row.limit, row.met) for row in draft.conditions}
    assert rows == {
        "lower bound of the rate": (0.2356, ">", 0.2, True),
        "within 60 min": (12, ">=", 5, True),
    }


def test_the_bound_follows_from_the_constants() -> None:
    (draft,) = find(unlucky("m", 12, 15))
    told = draft.constants
    assert (told["prior_refused"], told["prior_answered"]) == (1, 20)
    assert draft.score == round(lower_bound(told["refusals"], told["requests"]), 4)


def test_accounts_on_one_ladder_are_linked() -> None:
    found = find(*(climb(f"m{n}", at=n * HOUR_S * 5) for n in range(3)))
    (draft,) = found
    assert draft.subjects == ("acme-ai:m0", "acme-ai:m1", "acme-ai:m2")
    assert draft.anchor.type == "prompt"
    assert draft.sentence == (
        "3 accounts climbed one ladder of up to 5 prompts, J 0.64-0.80: "
        "15 of 15 requests refused (a rate of at least 0.31, limit 0.20)"
    )
    assert draft.llr == 1.0


def test_the_ladder_is_shown_step_by_step() -> None:
    (draft,) = find(climb("a", 6, let_through=True), climb("b", 6), climb("c", 6))
    shown = draft.values["ladders"]
    assert [one["account"] for one in shown] == ["acme-ai:a", "acme-ai:b", "acme-ai:c"]
    first = shown[0]
    assert first["prompts"] == 6
    assert [step["minutes"] for step in first["steps"]] == [0, 1, 2, 3, 4, 5]
    assert [step["refused"] for step in first["steps"]] == [True] * 5 + [False]
    assert first["steps"][0]["likeness"] == 0
    assert all(0.4 <= step["likeness"] <= 0.9 for step in first["steps"][1:])


def test_a_prompt_said_again_word_for_word_is_no_ladder() -> None:
    again = [ask(0, 60 * n, who, rung(0), refused=True, **MODEL) for who in "ab" for n in range(6)]
    assert find(again) == []


def test_ladders_to_different_goals_link_nobody() -> None:
    away = [
        ask(0, 60 * n, "b", f"{unlike(40)} {unlike(41 + n)[:20]}", refused=True, **MODEL)
        for n in range(6)
    ]
    assert find(climb("a", 6), away) == []


def test_the_keys_of_one_firm_are_no_group() -> None:
    assert find(*(climb(f"m{n}", org="One Firm") for n in range(3))) == []


def test_a_popular_template_that_is_seldom_refused_is_no_ladder() -> None:
    """Two unlucky people reword what hundreds ask without trouble."""
    fine = [ask(0, n, f"u{n}", rung(n % 5), refused=False, **MODEL) for n in range(200)]
    assert find(*(climb(f"m{n}") for n in range(3)), fine) == []


def test_few_refusals_among_many_requests_are_bad_luck() -> None:
    assert find(unlucky("m", 8, 8)) == []
    assert find(unlucky("m", 12, 60)) == []
    assert len(find(unlucky("m", 8, 8), min_rate=0.15)) == 1


def test_refusals_spread_over_days_are_no_burst() -> None:
    slow = [ask(0, 7_200 * n, "m", unlike(n), refused=True, **MODEL) for n in range(12)]
    assert find(slow) == []
    assert len(find(slow, min_refusals=2, burst_min=240)) == 1


def test_red_teams_and_clinics_that_declare_it_are_left_out() -> None:
    for use in ("red team", "clinical research"):
        assert find(unlucky("m", 20, 20, declared_use=use)) == []
        assert find(*(climb(f"m{n}", declared_use=use) for n in range(3))) == []


def test_a_filter_that_refuses_everybody_names_nobody() -> None:
    """Refusals are up for all accounts at once: one notice instead of many findings."""
    before = [
        ask(0, hour * HOUR_S + n, f"u{n}", unlike(n), refused=n == hour, **MODEL)
        for hour in range(40)
        for n in range(40)
    ]
    broken = [one for n in range(40) for one in unlucky(f"u{n}", 12, 12, at=66 * HOUR_S + n)]
    (notice,) = find(before, broken)
    assert notice.tier is Tier.EVENT_EXPLAINED
    assert notice.llr == 0
    assert notice.flags == ("filter_regression",)
    assert notice.anchor == Key("model", "acme-ai/acme/m1")
    assert notice.sentence == (
        "acme-ai/acme/m1 refused 100% of accounts in 1 hour, usually 2.5%: its filter changed, "
        "so 40 accounts with many refusals are not named for it"
    )
    assert len(notice.subjects) == 40


def test_a_broken_filter_of_one_model_excuses_nobody_on_another() -> None:
    before = [
        ask(0, hour * HOUR_S + n, f"u{n}", unlike(n), refused=False, **MODEL)
        for hour in range(10)
        for n in range(40)
    ]
    broken = [one for n in range(40) for one in unlucky(f"u{n}", 12, 12, at=40 * HOUR_S + n)]
    prober = unlucky("m", 12, 12, at=40 * HOUR_S, model="m2")
    named = {draft.anchor: draft for draft in find(before, broken, prober)}
    assert set(named) == {Key("model", "acme-ai/acme/m1"), Key("asker", "acme-ai:m")}


def test_probers_among_many_quiet_accounts_are_no_broken_filter() -> None:
    quiet = [ask(0, n, f"u{n}", unlike(n), refused=False, **MODEL) for n in range(100)]
    (draft,) = find(quiet, unlucky("m", 12, 12))
    assert draft.subjects == ("acme-ai:m",)


def test_a_refusal_told_by_the_response_counts_once() -> None:
    asked = [
        ask(0, 60 * n, "m", unlike(n), attributes={"conversation": "c"}, **MODEL) for n in range(12)
    ]
    answered = [
        ask(
            0,
            60 * n + 2,
            "m",
            "I cannot help",
            kind="ai.response",
            refused=True,
            attributes={"conversation": "c"},
            **MODEL,
        )
        for n in range(12)
    ]
    (draft,) = find(asked, answered)
    assert (draft.values["refusals"], draft.values["requests"]) == (12, 12)
    (draft,) = find(unlucky("m", 12, 12, attributes={"conversation": "c"}), answered)
    assert (draft.values["refusals"], draft.values["requests"]) == (12, 12)


def test_responses_alone_are_enough() -> None:
    answered = [
        ask(0, 60 * n, "m", "no", kind="ai.response", refused=n < 12, **MODEL) for n in range(14)
    ]
    (draft,) = find(answered)
    assert (draft.values["refusals"], draft.values["requests"]) == (12, 14)


def test_a_finding_holds_for_a_week() -> None:
    def later(days: float) -> list[Signal]:
        return [ask(0, days * DAY_S, "calm", unlike(99), refused=False, **MODEL)]

    assert len(find(unlucky("m", 12, 12), later(6.5))) == 1
    assert find(unlucky("m", 12, 12), later(7.5)) == []


@pytest.mark.parametrize("thread", [5, ["c"], {"a": 1}, None, "x" * 5_000])
def test_conversations_of_other_types_are_nothing(thread: object) -> None:
    rows = unlucky("m", 12, 12, attributes={"conversation": thread})
    assert len(find(rows)) == 1


def test_what_says_nothing_about_refusals_touches_no_key() -> None:
    for one in (
        Signal(1, 0.0, "p", "ai.request", "a", rung(0)),
        ask(1, 0, "", rung(0), refused=True),
        ask(1, 0, "a", rung(0), refused=True, declared_use="red team"),
        ask(1, 0, "a", "fine", kind="ai.response"),
    ):
        assert list(RULE.keys(one, DEFAULTS)) == []
    types = [key.type for key in RULE.keys(ask(1, 0, "a", rung(0), refused=True), DEFAULTS)]
    assert types == ["asker", "model", "prompt"]


def test_state_stays_bounded_under_a_flood() -> None:
    states: dict[Key, Any] = {}
    rows = [ask(n, n * 2.0, "m", unlike(n), refused=True, **MODEL) for n in range(5 * MAX_STEPS)]
    rows += [ask(n, n, f"u{n}", rung(0), refused=False, **MODEL) for n in range(5 * SAMPLED)]
    run(RULE, DEFAULTS, rows, states=states)
    assert largest_state(states) < 400_000
    assert len(states[Key("asker", "acme-ai:m")].steps) <= 2 * MAX_STEPS
    sample = states[Key("model", "acme-ai/acme/m1")].sample
    assert max(len(accounts) for accounts in sample.values()) == SAMPLED


def test_more_steps_than_are_kept_are_marked() -> None:
    (draft,) = find(unlucky("m", 600, 600))
    assert "truncated" in draft.flags


def test_an_account_that_was_never_refused_is_soon_forgotten() -> None:
    states: dict[Key, Any] = {}
    run(RULE, DEFAULTS, [*unlucky("calm", 0, 3), *unlucky("m", 3, 3)], states=states)
    calm, refused = Key("asker", "acme-ai:calm"), Key("asker", "acme-ai:m")
    assert RULE.retire(calm, states[calm], 2 * DAY_S, DEFAULTS)
    assert not RULE.retire(refused, states[refused], 2 * DAY_S, DEFAULTS)
    assert RULE.retire(refused, states[refused], 9 * DAY_S, DEFAULTS)


def test_a_live_run_tells_it_within_minutes() -> None:
    after = [ask(0, 900 + n * 300, "calm", unlike(n), refused=False, **MODEL) for n in range(3)]
    found = run_all(RULE, DEFAULTS, numbered([*unlucky("m", 12, 12), *after]), of=4)
    assert {one.draft.subjects for one in found} == {("acme-ai:m",)}


acts = st.lists(
    st.tuples(
        st.integers(0, 3),
        st.integers(0, 7),
        st.integers(0, 20 * HOUR_S),
        st.sampled_from([True, True, False, None]),
        st.booleans(),
    ),
    min_size=5,
    max_size=60,
)


def acted(acts: Sequence[tuple[int, int, int, bool | None, bool]]) -> list[Signal]:
    """Who asked which rung when, whether it was refused, and whether the response tells it."""
    return numbered(
        [
            ask(
                0,
                at if turn < 5 else 60 * turn,
                f"m{who}",
                rung(turn),
                refused=refused,
                kind="ai.response" if response else "ai.request",
                **MODEL,
            )
            for who, turn, at, refused, response in acts
        ]
    )


class LooksAtAll(GuardrailProbing):
    """Passes nobody over."""

    def matters(self, state: Trials) -> bool:
        return True


@settings(max_examples=60, deadline=None)
@given(acts=acts)
def test_whom_a_tick_passes_over_could_change_nothing(
    acts: list[tuple[int, int, int, bool | None, bool]],
) -> None:
    params, signals = GuardrailProbingParams(min_rate=0.05, min_refusals=2), acted(acts)
    every = one_tick(LooksAtAll(b"secret"), params, signals)
    assert _plain(one_tick(RULE, params, signals)) == _plain(every)


@settings(max_examples=60, deadline=None)
@given(
    acts=acts,
    shards=st.sampled_from([1, 4]),
    cuts=st.lists(st.integers(0, 60), max_size=3).map(sorted),
    chance=st.randoms(use_true_random=False),
)
def test_any_split_shards_and_order_give_the_same_findings(
    acts: list[tuple[int, int, int, bool | None, bool]],
    shards: int,
    cuts: list[int],
    chance: Random,
) -> None:
    signals = acted(acts)
    params = GuardrailProbingParams(min_rate=0.05, min_refusals=2)
    whole = _plain(one_tick(RULE, params, signals))
    assert _plain(one_tick(RULE, params, signals, shards=shards, cuts=cuts)) == whole
    mixed = [*chance.sample(signals[:-1], len(signals) - 1), signals[-1]]
    assert _plain(one_tick(RULE, params, mixed, shards=shards)) == whole


def _plain(drafts: Sequence[FindingDraft]) -> list[str]:
    told = ([d.anchor, d.subjects, d.signal_ids, d.sentence, dict(d.values)] for d in drafts)
    return sorted(json.dumps(one) for one in told)
