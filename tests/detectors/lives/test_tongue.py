"""Scripts, languages and topics of short texts."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.base import Signal
from detectors.lives.tongue import TOPIC_WORDS, is_other, tongue_of, topic_of, worded
from tests.harness import T0


def tongue(text: str, **attributes: Any) -> str:
    return tongue_of(
        Signal(id=1, at=T0, platform="x", kind="post", text=text, attributes=attributes)
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("the match was good and you have not seen that", "latin:en"),
        ("das ist nicht gut und wir sind auch da", "latin:de"),
        ("los precios no son buenos pero están muy altos por la crisis", "latin:es"),
        ("les prix sont dans une crise pour nous", "latin:fr"),
        ("não é isso que você quer para os mais pobres", "latin:pt"),
        ("che cosa sono questo e quello della vita", "latin:it"),
        ("nie wiem czy to jest dobre dla nas", "latin:pl"),
        ("bu çok iyi bir gün için", "latin:tr"),
        ("het is niet van ons maar ook niet van hun", "latin:nl"),
        ("yang ini tidak untuk dijual dengan harga itu", "latin:id"),
        ("și nu este așa pentru că sunt mai multe", "latin:ro"),
        ("det är inte för att jag och du", "latin:sv"),
        ("Выборы президента", "cyrillic:"),
        ("السلام عليكم", "arabic:"),
        ("今日は天気がいい", "japanese:"),
        ("今天天气很好", "cjk:"),
        ("gm wagmi", "latin:"),
        ("https://site.example/the-and-of @the_and 123", ":"),
        ("123 !!", ":"),
        ("🙂🙂", ":"),
        ("", ":"),
    ],
)
def test_a_text_says_its_script_and_mostly_its_language(text: str, expected: str) -> None:
    assert tongue(text) == expected


@pytest.mark.parametrize(
    ("attributes", "language"),
    [
        ({"language": "pt-BR"}, "pt"),
        ({"lang": "PT_pt"}, "pt"),
        ({"language": ["pt"], "lang": "de"}, "de"),
        ({"language": "portuguese"}, "en"),
        ({"language": 7, "lang": None}, "en"),
        ({"language": "x" * 90_000}, "en"),
    ],
)
def test_the_word_of_the_sender_goes_before_the_table(
    attributes: dict[str, Any], language: str
) -> None:
    assert tongue("this is not that and you have it", **attributes) == f"latin:{language}"


@pytest.mark.parametrize(
    ("one", "two", "differ"),
    [
        ("latin:en", "latin:de", True),
        ("latin:en", "cyrillic:", True),
        ("latin:en", "latin:", False),
        ("latin:", "latin:de", False),
        ("cyrillic:", "cyrillic:uk", False),
        (":", "latin:de", False),
        (":en", "latin:de", True),
    ],
)
def test_only_what_is_known_on_both_sides_differs(one: str, two: str, differ: bool) -> None:
    assert is_other(one, two) is is_other(two, one) is differ


def test_tongues_are_worded_for_people() -> None:
    assert worded("latin:en") == "latin (en)"
    assert worded("cyrillic:") == "cyrillic script"


def test_texts_on_one_topic_share_words_and_links_do_not_count() -> None:
    one = topic_of("The election of the president https://site.example/president")
    two = topic_of("president wins ELECTION @president")
    assert set(two) & set(one) == set(two) & set(one) != set()
    assert topic_of("of it @election https://president.example/election") == ()


@given(st.text(max_size=900))
def test_any_text_has_a_tongue_and_a_bounded_topic(text: str) -> None:
    script, _, language = tongue(text).partition(":")
    assert script.isprintable()
    assert language.isprintable()
    assert len(topic_of(text)) <= TOPIC_WORDS
