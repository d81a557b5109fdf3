"""One search for pairs serves the test of each object type and that of all types together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.synchrony import Postings, Result, Settings, find_each, find_synchrony, rows, shared
from detectors.synchrony.pairs import meetings

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
