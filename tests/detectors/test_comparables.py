"""What is compared: folded texts and sketches, told apart and measured alike."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors import comparables, minhash, normalise, sketches
from detectors.comparables import (
    Content,
    folded,
    group_name,
    is_sketch,
    measure,
    measured,
    similarity,
)

KEY = b"a key of sixteen bytes or more"
OLD = b"the key of the month before it"


def words(count: int, *, start: int = 0, swap: tuple[int, ...] = ()) -> str:
    """Numbered words, some of which are others."""
    numbers = range(start, start + count)
    return " ".join(f"other{n}" if n in swap else f"word{n}" for n in numbers)


def sketched(text: str, key_id: str = "k", key: bytes = KEY) -> Content:
    return Content(sketches.sketch(text, key, key_id))


def test_only_the_beginning_of_a_long_text_is_compared() -> None:
    long = "".join(chr(0x4E00 + number % 900) for number in range(minhash.MAX_CHARS))
    assert similarity(Content(long), Content(long + "something else" * 5_000)) == 1.0


@given(st.text(max_size=400), st.text(max_size=400))
def test_any_two_texts_compare_symmetrically_between_0_and_1(one: str, two: str) -> None:
    left, right = folded(one), folded(two)
    j = similarity(left, right)
    assert j == similarity(right, left)
    assert 0.0 <= j <= 1.0


@given(st.lists(st.text(max_size=300).map(folded), max_size=12))
def test_contents_measured_together_are_what_each_is_alone(contents: list[Content]) -> None:
    measure(contents)
    together = [measured(one) for one in contents]
    for content, one in zip(contents, together, strict=True):
        hashes = minhash.shingle_hashes(content)
        assert one.hashes.tolist() == hashes.tolist()
        assert one.bands == minhash.band_names(minhash.signature(hashes))


def test_what_was_measured_does_not_pile_up() -> None:
    measure(Content(f"number {number} of very many") for number in range(5_000))
    assert len(comparables._known) <= 4_096
    assert measured(Content("number 0 of very many")).bands


@given(st.text(alphabet="abcdefgh ", min_size=5, max_size=200))
def test_jaccard_agrees_with_sets_of_substrings(text: str) -> None:
    other = text[3:] + "xyz"
    one, two = ({part[i : i + 5] for i in range(len(part) - 4)} for part in (text, other))
    expected = len(one & two) / len(one | two) if one | two else 0.0
    assert similarity(Content(text), Content(other)) == pytest.approx(expected)


@given(st.text(max_size=60), st.sampled_from(["", "\u200b", "\uff41\uff46\uff50\uff11:"]))
def test_no_text_can_pass_for_a_sketch(text: str, before: str) -> None:
    assert not is_sketch(folded(f"{before}afp1:k:1:0:{text}"))
    assert not is_sketch(folded(before + text))
    assert is_sketch(sketched(text))


def test_two_sketches_are_compared_as_the_published_file_compares_them() -> None:
    for count in (40, 250, 300, 2_000):
        swap = tuple(range(5, count, 15))
        one, two = sketched(words(count)), sketched(words(count, swap=swap))
        expected = sketches.jaccard(sketches.parse(one), sketches.parse(two))
        assert similarity(one, two) == pytest.approx(expected)
        assert 0.5 < expected < 1.0


@pytest.mark.parametrize("count", [63, 258, 270, 1_100])
def test_near_copies_meet_whatever_steps_their_lengths_make(count: int) -> None:
    """Lengths at which one text is kept whole and the other, a little longer, is thinned."""
    bands = names = 0
    for start in range(0, 2_000_000, 10_000):
        swap = tuple(range(start, start + count, 20))
        one = sketched(words(count, start=start, swap=swap))
        two = sketched(words(count + count // 50, start=start))
        bands += bool(comparables.lowest_shared(one, two))
        names += group_name(one) == group_name(two)
    assert bands >= 196
    assert names >= 200 * 0.35


def test_sketches_of_unrelated_texts_share_no_band() -> None:
    one, two = (sketched(words(200, start=start)) for start in (0, 1_000))
    assert comparables.lowest_shared(one, two) == ""
    assert similarity(one, two) == 0.0


def test_bands_of_different_keys_are_never_equal() -> None:
    text = words(60)
    mine = set(measured(sketched(text)).bands)
    assert mine.isdisjoint(measured(sketched(text, "other")).bands)
    assert mine.isdisjoint(measured(sketched(text, "k", OLD)).bands)


def test_the_first_sketch_of_each_of_two_keys_is_read() -> None:
    new, old, third = (sketched(words(60), name, OLD) for name in ("new", "old", "third"))
    again = sketched(words(61), "new", OLD)
    tiny = sketched(words(12), "new", OLD)
    assert comparables.readable(("mh1:abc", tiny, new, again, old, third), 10) == (new, old)
    assert comparables.readable((), 10) == ()


def test_words_changed_counts_the_larger_side() -> None:
    assert comparables.words_changed(Content("a b c"), Content("a b c")) == 0
    assert comparables.words_changed(Content("a b c"), Content("a x c d")) == 2
    assert comparables.words_changed(sketched(words(20)), sketched(words(30))) == 0


def test_near_copies_mostly_have_one_group_name() -> None:
    text = words(40)
    variants = [folded(words(40, swap=(n,))) for n in range(40)]
    names = [group_name(one) for one in variants]
    assert names.count(group_name(folded(text))) >= 30
    assert group_name(folded(words(40, start=500))) not in names


@given(
    st.one_of(
        st.text(max_size=80),
        st.lists(
            st.sampled_from([*"aB1\u0435\u00e9\u200b\n\t", "@b", " http://x/", "://", "rn"])
        ).map("".join),
    )
)
def test_a_folded_text_is_the_skeleton_of_its_words_whatever_is_in_it(text: str) -> None:
    plain = normalise.match_text(text)
    without = " ".join(comparables._LINK_OR_NAME.sub(" ", plain).split())
    expected = "" if plain.startswith("rt @") else normalise.skeleton(without)
    assert folded(text) == expected
