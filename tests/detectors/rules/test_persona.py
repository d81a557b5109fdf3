"""D7: two weak signs of an invented person; one sign, a joke or a motto is none."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.base import DAY_S, HOUR_S, Family, FindingDraft, Key, Signal, Tier
from detectors.engine import Found, run_all
from detectors.rules.persona import MAX_REVEALS, PersonaDetector, PersonaParams
from detectors.schema import ActorProfile
from tests.harness import T0, largest_state, rewound, run

RULE = PersonaDetector()
DEFAULTS = PersonaParams()
MACHINE = (
    "As an AI language model, I cannot say.",
    "I'm sorry, but I cannot fulfill this request.",
)
BIO = "Proud mum of {} from Ohio, loves her country and coffee"
GARDEN = [f"tomato lettuce radish compost garden {n}" for n in range(3)]
ELECTION = [f"senate ballot congress president voters {n}" for n in range(3)]


def said(
    number: int, actor: str, text: str, at: float, *, bio: str = "", made: Any = None, **more: Any
) -> Signal:
    fields: dict[str, Any] = {"platform": "x", "kind": "post", **more}
    return Signal(
        id=number,
        at=at,
        actor=actor,
        text=text,
        profile=ActorProfile(bio=bio) if bio else None,
        attributes={} if made is None else {"synthetic_avatar": made},
        **fields,
    )


def crew(count: int, texts: Sequence[str] = MACHINE, **more: Any) -> list[Signal]:
    """Mums of one template, who write these texts one after the other."""
    return [
        said(1 + number * 10 + place, f"u{number}", text, T0 + 600 * number + 60 * place,
             bio=BIO.format(number), **more)
        for number in range(count)
        for place, text in enumerate(texts)
    ]  # fmt: skip


def find(signals: Sequence[Signal], **params: Any) -> list[FindingDraft]:
    """What is current at the last tick."""
    last = max(one.at for one in signals)
    return [one.draft for one in ever(signals, **params) if one.at == last]


def ever(signals: Sequence[Signal], **params: Any) -> list[Found]:
    """What any tick found."""
    return run_all(RULE, PersonaParams(**params), signals)


def test_accounts_of_one_template_that_speak_as_a_machine_are_found() -> None:
    (draft,) = find(crew(4))
    assert draft.sentence == (
        "4 accounts of 4 with bios after one template; besides own texts that speak as a language "
        "model of 4"
    )
    assert draft.subjects == ("x:u0", "x:u1", "x:u2", "x:u3")
    assert draft.signal_ids == (1, 2, 11, 12, 21, 22, 31, 32)
    assert (draft.llr, draft.tier, RULE.meta.family) == (1.0, Tier.SUPPORTING, Family.IDENTITY)
    assert [(one.name, one.value, one.limit, one.met) for one in draft.conditions] == [
        ("accounts with this bio template", 4, 3, True),
        ("indicators", 2, 2, True),
    ]


def test_only_those_that_show_a_second_sign_are_named() -> None:
    plain = [said(900, "u9", "good morning", T0, bio=BIO.format(9))]
    (draft,) = find([*plain, *crew(2)])
    assert draft.subjects == ("x:u0", "x:u1")
    assert draft.sentence.startswith("2 accounts of 3 with bios after one template; ")


def test_a_made_face_and_a_machine_voice_are_two_signs_of_one_account() -> None:
    signals = [said(n + 1, "u1", MACHINE[n], T0 + n, made=True) for n in range(2)]
    (draft,) = find(signals)
    assert draft.sentence == "1 account with made face and own texts that speak as a language model"
    assert draft.anchor == Key("persona", "x:u1")
    assert draft.signal_ids == (1, 2)


def test_a_new_topic_after_a_rest_counts_where_posts_carry_the_profile() -> None:
    signals = [
        said(1 + 10 * who + n, f"u{who}", text, T0 + (n + (80 if n > 2 else 0)) * DAY_S + who,
             bio=BIO.format(who))
        for who in range(3)
        for n, text in enumerate([*GARDEN, *ELECTION])
    ]  # fmt: skip
    (draft,) = find(sorted(signals, key=lambda one: one.at))
    assert draft.sentence.endswith("; besides new topic after a rest of 3")
    same = [msgspec.structs.replace(one, text=GARDEN[one.id % 3]) for one in signals]
    assert ever(sorted(same, key=lambda one: one.at)) == []
    soon = [
        msgspec.structs.replace(one, at=T0 + one.id % 10 * 10 * DAY_S + one.id) for one in signals
    ]
    assert ever(sorted(soon, key=lambda one: one.at)) == []


@pytest.mark.parametrize(
    ("signals", "why"),
    [
        (crew(4, ["good morning", "good night"]), "a motto of a club alone"),
        (crew(4, MACHINE[:1]), "one text, which may be a joke"),
        (crew(4, [MACHINE[0]] * 3), "one text three times"),
        (crew(4, [f'"{one}" is what it said' for one in MACHINE]), "quotations"),
        (crew(4, [f"{one} lol" for one in MACHINE]), "jokes"),
        (crew(4, MACHINE, kind="repost"), "shares of a bot's texts"),
        (crew(4, ["good morning"], made="yes"), "not what the attribute means"),
        (crew(2, MACHINE), "two friends with one bio"),
        ([said(1, "u1", "hi", T0, made=True)], "a drawn picture"),
        ([said(n, "", MACHINE[0], T0, made=True) for n in range(3)], "nobody"),
    ],
)
def test_one_sign_and_jokes_and_quotes_are_nothing(signals: list[Signal], why: str) -> None:
    assert ever(signals) == [], why


def test_a_bio_that_everybody_has_is_no_sign() -> None:
    fans = [said(1_000 + n, f"f{n}", "hello", T0 + n, bio=BIO.format(n)) for n in range(10)]
    assert ever([*fans, *crew(3)], bio_cap=10) == []
    assert len(find([*fans, *crew(3)], bio_cap=20)) == 1


def test_the_newest_bio_counts() -> None:
    moved = [
        said(500 + n, f"u{n}", "hello", T0 + DAY_S + n, bio=f"my own words are in here {word}")
        for n, word in enumerate(("sun", "moon", "star", "sky"))
    ]
    assert ever([*crew(4), *moved]) != []
    assert find([*crew(4), *moved]) == []


def test_hostile_profiles_and_attributes_are_passed_over() -> None:
    odd: list[Any] = [["x"], {"a": 1}, 1, "true", None]
    bios = ["\x00" * 4_000, "\ud800 " * 1_000, "a " * 2_000, "🙂" * 4_000, "@" * 4_000]
    signals = [
        said(n + 1, f"u{n}", text * 3_000, T0 + n, bio=bios[n], made=odd[n])
        for n, text in enumerate(["\x00model", "\ud800", '"', "an ai ", "»model"])
    ]
    assert ever(signals) == []


def test_an_account_keeps_little_however_much_it_says() -> None:
    signals = [
        said(n, "u1", f"As an AI language model, I say {n}", T0 + n * DAY_S / 4, bio=BIO.format(n))
        for n in range(1, 300)
    ]
    states: dict[Key, Any] = {}
    run(RULE, DEFAULTS, signals, states=states)
    assert len(states[Key("account", "x:u1")].reveals) == MAX_REVEALS
    assert largest_state(states) < 1_000
    assert rewound(RULE, states) == states


worlds = st.lists(
    st.tuples(
        st.sampled_from([60, HOUR_S, 15 * DAY_S]),
        st.integers(0, 5),
        st.integers(0, 7),
        st.integers(0, 2),
    ),
    min_size=5,
    max_size=50,
)
TEXTS = (*MACHINE, *GARDEN, *ELECTION)
LOOSE = PersonaParams(own_posts=1, bio_accounts=2, rest_d=14)


def _world(rows: list[tuple[int, int, int, int]]) -> list[Signal]:
    at, signals = T0, []
    for number, (later, who, text, extra) in enumerate(rows, 1):
        at += later
        bio = BIO.format(who) if extra else ""
        made = True if extra == 2 else None
        signals.append(said(number, f"u{who}", TEXTS[text], at, bio=bio, made=made))
    return signals


@settings(max_examples=60, deadline=None)
@given(
    rows=worlds,
    most=st.sampled_from([60, HOUR_S, DAY_S]),
    chance=st.randoms(use_true_random=False),
)
def test_any_order_of_signals_gives_the_same_findings(
    rows: list[tuple[int, int, int, int]], most: int, chance: Random
) -> None:
    signals = _world(rows)
    came = sorted(signals, key=lambda one: (one.at + chance.randint(0, most), one.id))
    told = []
    for order in (signals, came):
        states: dict[Key, Any] = {}
        run(RULE, LOOSE, order, states=states)
        part = RULE.part(signals[-1].at, rewound(RULE, states), LOOSE)
        told.append(RULE.tick(signals[-1].at, [msgspec.to_builtins(part)], LOOSE))
    assert told[0] == told[1]


@settings(max_examples=30, deadline=None)
@given(rows=worlds, shards=st.sampled_from([2, 4]))
def test_shards_change_nothing(rows: list[tuple[int, int, int, int]], shards: int) -> None:
    signals = _world(rows)
    one, several = run_all(RULE, LOOSE, signals), run_all(RULE, LOOSE, signals, of=shards)
    assert sorted(map(repr, one)) == sorted(map(repr, several))
