"""Peeling and shuffling: what is densest, what the degrees explain, and that dice repeat."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.blocks.graph import (
    FEW_SHUFFLES,
    LEAST_EDGES,
    Graph,
    Ints,
    _shuffled,
    beyond_chance,
    blocks,
)

edge_sets = st.sets(st.tuples(st.integers(0, 25), st.integers(0, 25)), min_size=1, max_size=220)


def graph(edges: set[tuple[int, int]]) -> Graph:
    row, column = np.array(sorted(edges), dtype=np.int64).T
    return Graph.of(row, column)


def planted(size: int = 2_000, rows: int = 15, columns: int = 10) -> Graph:
    """A random graph over 900 x 900 nodes beside a full block on nodes of its own."""
    dice = np.random.default_rng(3)
    edges = {(int(a), int(b)) for a, b in dice.integers(0, 900, (size, 2))}
    edges |= {(900 + a, 900 + b) for a in range(rows) for b in range(columns)}
    return graph(edges)


def degrees(row: Ints, column: Ints) -> tuple[list[int], list[int]]:
    return np.bincount(row).tolist(), np.bincount(column).tolist()


def test_a_full_block_is_found_whole() -> None:
    first = next(blocks(planted()))
    assert first.rows.tolist() == list(range(900, 915))
    assert first.columns.tolist() == list(range(900, 910))
    assert first.fill == 1.0


def test_no_shuffle_reaches_a_full_block_and_few_are_enough_to_know() -> None:
    one = planted()
    density = next(blocks(one)).density
    chance = beyond_chance(one, [density], 200)
    assert chance.shuffles == FEW_SHUFFLES
    assert density > 1.5 * chance.density


def test_a_random_graph_has_no_block_beyond_chance() -> None:
    one = planted(rows=0)
    densities = [block.density for block in blocks(one)]
    chance = beyond_chance(one, densities[:1], 200)
    assert chance.density >= 0.8 * densities[0]


def test_shuffles_end_when_all_densities_are_reached() -> None:
    assert beyond_chance(planted(), [1e-9], 200).shuffles == 1


def test_every_shuffle_is_made_when_the_answer_is_close() -> None:
    one = planted(rows=0)
    high = beyond_chance(one, [1e9], 30)
    assert high.shuffles == FEW_SHUFFLES
    close = beyond_chance(one, [high.density * 1.2], 40)
    assert close.shuffles in range(FEW_SHUFFLES, 41)


@settings(max_examples=20, deadline=None)
@given(edge_sets)
def test_dice_are_seeded_by_the_edges(edges: set[tuple[int, int]]) -> None:
    assert beyond_chance(graph(edges), [1e9], 3) == beyond_chance(graph(edges), [1e9], 3)


@settings(max_examples=40, deadline=None)
@given(edges=edge_sets, seed=st.integers(0, 9))
def test_a_shuffle_gives_nobody_more_than_they_had_and_nothing_twice(
    edges: set[tuple[int, int]], seed: int
) -> None:
    one = graph(edges)
    row, column = _shuffled(one, np.random.default_rng(seed))
    assert len(set(zip(row.tolist(), column.tolist(), strict=True))) == len(row)
    for now, before in zip(degrees(row, column), degrees(one.row, one.column), strict=True):
        assert all(a <= b for a, b in zip(now, before, strict=False))


@settings(max_examples=40, deadline=None)
@given(edge_sets)
def test_blocks_share_no_edge_and_leave_small_nodes_out(edges: set[tuple[int, int]]) -> None:
    one = graph(edges)
    of_row, of_column = np.bincount(one.row), np.bincount(one.column)
    seen: set[int] = set()
    for block in blocks(one):
        assert 0 < block.fill <= 1
        assert not seen & set(block.edges.tolist())
        seen |= set(block.edges.tolist())
        assert set(one.row[block.edges].tolist()) == set(block.rows.tolist())
        assert set(one.column[block.edges].tolist()) == set(block.columns.tolist())
        assert of_row[block.rows].min() >= LEAST_EDGES
        assert of_column[block.columns].min() >= LEAST_EDGES


@settings(max_examples=30, deadline=None)
@given(edges=edge_sets, seed=st.integers(0, 99))
def test_numbering_changes_no_density(edges: set[tuple[int, int]], seed: int) -> None:
    order = np.random.default_rng(seed).permutation(26).tolist()
    other = {(order[a], order[b]) for a, b in edges}
    one = [block.density for block in blocks(graph(edges))]
    two = [block.density for block in blocks(graph(other))]
    assert one[:1] == pytest.approx(two[:1])


def test_an_empty_graph_has_no_block() -> None:
    none = np.array([], dtype=np.int64)
    assert list(blocks(Graph.of(none, none))) == []


def test_fame_weighs_little() -> None:
    """One object of a thousand and one of ten: an edge to the second weighs 2.5 times as much."""
    edges = {(n, 0) for n in range(1_000)} | {(n, 1) for n in range(10)}
    weight = graph(edges).weight
    assert weight[1] / weight[0] == pytest.approx(np.log(1_005) / np.log(15))
