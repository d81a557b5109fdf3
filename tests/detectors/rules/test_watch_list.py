"""D16 finds accounts that used a listed value, and says nothing of what must not count."""

from __future__ import annotations

import random
from typing import Any

import msgspec
import pytest

from detectors.base import FindingDraft, Key, Signal, Tier
from detectors.engine import WATCH, Found, Runner, run_all
from detectors.rules.watch_list import WatchList
from detectors.schema import Kind
from detectors.watching.findings import MAX_ACCOUNTS, WatchListParams
from detectors.watching.things import SAID, Notice
from tests.harness import T0, largest_state, run

DAY = 86_400.0
TRUSTED = (("cert", 0.9),)
DETECTOR = WatchList()
PARAMS = WatchListParams()


def _row(number: int, at: float, account: str = "", **said: Any) -> Signal:
    """What the linker writes when `account` used evil.example, `at` seconds after T0."""
    fields: dict[str, Any] = {"items": TRUSTED, "stated_at": T0, **said}
    notice = Notice(
        type="domain",
        value="evil.example",
        account=account,
        signal=1_000 + number if account else 0,
        **fields,
    )
    return Signal(
        id=number,
        at=T0 + at,
        platform="engine",
        kind=WATCH,
        attributes={SAID: msgspec.to_builtins(notice)},
    )


def _users(count: int, **said: Any) -> list[Signal]:
    return [_row(n, 60.0 * n, f"x:a{n:03}", **said) for n in range(1, count + 1)]


def _last(signals: list[Signal], **params: Any) -> FindingDraft | None:
    found = run(DETECTOR, WatchListParams(**params), signals)
    return found[-1][1] if found else None


def test_accounts_that_used_a_listed_domain_are_named_with_who_warned() -> None:
    found = _last([*_users(3), _row(9, 3 * DAY, "telegram:b")])
    assert found is not None
    assert found.anchor == Key("domain", "evil.example")
    assert found.subjects == ("telegram:b", "x:a001", "x:a002", "x:a003")
    assert found.signal_ids == (1_001, 1_002, 1_003, 1_009)
    assert found.sentence == (
        "4 accounts used domain evil.example in 3 d, on the watch list of cert (trust 0.9)"
    )
    assert [(one.value, one.op, one.limit, one.met) for one in found.conditions] == [
        (0.9, ">=", 0.8, True),
        (1, ">=", 2, False),
        (4, ">=", 1, True),
        (4, "<=", 200, True),
    ]
    assert found.values["platforms"] == ["telegram", "x"]


@pytest.mark.parametrize(
    ("items", "llr"),
    [
        ((("cert", 0.8),), 3.4),
        ((("cert", 1.0),), 4.0),
        ((("a", 0.5), ("b", 0.5)), 3.25),
        ((("a", 0.0), ("b", 0.0)), 1.0),
    ],
)
def test_the_weight_follows_trust_and_can_be_computed_again(
    items: tuple[tuple[str, float], ...], llr: float
) -> None:
    found = _last(_users(1, items=items))
    assert found is not None
    assert found.llr == llr
    wrong = 1.0
    for _, trust in found.constants["items"]:
        wrong *= 1.0 - trust
    least, most = found.constants["llr"]
    assert found.llr == round(least + (most - least) * (1.0 - wrong), 4)


def test_one_source_of_little_trust_says_nothing_until_a_second_says_the_same() -> None:
    weak = (("blog", 0.5),)
    signals = _users(4, items=weak)
    assert _last(signals) is None
    both = _row(9, 600.0, items=(*weak, ("forum", 0.4)), stated_at=T0 + 600)
    found = _last([*signals, both])
    assert found is not None
    assert len(found.subjects) == 4
    assert not found.lapsed


def test_what_leaves_the_list_lapses_and_comes_back_when_it_is_listed_again() -> None:
    gone = _row(8, 600.0, items=(), stated_at=T0 + 600)
    found = _last([*_users(3), gone])
    assert found is not None
    assert found.lapsed
    assert found.sentence == "domain evil.example: 0 sources on the watch list, no match"
    again = _last([*_users(3), gone, _row(9, 700.0, stated_at=T0 + 700)])
    assert again is not None
    assert not again.lapsed


def test_an_older_statement_that_comes_late_does_not_bring_a_value_back() -> None:
    gone = _row(8, 600.0, items=(), stated_at=T0 + 600)
    late = _row(9, 700.0, "x:late", stated_at=T0 + 100)
    found = _last([*_users(3), gone, late])
    assert found is not None
    assert found.lapsed


def test_fewer_than_three_accounts_only_support() -> None:
    tiers = [draft.tier for _, draft in run(DETECTOR, PARAMS, _users(3))]
    assert tiers == [Tier.SUPPORTING, Tier.SUPPORTING, Tier.OPENING]


def test_a_popular_value_on_a_list_is_taken_back_and_stays_silent() -> None:
    found = run(DETECTOR, WatchListParams(public_cap=10), _users(30))
    assert [len(draft.subjects) for _, draft in found] == [*range(1, 11), 10]
    last = found[-1][1]
    assert last.lapsed
    assert last.sentence == (
        "11 accounts used domain evil.example, more than 10: it is popular, "
        "so the watch list proves nothing"
    )


def test_an_account_that_comes_again_is_no_second_account() -> None:
    signals = [_row(n, 60.0 * n, "x:one") for n in range(1, 50)]
    found = run(DETECTOR, PARAMS, signals)
    assert [draft.subjects for _, draft in found] == [("x:one",)]
    assert found[0][1].signal_ids == (1_001,)


def test_uses_of_more_than_a_month_ago_do_not_count() -> None:
    found = _last([_row(1, 0.0, "x:old"), _row(2, 31 * DAY, "x:new")])
    assert found is not None
    assert found.subjects == ("x:new",)


def test_nobody_can_send_a_row_of_the_list_and_other_signals_cost_nothing() -> None:
    assert WATCH not in set(Kind)
    posts = [Signal(id=n, at=T0 + n, platform="x", kind="post", actor="a") for n in range(9)]
    assert run_all(DETECTOR, PARAMS, posts) == []


def test_the_state_of_a_value_is_bounded() -> None:
    states: dict[Key, Any] = {}
    signals = [_row(n, float(n), f"x:{'n' * 190}{n}") for n in range(1, 3 * MAX_ACCOUNTS)]
    run(
        DETECTOR,
        WatchListParams(public_cap=MAX_ACCOUNTS),
        signals[: MAX_ACCOUNTS + 2],
        states=states,
    )
    assert states[Key("domain", "evil.example")].public
    run(DETECTOR, WatchListParams(public_cap=MAX_ACCOUNTS), signals[:MAX_ACCOUNTS], states=states)
    assert largest_state(states) < 500_000


def _current(order: list[Signal], shards: int, batch: int) -> list[FindingDraft]:
    """What was said last, when the signals come in batches to so many shards."""
    told: list[FindingDraft] = []
    for shard in range(shards):
        runner = Runner(DETECTOR, PARAMS, shard=shard, of=shards)
        for place in range(0, len(order), batch):
            events = runner.feed(order[place : place + batch])
            told += [event.draft for event in events if isinstance(event, Found)]
        told += [event.draft for event in runner.finish() if isinstance(event, Found)]
    return told[-1:]


def test_any_order_any_batches_and_any_shards_end_in_the_same_finding() -> None:
    more = (*TRUSTED, ("b", 0.3))
    signals = [*_users(6), _row(20, 3_000.0, items=more, stated_at=T0 + 3_000)]
    late = [*signals]
    random.Random(3).shuffle(late)
    wanted = _current(signals, 1, 100)
    assert [len(one.subjects) for one in wanted] == [6]
    for order in (signals, late, signals[::-1]):
        for shards, batch in ((1, 1), (1, 3), (4, 100)):
            assert _current(order, shards, batch) == wanted
