"""One search for pairs serves the test of each object type and that of all types together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.synchrony import Postings, Result, Settings, find_each, find_synchrony, rows, shared
from detectors.synchrony import pairs as searching
from detectors.synchrony.pairs import meetings
from detectors.synchrony.rows import first_shares

PEOPLE = 6
SETTINGS = Settings(n_min=3, c_min=2, alpha=0.1, use_prior=False, min_strangers=1)
Row = tuple[int, int, int, int]
"""Object, account, seconds, signal."""
ROWS = st.lists(
    st.tuples(
        st.integers(0, 5), st.integers(0, PEOPLE - 1), st.integers(0, 90), st.integers(0, 40)
    ),
    max_size=60,
)


@given(
    first=ROWS,
    second=ROWS,
    cap=st.sampled_from([2, 400]),
    most_objects=st.sampled_from([3, 2_000]),
)
def test_each_type_and_all_together_are_found_as_by_themselves(
    first: list[Row], second: list[Row], cap: int, most_objects: int
) -> None:
    each = [_postings(told) for told in (first, second)]
    start = max((thing for thing, *_ in first), default=-1) + 1
    whole = _postings([*first, *((thing + start, *more) for thing, *more in second)])
    settings = replace(SETTINGS, cap=cap)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rows, "MAX_OBJECTS_PER_ACCOUNT", most_objects)
        found = find_each(each, whole, settings)
        alone = [find_synchrony(one, settings) for one in (*each, whole)]
    assert [*map(_told, found)] == [*map(_told, alone)]


def test_the_search_runs_once_where_no_cap_cuts(monkeypatch: pytest.MonkeyPatch) -> None:
    searched: list[int] = []

    def noted(rows: Any, least: int) -> Any:
        searched.append(len(rows))
        return meetings(rows, least)

    monkeypatch.setattr(shared, "meetings", noted)
    told = [(thing, who, thing + who, 9 * thing + who) for thing in range(6) for who in range(3)]
    each = [_postings(told), _postings(told)]
    whole = _postings([*told, *((thing + 6, *more) for thing, *more in told)])
    results = find_each(each, whole, SETTINGS)
    assert searched == [36]
    assert [result.m for result in results] == [3, 3, 3]


@given(told=ROWS, least=st.integers(1, 4), bits=st.sampled_from([1, 3, 17]))
def test_pairs_that_cannot_meet_often_are_left_out_and_no_others(
    told: list[Row], least: int, bits: int
) -> None:
    some = first_shares(_postings(told))
    things: dict[int, set[int]] = {}
    for thing, who in zip(some.object.tolist(), some.account.tolist(), strict=True):
        things.setdefault(who, set()).add(thing)
    slow = [
        (one, two, thing)
        for one, two in combinations(sorted(things), 2)
        for thing in sorted(things[one] & things[two])
        if len(things[one] & things[two]) >= least
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(searching, "_CELL_BITS", bits)
        i, j = meetings(some, least)
    assert (some.object[i] == some.object[j]).all()
    columns = (some.account[i], some.account[j], some.object[i])
    assert [*zip(*(column.tolist() for column in columns), strict=True)] == slow


@given(told=ROWS, spread=st.sampled_from([0, 1, 1_000]))
def test_signals_with_several_objects_are_known_whatever_their_ids(
    told: list[Row], spread: int
) -> None:
    some = first_shares(_postings(told))
    count = Counter(some.signal.tolist())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(searching, "_SPREAD", spread)
        found = searching._multi_object(some)
    assert found.tolist() == [count[id_] > 1 for id_ in some.signal.tolist()]


def _postings(told: Sequence[Sequence[int]]) -> Postings:
    objects, accounts, at, signal = (
        np.array([row[place] for row in told], dtype=np.int64) for place in range(4)
    )
    return Postings(
        object=objects,
        account=accounts,
        at=at,
        signal=signal,
        accounts=[f"x:{number}" for number in range(PEOPLE)],
    )


def _told(result: Result) -> dict[str, Any]:
    edges = result.edges
    columns = {name: getattr(edges, name).tolist() for name in edges.__slots__}
    return columns | {name: getattr(result, name) for name in result.__slots__ if name != "edges"}
