"""A rule as a detector says what its windows hold, however its signals come and are cut."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.base import FindingDraft, Key, Score, Signal, Tier, Told
from detectors.engine import Event, Found, Runner, run_all
from detectors.recompute import score_again
from detectors.sigma.detector import is_rule, rule_detector
from detectors.sigma.params import EXAMPLE, RuleParams, compiled_rule
from detectors.sigma.windows import alerts_of, group_name
from tests.detectors.sigma.rules import COUNTED, PLAIN
from tests.harness import T0

KIND = rule_detector("rule-tested")
GOOD = sorted(name for name in COUNTED if "gt" in name)


@st.composite
def signals(draw: st.DrawFn) -> list[Signal]:
    """Signals in order of time: bursts, equal moments, whole windows apart."""
    rows = draw(
        st.lists(
            st.tuples(
                st.sampled_from((0, 0, 1, 59, 60, 61, 299, 300, 301, 600, 3_600)),
                st.sampled_from(("post", "post", "login", "payment")),
                st.sampled_from(("a1", "a2", "A2", "a3", "")),
                st.sampled_from(("10.0.0.1", "10.0.0.2")),
            ),
            max_size=40,
        )
    )
    at, found = T0, []
    for number, (gap, kind, actor, ip) in enumerate(rows, 1):
        at += gap
        found.append(
            Signal(
                id=number,
                at=at,
                platform="chirp",
                kind=kind,
                actor=actor,
                text="win it",
                identifier_map={"ip": ip, "device": f"d-{ip}"},
                attributes={"lang": actor},
            )
        )
    return found


def last_said(told: Sequence[Signal], params: RuleParams) -> dict[Key, FindingDraft]:
    """What holds after all of them, in the order in which it was said."""
    runner = Runner(KIND(), params)
    events = [*runner.feed(told), *runner.finish()]
    said = {one.draft.anchor: one.draft for one in events if isinstance(one, Found)}
    return {key: one for key, one in said.items() if not one.lapsed}


@given(told=signals(), name=st.sampled_from(GOOD))
@settings(max_examples=150, deadline=None)
def test_it_speaks_of_the_groups_whose_windows_reach_the_number(
    told: list[Signal], name: str
) -> None:
    params = RuleParams(sigma=COUNTED[name])
    by_id = {one.id: one for one in told}
    met = {
        group_name(one.group)
        for one in alerts_of(params.rule, told)
        if any(by_id[id_].account for id_ in one.signal_ids)
    }
    assert {key.value for key in last_said(told, params)} == met


@given(
    told=signals(), name=st.sampled_from(GOOD), cut=st.integers(1, 10), of=st.sampled_from((1, 4))
)
@settings(max_examples=100, deadline=None)
def test_any_split_into_batches_and_shards_gives_the_same_log(
    told: list[Signal], name: str, cut: int, of: int
) -> None:
    params = RuleParams(sigma=COUNTED[name])
    whole = run_all(KIND(), params, told)
    runners = [Runner(KIND(), params, shard=number, of=of) for number in range(of)]
    events: list[Event] = []
    for runner in runners:
        for start in range(0, len(told), cut):
            events += runner.feed(told[start : start + cut])
            again = Runner(KIND(), params, shard=runner.shard, of=of)
            assert again.load(runner.clock, runner.dump())
        events += runner.finish()
    split = [one for one in events if isinstance(one, Found)]
    assert sorted(map(repr, split)) == sorted(map(repr, whole))


@given(told=signals(), name=st.sampled_from(GOOD), seed=st.integers(0, 99))
@settings(max_examples=100, deadline=None)
def test_what_holds_in_the_end_does_not_depend_on_the_order_of_arrival(
    told: list[Signal], name: str, seed: int
) -> None:
    params = RuleParams(sigma=COUNTED[name])
    mixed = list(told)
    random.Random(seed).shuffle(mixed)
    assert last_said(mixed, params) == last_said(told, params)


def created(number: int, at: float, ip: str = "203.0.113.7", actor: str | None = None) -> Signal:
    return Signal(
        id=number, at=at, platform="chirp", kind="account.created",
        actor=actor if actor is not None else f"n{number}", identifier_map={"ip": ip},
    )  # fmt: skip


def test_a_finding_names_its_numbers_accounts_and_signals() -> None:
    told = [created(number, T0 + 60 * number) for number in range(1, 7)]
    ((key, draft),) = last_said(told, RuleParams()).items()
    assert key == Key("ip", "203.0.113.7")
    assert draft.subjects == tuple(f"chirp:n{number}" for number in range(1, 7))
    assert draft.signal_ids == (1, 2, 3, 4, 5, 6)
    assert draft.sentence == (
        "One address, many new accounts: 6 different values by 6 accounts with ip 203.0.113.7 in "
        "60 min, limit 5"
    )
    assert [(one.value, one.op, one.limit, one.met) for one in draft.conditions] == [
        (6, ">=", 5, True)
    ]
    assert draft.tier is Tier.SUPPORTING


def test_the_sentence_is_that_of_the_rule_and_its_values_fill_no_gaps() -> None:
    params = RuleParams(sentence="{accounts} at {group} ({number} of {needed})")
    told = [created(number, T0 + number, ip="{title}") for number in range(1, 6)]
    (draft,) = last_said(told, params).values()
    assert draft.sentence == "5 accounts at {title} (5 of 5)"


def test_another_number_counts_instead_of_that_of_the_text() -> None:
    told = [created(number, T0 + number) for number in range(1, 4)]
    assert not run_all(KIND(), RuleParams(), told)
    assert run_all(KIND(), RuleParams(threshold=3), told)


def test_placeholders_are_nobodys_group() -> None:
    told = [created(number, T0 + number, ip="unknown") for number in range(1, 9)]
    assert not run_all(KIND(), RuleParams(), told)


def test_nobody_acting_says_nothing() -> None:
    sigma = EXAMPLE.replace("field: account", "field: attributes.n")
    told = [
        Signal(id=n, at=T0 + n, platform="chirp", kind="account.created", attributes={"n": n},
               identifier_map={"ip": "203.0.113.7"})
        for n in range(1, 9)
    ]  # fmt: skip
    assert len(alerts_of(compiled_rule(sigma), told)) == 4
    assert not run_all(KIND(), RuleParams(sigma=sigma), told)


def test_a_rule_without_a_correlation_gathers_by_account() -> None:
    params = RuleParams(sigma=PLAIN["contains"])
    told = [
        Signal(id=n, at=T0 + n, platform="chirp", kind="post", actor=f"a{n % 2}", text="a PRIZE")
        for n in range(1, 5)
    ]
    said = last_said(told, params)
    assert set(said) == {Key("account", "chirp:a0"), Key("account", "chirp:a1")}


def test_a_finding_is_computed_again_from_its_signals_alone() -> None:
    told = [created(number, T0 + 60 * number) for number in range(1, 30)]
    said = last_said(told, RuleParams())
    for draft in said.values():
        cited = [one for one in told if one.id in draft.signal_ids]
        record = Told(draft.anchor, draft.subjects, draft.values, draft.constants)
        score = score_again(KIND, RuleParams(), record, cited, b"")
        assert score == Score(draft.score, draft.llr, draft.subjects)


def test_a_flood_stays_bounded_and_says_so() -> None:
    sigma = EXAMPLE.replace("gte: 5", "gte: 1000").replace("timespan: 1h", "timespan: 30d")
    told = [created(number, T0 + number) for number in range(1, 3_001)]
    runner = Runner(KIND(), RuleParams(sigma=sigma))
    found = [one for one in runner.feed(told) if isinstance(one, Found)]
    assert 1_900 < len(found[-1].draft.signal_ids) <= 2_000
    assert run_all(KIND(every=True), runner.params, told)[-1].draft.flags == ("truncated",)
    assert len(runner.dump()) < 500_000


@pytest.mark.parametrize(
    ("slug", "is_one"),
    [("rule-a", True), ("rule-", False), ("rule--a", False), ("velocity", False),
     ("rule-A", False), ("rule-" + "a" * 60, False)],
)  # fmt: skip
def test_what_the_slug_of_a_rule_looks_like(slug: str, is_one: bool) -> None:
    assert is_rule(slug) is is_one
