"""D13: too many acts in a window, by fixed conditions and by one that an admin writes."""

from __future__ import annotations

from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from detectors.base import FindingDraft, Key, Signal, Tier
from detectors.grouping import GROUP_NOUNS, GROUPS
from detectors.hyperloglog import STANDARD_ERROR
from detectors.rules.velocity import Velocity
from detectors.schema import Ai
from detectors.schema import Kind as WireKind
from detectors.sliding import MAX_KEPT
from detectors.velocity.params import Group, Kind, SecondGroup, VelocityParams
from tests.harness import T0, bag, largest_state, post, rewound, run

RULE = Velocity()
DEFAULTS = VelocityParams()
SLOGAN = "Everybody is talking about the new bridge now"
OFF: dict[str, Any] = {"signups": 0, "copies": 0, "posts": 0, "ai_requests": 0}


def find(signals: list[Signal], **params: Any) -> list[tuple[int, FindingDraft]]:
    return run(RULE, VelocityParams(**params), signals)


def last(found: list[tuple[int, FindingDraft]]) -> FindingDraft:
    return found[-1][1]


def signup(position: int, actor: str, ip: str, agent: str = "curl/8", at: float = 0) -> Signal:
    return Signal(
        id=position + 1,
        at=T0 + (at or 30 * position),
        platform="forum",
        kind="account.created",
        actor=actor,
        identifier_map={"ip": ip},
        attributes={"user_agent": agent} if agent else {},
    )


def flood(size: int, text: str, *, actors: int = 10**9) -> list[Signal]:
    """One post every half second from one address."""
    return [
        post(
            n, f"u{n % actors}", text.format(n), at=T0 + n / 2,
            identifier_map={"ip": "203.0.113.7"},
        )
        for n in range(size)
    ]  # fmt: skip


def test_three_sign_ups_from_one_client_are_found() -> None:
    found = find([signup(n, f"u{n}", "203.0.113.7") for n in range(4)])
    assert [len(draft.subjects) for _, draft in found] == [3, 4]
    first = found[0][1]
    assert first.sentence == (
        "3 accounts created from 203.0.113.7 with one client in 10 min, limit 3"
    )
    assert (first.tier, first.llr, first.anchor.type) == (Tier.OPENING, 2.0, "signups")
    assert [(row.value, row.op, row.limit, row.met) for row in first.conditions] == [
        (3, ">=", 3, True)
    ]


def test_a_shared_address_with_different_clients_is_nothing() -> None:
    signals = [signup(n, f"u{n}", "203.0.113.7", f"browser {n}") for n in range(30)]
    assert find(signals) == []
    assert find([signup(n, f"u{n}", "203.0.113.7", "") for n in range(30)]) == []


def test_slow_sign_ups_are_nothing() -> None:
    signals = [signup(n, f"u{n}", "203.0.113.7", at=301 * (n + 1)) for n in range(30)]
    assert find(signals) == []


def test_an_account_that_is_told_twice_counts_once() -> None:
    assert find([signup(n, f"u{n % 2}", "203.0.113.7") for n in range(30)]) == []


def test_a_hundred_copies_in_a_minute_are_found() -> None:
    found = find([post(n, f"u{n % 90}", SLOGAN, at=T0 + n * 0.5) for n in range(100)])
    assert [position for position, _ in found] == [99]
    assert last(found).sentence == "100 posts of one text by 90 accounts in 1 min, limit 100"
    assert len(last(found).signal_ids) == 100


def test_a_short_cheer_of_a_crowd_is_nothing() -> None:
    assert find([post(n, f"u{n}", "GOOOAL!!!", at=T0) for n in range(500)]) == []


def test_a_busy_account_supports_and_never_opens() -> None:
    found = find([post(n, "feed", f"item {n}", at=T0 + n) for n in range(200)])
    assert [draft.values["value"] for _, draft in found] == [60, 120]
    assert {draft.tier for _, draft in found} == {Tier.SUPPORTING}
    assert {draft.subjects for _, draft in found} == {("x:feed",)}
    assert found[0][1].sentence == "60 posts by x:feed in 10 min, limit 60"


def test_requests_with_one_key_are_counted_over_accounts() -> None:
    signals = [
        post(
            n, f"u{n % 4}", "", at=T0 + n * 0.05, kind="ai.request", ai=Ai(provider="p", key="k-17")
        )
        for n in range(600)
    ]
    draft = last(find(signals))
    assert draft.sentence == "600 AI requests with key p:k-17 by 4 accounts in 1 min, limit 600"
    assert draft.tier is Tier.OPENING
    assert find([post(n, "u", "", at=T0, kind="ai.request") for n in range(900)]) == []


@pytest.mark.row(14)
@pytest.mark.parametrize(
    ("group", "more", "shown"),
    [
        ("ip", {"identifier_map": {"ip": "203.0.113.7"}}, "IP address (203.0.113.7)"),
        ("device", {"identifier_map": {"device": "d-1"}}, "device (d-1)"),
        ("agent", {"identifier_map": {"ja4": "t13d1516h2"}}, "client (0bad34f7ab26)"),
        ("url", {"raw_urls": ("https://evil.example/a",)}, "link (https:…le/a)"),
        ("domain", {"raw_urls": ("https://www.evil.example/a",)}, "domain (evil.example)"),
        ("ai-key", {"ai": Ai(provider="p", key="k")}, "AI key (p:k)"),
        ("object", {"objects": ("hashtag:#Vote",)}, "object (hashtag:vote)"),
    ],
)
def test_an_admin_can_set_at_least_n_in_t_by_entity(
    group: str, more: dict[str, Any], shown: str
) -> None:
    signals = [post(n, f"u{n}", "hello", **more) for n in range(6)]
    wanted = {**OFF, "custom": 5, "custom_group": group, "custom_window_s": 600}
    found = find(signals, **wanted)
    assert [position for position, _ in found] == [4, 5]
    assert found[0][1].sentence == f"5 different accounts on one {shown} in 10 min, limit 5"
    assert find(signals, **{**wanted, "custom_window_s": 120}) == []
    assert find(signals, **{**wanted, "custom_kind": "login"}) == []
    assert find(signals, **{**wanted, "custom": 7}) == []


@pytest.mark.parametrize(
    ("groups", "shown"),
    [
        (("ip", "device"), "IP address and device (203.0.113.7 + d-1)"),
        (("device", "ip"), "device and IP address (d-1 + 203.0.113.7)"),
        (("ip", "agent"), "IP address and client (203.0.113.7)"),
        (("domain", "object"), "domain and object (evil.example + hashtag:vote)"),
        (("ip", "ip"), "IP address (203.0.113.7)"),
    ],
)
def test_an_own_condition_can_count_by_two_groups_together(
    groups: tuple[str, str], shown: str
) -> None:
    more: dict[str, Any] = {
        "identifier_map": {"ip": "203.0.113.7", "device": "d-1"},
        "attributes": {"user_agent": "curl/8"},
        "raw_urls": ("https://www.evil.example/a",),
        "objects": ("hashtag:#Vote",),
    }
    wanted = {**OFF, "custom": 3, "custom_group": groups[0], "custom_second_group": groups[1]}
    found = find([post(n, f"u{n}", "hello", **more) for n in range(3)], **wanted)
    assert last(found).sentence == f"3 different accounts on one {shown} in 10 min, limit 3"


def test_a_tuple_is_met_only_where_both_values_are_the_same() -> None:
    signals = [
        post(n, f"u{n}", "", identifier_map={"ip": f"203.0.113.{n % 2}", "device": f"d-{n % 3}"})
        for n in range(6)
    ]
    wanted = {**OFF, "custom": 2, "custom_group": "ip", "custom_second_group": "device"}
    assert find(signals, **wanted) == []
    assert len(find(signals, **{**wanted, "custom_second_group": "none"})) == 4


def test_a_signal_without_one_of_the_two_forms_no_key_and_many_values_few() -> None:
    params = VelocityParams(**OFF, custom=2, custom_group="ip", custom_second_group="url")
    ips = {"ip": [f"203.0.113.{n}" for n in range(10)]}
    urls = tuple(f"https://e.example/{n}" for n in range(50))
    assert list(RULE.keys(post(0, "u", "", identifier_map=ips), params)) == []
    assert len(list(RULE.keys(post(0, "u", "", identifier_map=ips, raw_urls=urls), params))) == 10


RATE: dict[str, Any] = {
    **OFF,
    "custom": 100,
    "custom_measure": "rate",
    "custom_refill": 10,
    "custom_group": "text",
    "custom_window_s": 60,
}


def test_a_burst_fills_the_bucket() -> None:
    found = find([post(n, f"u{n % 40}", SLOGAN, at=T0) for n in range(100)], **RATE)
    draft = last(found)
    assert [position for position, _ in found] == [99]
    assert draft.sentence.endswith("in 10 min, limit 100, refill 10 in 1 min")
    assert [(row.name, row.value, row.op, row.limit, row.unit) for row in draft.conditions] == [
        ("rate", 100.0, ">=", 100, "in a bucket that loses 10 in 60 s")
    ]
    assert draft.constants == {"refill": 10, "level": 100.0, "span_s": 600.0}
    assert (draft.values["value"], draft.score, len(draft.subjects)) == (100, 1.0, 40)


def test_a_steady_stream_at_the_refill_rate_never_fills_it() -> None:
    steady = [post(n, f"u{n % 40}", SLOGAN, at=T0 + 6 * n) for n in range(3_000)]
    assert find(steady, **RATE) == []
    assert find(steady, **{**OFF, "copies": 100, "copies_window_s": 600})


def test_a_stream_a_little_above_the_refill_rate_fills_it_in_time() -> None:
    found = find([post(n, "u", SLOGAN, at=T0 + 5 * n) for n in range(1_000)], **RATE)
    assert 590 < found[0][0] < 600


def test_a_bucket_that_was_told_is_told_again_after_it_ran_out() -> None:
    burst = [post(n, "u", SLOGAN, at=T0) for n in range(150)]
    again = [post(150 + n, "u", SLOGAN, at=T0 + 3_600) for n in range(120)]
    assert [position for position, _ in find(burst + again, **RATE)] == [99, 249]


def test_late_acts_fill_the_bucket_where_they_belong() -> None:
    spread = [post(1 + n, "u", SLOGAN, at=T0 + 6 * n) for n in range(150)]
    assert find([post(0, "u", SLOGAN, at=T0 + 900), *spread], **RATE) == []
    burst = [post(1 + n, "u", SLOGAN, at=T0) for n in range(120)]
    found = find([post(0, "u", SLOGAN, at=T0 + 300), *burst], **RATE)
    assert [position for position, _ in found] == [100]


def test_a_bucket_larger_than_what_is_kept_is_exact() -> None:
    wanted = {**RATE, "custom": 3_000, "custom_refill": 300}
    found = find([post(n, "u", SLOGAN, at=T0) for n in range(3_100)], **wanted)
    assert [position for position, _ in found] == [2_999]
    assert last(found).sentence.startswith("at least 3,000 signals on one text")


def test_a_full_bucket_never_shows_fewer_acts_than_it_holds() -> None:
    moments = [0.0] * 2_998 + [n / 5 for n in range(1, 2_950)] + [590.0] * 5
    signals = [post(n, "u", SLOGAN, at=at) for n, at in enumerate(moments)]
    draft = last(find(signals, **{**RATE, "custom": 3_000, "custom_refill": 300}))
    assert (draft.values["value"], draft.score) == (3_000, 1.0)


def test_a_bucket_counts_what_came_in_the_last_7_days_at_most() -> None:
    params = VelocityParams(**{**RATE, "custom": 1_000_000, "custom_refill": 1})
    assert RULE.keep_s(Key("custom", "x"), params) == 7 * 86_400


def test_an_own_condition_can_count_acts_or_texts() -> None:
    signals = [post(n, "u", f"offer number {n // 2} for you, friend") for n in range(12)]
    base = {**OFF, "custom_group": "actor", "custom": 6, "custom_window_s": 3_600}
    acts = find(signals, **base, custom_measure="count")
    texts = find(signals, **base, custom_measure="texts")
    assert [position for position, _ in acts] == [5, 11]
    assert [position for position, _ in texts] == [10]
    assert "6 different texts on one account (x:u)" in texts[0][1].sentence


def test_an_own_condition_by_object_can_name_the_type() -> None:
    signals = [post(n, f"u{n}", "", objects=("hashtag:a", "target:t1")) for n in range(3)]
    wanted = {**OFF, "custom": 3, "custom_group": "object", "custom_object_type": "target"}
    assert {draft.anchor.value for _, draft in find(signals, **wanted)} == {"target:t1"}


def test_a_condition_with_threshold_0_is_off() -> None:
    assert VelocityParams(**OFF).rules == {}
    assert set(DEFAULTS.rules) == {"signups", "copies", "posts", "ai-requests"}


def test_choices_are_those_of_the_contract() -> None:
    assert set(get_args(Kind)) == {"any", *WireKind}
    assert set(get_args(Group)) == set(GROUPS) == set(GROUP_NOUNS)
    assert set(get_args(SecondGroup)) == {"none", *GROUPS}
    with pytest.raises(ValidationError):
        VelocityParams.model_validate({"custom_group": "shoe"})
    with pytest.raises(ValidationError):
        VelocityParams(custom=1_000_001)


def test_the_window_slides_exactly() -> None:
    wanted = {**OFF, "custom": 3, "custom_group": "actor", "custom_measure": "count"}
    at = [0, 599, 600, 601]
    signals = [post(n, "u", "", at=T0 + moment) for n, moment in enumerate(at)]
    assert [position for position, _ in find(signals, **wanted)] == [3]


def test_late_signals_count_where_they_belong() -> None:
    wanted = {**OFF, "custom": 3, "custom_group": "actor", "custom_measure": "count"}
    at = [1_000, 100, 1_100, 1_050]
    signals = [post(n, "u", "", at=T0 + moment) for n, moment in enumerate(at)]
    found = find(signals, **wanted)
    assert [position for position, _ in found] == [3]
    assert last(found).signal_ids == (1, 3, 4)


@pytest.mark.parametrize("limit", [2, 3, 60])
def test_after_a_calm_the_next_burst_is_told_again(limit: int) -> None:
    burst = [post(n, "u", "", at=T0 + n) for n in range(limit)]
    again = [post(limit + n, "u", "", at=T0 + 5_000 + n) for n in range(limit)]
    found = find(burst + again, posts=limit)
    assert [position for position, _ in found] == [limit - 1, 2 * limit - 1]


@pytest.mark.parametrize(("measure", "noun"), [("actors", "account"), ("texts", "text")])
def test_above_the_cap_different_things_are_estimated_and_the_finding_says_so(
    measure: str, noun: str
) -> None:
    wanted = {**OFF, "custom": 4_000, "custom_measure": measure, "custom_window_s": 3_200}
    found = find(flood(5_000, f"number {{}} {SLOGAN}"), **wanted)
    position, draft = found[0]
    value = draft.values["value"]
    assert 4_000 <= value < 4_100
    assert abs(position + 1 - value) < 3 * STANDARD_ERROR * 4_000
    assert draft.sentence.startswith(f"about {value:,} different {noun}s on one")
    assert draft.sentence.endswith("on one IP address (203.0.113.7) in 53 min, limit 4,000")
    assert draft.flags == ("sampled",)
    assert not draft.values["exact"]
    assert draft.constants == {"kept": 1_024, "slice_s": 200.0, "standard_error": 0.023}
    assert (len(draft.signal_ids), draft.signal_total) == (1_024, value)
    assert draft.score == round(value / 4_000, 4)


def test_above_the_cap_acts_are_counted_exactly_while_no_slice_has_left() -> None:
    params = VelocityParams(
        **OFF, custom=2_000, custom_group="ip", custom_measure="count", custom_window_s=3_200
    )
    (position, draft), (twice, _) = run(RULE, params, flood(4_500, "hello"))
    assert (position, twice) == (1_999, 3_999)
    assert draft.sentence == (
        "at least 2,000 signals on one IP address (203.0.113.7) in 53 min, limit 2,000"
    )
    assert draft.constants["standard_error"] == 0.0
    assert draft.signal_ids == tuple(range(2_000 - MAX_KEPT + 1, 2_001))


def test_accounts_of_a_sampled_window_are_worded_as_those_that_were_seen() -> None:
    draft = last(find(flood(3_000, SLOGAN, actors=900), copies=2_500, copies_window_s=3_200))
    assert draft.sentence == (
        "at least 2,500 posts of one text by at least 900 accounts in 53 min, limit 2,500"
    )


def test_after_a_flood_the_window_is_exact_again() -> None:
    states: dict[Key, Any] = {}
    params = VelocityParams(
        **OFF, custom=5, custom_group="ip", custom_measure="count", custom_window_s=1_000
    )
    calm = [
        post(5_000 + n, "u", "", at=T0 + 9_000 + n, identifier_map={"ip": "203.0.113.7"})
        for n in range(6)
    ]
    found = run(RULE, params, flood(3_000, "", actors=1) + calm, states=states)
    assert found[0][1].flags == ()
    assert any(draft.flags for _, draft in found)
    assert (last(found).values["value"], last(found).flags) == (5, ())
    assert states[Key("custom", "203.0.113.7")].ring is None


@pytest.mark.parametrize("measure", ["count", "actors", "texts", "rate"])
def test_the_state_of_a_flooded_value_is_bounded(measure: str) -> None:
    states: dict[Key, Any] = {}
    wanted = {**OFF, "custom": 100_000, "custom_measure": measure, "season": "week"}
    params = VelocityParams(**wanted)
    run(RULE, params, flood(6_000, f"{{}} {SLOGAN}"), states=states)
    assert len(states[Key("custom", "203.0.113.7")].acts) == MAX_KEPT
    assert largest_state(states) < 110_000
    assert rewound(RULE, states) == states


def test_even_the_longest_names_are_bounded() -> None:
    states: dict[Key, Any] = {}
    signals = [
        post(
            n, f"{n:06}" + "\U0001f600" * 194, "", at=n / 10,
            identifier_map={"ip": "203.0.113.7"},
        )
        for n in range(2_500)
    ]  # fmt: skip
    run(RULE, VelocityParams(custom=9_000), signals, states=states)
    assert largest_state(states) < 2_500_000


def test_a_state_of_version_1_is_read_on() -> None:
    raw = {
        "acts": {"1": [T0 - 1, 1, "x:u"]}, "by_account": {"x:u": 1}, "clock": T0 - 1,
        "said": 0, "said_accounts": 0, "sampled": False,
    }  # fmt: skip
    kept = msgspec.msgpack.decode(msgspec.msgpack.encode(raw), type=RULE.State)
    params = VelocityParams(posts=2)
    found = run(RULE, params, [post(1, "u", "", at=0)], states={Key("posts", "x:u"): kept})
    assert [draft.signal_ids for _, draft in found] == [(1, 2)]


def test_another_window_starts_a_new_ring() -> None:
    states: dict[Key, Any] = {}
    base = {**OFF, "custom": 9_000, "custom_group": "ip", "custom_measure": "count"}
    signals = flood(4_000, "")
    run(RULE, VelocityParams(**base, custom_window_s=600), signals[:2_000], states=states)
    run(RULE, VelocityParams(**base, custom_window_s=7 * 86_400), signals[2_000:], states=states)
    ring = states[Key("custom", "203.0.113.7")].ring
    assert len(ring.counts) == 1
    assert ring.total == MAX_KEPT + 2_000


def test_signals_without_an_actor_form_no_key() -> None:
    assert list(RULE.keys(post(0, "", SLOGAN), DEFAULTS)) == []


@pytest.mark.parametrize("text", ["", "\u200b" * 99, "a" * 65_536, "\U0001f600\u0644\ufdfa" * 999])
def test_odd_texts_do_no_harm(text: str) -> None:
    states: dict[Key, Any] = {}
    params = VelocityParams(custom=2, custom_group="text", custom_measure="texts")
    signals = [
        post(n, f"u{n}", text, raw_urls=("::", "http://[x"), objects=("a", ":", "b:"))
        for n in range(3)
    ]
    run(RULE, params, signals, states=states)
    for group in get_args(Group):
        run(RULE, VelocityParams(custom=2, custom_group=group), signals, states=states)
    assert rewound(RULE, states) == states


def test_an_untouched_key_is_kept_for_its_window() -> None:
    assert RULE.keep_s(Key("signups", "x"), DEFAULTS) == 600


streams = st.lists(
    st.tuples(st.integers(0, 5), st.integers(0, 2), st.integers(0, 2_000)), max_size=60
)


@settings(max_examples=60, deadline=None)
@given(stream=streams, shards=st.sampled_from([2, 3, 16]))
def test_any_number_of_shards_gives_the_same_findings(
    stream: list[tuple[int, int, int]], shards: int
) -> None:
    params = VelocityParams(custom=3, custom_group="ip", posts=4, copies=3)
    signals = [
        post(n, f"u{who}", f"{SLOGAN} {ip}", at=T0 + at, identifier_map={"ip": f"10.0.0.{ip}"})
        for n, (who, ip, at) in enumerate(stream)
    ]
    assert bag(run(RULE, params, signals)) == bag(run(RULE, params, signals, shards=shards))


@settings(max_examples=60, deadline=None)
@given(stream=streams)
def test_the_window_holds_exactly_what_a_recount_finds(stream: list[tuple[int, int, int]]) -> None:
    params = VelocityParams(**OFF, custom=1_000, custom_group="ip", custom_window_s=500)
    signals = [
        post(n, f"u{who}", "", at=T0 + at, identifier_map={"ip": "10.0.0.1"})
        for n, (who, _, at) in enumerate(stream)
    ]
    states: dict[Key, Any] = {}
    run(RULE, params, signals, states=states)
    clock = max((signal.at for signal in signals), default=0.0)
    expected = {signal.account for signal in signals if signal.at > clock - 500}
    for state in states.values():
        assert set(state.acts) == expected == set(state.by_account)
        assert sum(state.by_account.values()) == len(state.acts)


@pytest.mark.row(14)
@pytest.mark.parametrize("group", ["email", "phone", "payment", "wallet"])
def test_an_own_condition_counts_by_contact_and_by_money(group: str) -> None:
    raw = {"email": "ada@mail.example", "phone": "+49 30 901820"}.get(group, "hmac:0001-abcdef-xyz")
    signals = [
        post(number, f"u{number}", "hello", identifier_map={group: raw}) for number in range(3)
    ]
    params = VelocityParams(**OFF | {"custom": 3, "custom_group": group, "custom_window_s": 600})
    ((_, found),) = run(Velocity(), params, signals)
    assert found.subjects == ("x:u0", "x:u1", "x:u2")
    assert found.anchor.type == "custom"
