"""A finding scored again from its record and its cited signals: the same, or the difference."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache

import msgspec
import pytest

from bench.worlds.listed import with_sightings
from detectors import registry
from detectors.base import DAY_S, Family, FindingDraft, Rescored, Score, Signal, Told
from detectors.demo import world
from detectors.engine import run_all
from detectors.needs import missing
from detectors.recompute import score_again
from detectors.rules.velocity import Velocity
from detectors.watching.things import Thing
from tests.harness import post

END = datetime(2026, 11, 24, 3, 17, tzinfo=UTC)
SECRET = b"secret of this desk"
ELSEWHERE = {"pushed-site", "repeated-comment"}
"""Nobody does in the demo world what these look for; their own tests score them again."""
SLUGS = [slug for slug, kind in registry.all_detectors().items()
         if kind.meta.rescored is not Rescored.POPULATION
         and not missing(kind.meta) and slug not in ELSEWHERE]  # fmt: skip


@cache
def demo() -> list[Signal]:
    ordered = sorted(world(seed=7, end=END), key=lambda one: (one.occurred_at, one.external_id))
    return [Signal.of(one, number) for number, one in enumerate(ordered, start=1)]


@cache
def listed() -> list[Signal]:
    """The demo world of a desk that knows some of its links."""
    users: dict[Thing, set[str]] = {}
    for one in demo():
        for url in one.urls:
            users.setdefault(("url", url), set()).add(one.account)
    return with_sightings(demo(), [thing for thing, names in users.items() if len(names) > 2])


@cache
def told_last(slug: str) -> list[FindingDraft]:
    """The current findings of one detector over the demo world."""
    kind = registry.get(slug)
    found = run_all(kind(SECRET), kind.Params(), listed(), tick_floor_s=DAY_S)
    last = {one.draft.anchor: one.draft for one in found}
    return [draft for draft in last.values() if not draft.lapsed]


def stored(draft: FindingDraft) -> Told:
    """As a database keeps it: JSON."""
    values, constants = (
        json.loads(json.dumps(msgspec.to_builtins(part)))
        for part in (draft.values, draft.constants)
    )
    return Told(draft.anchor, draft.subjects, values, constants)


def again(slug: str, draft: FindingDraft, signals: Sequence[Signal]) -> Score | None:
    kind = registry.get(slug)
    return score_again(kind, kind.Params(), stored(draft), signals, SECRET)


def cited(draft: FindingDraft) -> list[Signal]:
    by_id = {one.id: one for one in demo()}
    return [by_id[id_] for id_ in draft.signal_ids]


@pytest.mark.parametrize("slug", SLUGS)
def test_every_finding_of_the_demo_world_comes_out_the_same(slug: str) -> None:
    findings = told_last(slug)
    different = [
        (draft.anchor, draft.score, now)
        for draft in findings
        if (now := again(slug, draft, cited(draft)))
        != Score(draft.score, draft.llr, draft.subjects)
    ]
    assert findings
    assert different == []


@pytest.mark.parametrize("slug", SLUGS)
def test_the_order_of_the_signals_does_not_matter(slug: str) -> None:
    draft = told_last(slug)[0]
    assert again(slug, draft, cited(draft)[::-1]) == again(slug, draft, cited(draft))


def test_a_moved_signal_changes_the_p_of_synchronous_pairs() -> None:
    draft = told_last("coaction-synchrony")[0]
    signals = cited(draft)
    moved = [msgspec.structs.replace(signals[0], at=signals[0].at + 7_200.0), *signals[1:]]
    now = again("coaction-synchrony", draft, moved)
    assert now is not None
    assert draft.score is not None
    assert now.score is not None
    assert now.score > draft.score


@pytest.mark.parametrize("slug", SLUGS)
def test_without_its_signals_a_finding_does_not_hold(slug: str) -> None:
    draft = told_last(slug)[0]
    assert again(slug, draft, []) is None
    if slug != "watch-list":  # one account on a listed value is a finding
        assert again(slug, draft, cited(draft)[:1]) is None


def test_another_text_takes_its_account_out_of_a_cluster() -> None:
    draft = next(one for one in told_last("near-duplicate-text") if len(one.subjects) > 3)
    *signals, last = cited(draft)
    other = msgspec.structs.replace(last, text="Something else entirely, about gardens and rain.")
    now = again("near-duplicate-text", draft, [*signals, other])
    assert now != Score(draft.score, draft.llr, draft.subjects)


def found_in(slug: str, signals: Sequence[Signal]) -> FindingDraft:
    """The last thing that is said of these signals."""
    kind = registry.get(slug)
    return run_all(kind(SECRET), kind.Params(), signals, tick_floor_s=DAY_S)[-1].draft


def score_of(draft: FindingDraft) -> Score:
    return Score(draft.score, draft.llr, draft.subjects)


def test_a_site_comes_out_again_though_months_lie_between_its_cited_accounts() -> None:
    link = ("https://paypa1-login.example/",)
    days = [("a", 0), ("a", 20), ("a", 40), ("b", 60)]
    signals = [
        post(number, actor, "", raw_urls=link, at=day * DAY_S)
        for number, (actor, day) in enumerate(days)
    ]
    draft = found_in("lookalike-site", signals)
    evidence = [one for one in signals if one.id in draft.signal_ids]
    assert [one.actor for one in evidence] == ["a", "b"]
    assert again("lookalike-site", draft, evidence) == score_of(draft)
    harmless = msgspec.structs.replace(evidence[1], raw_urls=("https://harbour.example/",))
    assert again("lookalike-site", draft, [evidence[0], harmless]) is None


def test_a_dropped_account_whose_signal_shows_a_kit_does_not_come_back() -> None:
    hosts = [f"https://desk{n}.example/w/x/verify.php?id=1" for n in range(3)]
    signals = [post(n, f"u{n}", "", raw_urls=(host,)) for n, host in enumerate(hosts)]
    draft = found_in("lookalike-site", signals)
    assert draft.anchor.type == "kit"
    without = replace(draft, subjects=draft.subjects[1:])
    assert again("lookalike-site", without, signals) == score_of(without)


def test_a_listed_value_that_the_text_no_longer_holds_takes_its_account_out() -> None:
    signals = [post(n, f"u{n}", f"see https://evil.example/ {n}") for n in range(3)]
    draft = found_in("watch-list", with_sightings(signals, [("domain", "evil.example")]))
    assert draft.subjects == ("x:u0", "x:u1", "x:u2")
    assert again("watch-list", draft, signals) == score_of(draft)
    other = msgspec.structs.replace(signals[0], text="see https://good.example/")
    left = again("watch-list", draft, [other, *signals[1:]])
    assert left == Score(draft.score, draft.llr, ("x:u1", "x:u2"))


@pytest.mark.parametrize("gone", [1, 2, 3])
def test_a_site_that_lost_some_of_its_signals_names_those_that_are_left(gone: int) -> None:
    """Retention takes signals away one by one; a finding never names whom nothing cites."""
    link = ("https://paypa1-login.example/",)
    signals = [post(n, f"u{n}", "", raw_urls=link) for n in range(4)]
    draft = found_in("lookalike-site", signals)
    assert draft.subjects == tuple(f"x:u{n}" for n in range(4))
    left = again("lookalike-site", draft, signals[gone:])
    if gone == 3:
        assert left is None, "one account spreads no site with others"
    else:
        assert left is not None
        assert left.subjects == tuple(f"x:u{n}" for n in range(gone, 4))


def test_signals_that_a_finding_does_not_cite_add_nobody_to_it() -> None:
    signals = [post(n, f"u{n}", f"see https://evil.example/ {n}") for n in range(3)]
    draft = found_in("watch-list", with_sightings(signals, [("domain", "evil.example")]))
    stranger = post(9, "stranger", "see https://evil.example/")
    now = again("watch-list", draft, [*signals, stranger])
    assert now is not None
    assert now.subjects == draft.subjects


def test_a_list_that_is_not_believed_any_more_makes_nothing_of_the_same_signals() -> None:
    signals = [post(n, f"u{n}", "see https://evil.example/") for n in range(3)]
    draft = found_in("watch-list", with_sightings(signals, [("domain", "evil.example")]))
    doubted = replace(draft, constants={**draft.constants, "items": [["one", 0.3]]})
    assert again("watch-list", doubted, signals) is None


def test_an_address_that_stayed_in_use_comes_out_again_after_its_first_use_faded() -> None:
    uses = [("a", 0), ("b", 1), ("a", 4), ("b", 5), ("a", 9), ("b", 9), ("c", 11)]
    signals = [
        post(number, actor, "", identifier_map={"ip": "198.51.100.7"}, at=day * DAY_S)
        for number, (actor, day) in enumerate(uses)
    ]
    draft = found_in("shared-infrastructure", signals)
    assert draft.subjects == ("x:a", "x:b", "x:c")
    evidence = [one for one in signals if one.id in draft.signal_ids]
    assert len(evidence) == 5
    assert again("shared-infrastructure", draft, evidence) == score_of(draft)


def test_a_contact_that_was_verified_later_comes_out_again_as_hard_evidence() -> None:
    told = [("a", False), ("b", False), ("b", True), ("a", True), ("a", False), ("c", False)]
    signals = [
        post(
            number, actor, "", identifier_map={"email": "ada@mail.example"},
            attributes={"verified": ["email"]} if is_verified else {},
        )
        for number, (actor, is_verified) in enumerate(told)
    ]  # fmt: skip
    draft = found_in("shared-infrastructure", signals)
    assert draft.family == Family.INFRA_HARD
    evidence = [one for one in signals if one.id in draft.signal_ids]
    assert again("shared-infrastructure", draft, evidence) == score_of(draft)


def test_a_detector_that_needs_its_population_says_so() -> None:
    class Crowd(Velocity):
        meta = replace(Velocity.meta, rescored=Rescored.POPULATION)

    draft = told_last("velocity")[0]
    with pytest.raises(ValueError, match="population"):
        score_again(Crowd, Crowd.Params(), stored(draft), cited(draft))
