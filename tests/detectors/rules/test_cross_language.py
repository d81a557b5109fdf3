"""One story in several languages: which accounts told it, and what only looks like it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from detectors import embeddings
from detectors.base import DAY_S, HOUR_S, MINUTE_S, Family, FindingDraft, Key, Signal, Tier, Told
from detectors.engine import Runner, run_all
from detectors.paraphrase.meeting import EACH, MAX_KEYS, MAX_POSTS
from detectors.paraphrase.params import ParaphraseParams
from detectors.paraphrase.stories import readable
from detectors.rules.cross_language import CrossLanguage
from detectors.schema import Ai
from tests.harness import T0, largest_state, run
from tests.tongues import Dictionary, said, told

RULE = CrossLanguage(encoder=Dictionary())
DEFAULTS = ParaphraseParams()
LANGUAGES = ("en", "es", "ru", "de")


def claim(language: str, place: int = 0, topic: str = "water", tag: str = "#river") -> str:
    return f"{said(topic, place, language)} {tag}"


def story(languages: Sequence[str] = LANGUAGES, step: float = 10 * MINUTE_S) -> list[Signal]:
    """One claim, one account a language, on two platforms by turns."""
    return [
        told(f"{('x', 'telegram')[n % 2]}:u{n}", claim(language), n * step)
        for n, language in enumerate(languages)
    ]


def find(
    signals: Sequence[Signal], of: int = 1, rule: CrossLanguage = RULE, **params: Any
) -> list[FindingDraft]:
    """What holds after the last tick."""
    ordered = sorted(signals, key=lambda one: one.place)
    found = run_all(rule, ParaphraseParams(**params), ordered, of=of)
    return [one.draft for one in found if one.at == ordered[-1].at]


def test_one_claim_in_four_languages_is_one_story_of_four_accounts() -> None:
    signals = story()
    (draft,) = find(signals)
    assert draft.subjects == ("telegram:u1", "telegram:u3", "x:u0", "x:u2")
    assert draft.sentence == (
        "4 accounts on 2 platforms wrote the same in cyrillic script, latin (en), latin (es) and "
        "1 more, 30 min, cosine 1.00, met by hashtag river"
    )
    assert (draft.score, draft.llr, draft.tier) == (1.0, 1.5, Tier.SUPPORTING)
    assert RULE.meta.family == Family.CONTENT
    assert draft.signal_ids == tuple(one.id for one in signals)
    assert [(one["signal"], one["after_s"]) for one in draft.values["posts"]] == [
        (one.id, n * 600.0) for n, one in enumerate(signals)
    ]
    rows = {row.name: (row.value, row.op, row.limit, row.met) for row in draft.conditions}
    assert rows == {
        "people that wrote it": (4, ">=", 3, True),
        "languages or scripts": (4, ">=", 2, True),
        "lowest cosine to the first text": (1.0, ">=", 0.7, True),
        "time after the first text": (0.5, "<=", 24, True),
    }


def test_a_story_only_supports_however_many_tell_it() -> None:
    signals = [told(f"x:u{n}", claim(LANGUAGES[n % 4]), n * 60.0) for n in range(40)]
    (draft,) = find(signals)
    assert len(draft.subjects) == 40
    assert (draft.tier, draft.llr) == (Tier.SUPPORTING, 1.5)
    assert {llr for *_, llr in draft.links} == {1.5}


def test_only_accounts_that_told_it_in_different_languages_are_linked() -> None:
    """Copies in one language are what near-duplicate-text speaks of."""
    signals = story(("en", "en", "es", "es"))
    (draft,) = find(signals)
    tongue = {f"{one.platform}:{one.actor}": n // 2 for n, one in enumerate(signals)}
    pairs = {(draft.subjects[low], draft.subjects[high]) for low, high, _ in draft.links}
    assert len(pairs) == 4
    assert all(tongue[one] != tongue[two] for one, two in pairs)


def test_everybody_in_a_large_story_is_linked() -> None:
    signals = [told(f"x:u{n}", claim("es" if n == 20 else "en"), n * 60.0) for n in range(40)]
    (draft,) = find(signals)
    odd = draft.subjects.index("x:u20")
    assert any({low, high} == {odd, draft.subjects.index("x:u0")} for low, high, _ in draft.links)
    assert all(odd in (low, high) for low, high, _ in draft.links)


@pytest.mark.parametrize(
    "shared",
    [
        {"raw_urls": ("https://harbour.example/report",)},
        {"objects": ("reply-to:x-1234",)},
        {"objects": ("target:@mayor",)},
        {"identifier_map": {"device": "d" * 20}},
        {"identifier_map": {"ip": "198.51.100.7"}},
    ],
    ids=["link", "answered", "target", "device", "address"],
)
def test_texts_meet_by_whatever_they_share_in_any_language(shared: dict[str, Any]) -> None:
    texts = [claim(language, tag="") for language in LANGUAGES]
    assert find([told(f"x:u{n}", text, n * 60.0) for n, text in enumerate(texts)]) == []
    (draft,) = find([told(f"x:u{n}", text, n * 60.0, **shared) for n, text in enumerate(texts)])
    assert len(draft.subjects) == 4


def test_the_sentence_keeps_private_things_to_itself() -> None:
    signals = [
        told(f"x:u{n}", claim(language, tag=""), n, identifier_map={"email": "rosa@a.example"})
        for n, language in enumerate(LANGUAGES)
    ]
    (draft,) = find(signals)
    assert draft.sentence.endswith("met by the same email")


def test_a_shared_name_in_the_text_brings_texts_together() -> None:
    signals = [
        told(f"x:u{n}", claim(language, tag="@mayor_of_brinewick"), n * 60.0)
        for n, language in enumerate(LANGUAGES)
    ]
    assert len(find(signals)) == 1


def test_each_draft_of_an_ai_output_is_compared() -> None:
    drafts = [claim("en", 1), claim("en", 0), claim("en", 2)]
    listed = "Here are three posts:\n\n" + "\n".join(f"{n}. {one}" for n, one in enumerate(drafts))
    wrote = told("openai-api:", listed, kind="ai.response", ai=Ai(key="k-17"))
    posts = [told(f"x:u{n}", claim(("es", "ru")[n]), 600.0 + n) for n in range(2)]
    (draft,) = find([wrote, *posts])
    assert draft.subjects == ("openai-api:k-17", "x:u0", "x:u1")
    refused = msgspec.structs.replace(wrote, ai=Ai(key="k-17", refused=True))
    assert find([refused, *posts]) == []


def test_different_claims_under_one_hashtag_are_different_stories() -> None:
    signals = [
        told(f"x:u{place}{language}", claim(language, place), 60.0 * n)
        for n, (place, language) in enumerate((p, lang) for p in (0, 1) for lang in LANGUAGES)
    ]
    assert sorted(draft.subjects[0][-3] for draft in find(signals)) == ["0", "1"]


def test_people_who_say_different_things_about_one_topic_are_no_story() -> None:
    languages = ("en", "es", "fr", "de", "pt", "ru")
    assert find([told(f"x:u{n}", claim(one, n), n * 60.0) for n, one in enumerate(languages)]) == []


def test_copies_in_one_language_are_no_story() -> None:
    assert find(story(("en",) * 6)) == []


def test_a_person_who_writes_in_several_languages_is_no_story() -> None:
    alone = [told("x:rosa", claim(language), n * 60.0) for n, language in enumerate(LANGUAGES)]
    assert find(alone) == []
    everywhere = [
        told(f"{platform}:Rosa", claim(language), n * 60.0)
        for n, (platform, language) in enumerate(zip("abcd", LANGUAGES, strict=True))
    ]
    assert find(everywhere) == []


def test_two_accounts_are_too_few() -> None:
    assert find(story(("en", "es"))) == []
    assert len(find(story(("en", "es")), min_accounts=2)) == 1


def test_greetings_are_too_short_to_compare() -> None:
    greetings = (
        "Happy new year, dear friends",
        "Feliz año nuevo, queridos amigos",
        "Frohes neues Jahr, liebe Freunde",
    )
    signals = [told(f"x:u{n}", f"{text} #2027", n * 60.0) for n, text in enumerate(greetings)]
    assert find(signals) == []
    assert list(RULE.keys(signals[0], DEFAULTS)) == []


def test_what_very_many_accounts_share_brings_nobody_together() -> None:
    crowd = [told(f"x:fan{n}", claim("en", 3), n) for n in range(51)]
    assert find([*crowd[:46], *story()])
    assert find([*crowd, *story()]) == []
    assert len(find([*crowd, *story()], common=100)) == 1


def test_a_translation_a_day_later_is_no_part_of_it() -> None:
    late = told("x:late", claim("fr"), 25 * HOUR_S)
    (draft,) = find([*story(), late])
    assert "x:late" not in draft.subjects
    (draft,) = find([*story(), late], window_h=48)
    assert "x:late" in draft.subjects


def test_a_text_that_is_not_near_enough_is_left_out() -> None:
    free, near = claim("de"), claim("ru")
    meanings = Dictionary({readable(free): 0.69, readable(near): 0.74})
    (draft,) = find(story(), rule=CrossLanguage(encoder=meanings))
    assert draft.subjects == ("telegram:u1", "x:u0", "x:u2")
    assert draft.score == pytest.approx(0.74, abs=0.001)
    (draft,) = find(story(), rule=CrossLanguage(encoder=meanings), cosine=0.6)
    assert len(draft.subjects) == 4


def test_links_and_hashtags_are_no_part_of_what_is_compared() -> None:
    """They are what brought the texts together: they would make any two of them alike."""
    assert readable("3. Read https://a.example/x NOW #water @rosa hxxp://b.example") == "Read NOW"
    assert readable("THE TOWN HID IT #water") == "the town hid it"
    assert readable("the\u200b town\u202e hid\n it") == "the town hid it"


def test_a_finding_is_scored_again_from_its_signals() -> None:
    signals = story()
    (draft,) = find(signals)
    values = json.loads(json.dumps(msgspec.to_builtins(draft.values)))
    record = Told(draft.anchor, draft.subjects, values, {})
    again = RULE.score_again(record, signals[::-1], DEFAULTS)
    assert again is not None
    assert (again.score, again.llr, again.subjects) == (draft.score, draft.llr, draft.subjects)
    other = msgspec.structs.replace(signals[3], text=claim("de", 2))
    assert RULE.score_again(record, [*signals[:3], other], DEFAULTS) is None
    assert RULE.score_again(record, signals[:2], DEFAULTS) is None
    assert RULE.score_again(record, [], DEFAULTS) is None


def test_without_the_package_it_finds_nothing_and_costs_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(embeddings, "installed", lambda: None)
    bare = CrossLanguage()
    assert list(bare.keys(story()[0], DEFAULTS)) == []
    assert find(story(), rule=bare) == []


def test_states_of_a_machine_with_the_package_are_no_trouble_without_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(embeddings, "installed", lambda: None)
    runner = Runner(RULE, DEFAULTS)
    runner.feed(story())
    bare = CrossLanguage()
    other = Runner(bare, DEFAULTS)
    assert other.load(runner.clock, runner.dump())
    part = bare.part(T0, {}, DEFAULTS)
    assert (bare.reads(T0, [part], DEFAULTS), bare.tick_with(T0, [part], {}, DEFAULTS)) == ((), [])
    with pytest.raises(ValueError, match="not installed"):
        bare.score_again(Told(Key("story", "1"), (), {}, {}), [], DEFAULTS)


def test_what_was_purged_is_compared_with_nothing() -> None:
    signals = story()
    runner = Runner(RULE, DEFAULTS)
    runner.feed(signals)
    part = RULE.part(signals[-1].at, runner._keyed.mattering(), DEFAULTS)
    known = {one.id: one for one in signals}
    assert set(RULE.reads(T0, [part], DEFAULTS)) == set(known)
    assert len(RULE.tick_with(T0, [part], known, DEFAULTS)) == 1
    left = {one.id: one for one in signals[2:]}
    assert RULE.tick_with(T0, [part], left, DEFAULTS) == []


def test_a_tick_reads_only_what_met_in_different_languages() -> None:
    signals = [told(f"x:u{n}", claim("en", n % 3), n) for n in range(20)]
    runner = Runner(RULE, DEFAULTS)
    runner.feed(signals)
    assert dict(runner._keyed.mattering()) == {}


def test_hostile_texts_are_bounded() -> None:
    huge = "#a " * 20_000 + "word " * 10 + "\ud800"
    hostile = told("x:u1", huge, objects=("url:" + "z" * 400, *(f"target:{n}" for n in range(99))))
    assert len(list(RULE.keys(hostile, DEFAULTS))) == MAX_KEYS
    wordy = told("x:u2", "\u0001\u202e" + "a \ufeff" * 9_000 + "#river", attributes={"lang": ["x"]})
    assert len(find([*story(), hostile, wordy])) == 1


def test_states_are_bounded() -> None:
    states: dict[Any, Any] = {}
    signals = [
        told(f"x:u{n % 50}", claim(LANGUAGES[n % 4]), n * 1_200.0) for n in range(14 * 24 * 3)
    ]
    run(RULE, DEFAULTS, signals, states=states)
    (state,) = states.values()
    assert len(state.days) <= 12
    assert all(len(mine) <= EACH for day in state.days.values() for mine in day.accounts.values())
    assert largest_state(states) < 12 * 50 * EACH * 40


def test_a_story_is_told_for_a_week_and_then_forgotten() -> None:
    later = [told(f"x:v{n}", claim("en", 3, tag="#other"), (2 + n) * DAY_S) for n in range(14)]
    for days, number in ((5, 1), (12, 0)):
        assert len(find([*story(), *later[:days]])) == number
    longest = ParaphraseParams(window_h=168)
    assert RULE.keep_s(Key("", ""), longest) <= RULE.meta.lookback_s


def test_a_tick_compares_a_bounded_number_of_texts_the_rarest_keys_first() -> None:
    crowd = [
        told(f"x:u{n}", claim(LANGUAGES[n % 4], 3, tag=f"#crowd{n // 100}"), n % 3_600)
        for n in range(MAX_POSTS + 200)
    ]
    meanings = Dictionary()
    rule = CrossLanguage(encoder=meanings)
    drafts = find([*crowd, *story()], rule=rule, common=500)
    assert any("x:u0" in draft.subjects and "hashtag river" in draft.sentence for draft in drafts)
    assert {draft.flags for draft in drafts} == {("truncated",)}
