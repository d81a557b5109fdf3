"""Young sites that few push: whose age is known, who links to them, and what is passed over."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.base import DAY_S, HOUR_S, Family, FindingDraft, Key, Score, Signal, Tier, Told
from detectors.engine import Found, Runner
from detectors.recompute import score_again
from detectors.rules.pushed_site import (
    MAX_SITES,
    PUSH_LLR,
    SITE_LLR,
    Pushed,
    PushedSite,
    PushedSiteParams,
)
from tests.harness import T0, bag, largest_state, post, rewound, run

RULE = PushedSite()
DEFAULTS = PushedSiteParams()
SITE = "brinewick-relief.example"
URL = f"https://{SITE}/give"
YOUNG = {"domain_age_days": 3}


def link(position: int, actor: str, *urls: str, **more: Any) -> Signal:
    return post(position, actor, more.pop("text", ""), raw_urls=urls or (URL,), **more)


def push(count: int, *, first: int = 0, **more: Any) -> list[Signal]:
    """So many accounts link to it, one an hour; the first one knows how old it is."""
    return [
        link(n, f"u{n}", at=n * HOUR_S, attributes=YOUNG if n == first else {}, **more)
        for n in range(first, first + count)
    ]


def find(signals: Sequence[Signal], **params: Any) -> list[FindingDraft]:
    return [draft for _, draft in run(RULE, PushedSiteParams(**params), signals)]


def last(signals: Sequence[Signal], **params: Any) -> FindingDraft:
    return find(signals, **params)[-1]


def iso(days: float) -> str:
    return (datetime.fromtimestamp(T0, UTC) - timedelta(days=days)).isoformat()


def test_three_accounts_that_link_to_a_young_site_are_found_at_the_third() -> None:
    (draft,) = find(push(3))
    assert draft.anchor == Key("pushed", SITE)
    assert draft.subjects == ("x:u0", "x:u1", "x:u2")
    assert draft.signal_ids == (1, 2, 3)
    assert draft.sentence == (
        f"3 accounts on 1 platform link to {SITE}, registered 3 days before the first link, "
        "within 2 h"
    )
    assert (draft.llr, draft.score, draft.tier) == (PUSH_LLR, 3.0, Tier.SUPPORTING)
    assert RULE.meta.family == Family.INFRA_SOFT
    assert {llr for *_, llr in draft.links} == {PUSH_LLR}
    assert all(row.met for row in draft.conditions)


@pytest.mark.parametrize(
    ("attributes", "age"),
    [
        ({"domain_age_days": 3}, 3.0),
        ({"domain_age_days": 2.5}, 2.5),
        ({"domain_age_days": 0}, 0.0),
        ({"domain_created_at": iso(7)}, 7.0),
        ({"domain_created_at": iso(7).replace("+00:00", "Z")}, 7.0),
        ({"domain_created_at": iso(7).replace("+00:00", "")}, 7.0),
        ({"domain_created_at": iso(-0.5)}, 0.0),
        ({"domain_age_days": "old", "domain_created_at": iso(4)}, 4.0),
        ({"domain_age_days": 5, "domain_created_at": iso(4)}, 5.0),
    ],
)
def test_either_attribute_tells_the_age(attributes: dict[str, Any], age: float) -> None:
    signals = [link(n, f"u{n}", at=0.0, attributes=attributes) for n in range(3)]
    assert last(signals).score == age


@pytest.mark.parametrize(
    "attributes",
    [
        {},
        {"domain_age_days": True},
        {"domain_age_days": -1},
        {"domain_age_days": 10**9},
        {"domain_age_days": float("nan")},
        {"domain_age_days": float("inf")},
        {"domain_age_days": "3"},
        {"domain_age_days": [3]},
        {"domain_age_days": None},
        {"domain_created_at": 20260921},
        {"domain_created_at": "yesterday"},
        {"domain_created_at": ""},
        {"domain_created_at": "2026-09-21" + " " * 90},
        {"domain_created_at": {"date": "2026-09-21"}},
        {"domain_created_at": "9999-12-31T23:59:59-23:59"},
        {"domain_created_at": iso(-2)},
        {"domain_created_at": "0001-01-01T00:00:00+23:59"},
        {"domain_age_days": 31},
        {"domain_created_at": iso(31)},
    ],
)
def test_what_is_no_age_or_not_young_finds_nothing(attributes: dict[str, Any]) -> None:
    assert find([link(n, f"u{n}", at=0.0, attributes=attributes) for n in range(9)]) == []


def test_the_limits_are_what_the_parameters_say() -> None:
    old = [link(n, f"u{n}", attributes={"domain_age_days": 90}) for n in range(3)]
    assert find(old) == []
    assert len(find(old, max_age_d=100)) == 1
    assert find(push(2)) == []
    assert len(find(push(2), min_accounts=2)) == 1


def test_an_age_that_is_told_among_several_links_is_about_none_of_them() -> None:
    both = [
        link(n, f"u{n}", URL, "https://other-relief.example/", attributes=YOUNG) for n in range(5)
    ]
    assert find(both) == []


def test_a_site_that_turns_out_older_is_taken_back_once() -> None:
    """Two senders say two ages: the earliest registration is believed."""
    signals = push(4)
    signals.append(link(4, "u9", at=5 * HOUR_S, attributes={"domain_age_days": 900}))
    signals.append(link(5, "u10", at=6 * HOUR_S))
    found = find(signals)
    assert [draft.lapsed for draft in found] == [False, False, True]
    assert found[-1].score is not None
    assert found[-1].score > DEFAULTS.max_age_d


def test_the_age_may_be_told_last() -> None:
    signals = [link(n, f"u{n}", at=n * HOUR_S) for n in range(5)]
    assert find(signals) == []
    crawled = post(
        9, "crawler", "", kind="site", at=9 * HOUR_S, raw_urls=(URL,),
        attributes={"domain_created_at": iso(2)},
    )  # fmt: skip
    draft = last([*signals, crawled])
    assert len(draft.values["sites"]) == 1
    assert draft.score == 2.0
    assert 10 in draft.signal_ids


def test_a_popular_site_lapses_and_stays_silent() -> None:
    found = find(push(70), most_accounts=20)
    assert [draft.lapsed for draft in found] == [False] * 18 + [True]
    assert len(found[-1].subjects) == 21
    assert find([link(n, f"u{n}") for n in range(70)], most_accounts=20) == []


@pytest.mark.parametrize(
    "url",
    [
        "https://wikipedia.org/wiki/Rain",
        "https://en.wikipedia.org/wiki/Rain",
        "https://bit.ly/abc",
        "https://localhost/x",
        "mailto:a@brinewick-relief.example",
        "no link",
    ],
)
def test_well_known_sites_shorteners_and_what_is_no_site_are_passed_over(url: str) -> None:
    assert find([link(n, f"u{n}", url, attributes=YOUNG) for n in range(9)]) == []


def test_a_tenant_of_a_hosting_service_is_a_site_of_its_own() -> None:
    ours = [link(n, f"u{n}", "https://relief-now.weebly.com/", attributes=YOUNG) for n in range(3)]
    others = [link(9 + n, f"v{n}", f"https://club{n}.weebly.com/") for n in range(9)]
    draft = last([*ours, *others])
    assert draft.anchor.value == "relief-now.weebly.com"
    assert draft.subjects == ("x:u0", "x:u1", "x:u2")


def test_subdomains_and_links_in_the_text_are_one_site() -> None:
    urls = [URL, f"https://www.{SITE}/", f"https://pay.{SITE}/now"]
    signals = [link(n, f"u{n}", url, attributes=YOUNG) for n, url in enumerate(urls)]
    signals.append(post(5, "u5", f"give here: {URL}"))
    assert last(signals).subjects == ("x:u0", "x:u1", "x:u2", "x:u5")


def test_the_account_that_is_the_site_is_tied_to_all_who_push_it() -> None:
    site = link(0, SITE, kind="site", platform="web", at=-HOUR_S, attributes=YOUNG)
    signals = [site, *(link(n, f"u{n}", at=n) for n in range(1, 5))]
    draft = last(signals)
    place = {name: number for number, name in enumerate(draft.subjects)}
    weights = {(draft.subjects[a], draft.subjects[b]): llr for a, b, llr in draft.links}
    assert draft.values["sites"] == [f"web:{SITE}"]
    assert draft.values["accounts"] == 4
    assert len(place) == 5
    assert {llr for pair, llr in weights.items() if f"web:{SITE}" in pair} == {SITE_LLR}
    assert {llr for pair, llr in weights.items() if f"web:{SITE}" not in pair} == {PUSH_LLR}
    assert len(weights) == 10


def test_sites_alone_push_nothing() -> None:
    sites = [link(n, f"s{n}", kind="site", attributes=YOUNG) for n in range(40)]
    assert find(sites) == []
    draft = last([*sites, *push(3, first=50)])
    assert len(draft.values["sites"]) == MAX_SITES
    assert draft.values["accounts"] == 3


def test_nobody_is_found_for_a_signal_without_an_account() -> None:
    assert find([link(n, "", attributes=YOUNG) for n in range(9)]) == []


def test_one_account_that_links_many_times_is_one() -> None:
    assert find([link(n, f"u{n % 2}", attributes=YOUNG) for n in range(40)]) == []


def test_state_stays_small() -> None:
    signals = [link(n, f"u{n}", attributes=YOUNG) for n in range(3_000)]
    signals += [link(n, f"s{n}", kind="site") for n in range(3_000)]
    states: dict[Key, Pushed] = {}
    run(RULE, PushedSiteParams(most_accounts=1_000), signals, states=states)
    assert largest_state(states) < 2_000
    full: dict[Key, Pushed] = {}
    run(RULE, PushedSiteParams(most_accounts=1_000), signals[:1_000], states=full)
    assert largest_state(full) < 50_000


@pytest.mark.parametrize(
    "url",
    ["https://" + "a" * 5_000 + ".example/", "https://\u202eexample.test/", "https://xn--/",
     "http://[::1]/", "https://198.51.100.7/", "https://\ud800.example/", "https://a..b/"],
)  # fmt: skip
def test_odd_links_do_no_harm(url: str) -> None:
    signals = [link(n, f"u{n}", url, text="see a.b " * 50, attributes=YOUNG) for n in range(4)]
    states: dict[Key, Any] = {}
    run(RULE, DEFAULTS, signals, states=states)
    assert rewound(RULE, states) == states


def test_a_finding_comes_out_again_from_its_record_and_its_signals() -> None:
    site = link(0, SITE, kind="site", platform="web", attributes={"domain_created_at": iso(2)})
    signals = [site, *push(9, first=1), link(30, "u1", at=30 * HOUR_S)]
    draft = last(signals)
    cited = [one for one in signals if one.id in draft.signal_ids]
    assert again(draft, cited[::-1]) == Score(draft.score, draft.llr, draft.subjects)
    without = again(draft, [one for one in cited if one.actor != "u4"])
    assert without is not None
    assert set(draft.subjects) - set(without.subjects) == {"x:u4"}
    assert again(draft, []) is None
    assert again(draft, cited[:1]) is None
    ageless = [msgspec.structs.replace(one, attributes={}) for one in cited]
    assert again(draft, ageless) is None


def again(draft: FindingDraft, signals: Sequence[Signal]) -> Score | None:
    values, constants = (
        json.loads(json.dumps(msgspec.to_builtins(part)))
        for part in (draft.values, draft.constants)
    )
    record = Told(draft.anchor, draft.subjects, values, constants)
    return score_again(PushedSite, DEFAULTS, record, signals)


acts = st.lists(
    st.tuples(
        st.integers(0, 6),
        st.sampled_from([URL, "https://club.example/", "https://wikipedia.org/"]),
        st.integers(0, 40) | st.none(),
        st.sampled_from(["post", "site"]),
    ),
    min_size=1,
    max_size=30,
)


def stream(rows: Sequence[tuple[int, str, int | None, str]]) -> list[Signal]:
    return [
        link(n, f"u{who}", url, kind=kind, at=600 * n,
             attributes={} if age is None else {"domain_age_days": age})
        for n, (who, url, age, kind) in enumerate(rows)
    ]  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(acts, st.sampled_from([2, 3, 4]))
def test_any_number_of_shards_gives_the_same_findings(
    rows: list[tuple[int, str, int | None, str]], shards: int
) -> None:
    signals = stream(rows)
    assert bag(run(RULE, DEFAULTS, signals)) == bag(run(RULE, DEFAULTS, signals, shards=shards))


@settings(max_examples=100, deadline=None)
@given(acts, st.randoms())
def test_late_arrival_ends_in_what_the_order_of_time_says(
    rows: list[tuple[int, str, int | None, str]], dice: Any
) -> None:
    signals = stream(rows)
    shuffled = list(signals)
    dice.shuffle(shuffled)
    assert standing(shuffled) == standing(signals)


@settings(max_examples=40, deadline=None)
@given(acts)
def test_what_stands_at_the_end_comes_out_again(
    rows: list[tuple[int, str, int | None, str]],
) -> None:
    signals = stream(rows)
    for draft in standing(signals).values():
        cited = [one for one in signals if one.id in draft.signal_ids]
        assert again(draft, cited) == Score(draft.score, draft.llr, draft.subjects)


def standing(signals: Sequence[Signal]) -> dict[Key, FindingDraft]:
    """The last word about each site, where it stands."""
    received = [
        msgspec.structs.replace(one, received=T0 + DAY_S + number)
        for number, one in enumerate(signals)
    ]
    runner = Runner(RULE, DEFAULTS)
    events = [*runner.feed(received), *runner.finish()]
    told = {one.draft.anchor: one.draft for one in events if isinstance(one, Found)}
    return {anchor: draft for anchor, draft in told.items() if not draft.lapsed}
