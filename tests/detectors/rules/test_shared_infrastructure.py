"""D6: accounts behind one identifier; families, carrier NAT and placeholders are not operations."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors import folding, fusion
from detectors.base import DAY_S, HOUR_S, Family, FindingDraft, Key, Signal, Tier
from detectors.identifier_uses import MAX_ACCOUNTS
from detectors.packaged_lists import listed
from detectors.pairs import score_pairs
from detectors.rules.shared_infrastructure import (
    SharedInfrastructure,
    SharedInfrastructureParams,
)
from tests.harness import T0, bag, largest_state, rewound, run

RULE = SharedInfrastructure()
DEFAULTS = SharedInfrastructureParams()
HMAC = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


def seen(
    position: int, actor: str, *, at: float | None = None, verified: Any = None, **ids: Any
) -> Signal:
    """A log-in one minute after the one before, with these identifiers."""
    return Signal(
        id=position + 1,
        at=T0 + 60 * position if at is None else at,
        platform="shop",
        kind="login",
        actor=actor,
        identifier_map=ids,
        attributes={} if verified is None else {"verified": verified},
    )


def find(signals: list[Signal], **params: Any) -> list[tuple[int, FindingDraft]]:
    return run(RULE, SharedInfrastructureParams(**params), signals)


def by_type(found: list[tuple[int, FindingDraft]]) -> dict[str, FindingDraft]:
    return {draft.anchor.type: draft for _, draft in found}


def test_seven_accounts_on_one_device_and_payment_open_as_hard_evidence() -> None:
    signals = [
        seen(n, f"u{n}", at=T0 + n * 0.66 * DAY_S, device="dev-77", payment=HMAC) for n in range(7)
    ]
    found = by_type(find(signals))
    device, payment = found["device"], found["payment"]
    assert device.sentence == "7 accounts, same device dev-77 in 4 d"
    assert payment.sentence == "7 accounts, same payment 9f86d0…0a08 in 4 d"
    for draft in (device, payment):
        assert (draft.family, draft.tier, draft.llr) == (Family.INFRA_HARD, Tier.OPENING, 8.0)
        assert draft.subjects == tuple(f"shop:u{n}" for n in range(7))
        assert draft.signal_ids == tuple(range(1, 8))


def test_a_long_value_is_never_shown_in_full() -> None:
    found = find([seen(n, f"u{n}", payment=HMAC) for n in range(4)])
    assert all(HMAC not in draft.sentence for _, draft in found)
    assert all(draft.anchor == Key("payment", HMAC) for _, draft in found)


def test_two_accounts_on_a_hard_identifier_support_but_do_not_open() -> None:
    draft = by_type(find([seen(n, f"u{n}", wallet="opaque-wallet-0001") for n in range(2)]))
    assert draft["wallet"].tier is Tier.SUPPORTING
    assert draft["wallet"].llr == 4.0


def test_a_family_on_one_card_only_supports_and_one_more_account_opens() -> None:
    found = find([seen(n, f"u{n}", payment="family-item") for n in range(4)])
    *family, ring = [draft for _, draft in found]
    assert {draft.tier for draft in family} == {Tier.SUPPORTING}
    assert all("household" in draft.flags for draft in family)
    assert (ring.tier, ring.flags) == (Tier.OPENING, ())
    assert {row.name: row.met for row in ring.conditions}["beyond a household"]


def test_a_device_of_one_account_more_than_a_family_has_asks_for_other_evidence() -> None:
    drafts = [draft for _, draft in find([seen(n, f"u{n}", device="dev-77") for n in range(8)])]
    family, sixth, *ring = drafts[-4:]
    assert (len(family.subjects), family.llr, family.flags) == (5, 4.0, ("household",))
    assert (len(sixth.subjects), sixth.tier, sixth.flags) == (6, Tier.SUPPORTING, ())
    assert sixth.llr == pytest.approx(4.0 + math.log(10))
    assert {(draft.tier, draft.llr) for draft in ring} == {(Tier.OPENING, 8.0)}


def test_six_on_a_device_open_no_case_alone_and_seven_do() -> None:
    for size in (6, 7):
        _, draft = find([seen(n, f"u{n}", device="dev-77") for n in range(size)])[-1]
        told = folding.evidence_of(draft, RULE.meta, 1)
        (group,) = fusion.groups_of(score_pairs([told], draft.subjects), [told])
        assert group.opens is (size > 6)


@given(accounts=st.integers(2, 40), household=st.integers(0, 20))
def test_more_accounts_on_a_device_never_weigh_less(accounts: int, household: int) -> None:
    signals = [seen(n, f"u{n:02}", device="dev-77") for n in range(accounts)]
    weights = [draft.llr for _, draft in find(signals, device_cap=household)]
    assert weights == sorted(weights)
    assert household or set(weights) == {8.0}


@pytest.mark.parametrize(("kind", "llr"), [("ip", 3.0), ("ja4", 0.5), ("cookie", 3.0)])
def test_a_soft_identifier_alone_only_supports(kind: str, llr: float) -> None:
    value = "203.0.113.9" if kind == "ip" else "t13d1516h2_8daaf6152771"
    ids: dict[str, Any] = {kind: value}
    found = find([seen(n, f"u{n}", **ids) for n in range(12)])
    assert [len(draft.subjects) for _, draft in found] == list(range(3, 13))
    for _, draft in found:
        assert (draft.tier, draft.llr, draft.family) == (Tier.SUPPORTING, llr, Family.INFRA_SOFT)


def test_unverified_contacts_are_soft_and_verified_ones_hard() -> None:
    soft = find([seen(n, f"u{n}", email="ring@example.org") for n in range(3)])
    assert {draft.family for _, draft in soft} == {Family.INFRA_SOFT}
    hard = find([seen(n, f"u{n}", email="ring@example.org", verified=["email"]) for n in range(3)])
    assert {draft.family for _, draft in hard} == {Family.INFRA_HARD}
    odd = find([seen(n, f"u{n}", email="ring@example.org", verified="email") for n in range(3)])
    assert {draft.family for _, draft in odd} == {Family.INFRA_SOFT}


def test_a_contact_that_becomes_verified_is_told_again_as_hard() -> None:
    signals = [seen(n, f"u{n}", phone="+4915112345678") for n in range(3)]
    signals += [seen(3 + n, f"u{n}", phone="+4915112345678", verified=["phone"]) for n in range(2)]
    families = [(draft.family, len(draft.subjects)) for _, draft in find(signals)]
    assert families == [(Family.INFRA_SOFT, 3), (Family.INFRA_HARD, 2)]


def test_one_mailbox_in_two_spellings_is_one_identifier() -> None:
    signals = [
        seen(0, "a", email="Ring.Leader+1@gmail.com"),
        seen(1, "b", email="ringleader@gmail.com"),
        seen(2, "c", email="ringleader+x@googlemail.com"),
    ]
    assert len(by_type(find(signals))["email"].subjects) == 3


def test_a_carrier_nat_is_taken_back_once_and_stays_silent() -> None:
    found = find([seen(n, f"u{n:04}", ip="198.51.100.7") for n in range(2_000)])
    on_ip = [draft for _, draft in found if draft.anchor.type == "ip"]
    assert [draft.lapsed for draft in on_ip] == [False] * 18 + [True]
    assert on_ip[-1].sentence == (
        "21 accounts on IP address 198.51.100.7 within 24 h, more than 20: many people share it, "
        "so it proves nothing"
    )
    assert [draft for _, draft in found if draft.anchor.type == "ip-block"] == []


def test_many_accounts_over_many_days_do_not_make_an_address_shared() -> None:
    found = find(
        [seen(n, f"u{n:02}", at=T0 + n * 5 * HOUR_S, ip="198.51.100.7") for n in range(30)]
    )
    assert not any(draft.lapsed for _, draft in found)


def test_a_carrier_nat_that_nobody_was_told_about_says_nothing_at_all() -> None:
    found = find([seen(n, f"u{n:04}", ip="198.51.100.7") for n in range(40)], min_accounts=50)
    assert found == []


def test_a_network_counts_from_its_second_address_on() -> None:
    one = find([seen(n, f"u{n}", ip="203.0.113.9") for n in range(6)])
    assert "ip-block" not in by_type(one)
    many = by_type(find([seen(n, f"u{n}", ip=f"203.0.113.{n + 1}") for n in range(6)]))
    assert many["ip-block"].llr == 2.0
    assert (
        many["ip-block"].sentence
        == "6 accounts on 6 addresses, same network 203.0.113.0/24 in 5 min"
    )
    six = by_type(find([seen(n, f"u{n}", ip=f"2001:db8:77:{n}::1") for n in range(6)]))
    assert six["ip-block"].anchor.value == "2001:db8:77::/48"


def test_a_busy_network_is_not_rare() -> None:
    signals = [seen(n, f"u{n:04}", ip=f"203.0.113.{n % 250}") for n in range(400)]
    on_block = [draft for _, draft in find(signals) if draft.anchor.type == "ip-block"]
    assert on_block[-1].lapsed
    assert sum(draft.lapsed for draft in on_block) == 1


def test_a_known_shared_network_forms_no_key() -> None:
    signals = [
        Signal(
            id=n + 1,
            at=T0,
            platform="shop",
            kind="login",
            actor=f"u{n}",
            identifier_map={"ip": "198.51.100.7"},
            attributes={"asn_class": "mobile"},
        )
        for n in range(9)
    ]
    assert find(signals) == []


def test_a_listed_exit_of_a_vpn_forms_no_key_and_its_neighbours_do() -> None:
    exits = [one for one in sorted(listed("vpn-ipv4")) if one.endswith("/32")]
    address = exits[0].removesuffix("/32")
    assert find([seen(n, f"u{n}", ip=address) for n in range(9)]) == []
    assert find([seen(n, f"u{n}", ip="198.51.100.7") for n in range(9)]) != []


def test_a_kiosk_is_taken_back() -> None:
    found = find([seen(n, f"u{n:03}", device="kiosk") for n in range(40)], public_cap=30)
    assert [draft.lapsed for _, draft in found][-1]
    assert len(found) == 30


@pytest.mark.parametrize("value", ["unknown", "None", "n/a", "0", "-", "", "   "])
def test_placeholders_are_nobodys_identifier(value: str) -> None:
    assert find([seen(n, f"u{n}", device=value, ip=value, email=value) for n in range(9)]) == []


def test_hashed_addresses_are_grouped_as_they_are() -> None:
    found = by_type(find([seen(n, f"u{n}", ip=HMAC, email=HMAC) for n in range(4)]))
    assert set(found) == {"ip", "email"}


def test_one_account_on_many_devices_is_nothing() -> None:
    assert find([seen(n, "u", device=f"d{n % 3}", ip=f"203.0.113.{n}") for n in range(40)]) == []


def test_old_uses_are_forgotten_after_two_half_lives() -> None:
    signals = [seen(n, f"u{n}", at=T0 + n * 7 * DAY_S, ip="203.0.113.9") for n in range(6)]
    assert find(signals) == []
    assert len(by_type(find(signals, ip_half_life_d=30))["ip"].subjects) == 6


def test_what_is_still_in_use_is_said_again_so_that_it_does_not_fade() -> None:
    crew = [seen(n, f"u{n}", device="dev-77") for n in range(6)]
    daily = [
        seen(6 + day, f"u{day % 6}", at=T0 + (1 + day) * DAY_S, device="dev-77")
        for day in range(12)
    ]
    drafts = [draft for _, draft in find([*crew, *daily])]
    again = [draft.last_at - T0 for draft in drafts if len(draft.subjects) == 6]
    assert again == [300, 4 * DAY_S, 8 * DAY_S, 12 * DAY_S]
    assert len({draft.anchor for draft in drafts}) == 1


def test_use_within_a_part_of_the_half_life_is_no_news() -> None:
    crew = [seen(n, f"u{n}", device="dev-77") for n in range(6)]
    later = [seen(6 + n, f"u{n}", at=T0 + 3 * DAY_S + n, device="dev-77") for n in range(6)]
    assert len(find([*crew, *later])) == len(find(crew))


def test_pairs_far_apart_in_time_weigh_less() -> None:
    times = [0.0, 0.0, 3.0]
    signals = [
        seen(n, f"u{n}", at=T0 + day * DAY_S, ip="203.0.113.9") for n, day in enumerate(times)
    ]
    draft = by_type(find(signals))["ip"]
    assert draft.links == ((0, 1, 3.0), (0, 2, 1.5), (1, 2, 1.5))


def test_rarity_is_the_score() -> None:
    draft = by_type(find([seen(n, f"u{n}", device="d") for n in range(10)], population=100_000))
    assert draft["device"].score == pytest.approx(9.2103, abs=1e-4)
    assert draft["device"].constants == {"population": 100_000, "half_life_d": 60.0}


def test_other_types_and_signals_without_an_actor_form_no_key() -> None:
    assert list(RULE.keys(seen(0, "u", asn="64500", shoe_size="44"), DEFAULTS)) == []
    assert list(RULE.keys(seen(0, "", device="d"), DEFAULTS)) == []


@pytest.mark.parametrize("value", ["\U0001f600" * 300, "\u202e\u0000x" * 50, ["a" * 500] * 100, []])
def test_odd_values_do_no_harm(value: str | list[str]) -> None:
    ids: dict[str, Any] = dict.fromkeys(DEFAULTS.limits, value)
    states: dict[Key, Any] = {}
    run(RULE, DEFAULTS, [seen(n, f"u{n}", **ids) for n in range(5)], states=states)
    assert rewound(RULE, states) == states


def test_state_stays_small_under_a_flood() -> None:
    states: dict[Key, Any] = {}
    params = SharedInfrastructureParams(public_cap=MAX_ACCOUNTS, device_cap=0)
    signals = [seen(n, f"u{n:05}", device="farm", ip="198.51.100.7") for n in range(3_000)]
    run(RULE, params, signals, states=states)
    assert states[Key("device", "farm")].public
    assert largest_state(states) < 100


def test_an_untouched_key_is_kept_for_two_half_lives() -> None:
    assert RULE.keep_s(Key("ip", "x"), DEFAULTS) == 6 * DAY_S
    assert RULE.keep_s(Key("payment", "x"), DEFAULTS) == 360 * DAY_S


streams = st.lists(
    st.tuples(
        st.integers(0, 12),
        st.sampled_from(["device", "payment", "ip", "email", "ja4"]),
        st.integers(0, 2),
        st.integers(0, 20 * DAY_S),
        st.booleans(),
    ),
    max_size=60,
)


def drawn(stream: list[tuple[int, str, int, int, bool]]) -> list[Signal]:
    values = {"ip": "203.0.113.{}", "email": "m{}@example.org"}
    return [
        seen(
            n,
            f"u{who}",
            at=T0 + at,
            verified=["email"] if verified else None,
            **{kind: values.get(kind, "v{}").format(value)},
        )
        for n, (who, kind, value, at, verified) in enumerate(stream)
    ]


@settings(max_examples=60, deadline=None)
@given(stream=streams, shards=st.sampled_from([2, 3, 16]))
def test_any_number_of_shards_gives_the_same_findings(
    stream: list[tuple[int, str, int, int, bool]], shards: int
) -> None:
    signals = drawn(stream)
    assert bag(run(RULE, DEFAULTS, signals)) == bag(run(RULE, DEFAULTS, signals, shards=shards))


@settings(max_examples=60, deadline=None)
@given(stream=streams)
def test_every_draft_is_sound(stream: list[tuple[int, str, int, int, bool]]) -> None:
    for _, draft in run(RULE, DEFAULTS, drawn(stream)):
        assert list(draft.subjects) == sorted(set(draft.subjects))
        assert draft.first_at <= draft.last_at
        assert draft.conditions
        assert all(0 <= a < b < len(draft.subjects) for a, b, _ in draft.links)
        if draft.tier is Tier.OPENING:
            assert draft.family is Family.INFRA_HARD
            assert len(draft.subjects) >= 3
