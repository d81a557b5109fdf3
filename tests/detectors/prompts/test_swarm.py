"""What makes a swarm, number by number: windows, the usual, limits, institutions, samples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from detectors.base import Key
from detectors.prompts import rows as rows_module
from detectors.prompts.askers import Asker, Hour, Usage
from detectors.prompts.entropy import entropy
from detectors.prompts.rows import BASE_H, HELD_H, Part, Row, Rows, Use, collect
from detectors.prompts.swarm import Question, Swarm, share_of_limit, swarms
from detectors.prompts.templates import of_text
from tests.asking import unlike

NOW = 500_000
SINCE = NOW - 1_000
ASK = Question(accounts=3, factor=5, j=0.7, share=0.5, window_h=24)


def asker(number: int, *hours: int, requests: int = 1, **more: Any) -> Asker:
    """Somebody who asked in these hours before NOW."""
    acts = {NOW - ago: Hour(requests, 3_600.0 * (NOW - ago), number) for ago in hours}
    return Asker(f"x:a{number}", acts, **more)


def row(*askers: Asker, text: int = 1, past: dict[int, int] | None = None, **more: Any) -> Row:
    """A template with these askers; past: requests of others by hours before NOW."""
    template = of_text(unlike(text))
    assert template is not None
    hours: dict[int, int] = {NOW - ago: count for ago, count in (past or {}).items()}
    for one in askers:
        for hour, acts in one.hours.items():
            hours[hour] = hours.get(hour, 0) + acts.requests
    fields = {"first_at": 0.0, "customers": len(askers), **more}
    return Row(
        name=template.name,
        space="",
        signature=template.signature,
        hours=hours,
        askers={one.account: one for one in askers},
        **fields,
    )


def judged(*rows: Row, since: int = SINCE, **more: Any) -> list[Swarm]:
    question = Question(**({name: getattr(ASK, name) for name in Question.__slots__} | more))
    return list(swarms(told(rows), since, NOW, question))


def told(rows: Sequence[Row]) -> Rows:
    """As a tick reads them."""
    uses = [msgspec.msgpack.encode(Use(one.first_at, one.hours, one.askers)) for one in rows]
    part = Part(
        SINCE,
        [one.name for one in rows],
        [one.space for one in rows],
        [one.signature for one in rows],
        [one.customers for one in rows],
        uses,
        [one.stands_for for one in rows],
    )
    return Rows([part])


def test_the_usual_is_the_mean_of_two_weeks_before_the_window() -> None:
    past = dict.fromkeys(range(24, 24 + BASE_H), 1)
    (found,) = judged(row(*(asker(n, 1, requests=100) for n in range(3)), past=past), share=1)
    assert (found.usual, found.watched_h, found.requests) == (24, BASE_H, 300)
    assert found.factor == 12.5


def test_what_was_before_the_two_weeks_does_not_count() -> None:
    past = dict.fromkeys(range(24 + BASE_H, 24 + BASE_H + 100), 50)
    (found,) = judged(row(*(asker(n, 1, 2) for n in range(3)), past=past))
    assert found.usual == 1


def test_a_desk_that_watched_for_less_takes_the_mean_of_that() -> None:
    past = dict.fromkeys(range(24, 48), 1)
    people = [asker(n, 1, requests=40) for n in range(3)]
    (found,) = judged(row(*people, past=past), since=NOW - 47)
    assert (found.watched_h, found.usual) == (24, 24)
    assert judged(row(*people, past=past), since=NOW - 46) == []


def test_a_sample_of_older_templates_stands_for_all_of_them() -> None:
    people = row(*(asker(n, 1, requests=40) for n in range(3)))
    old = row(asker(9, 100), stands_for=14.0)
    (found,) = judged(people, old)
    assert found.usual == 1
    old = row(asker(9, *range(100, 140)), stands_for=14.0)
    (found,) = judged(people, old, factor=2)
    assert found.usual == 40
    assert judged(people, old, factor=5) == []


def test_the_best_window_of_the_week_is_told() -> None:
    rows = row(*(asker(n, 100 + n) for n in range(5)), *(asker(10 + n, 1) for n in range(3)))
    (found,) = judged(rows, factor=2)
    assert found.accounts == 5
    assert NOW - 124 < found.end - 24 < found.end < NOW - 80


def test_of_windows_that_tell_as_much_the_newest_counts() -> None:
    (found,) = judged(row(*(asker(n, 1, 60) for n in range(5))))
    assert found.end == NOW


def test_a_window_older_than_a_week_is_over() -> None:
    assert judged(row(*(asker(n, HELD_H + 24) for n in range(9)))) == []


def test_unlike_templates_are_judged_apart() -> None:
    rows = [row(*(asker(10 * t + n, 1, 2) for n in range(2)), text=t) for t in range(3)]
    assert judged(*rows) == []
    assert len(judged(*rows, accounts=2, factor=2)) == 3


@pytest.mark.parametrize(
    ("limits", "hours", "share"),
    [
        ({}, (1,), None),
        ({"per_minute": 10.0}, (1, 2), 0.1),
        ({"per_day": 600.0}, (1,), 0.1),
        ({"per_minute": 1.0, "per_day": 60_000.0}, (1,), 1.0),
        ({"per_minute": 100.0, "per_day": 60.0}, (1,), 1.0),
        ({"per_minute": 1.0}, (30,), 0.0),
    ],
)
def test_a_share_of_the_own_limit_is_that_of_the_busiest_time(
    limits: dict[str, float], hours: tuple[int, ...], share: float | None
) -> None:
    one = asker(1, *hours, requests=60, **limits)
    assert share_of_limit(one, NOW - 24, NOW) == share


def test_requests_of_two_days_are_no_load_of_one() -> None:
    midnight = NOW // 24 * 24
    hours = {midnight - 1: Hour(50, 0.0, 1), midnight: Hour(40, 0.0, 2)}
    assert share_of_limit(Asker("x:a", hours, per_day=100.0), midnight - 12, midnight + 12) == 0.5


def test_half_of_the_accounts_on_one_network_are_one_institution() -> None:
    seats = [asker(n, 1, 2, network="n1") for n in range(5)]
    away = [asker(10 + n, 1, 2, network=f"away{n}") for n in range(5)]
    (found,) = judged(row(*seats, *away))
    assert found.accounts == 6
    (found,) = judged(row(*seats, *away, asker(20, 1, network="more")))
    assert found.accounts == 11


def test_nobody_sits_together_in_a_data_centre() -> None:
    rented = [asker(n, 1, 2, network="n1", asn_class="hosting") for n in range(5)]
    (found,) = judged(row(*rented))
    assert found.accounts == 5


def test_accounts_whose_network_is_not_known_are_apart() -> None:
    (found,) = judged(row(*(asker(n, 1, 2) for n in range(5))))
    assert found.accounts == 5
    assert judged(row(*(asker(n, 1, 2, asn_class="education") for n in range(5)))) == []


def test_customers_beyond_the_kept_ones_count_in_proportion() -> None:
    (found,) = judged(row(*(asker(n, 1, 2) for n in range(5)), customers=50), accounts=40)
    assert found.accounts == 50
    assert found.sampled


@pytest.mark.parametrize(
    ("counts", "value"),
    [([], 0.0), ([1], 0.0), ([8], 0.0), ([1, 1, 1, 1], 1.0), ([2, 2], 0.5), ([0, 3], 0.0)],
)
def test_entropy_is_zero_on_one_network_and_one_when_each_has_its_own(
    counts: list[int], value: float
) -> None:
    assert entropy(counts) == pytest.approx(value)


def test_a_shard_gives_what_is_in_use_and_a_sample_of_what_was(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rows_module, "MAX_LIVE", 3)
    monkeypatch.setattr(rows_module, "MAX_PAST", 4)
    states = [(Key("prompt", f"live{n}"), _used(1, people=n + 1)) for n in range(5)]
    states += [(Key("prompt", f"past{n:02}"), _used(HELD_H + 30)) for n in range(10)]
    states += [(Key("prompt", "gone"), _used(BASE_H + HELD_H + 24))]
    part = collect(states, NOW, 24, b"")
    assert part.names == [
        "live4", "live3", "live2", "past00", "past01", "past02", "past03",
    ]  # fmt: skip
    assert part.stand_for == [1, 1, 1, 2.5, 2.5, 2.5, 2.5]
    assert part.truncated
    assert part.since == NOW - HELD_H - 30
    assert not collect(states[:2], NOW, 24, b"").truncated


def test_a_shard_without_templates_knows_of_no_past() -> None:
    part = collect([], NOW, 24, b"")
    assert (part.names, part.since) == ([], NOW)
    assert len(Rows([part])) == 0


def _used(ago: int, people: int = 1) -> Usage:
    at = 3_600.0 * (NOW - ago)
    askers = {f"x:a{n}": asker(n, ago) for n in range(people)}
    return Usage("", b"", {NOW - ago: people}, askers, first_at=at, newest=at)
