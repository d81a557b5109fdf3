"""Runs of words: what is compared, what makes no difference, and what it costs."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors import sketches
from detectors.base import Signal
from detectors.reappearance.runs import (
    Overlap,
    Runs,
    leading,
    overlap,
    prepare_runs,
    runs_of,
    without,
)

KEY = b"a key of sixteen bytes or more"


def runs(text: str, least: int = 1, secret: bytes = b"s") -> Runs:
    (found,) = _all(text, least, secret)
    return found


def _all(text: str, least: int = 1, secret: bytes = b"s") -> list[Runs]:
    signal = Signal(id=1, at=1.0, platform="x", kind="post", actor="a", text=text)
    return list(runs_of(signal, least, secret))


def sketched(text: str, key_id: str = "k") -> Runs:
    prints = (sketches.sketch(text, KEY, key_id),)
    signal = Signal(id=1, at=1.0, platform="x", kind="post", fingerprints=prints)
    (found,) = runs_of(signal, 1, b"s")
    return found


def words(count: int, name: str = "w") -> str:
    return " ".join(f"{name}{n}" for n in range(count))


def test_a_text_of_n_words_has_n_minus_three_runs() -> None:
    assert [runs(words(n)).total for n in (4, 20, 400)] == [1, 17, 397]
    assert _all(words(3)) == _all("") == []


@pytest.mark.parametrize(
    "text",
    [
        "ONE two, three - four! five",
        "one\ttwo\nthree (four) 'five'",
        "@someone: one two three https://a.example/b four five",
        "one two\u200b three \u201cfour\u201d \U0001f525 five\u2026",
        "\uff4fne two three four five",
    ],
)
def test_case_marks_links_names_and_hidden_signs_make_no_difference(text: str) -> None:
    assert runs(text).name == runs("one two three four five").name


def test_vowel_signs_are_no_marks() -> None:
    text = "यह पुल अगले सप्ताह बंद होगा"
    assert runs(text).total == 3


def test_scripts_without_spaces_are_cut_into_eight_characters() -> None:
    text = "我们明天晚上在广场见面请大家带上朋友和灯"
    assert runs(text).total == len(text) - 7
    assert overlap(runs(text[4:]), runs(f"{text[:10]} {text[10:]}")) == Overlap(1.0, len(text) - 11)
    assert _all(text, least=8) == []


def test_a_manual_share_has_no_runs() -> None:
    assert _all(f"RT @leader: {words(30)}") == []


def test_the_share_is_of_the_part_and_not_of_the_whole() -> None:
    part, whole = runs(words(20)), runs(words(200))
    assert overlap(part, whole) == Overlap(1.0, 17)
    assert overlap(whole, part) == Overlap(17 / 197, 17)


def test_texts_and_sketches_and_sketches_of_two_keys_do_not_mix() -> None:
    several = [runs(words(30)), sketched(words(30)), sketched(words(30), "other")]
    for one in several:
        for two in several:
            assert overlap(one, two).share == float(one is two)


def test_hashes_of_another_desk_are_others() -> None:
    assert overlap(runs(words(30)), runs(words(30), secret=b"t")) == Overlap(0.0, 0)


def test_a_thinned_sketch_estimates_the_common_runs() -> None:
    part, whole = sketched(words(200)), sketched(words(900))
    assert (part.step, whole.step) == (1, 4)
    found = overlap(part, whole)
    assert found.share == 1.0
    assert found.common == pytest.approx(197, abs=50)


def test_few_common_hashes_of_thinned_sketches_say_nothing() -> None:
    assert overlap(sketched(words(8)), sketched(words(1_000))) == Overlap(0.0, 0)


def test_what_was_known_does_not_count() -> None:
    whole, known = runs(words(100)), runs(words(60))
    assert overlap(runs(words(60)), without(whole, [known])) == Overlap(0.0, 0)
    assert overlap(whole, without(whole, [known])).common == 40
    assert without(whole, [sketched(words(60))]) is whole


def test_a_thinned_sketch_of_known_text_thins_what_is_left() -> None:
    whole, known = sketched(words(100)), sketched(words(900))
    left = without(whole, [known])
    assert (left.step, len(left.hashes)) == (4, 0)


def test_contents_ask_first_for_what_wider_contents_keep_longest() -> None:
    """Else few lookups would not meet."""
    part, whole = runs(words(40)), runs(words(160))
    assert set(leading(part, 4)) <= set(leading(whole, 40))
    thin, thick = sketched(words(900)), sketched(words(150))
    assert set(leading(thick, 6)) <= set(leading(thin, 256))


def test_a_text_of_64_kb_is_cut_within_a_tenth_of_a_second() -> None:
    text = words(11_000)
    runs("warm up the powers of the base " + text[:9])
    before = time.process_time()
    assert runs(text).total > 9_000
    assert time.process_time() - before < 0.1


texts = st.lists(st.sampled_from(["a", "bb", "ccc", "dd", "e", "ff"]), max_size=60).map(" ".join)


@settings(max_examples=200, deadline=None)
@given(one=texts, two=texts)
def test_the_share_is_what_sets_of_runs_give(one: str, two: str) -> None:
    left, right = sketches.shingles(one), sketches.shingles(two)
    if len(left) < 1 or len(right) < 1:
        return
    found = overlap(runs(one), runs(two))
    assert found == Overlap(len(left & right) / len(left), len(left & right))


@settings(max_examples=200, deadline=None)
@given(text=st.text(max_size=200))
def test_any_text_can_be_cut(text: str) -> None:
    for found in _all(text):
        assert len(found.hashes) == found.total == len(np.unique(found.hashes))


TEXTS = st.one_of(
    st.text(max_size=80),
    st.lists(st.sampled_from(["one", "two", "drei", "vier", "\u4e00\u4e8c", "x!", ""])).map(
        " ".join
    ),
    st.text(alphabet="\u4e00\u4e8c\u4e09", max_size=40),
)


@settings(deadline=None)
@given(st.lists(TEXTS, max_size=8), st.integers(1, 9), st.binary(min_size=1, max_size=8))
def test_texts_hashed_together_have_the_runs_that_each_has_alone(
    texts: list[str], least: int, secret: bytes
) -> None:
    alone = [_all(text, least, b"alone" + secret) for text in texts]
    signals = [Signal(id=1, at=1.0, platform="x", kind="post", text=text) for text in texts]
    prepare_runs(signals, least, b"alone" + secret)
    together = [_all(text, least, b"alone" + secret) for text in texts]
    assert list(map(_told, alone)) == list(map(_told, together))


def _told(found: list[Runs]) -> list[tuple[int, list[int]]]:
    return [(one.total, one.hashes.tolist()) for one in found]
