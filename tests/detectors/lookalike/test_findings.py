"""What is kept of a site or a kit, in bounds, and what a finding cites."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from detectors.base import Key
from detectors.lookalike.findings import (
    MAX_ACCOUNTS,
    MAX_DOMAINS,
    Spread,
    draft,
    note_account,
    note_domain,
    note_signs,
    note_weakest,
)
from detectors.lookalike.signs import Sign
from detectors.lookalike.verdict import Facts, LookalikeParams, judged

NAMED = Sign("named-name", 1, "paypal", "paypal")
WORD = Sign("words-host", 1, "login")
WORDS = Sign("words-host", 2, "login, verify")
KEY = Key("site", "paypal-login.example")


def test_an_account_keeps_its_first_signal_and_its_last_time() -> None:
    state = Spread()
    for at, signal in ((5.0, 1), (9.0, 2), (7.0, 3)):
        note_account(state, "x:a", at, signal)
    (use,) = state.accounts.values()
    assert (use.first_at, use.last_at, use.signal_id) == (5.0, 9.0, 1)


def test_of_a_full_state_the_account_that_was_silent_longest_goes() -> None:
    state = Spread()
    for number in range(MAX_ACCOUNTS):
        note_account(state, f"x:{number}", float(number), number)
    note_account(state, "x:0", 9_999.0, 0)
    assert not state.truncated
    note_account(state, "x:new", 10_000.0, 7)
    assert state.truncated
    assert len(state.accounts) == MAX_ACCOUNTS
    assert {"x:0", "x:new"} <= set(state.accounts)
    assert "x:1" not in state.accounts


def test_domains_are_counted_once_and_up_to_the_cap() -> None:
    state = Spread()
    for number in range(MAX_DOMAINS):
        note_domain(state, f"h{number}.example", number)
    note_domain(state, "h0.example", 999)
    assert (len(state.domains), state.domains["h0.example"], state.truncated) == (
        MAX_DOMAINS, 0, False,
    )  # fmt: skip
    note_domain(state, "late.example", 1_000)
    assert (len(state.domains), state.truncated) == (MAX_DOMAINS, True)


def test_a_site_shows_the_strongest_of_each_kind_and_who_showed_it() -> None:
    state = Spread()
    note_signs(state, [NAMED, WORD], 1)
    note_signs(state, [WORDS], 2)
    note_signs(state, [WORD, NAMED], 3)
    assert state.signs == {"named-name": (NAMED, 1), "words-host": (WORDS, 2)}


def test_a_kit_shows_what_its_plainest_address_shows() -> None:
    state = Spread()
    for signal, signs in enumerate(([NAMED, WORD], [WORD], [NAMED, WORDS]), 1):
        note_weakest(state, judged(signs), signal)
    assert state.signs == {"words-host": (WORD, 2)}


@given(st.permutations(range(6)))
def test_the_plainest_address_is_the_same_in_any_order(order: list[int]) -> None:
    looks = [[NAMED, WORD], [WORD], [NAMED, WORDS], [NAMED], [WORDS], [NAMED, WORD]]
    state = Spread()
    for number in order:
        note_weakest(state, judged(looks[number]), number)
    assert {sign for sign, _ in state.signs.values()} == {NAMED}


def test_a_finding_cites_who_what_where_and_since_when() -> None:
    state = Spread(created_at=(1.0, 40))
    note_account(state, "x:a", 5.0, 10)
    note_account(state, "y:b", 65.0, 11)
    note_signs(state, [NAMED, WORD], 20)
    note_domain(state, "paypal-login.example", 30)
    one = draft(KEY, state, judged([NAMED, WORD]), Facts(age_d=3.25), LookalikeParams())
    assert one.signal_ids == (10, 11, 20, 30, 40)
    assert (one.first_at, one.last_at, one.score) == (5.0, 65.0, judged([NAMED, WORD]).score)
    assert one.values == {
        "site": "paypal-login.example",
        "accounts": 2,
        "platforms": ["x", "y"],
        "brands": ["paypal"],
        "domains": ["paypal-login.example"],
        "sub_signals": {"named-name": "paypal", "words-host": "login"},
        "age_d": 3.2,
    }


def test_a_state_is_the_same_after_a_checkpoint() -> None:
    state = Spread(created_at=(1.0, 40))
    note_account(state, "x:a", 5.0, 10)
    note_signs(state, [NAMED, WORDS], 20)
    kept = msgspec.msgpack.decode(msgspec.msgpack.encode(state), type=Spread)
    assert kept == state
