"""Templates that belong together: what chains, what does not, and that order says nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from itertools import pairwise
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.prompts import kin
from detectors.prompts.bands import Cut, Places
from detectors.prompts.kin import Memory, chains, companies
from detectors.prompts.templates import Template, likeness, of_text
from detectors.rules.api_swarm import ApiSwarmParams

WORDS = [f"{'abcdefghij'[n // 10]}ore{'klmnopqrst'[n % 10]}u" for n in range(100)]
_DICE = Random(7)
BOOK = ["".join(_DICE.choices("abcdefghijklmnopqrstuvwxyz", k=6)) for _ in range(15_000)]
J = ApiSwarmParams().j
FORM = "Please write a short and friendly text about the"
BOTH = pytest.mark.parametrize("grouping", [chains, companies])

Grouping = Callable[[Sequence[Template], float], list[list[int]]]


def words(*changed: int, size: int = 60) -> str:
    return " ".join(word[::-1] if n in changed else word for n, word in enumerate(WORDS[:size]))


def window(start: int, size: int = 40) -> str:
    """Part of one long text."""
    return " ".join(BOOK[start : start + size])


def named(text: str) -> Template:
    found = of_text(text)
    assert found is not None
    return found


def steps_of_a_chain(length: int) -> list[Template]:
    """A chain: each prompt shares two thirds of its words with the next, the ends share none."""
    return [named(window(13 * step)) for step in range(length)]


def test_neighbours_of_neighbours_are_one_chain() -> None:
    chain = [named(words(*range(0, 10 * step, 2))) for step in range(5)]
    ends = likeness(chain[0].signature, chain[-1].signature)
    steps = [likeness(a.signature, b.signature) for a, b in pairwise(chain)]
    assert ends < 0.5 < min(steps)
    assert chains(chain, 0.5) == [[0, 1, 2, 3, 4]]


def test_a_chain_whose_ends_are_strangers_is_not_one_company() -> None:
    chain = steps_of_a_chain(16)
    assert min(likeness(a.signature, b.signature) for a, b in pairwise(chain)) > J
    assert likeness(chain[0].signature, chain[-1].signature) < 0.05
    assert len(chains(chain, J)) == 1
    found = companies(chain, J)
    assert max(map(len, found)) <= 4
    assert sorted(place for group in found for place in group) == list(range(16))


def test_one_prompt_between_two_crowds_does_not_make_them_one() -> None:
    ours = [named(f"{window(0)} {WORDS[50 + n]}") for n in range(8)]
    theirs = [named(f"{window(200)} {WORDS[50 + n]}") for n in range(8)]
    bridge = named(f"{window(0)} {window(200)}")
    for crowd in (ours, theirs):
        assert likeness(bridge.signature, crowd[0].signature) > J
    assert len(chains([*ours, bridge, *theirs], J)) == 1
    assert len(companies([*ours, bridge, *theirs], J)) == 2


def test_variants_with_every_third_word_changed_are_one_company_at_the_default() -> None:
    variants = [
        named(words(*range(n, 60, 9), *range(n + 3, 60, 9), *range(n + 6, 60, 11)))
        for n in range(9)
    ]
    closest = [likeness(a.signature, b.signature) for a, b in pairwise(variants)]
    assert max(closest) < 0.7
    assert companies(variants, J) == [list(range(9))]


def test_short_prompts_of_one_form_about_other_things_are_apart() -> None:
    things = ["garden of our school", "opening of a museum", "rain in november", "first bicycle"]
    short = [named(f"{FORM} {thing}") for thing in things]
    likenesses = [likeness(a.signature, b.signature) for a, b in pairwise(short)]
    assert J < min(likenesses) < max(likenesses) < 0.7
    assert len(companies(short, J)) == len(things)
    again = [named(f"{FORM} garden of our school"), named(f"{FORM} garden of our schools")]
    assert len(companies(again, J)) == 1


def test_sketches_need_no_more_than_their_share_of_j() -> None:
    short = [named(f"{FORM} {thing}") for thing in ("garden of our school", "opening of a museum")]
    sketched = [one._replace(space="ours") for one in short]
    assert (len(companies(short, J)), len(companies(sketched, J))) == (2, 1)


@BOTH
def test_unlike_templates_are_alone_and_spaces_never_meet(grouping: Grouping) -> None:
    one = named(words())
    other = named(" ".join(reversed(words(size=100))))
    assert grouping([one, other, one], 0.7) == [[0, 2], [1]]
    assert grouping([one, one._replace(space="ours")], 0.7) == [[0], [1]]
    assert grouping([], 0.7) == []


@BOTH
@pytest.mark.parametrize("j", [J, 0.7])
def test_a_thousand_variants_of_one_template_are_together(grouping: Grouping, j: float) -> None:
    variants = [named(f"{words()} {'abcdefghij'[n % 10] * (n // 10 + 1)}") for n in range(1_000)]
    assert [len(group) for group in grouping(variants, j)] == [1_000]


@BOTH
@pytest.mark.parametrize("j", [J, 0.7])
def test_many_templates_are_joined_in_little_time(grouping: Grouping, j: float) -> None:
    """Twenty thousand that share nothing: only candidates of a band are compared."""
    base = named(words()).signature
    many = [
        Template(str(n), "", (n * 2_654_435_761 % 2**31).to_bytes(4, "little") * (len(base) // 4))
        for n in range(20_000)
    ]
    started = time.perf_counter()
    assert len(grouping(many, j)) == 20_000
    assert time.perf_counter() - started < 20


def test_a_long_chain_takes_little_time() -> None:
    """Somebody who sends a thousand steps of a chain makes a thousand comparisons, no more."""
    chain = steps_of_a_chain(1_000)
    started = time.perf_counter()
    assert max(map(len, companies(chain, J))) <= 8
    assert time.perf_counter() - started < 10


@given(st.permutations(range(24)))
def test_companies_are_the_same_for_any_order(order: list[int]) -> None:
    templates = [*steps_of_a_chain(12), *(named(words(n, n + 9, n + 30)) for n in range(12))]
    found = companies([templates[place] for place in order], J)
    back = {frozenset(order[place] for place in group) for group in found}
    assert back == {frozenset(group) for group in companies(templates, J)}


@given(st.lists(st.integers(1, 4), min_size=24, max_size=24), st.integers(1, 30))
def test_companies_of_worthless_chains_are_left_out_and_no_other_one(
    worth: list[int], least: int
) -> None:
    templates = [*steps_of_a_chain(12), *(named(words(n, size=50)) for n in range(12))]
    every = companies(templates, J)
    told = companies(templates, J, worth, least)
    enough = [one for one in every if sum(worth[place] for place in one) >= least]
    assert [one for one in told if sum(worth[place] for place in one) >= least] == enough
    assert all(one in every for one in told)
    chained = chains(templates, J)
    rich = {at for one in chained if sum(worth[at] for at in one) >= least for at in one}
    assert {place for one in told for place in one} <= rich


def blocks(number: int, told: list[int], space: str) -> Template:
    """A template whose signature consists of some blocks, so that many share bands."""
    values = np.repeat(np.array([3 * block + one for block, one in enumerate(told)]), 22)[:128]
    signature = (values * 128 + np.arange(128)).astype("<u2").tobytes()
    return Template(f"{number:02}", space, signature)


@given(
    seed=st.integers(0, 10_000),
    most=st.sampled_from([2, 4, 6]),
    j=st.sampled_from([0.28, 0.7]),
    common=st.sampled_from([0, 60]),
)
def test_what_is_remembered_finds_the_pairs_that_are_found_anew(
    seed: int, most: int, j: float, common: int
) -> None:
    dice, memory = Random(seed), Memory()
    every = [
        blocks(number, [dice.randrange(3) for _ in range(6)], dice.choice(["", "", "ours"]))
        for number in range(18)
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kin, "LOOSE", Cut(2, most))
        patch.setattr(kin, "CLOSE", Cut(4, most))
        for _ in range(6):
            some = [one for one in every if dice.random() < 0.8]
            if dice.random() < 0.2:  # one of them says something else
                some[0] = some[0]._replace(signature=every[-1].signature)
            anew = kin._Kin(some, j, least_common=common)
            kept = kin._Kin(some, j, least_common=common, memory=memory)
            assert [*map(list, kept.pairs())] == [*map(list, anew.pairs())]
            assert kept.sizes.tolist() == anew.sizes.tolist()


def test_only_what_is_new_is_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[int] = []
    shares = kin._Kin._shares

    def noted(self: kin._Kin, left: Places, right: Places) -> kin.Floats:
        compared.append(len(left))
        return shares(self, left, right)

    monkeypatch.setattr(kin._Kin, "_shares", noted)
    dice = Random(3)
    every = [blocks(n, [dice.randrange(3) for _ in range(6)], "") for n in range(14)]
    memory = Memory()
    for some in (every[:12], every[:12], every[1:]):
        kin._Kin(some, J, memory=memory).pairs()
    first, second = compared
    assert first > 30
    assert second <= 2 * 12
