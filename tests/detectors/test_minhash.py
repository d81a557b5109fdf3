"""Shingles, MinHash and LSH bands: stable, and as selective as the specification says."""

from __future__ import annotations

import numpy as np
import pytest

from detectors import minhash

TRIALS = 3_000
FIRST_SHINGLE = 639683631304787258
FIRST_AND_LAST_BAND = ("0454f48640b8667b", "04ad073898ad0a33")


def pair_of_sets(
    rng: np.random.Generator, size: int, j: float
) -> tuple[minhash.Hashes, minhash.Hashes]:
    """Two sorted sets of `size` random hashes with Jaccard close to `j`."""
    common = round(2 * size * j / (1 + j))
    words = rng.integers(0, 2**64, 2 * size - common, dtype=np.uint64)
    return np.sort(words[:size]), np.sort(np.concatenate((words[size:], words[:common])))


@pytest.mark.parametrize("size", [36, 100, 1_000])
@pytest.mark.parametrize(("j", "expected"), [(0.8, 0.998), (0.65, 0.81), (0.3, 0.015)])
def test_pairs_become_candidates_as_often_as_the_bands_promise(
    size: int, j: float, expected: float
) -> None:
    rng = np.random.default_rng(7)
    hits = 0
    for _ in range(TRIALS):
        left, right = pair_of_sets(rng, size, j)
        one, two = (minhash.band_names(minhash.signature(side)) for side in (left, right))
        hits += any(a == b for a, b in zip(one, two, strict=True))
    # rows of a short text repeat a bin now and then, which costs 0.04 in the middle of the curve
    assert hits / TRIALS == pytest.approx(expected, abs=0.05 if j == 0.65 else 0.008)


@pytest.mark.parametrize("size", [36, 100, 1_000])
def test_the_share_of_equal_rows_estimates_jaccard_without_bias(size: int) -> None:
    rng = np.random.default_rng(11)
    shares = []
    for _ in range(400):
        left, right = pair_of_sets(rng, size, 0.5)
        shares.append(float(np.mean(minhash.signature(left) == minhash.signature(right))))
    assert np.mean(shares) == pytest.approx(0.5, abs=0.02)
    assert np.std(shares) < 1.2 * np.sqrt(0.25 / min(size, 128)) + 0.01


def test_one_band_agrees_with_probability_j_to_the_sixth() -> None:
    rng = np.random.default_rng(13)
    same = 0
    for _ in range(1_000):
        left, right = pair_of_sets(rng, 400, 0.8)
        one, two = (minhash.band_names(minhash.signature(side)) for side in (left, right))
        same += sum(a == b for a, b in zip(one, two, strict=True))
    assert same / (1_000 * minhash.BANDS) == pytest.approx(0.8**6, abs=0.02)


def test_hashes_and_bands_are_the_same_in_every_process_and_release() -> None:
    shingles = minhash.shingle_hashes("the quick brown fox jumps over the lazy dog")
    bands = minhash.band_names(minhash.signature(shingles))
    assert len(shingles) == 39
    assert int(shingles[0]) == FIRST_SHINGLE
    assert (bands[0], bands[20]) == FIRST_AND_LAST_BAND


def test_jaccard_counts_shingles_exactly() -> None:
    left, right = (minhash.shingle_hashes(text) for text in ("abcdefg", "abcdefx"))
    assert len(left) == len(right) == 3
    assert minhash.jaccard(left, right) == pytest.approx(2 / 4)
    assert minhash.jaccard(left, left) == 1.0


def test_texts_without_a_shingle_are_like_nothing() -> None:
    empty = minhash.shingle_hashes("abcd")
    assert len(empty) == 0
    assert minhash.jaccard(empty, empty) == 0.0
    assert len(minhash.band_names(minhash.signature(empty))) == minhash.BANDS


def test_a_repeated_shingle_counts_once() -> None:
    assert len(minhash.shingle_hashes("a" * 500)) == 1


@pytest.mark.parametrize("step", [2, 4, 16])
def test_thinning_takes_the_survivors_last(step: int) -> None:
    rng = np.random.default_rng(17)
    hashes = np.sort(rng.integers(0, 2**64, 40 * step, dtype=np.uint64))
    hashes[0] = 0  # which every step divides
    thinned = hashes[hashes % step == 0]
    last = minhash.survivors(hashes, 20)
    assert len(last) == 20
    assert last[0] == 0
    assert np.array_equal(minhash.survivors(thinned, 20), last)


def test_survivors_estimate_jaccard() -> None:
    rng = np.random.default_rng(19)
    found = []
    for _ in range(400):
        left, right = (minhash.survivors(one, 64) for one in pair_of_sets(rng, 200, 0.6))
        found.append(minhash.jaccard(left, right))
    assert np.mean(found) == pytest.approx(0.6, abs=0.03)


def test_a_small_set_survives_whole() -> None:
    few = np.array([0, 3, 2**64 - 1], dtype=np.uint64)
    assert np.array_equal(minhash.survivors(few, 3), few)
