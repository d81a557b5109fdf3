"""D7 in other words: introductions after one template, and those that are only alike in form."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.base import DAY_S, Family, FindingDraft, Key, Signal, Tier
from detectors.engine import run_all
from detectors.rules.reworded_bio import LLR, Bio, RewordedBio, RewordedBioParams
from detectors.schema import ActorProfile
from tests.harness import post

RULE = RewordedBio(b"secret")
TRADES = ("nurse", "teacher", "engineer", "baker", "pilot", "farmer")
BYSTANDERS = 60


def bio_of(place: int) -> str:
    """One template of a farm: another trade each, and every other one turned round."""
    first, last = f"Proud {TRADES[place % 6]} from Lemuoya", "dogs, jazz and honest opinions"
    return f"{last}. {first}" if place % 2 else f"{first}. {last}"


def introduced(position: int, name: str, bio: str, *, at: float = 0.0) -> Signal:
    profile = ActorProfile(bio=bio)
    return post(position, name, "hello", at=at or 60.0 * position, profile=profile)


def others() -> list[Signal]:
    """People who introduce themselves, each by words of their own."""
    dice = Random(4)
    made = ["".join(dice.choices("abdeghiklmnorstu", k=7)) for _ in range(BYSTANDERS * 8)]
    return [
        introduced(1_000 + n, f"by{n}", " ".join(made[8 * n : 8 * n + 8]))
        for n in range(BYSTANDERS)
    ]


def find(signals: Sequence[Signal], of: int = 1) -> list[FindingDraft]:
    ordered = sorted(signals, key=lambda one: one.place)
    found = run_all(RULE, RewordedBioParams(), ordered, of=of, tick_floor_s=100 * DAY_S)
    return [one.draft for one in found]


def farm(count: int = 6) -> list[Signal]:
    return [introduced(n, f"p{n}", bio_of(n)) for n in range(count)]


def test_a_template_in_other_words_is_found_and_only_supports() -> None:
    (found,) = find([*farm(), *others()])
    assert found.subjects == tuple(f"x:p{n}" for n in range(6))
    assert (RULE.meta.family, found.tier, found.llr) == (Family.IDENTITY, Tier.SUPPORTING, LLR)
    assert found.sentence.startswith("6 accounts introduce themselves alike, ")
    assert all(condition.met for condition in found.conditions)


def test_two_accounts_and_people_of_their_own_words_are_nothing() -> None:
    assert find([*farm(2), *others()]) == []
    assert find(others()) == []


def test_a_new_bio_takes_the_place_of_the_old_one() -> None:
    changed = [
        introduced(
            100 + n, f"p{n}", f"{n} {' '.join(f'own{c}{n}word' for c in 'abcdefgh')}", at=9e3
        )
        for n in range(4)
    ]
    assert find([*farm(), *changed, *others()]) == []


def test_short_bios_say_nothing() -> None:
    assert not [*RULE.keys(introduced(1, "a", "nurse from Lemuoya"), RewordedBioParams())]
    assert not [*RULE.keys(post(1, "a", "a post without a profile " * 3), RewordedBioParams())]


@settings(max_examples=20, deadline=None)
@given(dice=st.randoms(use_true_random=False), of=st.integers(1, 4))
def test_any_order_and_any_shards_say_the_same(dice: Random, of: int) -> None:
    signals = [*farm(), *others()]
    again = dice.sample(signals, len(signals))
    states: dict[int, dict[Key, Bio]] = {}
    for order in (signals, again):
        kept: dict[Key, Bio] = {}
        for one in order:
            for key in RULE.keys(one, RewordedBioParams()):
                RULE.apply(key, one, kept.setdefault(key, Bio()), RewordedBioParams())
        states[id(order)] = kept
    assert states[id(signals)] == states[id(again)]
    assert find(signals, of) == find(signals)
