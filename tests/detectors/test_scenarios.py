"""Operations of public reports, replayed by name: one case each, all members, nobody else."""

from __future__ import annotations

from collections import Counter, defaultdict
from functools import cache

import pytest

from bench.evaluation.scenario import END, Replayed, benign_cases, replay
from detectors.demo import SCENARIOS, WORLD, Scenario, truth, world
from detectors.schema import Kind, SignalIn

SEEDS = [1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(2, 6))]
BACKGROUND = 1_500
# How dense a block of reports is can only be told beside enough honest ones.
REPORTING = {"mass-false-reporting": 4_000}
NAMED = (
    "date-bait",
    "false-witness",
    "trolling-stone",
    "mass-false-reporting",
    "persona-farm",
    "api-hydra",
    "phishing-kit",
)
ALONE = [scenario for scenario in SCENARIOS if scenario.alone]


def platforms(accounts: frozenset[str]) -> set[str]:
    return {account.partition(":")[0] for account in accounts}


@cache
def signals_of(slug: str, seed: int = 1) -> list[SignalIn]:
    return world(seed=seed, end=END, scenarios=[slug], background=0)


def is_found(one: Replayed) -> None:
    assert len(one.cases) == 1
    assert one.recall >= 0.9
    assert one.precision == 1.0
    assert platforms(one.named) == platforms(one.accounts)


# --- what is found -------------------------------------------------------------------------


@pytest.mark.row(103)
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("slug", NAMED)
def test_an_operation_opens_one_case_with_its_members_before_it_ends(slug: str, seed: int) -> None:
    background = REPORTING.get(slug, BACKGROUND)
    one = replay(seed, [slug], background=background)[slug]
    is_found(one)
    assert one.minutes is not None
    assert one.minutes > 0
    assert one.signals
    assert one.done is not None
    assert one.done < 0.9
    # the newsroom: coordinated, harmless, and shown as a case of its own
    assert len(one.others) <= 1


@pytest.mark.row(103)
def test_all_five_operations_of_the_demo_world_are_one_case_each() -> None:
    found = replay(7)
    assert list(found) == list(WORLD)
    for one in found.values():
        is_found(one)
        assert len(one.others) <= 1


@pytest.mark.row(103)
def test_a_world_without_operations_opens_no_case_but_that_of_its_newsroom() -> None:
    found = benign_cases(seed=5, signals=12_000, days=7)
    assert len(found) <= 1
    assert all(len(case) == 4 and len(platforms(case)) == 4 for case in found)


# --- what is played ------------------------------------------------------------------------


@pytest.mark.parametrize("scenario", ALONE, ids=lambda scenario: scenario.slug)
def test_a_story_names_the_platforms_that_its_operation_touches(scenario: Scenario) -> None:
    assert {one.platform for one in signals_of(scenario.slug)} == set(scenario.platforms)


@pytest.mark.parametrize("scenario", ALONE, ids=lambda scenario: scenario.slug)
def test_every_host_of_an_operation_is_reserved_for_examples(scenario: Scenario) -> None:
    hosts = {url.split("/")[2] for one in signals_of(scenario.slug) for url in one.urls}
    assert {host.rsplit(".", 1)[1] for host in hosts} <= {"example", "test", "invalid"}


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.slug)
def test_two_seeds_of_one_operation_share_no_account(scenario: Scenario) -> None:
    one, other = (
        truth(seed=seed, end=END, scenarios=[scenario.slug])[scenario.slug] for seed in (1, 2)
    )
    assert one
    assert not one & other


def test_false_reporters_share_no_trace_and_are_hardly_ever_right() -> None:
    users: dict[str, set[str]] = defaultdict(set)
    verdicts = Counter[bool]()
    for one in signals_of("mass-false-reporting"):
        for value in one.identifiers.values():
            users[str(value)].add(one.actor)
        if "upheld" in one.attributes:
            verdicts[one.attributes["upheld"]] += 1
    assert max(map(len, users.values())) == 1
    assert verdicts[True] < 0.1 * verdicts[False]


def test_each_head_of_the_hydra_is_another_customer_far_below_its_limit() -> None:
    asked: dict[str, list[SignalIn]] = defaultdict(list)
    for one in signals_of("api-hydra"):
        if one.kind is Kind.AI_REQUEST:
            asked[one.actor].append(one)
    assert len(asked) == 24
    assert len({one.ai.org for many in asked.values() for one in many if one.ai}) == 24
    assert all(len(many) < 0.1 * many[0].attributes["quota_per_day"] for many in asked.values())


def test_the_kit_has_one_path_on_all_hosts_and_no_link_is_sent_twice() -> None:
    urls = [url for one in signals_of("phishing-kit") for url in one.urls]
    assert len({url.split("/")[2] for url in urls}) == 6
    assert len({url.partition("?")[0].split("/", 3)[3] for url in urls}) == 1
    assert len(set(urls)) == len(urls)


def test_personas_have_one_kind_of_biography_and_some_speak_as_a_machine() -> None:
    bios = {one.actor_profile.bio for one in signals_of("persona-farm") if one.actor_profile}
    assert all(bio.startswith("Mother of ") and bio.endswith("Views my own.") for bio in bios)
    assert sum("AI language model" in one.text for one in signals_of("persona-farm")) == 10
