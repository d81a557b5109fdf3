"""Which texts that met say the same: around a first text, one of each account."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.base import HOUR_S, Signal
from detectors.lives.tongue import tongue_of
from detectors.paraphrase.meeting import Post, meet
from detectors.paraphrase.stories import (
    MAX_CHARS,
    MAX_DRAFTS,
    OUTPUT,
    Story,
    Texts,
    pieces_of,
    readable,
    stories,
)
from tests.tongues import Dictionary, said, told

WORDS = 8


def posted(signals: Sequence[Signal]) -> list[Post]:
    return [Post(one.account, one.at, one.id, tongue_of(one)) for one in signals]


def stories_of(
    signals: Sequence[Signal],
    rows: Mapping[str, Sequence[Signal]],
    encoder: Dictionary | None = None,
) -> list[Story]:
    met = meet([(name, posted(found)) for name, found in rows.items()], HOUR_S)
    known = {one.id: one for one in signals}
    return stories(met, known, encoder or Dictionary(), 0.7, 3, WORDS)


def accounts(story: Story) -> list[str]:
    return [one.post.account for one in story.told]


def test_a_story_hangs_on_its_first_text_and_does_not_drift() -> None:
    """Each is near the one before it; the last is far from the first."""
    texts = [said("border", 0, language) for language in ("en", "es", "ru", "fr")]
    far = Dictionary({readable(texts[3]): 0.3})
    signals = [told(f"x:u{n}", text, n) for n, text in enumerate(texts)]
    (story,) = stories_of(signals, {"hashtag a": signals}, far)
    assert accounts(story) == ["x:u0", "x:u1", "x:u2"]


def test_an_account_counts_once_by_its_first_text() -> None:
    twice = ["x:u0", "x:u1", "x:u1", "x:u2"]
    tongues = ["en", "es", "fr", "ru"]
    signals = [
        told(who, said("food", 1, language), n)
        for n, (who, language) in enumerate(zip(twice, tongues, strict=True))
    ]
    (story,) = stories_of(signals, {"hashtag a": signals})
    assert [one.post.id for one in story.told] == [signals[n].id for n in (0, 1, 3)]


def test_no_text_is_in_two_stories() -> None:
    signals = [
        told(f"x:u{n}", said("food", 1, ("en", "es", "ru")[n % 3]), 1_500.0 * n) for n in range(9)
    ]
    found = stories_of(signals, {"hashtag a": signals})
    ids = [one.post.id for story in found for one in story.told]
    assert len(found) > 1
    assert len(ids) == len(set(ids))


def test_a_first_text_without_company_keeps_nobody_from_a_later_story() -> None:
    lonely = told("x:old", said("food", 1, "en"), 0.0)
    later = [told(f"x:u{n}", said("food", 1, language), 10.0 + n)
             for n, language in enumerate(("es", "ru", "fr"))]  # fmt: skip
    (story,) = stories_of([lonely, *later], {"hashtag a": [lonely], "hashtag b": later})
    assert accounts(story) == ["x:u0", "x:u1", "x:u2"]


def test_only_those_who_met_the_first_text_belong_to_it() -> None:
    signals = [
        told(f"x:u{n}", said("phone", 2, language), n)
        for n, language in enumerate(("en", "es", "ru", "pt"))
    ]
    rows = {"hashtag a": signals[:3], "url b": [signals[2], signals[3]]}
    (story,) = stories_of(signals, rows)
    assert accounts(story) == ["x:u0", "x:u1", "x:u2"]
    assert story.keys == ["hashtag a"]


def test_it_is_said_by_which_keys_they_met() -> None:
    signals = [
        told(f"x:u{n}", said("phone", 2, language), n)
        for n, language in enumerate(("en", "es", "ru"))
    ]
    rows = {"hashtag a": signals[:2], "url b": [signals[0], signals[2]], "url c": signals[1:]}
    (story,) = stories_of(signals, rows)
    assert story.keys == ["hashtag a", "url b"]


def test_an_output_of_many_lines_is_cut_into_its_first_drafts() -> None:
    line = said("energy", 0, "en")
    listed = "\n".join(f"{n}) {line} take {n}" for n in range(30))
    output = told("openai-api:org", listed, kind=OUTPUT)
    drafts = list(pieces_of(output, WORDS))
    assert drafts == [f"{line} take {n}" for n in range(MAX_DRAFTS)]
    assert len(list(pieces_of(told("x:u", listed), WORDS))) == 1


@pytest.mark.parametrize("text", ["", "#one #two", "too short to say much", "1. https://a.example"])
def test_what_says_nothing_is_near_nothing(text: str) -> None:
    empty, other = told("x:a", text), told("x:b", said("energy", 0, "en"))
    texts = Texts([empty, other], Dictionary(), WORDS)
    assert texts.nearness(empty.id, [other.id]) == [-1.0]
    assert texts.nearness(other.id, [empty.id, other.id]) == [-1.0, 1.0]
    assert texts.nearness(other.id, [empty.id]) == [-1.0]
    assert Texts([empty], Dictionary(), WORDS).nearness(empty.id, [99]) == [-1.0]


def test_without_any_text_nothing_is_encoded() -> None:
    encoder = Dictionary()
    Texts([told("x:a", "short")], encoder, WORDS)
    assert encoder.asked == []


@given(text=st.text(max_size=2_000))
def test_what_is_compared_is_bounded_and_can_be_written_as_utf_8(text: str) -> None:
    bare = readable(text)
    assert len(bare.encode()) <= 4 * MAX_CHARS
    assert bare == " ".join(bare.split()) or len(bare) == MAX_CHARS
