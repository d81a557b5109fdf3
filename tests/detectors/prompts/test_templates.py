"""Templates of prompts: what a program fills in does not count, what a person words does."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors import minhash
from detectors.base import Signal
from detectors.comparables import measured
from detectors.minhash import jaccard
from detectors.prompts.templates import (
    SIGNATURE_BYTES,
    Template,
    likeness,
    of_text,
    prepare_templates,
    template_of,
    wording,
)

WORDS = [f"{'abcdefghij'[n // 10]}ore{'klmnopqrst'[n % 10]}u" for n in range(100)]


def words(*changed: int, size: int = 60) -> str:
    return " ".join(word[::-1] if n in changed else word for n, word in enumerate(WORDS[:size]))


def named(text: str) -> Template:
    found = of_text(text)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("Sum up 12 pages for me", "Sum up 4,096.50 pages for me"),
        ('Reply to "hi, all" as a friend', "Reply to \u201cbye\u201d as a friend"),
        ("Praise the shop of Mary Ann Lee today", "Praise the shop of Bob today"),
        ("Read https://a.example/x?y=1 and rate it", "Read hxxps://b.example and rate it"),
        ("Explain `x = 1` to a child", "Explain `import os\nos.exit()` to a child"),
        ("Tell @anna what's new", "Tell @bob_2 what's new"),
        ("Say it in French, \u00abmerci\u00bb", "Say it in Italian, \u00abgrazie\u00bb"),
    ],
)
def test_what_is_filled_in_does_not_count(one: str, two: str) -> None:
    assert wording(one) == wording(two)


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("Write a poem about rain", "Write a story about rain"),
        ("don't stop, it's fine and he's here", "don't go, it's fine and he's here"),
        ("Summarise this. Then stop.", "Translate this. Then stop."),
    ],
)
def test_what_is_worded_counts(one: str, two: str) -> None:
    assert wording(one) != wording(two)


def test_look_alike_letters_and_case_are_one_wording() -> None:
    plain = words()
    assert named(plain.upper()) == named(plain.replace("o", "\u043e")) == named(plain)


@pytest.mark.parametrize(
    "text", ["", "hello", "1 2 3 " * 100, '"a" ' * 100, "a b c d e f", "\u200b" * 99]
)
def test_too_little_is_no_template(text: str) -> None:
    assert of_text(text) is None


@pytest.mark.parametrize("changed", [(), (5,), (5, 25, 45), tuple(range(0, 60, 4))])
def test_signatures_estimate_jaccard(changed: tuple[int, ...]) -> None:
    one, two = words(), words(*changed)
    exact = jaccard(measured(wording(one)).hashes, measured(wording(two)).hashes)
    assert likeness(named(one).signature, named(two).signature) == pytest.approx(exact, abs=0.12)
    assert len(named(one).signature) == SIGNATURE_BYTES


@pytest.mark.parametrize("piece", ['"', "'", "a 'b", "`", "1.", "a Bb ", "\u201c", "https://", "@"])
def test_hostile_text_takes_bounded_time(piece: str) -> None:
    text = (piece * 65_536)[:65_536]
    started = time.perf_counter()
    wording(text)
    assert time.perf_counter() - started < 1


@given(st.text(max_size=300))
def test_any_text_has_a_wording_that_is_its_own(text: str) -> None:
    found = of_text(text)
    assert found is None or (found.space == "" and len(found.signature) == SIGNATURE_BYTES)
    assert of_text(text) == found


def test_prompts_named_together_are_named_as_each_is_alone() -> None:
    texts = [words(n, size=20 + n) + f" together {'z' * n}" for n in range(12)]
    signals = [
        Signal(id=n, at=1.0, platform="ai", kind="ai.request", text=text)
        for n, text in enumerate([*texts, "", "too short"])
    ]
    prepare_templates(signals)
    for text in texts:
        plain = wording(text)
        alone = (minhash.signature(minhash.shingle_hashes(plain)) >> np.uint64(20)).astype("<u2")
        assert named(text).signature == alone.tobytes()
    assert [template_of(signal) for signal in signals[-2:]] == [None, None]
