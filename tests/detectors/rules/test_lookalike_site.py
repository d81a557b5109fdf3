"""D8: false sites and kits, by who spreads them; warnings, newsrooms and brands stay out."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.base import HOUR_S, Family, FindingDraft, Key, Signal, Tier
from detectors.lookalike.findings import KIT_LLR, MAX_ACCOUNTS, MAX_DOMAINS, SITE_LLR
from detectors.lookalike.verdict import LookalikeParams
from detectors.lookalike.weights import FITTED
from detectors.rules.lookalike_site import LookalikeSite
from tests.harness import T0, bag, largest_state, post, rewound, run

RULE = LookalikeSite()
DEFAULTS = LookalikeParams()
FALSE = "https://paypa1-login.example/"
KIT = "/w/x/verify.php?id="


def shared(position: int, actor: str, *urls: str, **more: Any) -> Signal:
    return post(position, actor, more.pop("text", ""), raw_urls=urls, **more)


def site(position: int, url: str, **attributes: Any) -> Signal:
    """What a feed of new domains tells: nobody acted."""
    return shared(position, "", url, kind="site", attributes=attributes)


def find(signals: list[Signal], **params: Any) -> list[FindingDraft]:
    return [draft for _, draft in run(RULE, LookalikeParams(**params), signals)]


def of(kind: str, found: list[FindingDraft]) -> list[FindingDraft]:
    return [draft for draft in found if draft.anchor.type == kind]


def test_accounts_that_spread_a_look_alike_are_found_with_every_sub_signal() -> None:
    signals = [shared(n, f"u{n}", FALSE, at=T0 + n * HOUR_S) for n in range(4)]
    *_, last = find(signals)
    assert last.anchor == Key("site", "paypa1-login.example")
    assert last.subjects == ("x:u0", "x:u1", "x:u2", "x:u3")
    assert last.signal_ids == (1, 2, 3, 4)
    assert last.sentence == (
        "paypa1-login.example: reads like paypal; words login; 4 accounts in 3 h"
    )
    assert (last.tier, last.llr, RULE.meta.family) == (
        Tier.SUPPORTING, SITE_LLR, Family.INFRA_SOFT,
    )  # fmt: skip
    assert [(one.name, one.value, one.op, one.limit) for one in last.conditions] == [
        ("name that reads like paypal", 0, "<=", 0),
        ("words of a lure in the host", 1.0, ">=", 1),
        ("sub-signals", 2, ">=", 2),
        ("weight", last.score, ">=", DEFAULTS.min_score),
        ("accounts", 4, ">=", 2),
    ]
    assert last.values["brands"] == ["paypal"]


def test_the_score_can_be_computed_from_the_record_alone() -> None:
    (found,) = find([shared(n, f"u{n}", FALSE) for n in range(2)])
    assert found.score == pytest.approx(sum(found.constants["weights"].values()))
    assert found.constants["weights"]["look-alike-name"] == FITTED["look-alike-name"][0]
    assert found.constants["lists"].startswith("pymispwarninglists ")


def test_every_finding_only_supports() -> None:
    signals = [shared(n, f"u{n}", f"https://paypa1-login{n}.example{KIT}{n}") for n in range(30)]
    assert {draft.tier for draft in find(signals)} == {Tier.SUPPORTING}


def test_a_kit_is_found_on_several_domains_with_the_accounts_that_use_it() -> None:
    hosts = ("pay-harbour.example", "harbour-desk.example", "blue-desk.example", "desk.example.net")
    signals = [shared(n, f"u{n}", f"https://{host}{KIT}{n}") for n, host in enumerate(hosts)]
    found = of("kit", find(signals))
    assert [len(draft.subjects) for draft in found] == [3, 4]
    last = found[-1]
    assert last.anchor == Key("kit", KIT)
    assert last.llr == KIT_LLR
    assert last.sentence == (
        "kit /w/x/verify.php?id= on 4 domains (pay-harbour.example, harbour-desk.example, "
        "blue-desk.example, ...); 4 accounts in 3 min"
    )
    told = {one.name: (one.value, one.met) for one in last.conditions}
    assert told["domains with the same kit"] == (4.0, True)
    assert told["words of a lure in the path"] == (1.0, True)


def test_two_domains_are_no_kit_yet_and_one_account_has_no_company() -> None:
    urls = [f"https://h{n}desk.example{KIT}{n}" for n in range(5)]
    assert find([shared(n, f"u{n}", url) for n, url in enumerate(urls[:2])]) == []
    assert find([shared(n, "u0", url) for n, url in enumerate(urls)]) == []


def test_hosts_of_one_registered_domain_are_one_domain() -> None:
    signals = [shared(n, f"u{n}", f"https://h{n}.desk.example{KIT}{n}") for n in range(6)]
    assert of("kit", find(signals)) == []


def test_tenants_of_free_hosting_are_different_domains() -> None:
    signals = [shared(n, f"u{n}", f"https://desk{n}.pages.dev{KIT}{n}") for n in range(3)]
    assert len(of("kit", find(signals))) == 1


def test_a_kit_is_judged_by_its_plainest_address() -> None:
    """Where one address shows no more than a word, the others' brands do not count for it."""
    hosts = ("paypal-login.example", "desk.example", "netflix-verify.example")
    signals = [shared(n, f"u{n}", f"https://{host}{KIT}{n}") for n, host in enumerate(hosts)]
    (found,) = of("kit", find(signals))
    assert set(found.constants["weights"]) == {"words-path", "kit"}


def test_a_kit_that_plainer_addresses_join_is_taken_back() -> None:
    def shares(host: str, n: int) -> Signal:
        return shared(n, f"u{n}", f"https://{host}/harbour/x.php?id={n}")

    hosts = ("paypal-login.example", "netflix-verify.example", "amazon-login.example")
    signals = [shares(host, n) for n, host in enumerate(hosts)]
    held = of("kit", find(signals, min_score=9.0))
    assert [draft.lapsed for draft in held] == [False]
    signals.append(shares("login-desk.example", 3))
    held = of("kit", find(signals, min_score=9.0))
    assert [draft.lapsed for draft in held] == [False, True]


@pytest.mark.parametrize(
    "url",
    [
        "https://www.paypal.com/signin",
        "https://login.paypal.com/w/x/verify.php?id=1",
        "https://paypal.de/login",
        "https://pineapple.example/login",
        "https://chasewood.example/login",
        "https://ups-and-downs.example/account",
        "https://paypa1.example/",
        "https://harbour.example/2026/05/paypal-login-scam-explained",
        "https://harbour.example/tag/paypal/security",
        "https://www.nytimes.com/paypal/login",
        "https://bit.ly/paypal-login",
        "https://login.harbour.example/",
        "https://amazon-forest-news.example/",
    ],
)
def test_what_only_looks_like_a_false_site_is_never_found(url: str) -> None:
    """Own domains, words with brands in them, short brands, newsrooms, shorteners, single signs."""
    assert find([shared(n, f"u{n}", url) for n in range(20)]) == []


def test_the_organisations_own_domain_is_spared_and_its_brand_is_watched() -> None:
    p: dict[str, Any] = {"own_domains": "harbourbank.example"}
    false, own = "https://harbourbank-login.web.app/", "https://login.harbourbank.example/verify"
    assert find([shared(n, f"u{n}", own) for n in range(3)], **p) == []
    assert find([shared(n, f"u{n}", false) for n in range(3)], **p)


def test_who_warns_of_a_site_spreads_nothing() -> None:
    warning = "Careful, hxxps://paypa1-login[.]example is a fraud"
    assert find([post(n, f"u{n}", warning) for n in range(5)]) == []
    luring = "Sign in at https://paypa1-login.example now"
    assert find([post(n, f"u{n}", luring) for n in range(5)])


def test_who_reports_a_site_spreads_nothing() -> None:
    assert "report" not in RULE.meta.kinds
    assert find([shared(n, f"u{n}", FALSE, kind="report") for n in range(5)]) == []


def test_a_site_that_nobody_spread_is_no_finding() -> None:
    assert find([site(n, f"https://paypal-login{n}.example{KIT}{n}") for n in range(5)]) == []


def test_what_a_feed_knows_of_a_site_counts_for_those_who_spread_it() -> None:
    url = "https://paypa1.example/"
    shares = [shared(n, f"u{n}", url) for n in (1, 2)]
    assert find(shares) == []
    (found,) = find([site(0, url, domain_created_at="2026-09-18T12:00:00+00:00"), *shares])
    assert found.subjects == ("x:u1", "x:u2")
    assert found.signal_ids == (1, 2, 3)
    assert found.sentence == (
        "paypa1.example: reads like paypal; 3.1 days old; 2 accounts in 1 min"
    )


@pytest.mark.parametrize(
    "told",
    [None, 17, "soon", "", "2026-13-45", ["2026-09-18"], "2020-01-01", "2" * 9_000, {"a": 1}],
)
def test_an_age_that_is_old_or_unreadable_says_nothing(told: Any) -> None:
    url = "https://paypa1.example/"
    signals = [shared(n, f"u{n}", url, attributes={"domain_created_at": told}) for n in range(3)]
    assert find(signals) == []


def test_the_age_belongs_to_the_only_site_of_a_signal_and_not_to_a_host_of_many() -> None:
    young = {"domain_created_at": "2026-09-18T12:00:00Z"}
    two = ("https://paypa1.example/", "https://harbour.example/")
    assert find([shared(n, f"u{n}", *two, attributes=young) for n in range(3)]) == []
    guest = find([shared(n, f"u{n}", "https://paypal.web.app/", attributes=young) for n in (0, 1)])
    assert "young" not in guest[-1].constants["weights"]


def test_a_place_on_a_host_of_many_is_its_own_site() -> None:
    urls = [f"https://sites.google.com/view/paypal-login{n}/home" for n in range(3)]
    assert find([shared(n, f"u{n}", url) for n, url in enumerate(urls)]) == []
    (found,) = find([shared(n, f"u{n}", urls[0]) for n in range(2)])
    assert found.anchor.value == "sites.google.com/view/paypal-login0/home"


def test_one_account_alone_and_the_same_share_again_add_nothing() -> None:
    assert find([shared(n, "u0", FALSE) for n in range(9)]) == []
    twice = [shared(0, "u0", FALSE), shared(1, "u1", FALSE), shared(2, "u1", FALSE)]
    assert len(find(twice)) == 1


def test_a_single_account_is_found_where_that_is_wanted() -> None:
    (found,) = find([shared(0, "u0", FALSE)], min_accounts=1)
    assert found.subjects == ("x:u0",)


def test_long_addresses_are_shortened_in_the_sentence() -> None:
    host = "paypal-login." + ".".join(["harbour" * 8] * 3) + ".web.app"
    found = find([shared(n, f"u{n}", f"https://{host}/") for n in range(2)])
    assert len(found[-1].sentence) < 260


HOSTILE = st.one_of(
    st.text(max_size=80),
    st.sampled_from(
        [
            FALSE,
            f"https://desk.example{KIT}1",
            "https://xn--99999999.example/login",
            "https://[::1]/paypal/login",
            "https://paypal-login.example/" + "%00/" * 500,
            "https://" + "paypal-login." * 18 + "example/",
        ]
    ),
)


@settings(max_examples=200)
@given(st.lists(st.tuples(HOSTILE, HOSTILE, st.text(max_size=5)), max_size=8))
def test_no_signal_raises_whatever_it_says(rows: list[tuple[str, str, str]]) -> None:
    signals = [
        shared(n, actor, url, text=text, attributes={"domain_created_at": text})
        for n, (url, text, actor) in enumerate(rows)
    ]
    for draft in find(signals, min_accounts=1):
        assert draft.subjects
        assert draft.signal_ids
        assert draft.score is not None


def test_a_huge_text_full_of_links_touches_few_keys() -> None:
    text = " ".join(f"https://paypal-login{n}.example{KIT}{n}" for n in range(900))
    assert len({*RULE.keys(post(0, "u0", text), DEFAULTS)}) <= 20


def test_states_are_bounded_and_say_so() -> None:
    states: dict[Key, Any] = {}
    signals = [
        shared(n, f"u{n}", FALSE, f"https://desk{n}.example{KIT}{n}")
        for n in range(MAX_ACCOUNTS + 60)
    ]
    found = [draft for _, draft in run(RULE, DEFAULTS, signals, states=states)]
    assert largest_state(states) < 64 * 1024
    last = found[-1]
    assert len(last.subjects) <= MAX_ACCOUNTS
    by_type = {draft.anchor.type: draft for draft in found}
    assert by_type["kit"].flags == ("truncated",)
    assert len(by_type["kit"].values["domains"]) == MAX_DOMAINS


def test_a_growing_finding_is_said_again_seldom() -> None:
    found = find([shared(n, f"u{n}", FALSE) for n in range(400)])
    assert 50 < len(found) < 100


def stream(rows: list[tuple[int, int, int]]) -> list[Signal]:
    hosts = ("paypa1-login.example", "desk.example", "netflix-verify.example", "harbour.pages.dev")
    paths = ("/", f"{KIT}7", "/paypal/login", "/harbour/x.php?id=3")
    ages: list[dict[str, Any]] = [{}, {"domain_created_at": "2026-09-01T00:00:00Z"}]
    return [
        shared(n, f"u{who}" if who else "", f"https://{hosts[host]}{paths[path]}",
               attributes=ages[n % 2])
        for n, (who, host, path) in enumerate(rows)
    ]  # fmt: skip


worlds = st.lists(
    st.tuples(st.integers(0, 6), st.integers(0, 3), st.integers(0, 3)), max_size=40
).map(stream)


@given(worlds, st.integers(0, 40))
def test_batches_checkpoints_and_shards_change_nothing(signals: list[Signal], cut: int) -> None:
    whole = run(RULE, DEFAULTS, signals)
    states: dict[Key, Any] = {}
    first = run(RULE, DEFAULTS, signals[:cut], states=states)
    rest = run(RULE, DEFAULTS, signals[cut:], states=rewound(RULE, states))
    moved = [(position + len(signals[:cut]), draft) for position, draft in rest]
    assert [one.sentence for _, one in first + moved] == [one.sentence for _, one in whole]
    assert [one.score for _, one in first + moved] == [one.score for _, one in whole]
    assert bag(run(RULE, DEFAULTS, signals, shards=4)) == bag(whole)


@given(worlds)
def test_the_score_of_every_finding_is_the_sum_of_its_weights(signals: list[Signal]) -> None:
    for draft in find(signals):
        assert draft.score == pytest.approx(sum(draft.constants["weights"].values()))
        assert all(one.met for one in draft.conditions) or draft.lapsed
        assert set(draft.signal_ids) <= {signal.id for signal in signals}
