"""The table of translations and the worlds made from it."""

from __future__ import annotations

from itertools import combinations

import pytest

from bench import paraphrase
from bench.paraphrase import measure
from bench.worlds.translated import ANSWER, CLAIMS, LANGUAGES, sentences, world
from detectors import embeddings
from detectors.lives.tongue import is_other, tongue_of
from tests.tongues import Dictionary


def test_every_sentence_is_there_in_every_language() -> None:
    for half in sentences():
        places = {(one.topic, one.place) for one in half}
        assert len(places) == 6 * (ANSWER + 1)
        assert {(one.topic, one.place, one.language) for one in half} == {
            (*place, language) for place in places for language in LANGUAGES
        }
        assert len({one.text for one in half}) == len(half)


def test_the_halves_share_no_topic() -> None:
    tune, report = ({one.topic for one in half} for half in sentences())
    assert not tune & report


def test_only_campaigns_say_the_same_in_two_languages() -> None:
    half = sentences()[0]
    place = {one.text: (one.topic, one.place) for one in half}
    made = world(half, 1)
    assert len(made.campaigns) == 6 * len(CLAIMS)
    told = [(one.account, place[one.text.rpartition(" #")[0]]) for one in made.signals]
    same = {frozenset((a, b)) for (a, one), (b, two) in combinations(told, 2) if one == two}
    assert all(any(pair <= accounts for accounts in made.campaigns) for pair in same)


def test_the_desk_can_tell_the_languages_of_a_campaign_apart() -> None:
    made = world(sentences()[0], 1)
    tongues = {one.account: tongue_of(one) for one in made.signals}
    pairs = [pair for accounts in made.campaigns for pair in combinations(accounts, 2)]
    apart = sum(is_other(tongues[one], tongues[two]) for one, two in pairs)
    assert apart >= 0.5 * len(pairs)


def test_who_knows_all_meanings_finds_every_claim_and_nothing_else() -> None:
    (row, *_) = measure("tune", sentences()[0], Dictionary(), 1)
    assert (row["pair_recall"], row["false_pairs"]) == (1.0, 0)
    assert (row["claims_found"], row["accounts"], row["wrong"]) == (1.0, 1.0, 0)


def test_without_the_package_nothing_is_measured(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(embeddings, "installed", lambda: None)
    monkeypatch.setattr("sys.argv", ["paraphrase.py"])
    paraphrase.main()
    assert "nothing was measured" in capsys.readouterr().out
