"""Weights and pairs of wordings against slow references; what is drawn where many share a word."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.reworded import compare
from detectors.reworded.compare import (
    POPULATION,
    TOGETHER,
    Alike,
    Bounds,
    Wordings,
    alike,
    alike_later,
    weigh,
)
from detectors.reworded.texts import Text
from detectors.reworded.words import Words, numbers_of
from tests.rewordings import bystanders, gathered, random_texts, said, wording

DEFAULTS = Bounds(0.45, 15.0, 250)
SECRET = b"secret"
Pair = frozenset[Words]


def words(told: Words) -> set[int]:
    return set(numbers_of([told]).tolist())


def slow_rarity(told: list[Text]) -> dict[int, float]:
    """Word -> ln(accounts / accounts that use it)."""
    accounts = max(POPULATION, len({text.account for text in told}))
    users: dict[int, set[str]] = {}
    for text in told:
        for word in words(text.words):
            users.setdefault(word, set()).add(text.account)
    return {word: math.log(accounts / len(names)) for word, names in users.items()}


def slow_pairs(told: list[Text], bounds: Bounds) -> dict[Pair, float]:
    """All pairs that are alike, by looking at every one."""
    rarity = slow_rarity(told)
    least = math.log(max(POPULATION, len({text.account for text in told})) / bounds.users)
    found = {}
    texts = {text.words for text in told if len(words(text.words)) > 1}
    for one, two in combinations(texts, 2):
        both, either = words(one) & words(two), words(one) | words(two)
        rare = math.fsum(rarity[word] for word in both if rarity[word] >= least - 1e-12)
        common, whole = (math.fsum(rarity[word] for word in some) for some in (both, either))
        if rare >= bounds.rarity and common >= bounds.share * whole:
            found[frozenset((one, two))] = common / whole
    return found


def named(wordings: Wordings, pairs: Alike) -> dict[Pair, float]:
    sets = wordings.sets
    rows = zip(pairs.a.tolist(), pairs.b.tolist(), pairs.share.tolist(), strict=True)
    return {frozenset((sets[a], sets[b])): share for a, b, share in rows}


@settings(deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 40))
def test_a_word_weighs_by_the_accounts_that_use_it(seed: int, count: int) -> None:
    told = random_texts(seed, count)
    wordings, rarity = weigh(gathered(told)), slow_rarity(told)
    numbers, weights = wordings.sets.vocabulary.tolist(), wordings.rarity.tolist()
    assert dict(zip(numbers, weights, strict=True)) == pytest.approx(rarity)
    assert {wordings.sets[place] for place in range(len(wordings.sets))} == {t.words for t in told}


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([(0.3, 5.0, 250), (0.45, 15.0, 250), (0.4, 8.0, 6)]))
def test_exactly_the_pairs_are_found_that_a_slow_search_finds(
    seed: int, bounds: tuple[float, float, int]
) -> None:
    """Up to TOGETHER wordings of a word nothing is sampled, so that nothing may be missed."""
    told = random_texts(seed, TOGETHER)
    wordings = weigh(gathered(told))
    pairs = alike(wordings, Bounds(*bounds), SECRET)
    slow = slow_pairs(told, Bounds(*bounds))
    assert pairs.crowd is None
    assert named(wordings, pairs) == pytest.approx(slow)


def test_the_slow_search_finds_something() -> None:
    assert len(slow_pairs(random_texts(1, TOGETHER), Bounds(0.3, 5.0, 250))) > 20


@settings(deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([2, 3, 4]))
def test_shares_are_the_same_to_the_last_digit_from_any_shards(seed: int, shards: int) -> None:
    told = random_texts(seed, 40)
    both = [weigh(gathered(told[::step], of)) for step, of in ((1, 1), (-1, shards))]
    bounds = Bounds(0.3, 5.0, 250)
    first, second = (named(one, alike(one, bounds, SECRET)) for one in both)
    assert first == second


@pytest.mark.parametrize("pairs_at_once", [1, 50])
def test_how_many_pairs_are_looked_at_at_a_time_changes_no_digit(
    pairs_at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    wordings = weigh(gathered(crowd(150)))
    usual = alike(wordings, DEFAULTS, SECRET)
    monkeypatch.setattr(compare, "_CHUNK", pairs_at_once)
    again = alike(wordings, DEFAULTS, SECRET)
    assert len(usual.a) > 1_000
    for name in ("a", "b", "share"):
        assert np.array_equal(getattr(usual, name), getattr(again, name))


def test_nothing_is_alike_where_nothing_is_told() -> None:
    pairs = alike(weigh(gathered([])), DEFAULTS, SECRET)
    assert (len(pairs.a), pairs.crowd) == (0, None)


def crowd(size: int, changed: int = 1) -> list[Text]:
    """Many who tell one thing, among many more who do not."""
    told = [said(n, f"x:u{n}", wording(1, n, changed=changed)) for n in range(size)]
    return told + bystanders()


def test_of_a_word_in_too_many_wordings_a_sample_is_compared() -> None:
    few, many = (weigh(gathered(crowd(size))) for size in (TOGETHER, 200))
    assert alike(few, DEFAULTS, SECRET).crowd is None
    pairs = alike(many, DEFAULTS, SECRET)
    assert pairs.crowd is not None
    taking_part = np.unique(np.concatenate([pairs.a, pairs.b]))
    assert TOGETHER <= len(taking_part) < 150
    assert np.bincount(pairs.crowd.cells.word[pairs.crowd.drawn]).max() == TOGETHER


def test_who_is_drawn_depends_on_the_secret_and_not_on_the_order() -> None:
    told = crowd(150)
    drawn = []
    for texts, secret in ((told, b"a"), (told[::-1], b"a"), (told, b"b")):
        wordings = weigh(gathered(texts))
        drawn.append(set(named(wordings, alike(wordings, DEFAULTS, secret))))
    assert drawn[0] == drawn[1] != drawn[2]


def test_what_was_not_drawn_is_compared_with_a_few_by_the_same_measure() -> None:
    told = crowd(150)
    wordings = weigh(gathered(told))
    pairs = alike(wordings, DEFAULTS, SECRET)
    assert pairs.crowd is not None
    few = np.argsort(pairs.crowd.lot, kind="stable")[:5]
    later = alike_later(pairs.crowd, few, DEFAULTS)
    assert set(later.b.tolist()) <= set(few.tolist())
    slow = slow_pairs(told, DEFAULTS)
    found = named(wordings, later)
    assert found == pytest.approx({pair: slow[pair] for pair in found})
    assert {*named(wordings, pairs), *found} <= set(slow)
    joined = set(later.a.tolist()) | set(pairs.a.tolist()) | set(pairs.b.tolist())
    assert len(joined) == 150


def test_nobody_is_like_none() -> None:
    wordings = weigh(gathered(crowd(100)))
    crowded = alike(wordings, DEFAULTS, SECRET).crowd
    assert crowded is not None
    assert len(alike_later(crowded, np.zeros(0, dtype=np.int64), DEFAULTS).a) == 0


def test_unlike_texts_take_no_seats_of_a_sample() -> None:
    """Hundreds that use one word of a story and nothing else of it leave all seats to the story."""
    told = crowd(40)
    word = wording(1, 0, changed=0).split()[0]
    told += [said(n, f"x:v{n}", f"{word} {wording(n, 0)}") for n in range(100, 200)]
    wordings = weigh(gathered(told))
    pairs = alike(wordings, DEFAULTS, SECRET)
    assert pairs.crowd is None
    assert len(pairs.a) == 40 * 39 // 2


def test_a_word_that_everybody_uses_brings_nobody_together() -> None:
    told = [*crowd(30, changed=0), said(90, "x:z", wording(1, 90))]
    wordings = weigh(gathered(told))
    assert len(alike(wordings, DEFAULTS, SECRET).a) == 1
    assert len(alike(wordings, DEFAULTS._replace(users=20), SECRET).a) == 0
