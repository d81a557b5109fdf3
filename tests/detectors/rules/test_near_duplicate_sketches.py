"""D2 over sketches: the same findings without the texts, and nothing across keys."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors import sketches
from detectors.base import FindingDraft, Key, Signal, Tier
from detectors.minhash import BANDS
from detectors.rules.near_duplicate_text import NearDuplicateParams, NearDuplicateText
from tests.harness import T0, bag, largest_state, post, rewound, run

RULE = NearDuplicateText(b"secret")
DEFAULTS = NearDuplicateParams()
KEY = b"a key of sixteen bytes or more"
STORY = [f"word{n}" for n in range(60)]


def sketched(text: str, key_id: str = "ours", key: bytes = KEY) -> str:
    return sketches.sketch(text, key, key_id)


def variant(*places: int) -> str:
    """The story with other words at these places; 3 that stand alone make J 0.65."""
    return " ".join(f"other{n}" if n in places else word for n, word in enumerate(STORY))


def hidden(position: int, actor: str, *fingerprints: str, **more: Any) -> Signal:
    """A post whose text stays with its sender."""
    return post(position, actor, more.pop("text", ""), fingerprints=fingerprints, **more)


def find(signals: list[Signal], **params: Any) -> list[tuple[int, FindingDraft]]:
    return run(RULE, NearDuplicateParams(**params), signals)


def last(found: list[tuple[int, FindingDraft]]) -> FindingDraft:
    return found[-1][1]


@pytest.mark.row(88)
def test_three_accounts_with_one_hidden_text_are_found_at_the_third() -> None:
    found = find([hidden(n, f"a{n}", sketched(variant())) for n in range(3)])
    assert [position for position, _ in found] == [2]
    draft = last(found)
    assert draft.subjects == ("x:a0", "x:a1", "x:a2")
    assert draft.sentence == (
        "3 accounts on 1 platform, sketches only (the desk has not seen the text), 2 min, J 1.00"
    )
    assert (draft.llr, draft.tier, draft.anchor.type) == (3.0, Tier.OPENING, "text")
    assert draft.values["compared"] == "sketches"
    assert "words_changed" not in draft.values


@pytest.mark.row(88)
def test_three_of_sixty_words_changed_are_still_one_text() -> None:
    texts = [variant(), variant(9, 29, 49), variant(9, 29, 49)]
    draft = last(find([hidden(n, f"a{n}", sketched(text)) for n, text in enumerate(texts)]))
    assert draft.values["j_min"] == pytest.approx(45 / 69, abs=1e-4)
    assert draft.values["samples"] == [1, 2]
    rows = {row.name: (row.value, row.limit, row.unit, row.met) for row in draft.conditions}
    assert rows["lowest similarity"] == (0.6522, 0.6, "Jaccard", True)
    assert rows["smallest sketch"] == (57, 10, "hashes", True)
    assert draft.llr == 3.0
    assert draft.links == ((0, 1, 2.0), (0, 2, 3.0), (1, 2, 2.0))


def test_more_words_changed_are_weaker_variants() -> None:
    texts = [variant(), variant(9, 19, 29, 39, 49), variant(), variant()]
    draft = last(find([hidden(n, f"a{n}", sketched(text)) for n, text in enumerate(texts)]))
    assert draft.subjects == ("x:a0", "x:a2", "x:a3")


@pytest.mark.row(88)
@pytest.mark.parametrize(
    ("key_id", "key"),
    [("theirs", KEY), ("ours", b"another circle's key"), ("theirs", b"another circle's key")],
)
def test_a_sketch_under_another_key_matches_nothing(key_id: str, key: bytes) -> None:
    signals = [hidden(n, f"a{n}", sketched(variant())) for n in range(2)]
    signals += [hidden(2 + n, f"b{n}", sketched(variant(), key_id, key)) for n in range(2)]
    assert find(signals) == []
    assert len(last(find([*signals, hidden(9, "c", sketched(variant()))])).subjects) == 3


def test_while_keys_rotate_either_sketch_matches() -> None:
    old, new = sketched(variant(), "old"), sketched(variant(), "new", b"the key of the next month")
    signals = [hidden(0, "a", old), hidden(1, "b", new, old), hidden(2, "c", new, old)]
    assert last(find(signals)).subjects == ("x:a", "x:b", "x:c")
    signals[0] = hidden(0, "a", new)
    assert last(find(signals)).subjects == ("x:a", "x:b", "x:c")


def test_sketches_and_texts_are_not_compared_with_each_other() -> None:
    signals = [hidden(n, f"a{n}", sketched(variant())) for n in range(2)]
    assert find([*signals, post(2, "b", variant())]) == []


def test_a_signal_with_a_text_is_compared_by_it() -> None:
    """A sketch beside another text is its sender's mistake, or a trap."""
    signals = [hidden(n, f"a{n}", sketched(variant()), text=variant()) for n in range(3)]
    draft = last(find(signals))
    assert (draft.values["compared"], draft.values["words_changed"]) == ("texts", 0)
    others = [" ".join(f"{n}th-{word}" for word in STORY) for n in range(3)]
    assert find([hidden(n, f"a{n}", sketched(variant()), text=others[n]) for n in range(3)]) == []


def test_a_text_too_short_to_compare_leaves_it_to_the_sketch() -> None:
    signals = [hidden(n, f"a{n}", sketched(variant()), text="see below") for n in range(3)]
    assert last(find(signals)).values["compared"] == "sketches"


def test_tiny_sketches_match_nothing() -> None:
    short = sketched(" ".join(STORY[:12]))
    forged = "afp1:ours:65536:300:" + sketched(" ".join(STORY[:4])).rpartition(":")[2]
    for one in (short, sketched("hi"), forged, "mh1:abc", "afp1:ours:1:0:"):
        assert find([hidden(n, f"a{n}", one) for n in range(9)]) == []
    enough = sketched(" ".join(STORY[:13]))
    assert len(last(find([hidden(n, f"a{n}", enough) for n in range(3)])).subjects) == 3
    assert find([hidden(n, f"a{n}", enough) for n in range(3)], min_hashes=11) == []


def test_near_copies_of_a_long_text_match_whatever_was_kept_of_each() -> None:
    long = [f"word{n}" for n in range(256)]
    texts = [" ".join([*long, *(f"more{n}" for n in range(extra))]) for extra in (0, 2, 8)]
    steps = {sketches.parse(sketched(text)).step for text in texts}
    draft = last(find([hidden(n, f"a{n}", sketched(text)) for n, text in enumerate(texts)]))
    assert steps == {1, 4}
    assert len(draft.subjects) == 3


def test_a_common_hidden_text_is_taken_back() -> None:
    signals = [hidden(n, f"a{n:03}", sketched(variant())) for n in range(30)]
    assert last(find(signals, common_floor=20, population=1_000)).lapsed


def test_a_hundred_fingerprints_touch_no_more_keys_than_two() -> None:
    many = tuple(sketched(variant(n), f"key-{n}") for n in range(60))
    assert len(list(RULE.keys(hidden(0, "a", *many), DEFAULTS))) == 2 * BANDS


def test_state_stays_small_under_a_flood_of_large_sketches() -> None:
    long = [f"word{n}" for n in range(259)]
    signals = []
    for n in range(300):
        words = list(long)
        words[n % 259] = f"other{n}"
        signals.append(hidden(n, f"a{n}", sketched(" ".join(words))))
    states: dict[Key, Any] = {}
    run(RULE, DEFAULTS, signals, states=states)
    assert largest_state(states) < 120_000
    assert rewound(RULE, states) == states


contents = st.sampled_from(
    [sketched(variant()), sketched(variant(5)), sketched(variant(5, 40)), sketched("x y z"), "bad"]
)
streams = st.lists(
    st.tuples(st.integers(0, 9), contents, st.integers(0, 200_000)), min_size=1, max_size=40
)


@settings(max_examples=40, deadline=None)
@given(stream=streams, shards=st.sampled_from([2, 3, 16]))
def test_any_number_of_shards_gives_the_same_findings(
    stream: list[tuple[int, str, int]], shards: int
) -> None:
    signals = [hidden(n, f"a{who}", one, at=T0 + at) for n, (who, one, at) in enumerate(stream)]
    assert bag(run(RULE, DEFAULTS, signals)) == bag(run(RULE, DEFAULTS, signals, shards=shards))
