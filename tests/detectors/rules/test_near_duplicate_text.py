"""D2: one text in small variations is one finding; what people copy by themselves is none."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.base import Family, FindingDraft, Key, Score, Signal, Tier, Told
from detectors.engine import run_all
from detectors.recompute import score_again
from detectors.rules.near_duplicate_text import NearDuplicateParams, NearDuplicateText
from detectors.text_clusters import GUESTS, MAX_CLUSTERS, MAX_TEXTS, Bucket
from tests.harness import T0, bag, largest_state, post, rewound, run

STORY = (
    "The council will close the river bridge next week and nobody asked the people who live here,"
    " so come to the square on friday evening and bring your neighbours, your children and a lamp"
)
RULE = NearDuplicateText(b"secret")
DEFAULTS = NearDuplicateParams()


def variant(number: int) -> str:
    """The story with one word changed; J to the story about 0.93, between variants 0.87."""
    words = STORY.split()
    words[number % len(words)] = f"swap{number}"
    return " ".join(words)


def other_text(number: int) -> str:
    """A text that has nothing to do with any other."""
    return " ".join(f"w{number}x{place * 7919 % 1_000}q{number * place}" for place in range(14))


def last(found: list[tuple[int, FindingDraft]]) -> FindingDraft:
    return found[-1][1]


def find(signals: list[Signal], **params: Any) -> list[tuple[int, FindingDraft]]:
    return run(RULE, NearDuplicateParams(**params), signals)


def test_three_accounts_with_one_text_are_found_at_the_third() -> None:
    found = find([post(n, f"a{n}", STORY) for n in range(3)])
    assert [position for position, _ in found] == [2]
    draft = last(found)
    assert draft.subjects == ("x:a0", "x:a1", "x:a2")
    assert draft.signal_ids == (1, 2, 3)
    assert draft.sentence == "3 accounts on 1 platform, same words, 2 min, J 1.00"
    assert (draft.llr, draft.tier, draft.links, draft.family) == (3.0, Tier.OPENING, (), None)
    assert RULE.meta.family is Family.CONTENT


def test_small_changes_on_two_platforms_are_told_with_their_numbers() -> None:
    signals = [
        post(0, "a", STORY),
        post(1, "b", STORY.replace("river", "old"), platform="telegram"),
        post(2, "c", STORY.replace("a lamp", "a light"), platform="telegram"),
        post(3, "d", STORY),
        post(40, "e", STORY.replace("river", "old")),
    ]
    draft = max((one for _, one in find(signals)), key=lambda one: len(one.subjects))
    assert draft.subjects == ("telegram:b", "telegram:c", "x:a", "x:d", "x:e")
    assert draft.sentence == "5 accounts on 2 platforms, 1 word changed, 40 min, J 0.92-1.00"
    assert draft.values["samples"] == [1, 2, 3]
    assert draft.values["platforms"] == ["telegram", "x"]
    assert draft.values["minutes"] == 40
    assert draft.llr == 3.0


def test_every_draft_shows_what_was_compared() -> None:
    draft = last(find([post(n, f"a{n}", STORY) for n in range(3)]))
    rows = {row.name: (row.value, row.op, row.limit, row.met) for row in draft.conditions}
    assert rows["accounts"] == (3, ">=", 3, True)
    assert rows["lowest similarity"] == (1.0, ">=", 0.8, True)
    assert rows["not common"] == (3, "<=", 250, True)
    assert rows["shortest text"][3]
    assert draft.constants == {"population": 100_000, "common_limit": 250}


def test_looser_copies_weigh_less() -> None:
    words = STORY.split()
    loose = [" ".join(words[: len(words) - cut] + ["and"] * cut) for cut in (0, 5, 7)]
    found = find([post(n, f"a{n}", text) for n, text in enumerate(loose)], j_alert=0.6)
    draft = last(found)
    assert 0.6 <= draft.values["j_min"] < 0.9
    assert draft.llr == 2.0


def test_a_loose_copy_does_not_weaken_the_exact_ones() -> None:
    loose = " ".join(STORY.split()[:-5])
    signals = [post(n, f"a{n}", STORY) for n in range(4)] + [post(4, "z", loose)]
    draft = max((one for _, one in find(signals)), key=lambda one: len(one.subjects))
    weights = {(a, b): llr for a, b, llr in draft.links}
    assert draft.subjects[-1] == "x:z"
    assert weights[0, 1] == weights[2, 3] == 3.0
    assert weights[0, 4] == weights[3, 4] == 2.0


def test_disguised_copies_are_seen() -> None:
    disguised = [
        STORY.upper(),
        STORY.replace("o", "\u043e").replace("a", "\u0430"),
        STORY.replace("bridge", "br\u200bid\u200bge"),
        f"@someone {STORY} https://t.co/abc123",
        f"{STORY} hxxps://evil.example/x",
    ]
    found = find([post(n, f"a{n}", text) for n, text in enumerate(disguised)])
    assert len(last(found).subjects) == 5
    assert last(found).values["words_changed"] == 0


def test_a_cluster_of_exact_copies_is_one_finding() -> None:
    found = find([post(n, f"a{n}", STORY) for n in range(30)])
    assert len({draft.anchor for _, draft in found}) == 1
    assert [len(draft.subjects) for _, draft in found] == list(range(3, 31))


def test_growth_is_told_at_every_account_below_50_then_at_each_tenth() -> None:
    found = find([post(n, f"a{n:03}", STORY) for n in range(120)])
    sizes = [len(draft.subjects) for _, draft in found]
    assert sizes == [*range(3, 50), 54, 60, 66, 73, 81, 90, 99, 109, 120]


def test_a_pair_of_texts_is_told_by_one_band_only() -> None:
    found = find([post(n, f"a{n}", variant(n)) for n in range(12)])
    last_of = {draft.anchor: draft for _, draft in found}
    assert len(last_of) <= 6
    assert {name for draft in last_of.values() for name in draft.subjects} == {
        f"x:a{n}" for n in range(12)
    }


def test_variants_of_one_text_do_not_pass_for_several_texts() -> None:
    """The fusion counts anchors up to the slash; two accounts with three of them weigh more."""
    one, many = (
        {draft.anchor.value for _, draft in find([post(n, f"a{n:02}", text) for n, text in made])}
        for made in (
            [(n, variant(n)) for n in range(50)],
            [(n, other_text(n // 5)) for n in range(50)],
        )
    )
    assert len(one) >= 4
    roots = {name.split("/")[1] for name in one}
    assert len({name.partition("/")[0] for name in one}) < len(roots)
    assert len({name.partition("/")[0] for name in many}) == len(many) == 10


def test_a_band_that_spoke_is_silent_about_accounts_that_another_band_tells() -> None:
    """Ten variants, then copies of the first text: those belong to its first band alone."""
    variants = [post(n, f"v{n}", variant(n)) for n in range(1, 11)]
    copies = [post(n, f"z{n}", STORY) for n in range(11, 41)]
    told: dict[Key, list[str]] = {}
    for _, draft in find([post(0, "v0", STORY), *variants, *copies]):
        told.setdefault(draft.anchor, []).append(draft.sentence)
    first, *others = sorted(map(len, told.values()), reverse=True)
    assert first >= 30
    assert others
    assert max(others) <= len(variants)


@pytest.mark.row(16)
def test_fifty_accounts_with_rewritten_texts_are_all_found() -> None:
    found = find([post(n, f"sock{n:02}", variant(n)) for n in range(50)])
    assert {name for _, draft in found for name in draft.subjects} == {
        f"x:sock{n:02}" for n in range(50)
    }


def test_one_account_that_repeats_itself_is_nothing() -> None:
    assert find([post(n, "a", variant(n % 3)) for n in range(30)]) == []


def test_two_accounts_are_nothing_by_default_and_only_support_when_asked_for() -> None:
    signals = [post(0, "a", STORY), post(1, "b", STORY)]
    assert find(signals) == []
    assert last(find(signals, min_accounts=2)).tier is Tier.SUPPORTING


def test_short_texts_are_not_compared() -> None:
    short = [
        "good morning everybody",
        "https://t.co/x @a @b @c @d @e @f @g @h @i @j",
        "gooooood " * 5,
    ]
    for text in short:
        assert find([post(n, f"a{n}", text) for n in range(9)]) == []


def test_a_script_without_spaces_counts_characters_as_words() -> None:
    text = "\u6211\u4eec\u660e\u5929\u665a\u4e0a\u5728\u5e7f\u573a\u89c1\u9762" * 4
    assert len(last(find([post(n, f"a{n}", text) for n in range(3)])).subjects) == 3


def test_shares_are_not_copies() -> None:
    signals = [post(n, f"a{n}", STORY, kind="repost") for n in range(5)]
    signals += [post(9 + n, f"b{n}", f"RT @origin: {STORY}") for n in range(5)]
    assert find(signals) == []


def test_texts_that_differ_are_not_joined() -> None:
    assert find([post(n, f"a{n}", other_text(n)) for n in range(60)]) == []


def test_a_form_letter_with_own_words_stays_below_the_limit() -> None:
    frame = "Dear sir or madam, I write to you because of {} and I ask you to {} without delay."
    own = [("the noise at night", "send a patrol"), ("my lost parcel", "refund the whole price")]
    own.append(("a bill that I never ordered", "close the account"))
    assert find([post(n, f"a{n}", frame.format(*one)) for n, one in enumerate(own)]) == []


def test_a_common_text_is_taken_back_once_and_stays_silent() -> None:
    signals = [post(n, f"a{n:03}", STORY) for n in range(60)]
    found = find(signals, common_floor=20, population=1_000)
    assert [draft.lapsed for _, draft in found] == [False] * 18 + [True]
    assert len({draft.anchor for _, draft in found}) == 1
    assert last(found).sentence.startswith("More than 20 accounts post this text")


def test_the_common_limit_follows_the_population() -> None:
    assert NearDuplicateParams(population=600_000).common_limit == 600
    assert NearDuplicateParams(population=1_000).common_limit == 250
    assert NearDuplicateParams(population=10**9).common_limit == 1_000


def test_accounts_far_apart_in_time_do_not_add_up() -> None:
    day = 86_400.0
    signals = [post(n, f"a{n}", STORY, at=T0 + n * 0.6 * day) for n in range(4)]
    assert find(signals) == []
    assert len(last(find(signals, window_h=48)).subjects) == 4


@pytest.mark.parametrize("second", [STORY, variant(1)])
def test_the_newest_post_of_an_account_counts(second: str) -> None:
    """Three accounts within a day, the first of which had posted the day before, too."""
    told = [(0, "a", STORY), (10, "b", STORY), (20, "a", second), (30, "c", STORY)]
    signals = [post(n, who, text, at=T0 + h * 3_600) for n, (h, who, text) in enumerate(told)]

    draft = last(find(signals))

    assert draft.subjects == ("x:a", "x:b", "x:c")
    assert (draft.last_at - draft.first_at) / 3_600 == 20


def test_one_account_that_repeats_itself_is_remembered_by_its_newest_post() -> None:
    told = [(0, "a"), (20, "a"), (25, "b"), (30, "c")]
    signals = [post(n, who, STORY, at=T0 + h * 3_600) for n, (h, who) in enumerate(told)]

    assert last(find(signals)).signal_ids == (2, 3, 4)


def test_a_found_cluster_keeps_growing_while_it_does_not_rest() -> None:
    times = [0, 1, 2, 20, 40, 60, 90]
    signals = [post(n, f"a{n}", STORY, at=T0 + hour * 3_600) for n, hour in enumerate(times)]
    assert [len(draft.subjects) for _, draft in find(signals)] == [3, 4, 5, 6]


def test_weaker_variants_are_counted_but_not_named() -> None:
    weak = [variant(3 * n) for n in range(8)]
    texts = [STORY, *weak, STORY, STORY]
    draft = last(find([post(n, f"a{n}", text) for n, text in enumerate(texts)], j_alert=0.98))
    story = {"x:a0", "x:a9", "x:a10"}
    assert story == set(draft.subjects)
    assert 1 <= draft.values["weaker_texts"] <= 8


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "\u200b" * 100,
        "a" * 65_536,
        "lorem ipsum " * 5_461,
        "\U0001f600 \u0644\u0627 \ufdfa \U000e0041 \u1160" * 300,
        "".join(chr(0x20 + n * 37 % 0xD000) for n in range(20_000)),
    ],
)
def test_odd_texts_do_no_harm(text: str) -> None:
    states: dict[Key, Any] = {}
    run(RULE, DEFAULTS, [post(n, f"a{n}", text) for n in range(4)], states=states)
    run(RULE, DEFAULTS, [post(n, "", text) for n in range(4)], states=states)
    assert rewound(RULE, states) == states


def test_a_long_article_is_compared_by_its_beginning() -> None:
    article = " ".join(other_text(n) for n in range(300))
    found = find([post(n, f"a{n}", f"{article} {n}") for n in range(3)])
    assert len(last(found).subjects) == 3


def test_state_stays_small_under_a_flood() -> None:
    signals = [post(n, f"a{n}", variant(n % 400), at=T0 + n) for n in range(3_000)]
    states: dict[Key, Any] = {}
    run(RULE, NearDuplicateParams(population=10**9, common_floor=1_000), signals, states=states)
    clusters = [one for state in states.values() for one in state.clusters or []]
    assert max(len(one.accounts) for one in clusters) <= 1_000
    assert max(len(one.texts) for one in clusters) <= MAX_TEXTS
    assert max(len(state.clusters or []) for state in states.values()) <= MAX_CLUSTERS
    guests = [one for one in clusters if not one.owned]
    assert max((len(one.accounts) for one in guests), default=0) <= GUESTS
    assert largest_state(states) < 120_000


def test_a_restart_in_the_middle_changes_nothing() -> None:
    signals = [post(n, f"a{n}", variant(n % 5)) for n in range(20)]
    whole = run(RULE, DEFAULTS, signals)
    states: dict[Key, Any] = {}
    first = run(RULE, DEFAULTS, signals[:9], states=states)
    second = run(RULE, DEFAULTS, signals[9:], states=rewound(RULE, states))
    assert bag(first) + bag(second) == bag(whole[: len(first)]) + bag(
        [(position - 9, draft) for position, draft in whole[len(first) :]]
    )


texts = st.sampled_from([STORY, *(variant(n) for n in range(6)), other_text(1), "short", ""])
streams = st.lists(
    st.tuples(st.integers(0, 9), texts, st.integers(0, 200_000)), min_size=1, max_size=40
)


@settings(max_examples=40, deadline=None)
@given(stream=streams, shards=st.sampled_from([2, 3, 16]))
def test_any_number_of_shards_gives_the_same_findings(
    stream: list[tuple[int, str, int]], shards: int
) -> None:
    signals = [post(n, f"a{who}", text, at=T0 + at) for n, (who, text, at) in enumerate(stream)]
    assert bag(run(RULE, DEFAULTS, signals)) == bag(run(RULE, DEFAULTS, signals, shards=shards))


@settings(max_examples=200, deadline=None)
@given(stream=streams)
def test_what_stands_comes_out_again_of_what_it_cites(stream: list[tuple[int, str, int]]) -> None:
    ordered = sorted(stream, key=lambda one: one[2])
    signals = [post(n, f"a{who}", text, at=T0 + at) for n, (who, text, at) in enumerate(ordered)]
    told = {one.draft.anchor: one.draft for one in run_all(RULE, DEFAULTS, signals)}

    for anchor, draft in told.items():
        cited = [one for one in signals if one.id in draft.signal_ids]
        record = Told(anchor, draft.subjects, draft.values, draft.constants)
        found = score_again(NearDuplicateText, DEFAULTS, record, cited)
        assert draft.lapsed or found == Score(draft.score, draft.llr, draft.subjects)


def test_an_untouched_bucket_is_empty() -> None:
    assert Bucket() == Bucket()
    assert RULE.keep_s(Key("text-band", "x"), NearDuplicateParams(window_h=2)) == 7_200
