"""D12: which posts came out of an AI service, and what only looks like it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from random import Random
from typing import Any

import pytest

from detectors import sketches
from detectors.base import DAY_S, HOUR_S, MINUTE_S, Family, FindingDraft, Key, Signal, Tier
from detectors.engine import Runner, Ticked, run_all, tick_drafts
from detectors.reappearance.meeting import EACH, MAX_ACCOUNTS
from detectors.reappearance.params import ReappearanceParams
from detectors.rules.output_reappearance import OutputReappearance
from detectors.schema import ActorProfile, Ai
from tests.harness import T0, largest_state, rewound, run

RULE = OutputReappearance(b"secret")
DEFAULTS = ReappearanceParams()
PLATFORMS = ("x", "telegram", "medium")
KEY = b"a key of sixteen bytes or more"
_ids = count(1)


def words(name: str, number: int = 40) -> str:
    """A text of its own: no run of four words stands in another one."""
    return " ".join(f"{name}{n}" for n in range(number))


def told(kind: str, account: str, text: str, at: float, **more: Any) -> Signal:
    """One signal of `platform:actor`, `at` seconds into the story."""
    platform, _, actor = account.partition(":")
    return Signal(
        id=next(_ids), at=T0 + at, platform=platform, kind=kind, actor=actor, text=text, **more
    )


def output(text: str, at: float = 0.0, account: str = "openai-api:org-17", **more: Any) -> Signal:
    return told("ai.response", account, text, at, **more)


def post(account: str, text: str, at: float, **more: Any) -> Signal:
    return told(more.pop("kind", "post"), account, text, at, **more)


def find(signals: Sequence[Signal], of: int = 1, **params: Any) -> list[FindingDraft]:
    """What holds after the last tick."""
    ordered = sorted(signals, key=lambda one: one.place)
    found = run_all(RULE, ReappearanceParams(**params), ordered, of=of)
    return [one.draft for one in found if one.at == ordered[-1].at]


def seven_drafts() -> list[Signal]:
    """One prompt, seven drafts in one answer, six of them posted by different accounts."""
    drafts = [words(f"draft{n}x") for n in range(7)]
    listed = "\n\n".join(f'{n}. "{text}."' for n, text in enumerate(drafts, 1))
    wrote = output(f"Here are seven posts:\n{listed}")
    posts = [
        post(f"{PLATFORMS[n % 3]}:u{n}", text.capitalize() + "!", (9 + 50 * n) * MINUTE_S)
        for n, text in enumerate(drafts[:6])
    ]
    return [wrote, *posts]


@pytest.mark.row(87)
def test_seven_drafts_of_one_output_are_one_chain_of_six_posts() -> None:
    wrote, *posts = seven_drafts()
    (draft,) = find([wrote, *posts])
    assert draft.subjects == (
        "medium:u2",
        "medium:u5",
        "openai-api:org-17",
        "telegram:u1",
        "telegram:u4",
        "x:u0",
        "x:u3",
    )
    assert draft.sentence == (
        "1 output of openai-api:org-17 came back in 6 posts of 6 accounts on 3 platforms, "
        "9 min to 4 h later, containment 1.00"
    )
    assert (draft.llr, draft.score, draft.tier) == (5.0, 1.0, Tier.OPENING)
    assert RULE.meta.family == Family.AI
    assert draft.anchor == Key("output", "openai-api:org-17")
    assert draft.signal_ids == tuple(sorted(one.id for one in (wrote, *posts)))
    assert [(one["signal"], one["after_s"]) for one in draft.values["posts"]] == [
        (one.id, one.at - T0) for one in posts
    ]
    rows = {row.name: (row.value, row.op, row.limit, row.met) for row in draft.conditions}
    assert rows == {
        "lowest containment": (1.0, ">=", 0.6, True),
        "fewest common runs": (37, ">=", 10, True),
        "longest delay": (4.32, "<=", 72, True),
        "people that posted one output": (6, ">=", 3, True),
        "different texts": (6, ">=", 3, True),
    }


@pytest.mark.row(87)
def test_twenty_posts_of_twelve_accounts_on_three_platforms_are_one_chain() -> None:
    """Each takes a part of 30 words or more of the output, and adds words of its own."""
    draw = Random(3)
    text = words("w", 90).split()
    signals = [output(" ".join(text))]
    for number in range(20):
        start = draw.randrange(0, 60)
        own = words(f"own{number}x", draw.randrange(0, 8))
        told_again = " ".join(text[start : start + 30]) + " " + own
        at = draw.uniform(5 * MINUTE_S, 71 * HOUR_S)
        signals.append(post(f"{PLATFORMS[number % 3]}:u{number % 12}", told_again, at))
    (draft,) = find(signals)
    assert len(draft.values["posts"]) == 20
    assert (draft.values["accounts"], len(draft.values["platforms"])) == (12, 3)
    assert draft.values["containment_min"] >= 0.6
    delays = [one["after_s"] for one in draft.values["posts"]]
    assert delays == sorted(delays)


def test_everybody_is_linked_with_the_output_and_with_each_other() -> None:
    (draft,) = find(seven_drafts())
    assert len(draft.links) == 7 * 6 / 2
    assert {llr for *_, llr in draft.links} == {5.0}


@pytest.mark.row(87)
def test_posts_that_quote_a_text_that_was_public_before_are_no_chain() -> None:
    public = words("law", 60)
    quotes = [post(f"x:u{n}", public, HOUR_S + n) for n in range(9)]
    assert find([output(f"The law says: {public}", 0.0), *quotes])
    assert find([post("forum:press", public, -60.0), output(public, 0.0), *quotes]) == []


def test_quotes_of_a_part_of_a_long_public_text_are_no_chain() -> None:
    article = words("news", 120)
    part = " ".join(article.split()[30:80])
    signals = [post("forum:press", article, -HOUR_S, kind="site"), output(article)]
    assert find([*signals, *(post(f"x:u{n}", part, 60.0 + n) for n in range(9))]) == []


def test_what_an_output_adds_to_a_public_text_is_found() -> None:
    public, added = words("law", 30), words("spin", 40)
    signals = [post("forum:press", public, -60.0), output(f"{public} {added}")]
    signals += [post(f"x:u{n}", added, 60.0 * n) for n in range(1, 4)]
    (draft,) = find(signals)
    assert draft.values["containment_min"] == 1.0
    assert draft.constants["known_before"] == [signals[0].id]
    half = [post(f"x:h{n}", f"{public} {added[:200]}", 60.0 * n) for n in range(1, 4)]
    assert find([*signals[:2], *half]) == []


def test_posts_before_the_output_are_no_chain() -> None:
    assert (
        find([output(words("w")), *(post(f"x:u{n}", words("w"), -60.0 * n) for n in (1, 2, 3))])
        == []
    )


@pytest.mark.parametrize(("hours", "found"), [(71, 1), (73, 0)])
def test_a_post_counts_for_three_days(hours: int, found: int) -> None:
    posts = [post(f"x:u{n}", words("w"), hours * HOUR_S) for n in range(3)]
    assert len(find([output(words("w")), *posts])) == found


@pytest.mark.parametrize(
    ("shared", "found"),
    [(22, 1), (15, 0)],
)
def test_a_post_must_consist_of_the_output_mostly(shared: int, found: int) -> None:
    """Of 30 words 22 leave 19 of 27 runs, 15 leave 12."""
    text = " ".join(words("w").split()[:shared])
    posts = [post(f"x:u{n}", f"{text} {words(f'o{n}x', 30 - shared)}", 60.0) for n in range(3)]
    assert len(find([output(words("w")), *posts])) == found


def test_short_texts_are_not_compared() -> None:
    for number, found in ((19, 0), (20, 1)):
        posts = [post(f"x:u{n}", words("w", number), 60.0) for n in range(3)]
        assert len(find([output(words("w")), *posts])) == found


def test_two_accounts_with_one_text_are_too_few() -> None:
    assert find([output(words("w")), *(post(f"x:u{n}", words("w"), 60.0) for n in range(2))]) == []


def test_one_person_who_posts_own_texts_everywhere_is_no_chain() -> None:
    signals = []
    for number in range(4):
        text = words(f"t{number}x")
        signals.append(output(text, number * HOUR_S, "openai-api:u-1"))
        signals += [post(f"{one}:anna", text, number * HOUR_S + 60) for one in PLATFORMS]
        profile = ActorProfile(handle="@Anna")
        signals.append(post("forum:771", text, number * HOUR_S + 90, profile=profile))
    assert find(signals) == []


def test_the_operators_own_account_does_not_count() -> None:
    signals = [output(words("w"), account="openai-api:anna")]
    signals += [post(f"x:{name}", words("w"), 60.0) for name in ("anna", "u1", "u2")]
    assert find(signals) == []
    (draft,) = find([*signals, post("x:u3", words("w"), 70.0)])
    assert draft.subjects == ("openai-api:anna", "x:u1", "x:u2", "x:u3")


def test_three_texts_of_one_ai_account_by_two_people_only_support() -> None:
    signals = []
    for number in range(3):
        text = words(f"t{number}x")
        signals += [
            output(text, number * HOUR_S),
            post(f"x:u{number % 2}", text, number * HOUR_S + 60),
        ]
    (draft,) = find(signals)
    assert draft.tier == Tier.SUPPORTING
    assert draft.sentence == (
        "3 outputs of openai-api:org-17 came back in 3 posts of 2 accounts on 1 platform, "
        "1 min later, containment 1.00"
    )


def test_texts_that_one_person_each_posted_weigh_less_than_one_that_several_posted() -> None:
    def story(posters: int) -> list[Signal]:
        told = []
        for n in range(4):
            told.append(output(words(f"text{n}x"), at=n * HOUR_S))
            told += [
                post(f"x:u{n}{m}", words(f"text{n}x"), n * HOUR_S + MINUTE_S)
                for m in range(posters)
            ]
        return told

    (one_each,) = find(story(1))
    (shared,) = find(story(2))
    assert (one_each.tier, one_each.llr) == (Tier.SUPPORTING, 2.0)
    assert {llr for _, _, llr in one_each.links} == {2.0}
    assert (shared.tier, shared.llr) == (Tier.OPENING, 5.0)


def test_customers_of_a_writing_service_do_not_belong_together() -> None:
    signals = []
    for number in range(60):
        text = words(f"t{number}x")
        signals += [output(text, 10.0 * number), post(f"x:c{number}", text, 10.0 * number + 5)]
    assert find(signals) == []
    ring = [post(f"x:r{n}", words("t7x"), 900.0 + n) for n in range(3)]
    (draft,) = find([*signals, *ring])
    assert draft.subjects == ("openai-api:org-17", "x:c7", "x:r0", "x:r1", "x:r2")


def test_boilerplate_of_many_ai_accounts_does_not_count() -> None:
    text = words("sorry")
    outputs = [output(text, float(n), f"openai-api:a{n}") for n in range(21)]
    posts = [post(f"x:u{n}", text, 100.0 + n) for n in range(5)]
    assert find([*outputs[:20], *posts])
    assert find([*outputs, *posts]) == []


def test_refused_answers_and_manual_shares_are_not_read() -> None:
    posts = [post(f"x:u{n}", words("w"), 60.0) for n in range(3)]
    assert find([output(words("w"), ai=Ai(refused=True)), *posts]) == []
    shared = [post(f"x:u{n}", f"RT @leader: {words('w')}", 60.0) for n in range(3)]
    assert find([output(words("w")), *shared]) == []
    reposts = [post(f"x:u{n}", words("w"), 60.0, kind="repost") for n in range(3)]
    assert find([output(words("w")), *reposts]) == []


def test_an_ai_service_that_names_no_user_is_named_by_its_key() -> None:
    posts = [post(f"x:u{n}", words("w"), 60.0) for n in range(3)]
    wrote = output(words("w"), account="openai-api:", ai=Ai(provider="openai", key="k-9"))
    (draft,) = find([wrote, *posts])
    assert draft.anchor.value == "openai-api:k-9"
    assert find([output(words("w"), account="openai-api:"), *posts]) == []


@pytest.mark.row(87)
def test_an_output_that_goes_through_a_second_ai_service_is_one_chain() -> None:
    first, second = words("a", 50), f"{words('a', 40)} {words('b', 40)}"
    signals = [
        output(first, 0.0, "openai-api:a"),
        told("ai.request", "mistral-api:b", f"Make this longer: {first}", 300.0),
        output(second, 310.0, "mistral-api:b"),
        *(post(f"x:u{n}", second, 600.0 + 60 * n) for n in range(3)),
    ]
    (draft,) = find(signals)
    assert draft.subjects == ("mistral-api:b", "openai-api:a", "x:u0", "x:u1", "x:u2")
    assert draft.sentence == (
        "1 output of mistral-api:b came back in 3 posts of 3 accounts on 1 platform, "
        "5 min to 7 min later, containment 1.00; it began at openai-api:a and went through "
        "1 other AI account"
    )
    assert draft.anchor.value == "openai-api:a"
    assert [one["output"] for one in draft.values["prompts"]] == [signals[0].id]
    assert len(draft.values["outputs"]) == 2


def test_a_prompt_that_nobody_answered_in_an_hour_links_nothing() -> None:
    first, second = words("a", 50), f"{words('a', 40)} {words('b', 40)}"
    signals = [
        output(first, 0.0, "openai-api:a"),
        told("ai.request", "mistral-api:b", first, 300.0),
        output(second, 300.0 + HOUR_S + 1, "mistral-api:b"),
        *(post(f"x:u{n}", second, 8_000.0) for n in range(3)),
    ]
    (draft,) = find(signals)
    assert "openai-api:a" not in draft.subjects


def test_a_conversation_with_oneself_is_no_chain() -> None:
    text = words("a", 50)
    signals = [output(text), told("ai.request", "openai-api:org-17", text, 60.0)]
    assert find([*signals, output(text, 70.0)]) == []


def sketched(text: str, key_id: str = "acme", key: bytes = KEY) -> tuple[str, ...]:
    return (sketches.sketch(text, key, key_id),)


@pytest.mark.row(87)
@pytest.mark.row(88)
def test_an_ai_service_that_sends_fingerprints_only_is_matched_with_posts_under_the_same_key() -> (
    None
):
    part = " ".join(words("w", 90).split()[20:60])
    posts = [post(f"x:u{n}", part, 60.0, fingerprints=sketched(part)) for n in range(3)]
    (draft,) = find([output("", fingerprints=sketched(words("w", 90))), *posts])
    assert draft.sentence == (
        "1 output of openai-api:org-17 came back in 3 posts of 3 accounts on 1 platform, "
        "1 min later, containment 1.00, sketches only (the desk has not seen the text)"
    )
    assert draft.values["compared"] == ["sketches"]


@pytest.mark.row(88)
@pytest.mark.parametrize(
    ("key_id", "key"), [("other", KEY), ("acme", b"the key of another circle")]
)
def test_sketches_under_another_key_meet_nothing(key_id: str, key: bytes) -> None:
    prints = sketched(words("w"), key_id, key)
    posts = [post(f"x:u{n}", "", 60.0, fingerprints=prints) for n in range(3)]
    assert find([output("", fingerprints=sketched(words("w"))), *posts]) == []


def test_a_thinned_sketch_of_a_long_output_is_compared_at_its_step() -> None:
    long = words("w", 900)
    parts = [" ".join(long.split()[200 * n : 200 * n + 150]) for n in range(3)]
    posts = [post(f"x:u{n}", "", 60.0, fingerprints=sketched(one)) for n, one in enumerate(parts)]
    (draft,) = find([output("", fingerprints=sketched(long)), *posts])
    assert draft.values["containment_min"] == 1.0
    assert draft.values["texts"] == 3


def test_hidden_texts_that_were_public_before_do_not_count() -> None:
    prints = sketched(words("w", 400))
    posts = [post(f"x:u{n}", "", 60.0, fingerprints=prints) for n in range(3)]
    signals = [output("", fingerprints=prints), *posts]
    assert find(signals)
    assert find([post("forum:press", "", -60.0, fingerprints=prints), *signals]) == []


def test_chinese_texts_are_compared_by_characters() -> None:
    draw = Random(9)
    text = "".join(chr(draw.randrange(0x4E00, 0x9F00)) for _ in range(120))
    posts = [post(f"x:u{n}", text[30:90], 60.0) for n in range(3)]
    assert find([output(text), *posts])
    assert find([output(text), *(post(f"x:u{n}", text[30:69], 60.0) for n in range(3))]) == []


def test_case_marks_links_and_names_make_no_difference() -> None:
    text = words("w").split()
    loud = " ".join(f"{word.upper()}," for word in text)
    posts = [post(f"x:u{n}", f"@friend {loud} https://a.example/{n}", 60.0) for n in range(3)]
    (draft,) = find([output(words("w")), *posts])
    assert draft.values["containment_min"] == 1.0


def test_a_purged_output_is_nobodys_any_more() -> None:
    wrote, *posts = seven_drafts()
    runner = Runner(RULE, DEFAULTS)
    (event,) = [*runner.feed([wrote, *posts]), *runner.finish()][-1:]
    assert isinstance(event, Ticked)
    known = {one.id: one for one in posts}
    drafts = tick_drafts(
        RULE, DEFAULTS, event.at, [event.part], lambda ids: [known[i] for i in ids if i in known]
    )
    assert drafts == []


HOSTILE = (
    "",
    "a" * 65_536,
    "\ud800" * 50,
    " ".join("x" for _ in range(30_000)),
    "\u200b" * 500,
    "@" * 5_000,
    "\u0e01" * 60_000,
    "https://" * 5_000,
)


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_texts_do_no_harm(text: str) -> None:
    signals = [output(text), *(post(f"x:u{n}", text, 60.0) for n in range(3))]
    assert len(find(signals)) <= 1
    assert find([output("", fingerprints=("afp1:x:1:1:zzz", "no sketch", "")), *signals[1:]]) == []


def test_no_signal_touches_many_runs() -> None:
    huge = words("w", 9_000)
    many = tuple(sketches.sketch(huge, KEY, f"k{n}") for n in range(50))
    assert len(list(RULE.keys(output(huge, fingerprints=many), DEFAULTS))) == 3 * 128
    assert len(list(RULE.keys(post("x:a", words("w"), 0.0), DEFAULTS))) == 4
    assert len(list(RULE.keys(post("x:a", huge, 0.0), DEFAULTS))) == 24
    assert list(RULE.keys(post("x:a", words("w", 19), 0.0), DEFAULTS)) == []


def test_state_stays_bounded_under_a_flood() -> None:
    text = words("w", 20)
    signals = [output(text, float(n), f"openai-api:a{n % 30}") for n in range(300)]
    signals += [post(f"x:u{n % 900}", text, 400.0 + n) for n in range(4_000)]
    states: dict[Key, Any] = {}
    run(RULE, DEFAULTS, signals, states=states)
    assert largest_state(states) < 2 * MAX_ACCOUNTS * (EACH * 16 + 12)
    assert rewound(RULE, states) == states
    assert all(state.common for state in states.values())
    assert sum(state.sampled for state in states.values()) == 4


def test_a_flood_of_copies_is_sampled_and_says_so() -> None:
    posts = [post(f"x:u{n}", words("w"), 60.0 + n) for n in range(500)]
    (draft,) = find([output(words("w")), *posts])
    assert "sampled" in draft.flags
    assert draft.values["accounts"] >= MAX_ACCOUNTS
    assert len(draft.values["posts"]) == 200


def test_a_chain_holds_for_a_week_and_then_lapses() -> None:
    signals = seven_drafts()
    later = [post("x:z", words(f"z{n}x"), n * DAY_S) for n in range(1, 12)]
    found = run_all(RULE, DEFAULTS, [*signals, *later])
    times = {one.at for one in found if one.draft.anchor.type == "output"}
    assert (max(times) - T0) / DAY_S == pytest.approx(8, abs=1.1)
