"""Small things that findings are made with: groups of pairs, conditions."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from detectors.emission import at_least, hanging_together

LINKS = st.lists(st.tuples(st.integers(0, 14), st.integers(15, 29)), max_size=30)


@given(LINKS)
def test_groups_hold_each_linked_place_once(links: list[tuple[int, int]]) -> None:
    groups = hanging_together(links)
    places = [place for group in groups for place in group]
    assert sorted(places) == sorted({place for link in links for place in link})
    for one, two in links:
        assert any(one in group and two in group for group in groups)


@given(LINKS.flatmap(lambda links: st.tuples(st.just(links), st.permutations(links))))
def test_the_order_of_links_leaves_no_trace(
    links: tuple[list[tuple[int, int]], list[tuple[int, int]]],
) -> None:
    one, other = links
    assert hanging_together(one) == hanging_together(other)


def test_a_number_that_reaches_its_limit_meets_the_condition() -> None:
    assert at_least("accounts", 3, 3, "accounts").met
    assert not at_least("accounts", 2, 3, "accounts").met
