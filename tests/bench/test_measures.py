"""Measures of the quality bench on examples that were worked out by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.evaluation import measures

LABELS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=2, max_size=30)


def test_adjusted_rand_of_a_worked_example() -> None:
    """Table 1 of the contingency [[2, 1], [0, 3]]: 4 pairs agree, 2.8 by chance, 6.5 at most."""
    truth = ["a", "a", "a", "b", "b", "b"]
    found = ["x", "x", "y", "y", "y", "y"]
    assert measures.adjusted_rand(truth, found) == pytest.approx((4 - 2.8) / (6.5 - 2.8))


def test_adjusted_rand_is_one_for_the_same_and_zero_for_one_heap() -> None:
    assert measures.adjusted_rand("aabbc", "xxyyz") == 1
    assert measures.adjusted_rand("aabb", "xxxx") == 0


@given(LABELS)
def test_names_of_groups_do_not_matter(pairs: list[tuple[int, int]]) -> None:
    truth, found = [one for one, _ in pairs], [two for _, two in pairs]
    renamed = [f"group {5 - two}" for two in found]
    assert measures.adjusted_rand(truth, found) == measures.adjusted_rand(truth, renamed)
    assert measures.adjusted_rand(truth, found) == pytest.approx(
        measures.adjusted_rand(found, truth)
    )
    assert measures.adjusted_rand(truth, found) <= 1


def test_b_cubed_of_a_worked_example() -> None:
    """Group of two a and one b: precision 2/3, 2/3, 1/3; the lone b: 1. Recall 1, 1, 1/2, 1/2."""
    precision, recall, f1 = measures.b_cubed("aabb", "xxxy")
    assert precision == pytest.approx((2 / 3 + 2 / 3 + 1 / 3 + 1) / 4)
    assert recall == pytest.approx((1 + 1 + 1 / 2 + 1 / 2) / 4)
    assert f1 == pytest.approx(2 * precision * recall / (precision + recall))


@given(LABELS)
def test_b_cubed_turns_around_with_its_arguments(pairs: list[tuple[int, int]]) -> None:
    truth, found = [one for one, _ in pairs], [two for _, two in pairs]
    precision, recall, _ = measures.b_cubed(truth, found)
    assert measures.b_cubed(found, truth)[:2] == pytest.approx((recall, precision))
    assert 0 < precision <= 1


def test_purity_counts_the_commonest_of_each_group() -> None:
    assert measures.purity("aabb", "xxxy") == 3 / 4
    assert measures.purity("abcd", "abcd") == 1
    assert measures.purity("aabb", "xxxx") == 1 / 2


def test_fragments_are_cases_with_two_accounts_of_a_campaign() -> None:
    campaign = frozenset("abcdef")
    cases = [frozenset("abx"), frozenset("cdy"), frozenset("ez"), frozenset("uvw")]
    assert measures.fragments(campaign, cases) == 2
    assert measures.fragments(campaign, []) == 0


def test_caught_is_the_best_single_case() -> None:
    assert (
        measures.caught(frozenset("abcd"), [frozenset("ab"), frozenset("cdx"), frozenset("a")])
        == 0.5
    )
    assert measures.caught(frozenset("abcd"), []) == 0


def test_contamination_is_what_does_not_belong_to_the_main_campaign() -> None:
    owner = dict.fromkeys("abc", 0) | dict.fromkeys("de", 1)
    assert measures.contamination(frozenset("abcd"), owner) == pytest.approx(1 / 4)
    assert measures.contamination(frozenset("abxy"), owner) == pytest.approx(1 / 2)
    assert measures.contamination(frozenset("abc"), owner) == 0


def test_accounts_without_a_group_stand_alone() -> None:
    assert measures.labels("abc", [frozenset("ab"), frozenset("b")], "case") == [
        "case-0",
        "case-0",
        "alone-c",
    ]


def test_bridges_are_pairs_on_two_platforms() -> None:
    group = frozenset({"x:1", "x:2", "telegram:1"})
    assert measures.bridges([group]) == {("telegram:1", "x:1"), ("telegram:1", "x:2")}


def test_nothing_found_of_nothing_is_no_fault() -> None:
    assert measures.f1(0, 0) == 0
    assert measures.share(1, 0) == 0
    assert measures.purity([], []) == 1
    assert measures.b_cubed([], []) == (1, 1, 1)
    assert measures.adjusted_rand([], []) == 1


def test_mutual_information_is_one_for_the_same_and_zero_for_no_relation() -> None:
    assert measures.mutual_information("aabb", "xxyy") == pytest.approx(1)
    assert measures.mutual_information("aabb", "xyxy") == pytest.approx(0)
    assert measures.mutual_information("aaaa", "xxxx") == 1


@given(LABELS)
def test_mutual_information_turns_around_and_stays_in_bounds(pairs: list[tuple[int, int]]) -> None:
    truth, found = [one for one, _ in pairs], [two for _, two in pairs]
    told = measures.mutual_information(truth, found)
    assert told == pytest.approx(measures.mutual_information(found, truth), abs=1e-12)
    assert -1e-12 <= told <= 1 + 1e-12


def test_a_large_impure_case_weighs_more_than_a_small_pure_one() -> None:
    owner = dict.fromkeys("abcd", 1)
    cases = [frozenset("ab"), frozenset("cdxy")]
    assert measures.weighted_precision(cases, owner) == pytest.approx((2 + 4 * 0.25) / (2 + 2))
    assert measures.weighted_precision([], owner) == 0


def test_average_precision_counts_what_was_never_ranked() -> None:
    assert measures.average_precision([True, False, True], 3) == pytest.approx((1 + 2 / 3) / 3)
    assert measures.average_precision([True, True], 2) == 1
    assert measures.average_precision([], 2) == 0


def test_precision_of_the_first_k_does_not_punish_a_short_list() -> None:
    assert measures.precision_at([True, False, False], 2) == 0.5
    assert measures.precision_at([True], 50) == 1
