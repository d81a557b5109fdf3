"""A brand in one label: every disguise is seen through, ordinary words stay ordinary."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors import normalise
from detectors.lookalike.names import Known, brand_in, readable, tokens_of

KNOWN = Known()


def found(label: str, known: Known = KNOWN) -> tuple[str, str, int] | None:
    named = brand_in(label, known)
    return None if named is None else (named.brand.label, named.how, named.changes)


@pytest.mark.parametrize(
    ("label", "brand"),
    [
        ("paypal", "paypal"),
        ("PayPal-secure", "paypal"),
        ("my-paypal", "paypal"),
        ("pay-pal", "paypal"),
        ("paypallogin", "paypal"),
        ("login2paypal", "paypal"),
        ("securepaypalaccount", "paypal"),
        ("apple-id", "apple"),
        ("appleid", "apple"),
        ("dhl-tracking", "dhl"),
        ("bt-account", "bt"),
        ("chase-verify", "chase"),
    ],
)
def test_a_name_is_found_as_a_token_or_between_words_of_a_lure(label: str, brand: str) -> None:
    assert found(label) == (brand, "named", 0)


@pytest.mark.parametrize(
    ("label", "brand", "changes"),
    [
        ("paypa1", "paypal", 0),
        ("g00gle", "google", 0),
        ("rnicrosoft", "microsoft", 0),
        ("p\u0430yp\u0430l", "paypal", 0),
        ("netfl\u0456x", "netflix", 0),
        ("payapl", "paypal", 1),
        ("paypall", "paypal", 1),
        ("instagrarn", "instagram", 0),
        ("microsfotl", "microsoft", 2),
        ("support-binanse", "binance", 1),
    ],
)
def test_look_alike_letters_and_misspellings_are_seen_through(
    label: str, brand: str, changes: int
) -> None:
    assert found(label) == (brand, "look-alike", changes)


@pytest.mark.parametrize(
    ("label", "brand"),
    [
        ("thefacebookpage", "facebook"),
        ("metamasskz", "metamask"),
        ("xyfaceebooookzz", "facebook"),
        ("tr3zorrz", "trezor"),
    ],
)
def test_a_long_name_is_found_inside_a_word_with_letters_doubled(label: str, brand: str) -> None:
    assert found(label) == (brand, "inside", 0)


@pytest.mark.parametrize(
    "label",
    [
        "pineapple",
        "chasewood",
        "purchase",
        "steamboat",
        "metaverse",
        "ups-and-downs",
        "apple-pie-recipes",
        "chase-the-sun",
        "finance",
        "telegraph",
        "interest",
        "revolution",
        "mobile",
        "goggle",
        "booking-a-room",
        "dh1",
        "upss",
        "irl",
        "aple",
        "chaser",
        "watt",
        "",
        "-",
        "123456",
    ],
)
def test_words_that_hold_or_resemble_a_brand_are_words(label: str) -> None:
    assert found(label) is None


def test_the_number_of_changes_follows_the_length_of_the_brand() -> None:
    assert found("payaprl") is None  # two changes in six letters
    assert found("insatgrm") == ("instagram", "look-alike", 2)
    assert found("evr1a") is None  # four letters allow none
    strict = Known(middle=0, long=0)
    assert found("payapl", strict) is None
    assert found("insatgrm", strict) is None
    assert found("paypa1", strict) == ("paypal", "look-alike", 0)


@pytest.mark.parametrize(
    ("label", "brand"),
    [
        ("metumaask", "metamask"),
        ("matemsk-logn", "metamask"),
        ("help--trezurr", "trezor"),
        ("tlgrm", "telegram"),
        ("coinnbasse", "coinbase"),
    ],
)
def test_other_vowels_or_none_read_like_the_name(label: str, brand: str) -> None:
    assert found(label) == (brand, "look-alike", 0)


@pytest.mark.parametrize("label", ["tales", "lodging", "drawers", "tourism", "kitchen", "epal"])
def test_words_that_share_some_consonants_are_words(label: str) -> None:
    assert found(label) is None


def test_a_word_of_other_vowels_is_no_name_where_no_letter_may_differ() -> None:
    strict = Known(middle=0, long=0)
    assert found("metumaask", strict) is None


def test_the_limit_is_told_with_the_finding() -> None:
    short, long = brand_in("payapl", KNOWN), brand_in("insatgrm", KNOWN)
    assert short is not None
    assert long is not None
    assert (short.limit, long.limit) == (1, 2)


def test_the_organisations_own_brand_is_found_like_any_other() -> None:
    own = Known(own=("harbourbank.example",))
    assert found("harbourbank-login") is None
    assert found("harbourbank-login", own) == ("harbourbank", "named", 0)
    assert found("harb0urbank", own) == ("harbourbank", "look-alike", 0)


def test_punycode_is_read_as_a_browser_shows_it() -> None:
    label = "p\u0430ypal"
    puny = "xn--" + label.encode("punycode").decode("ascii")
    assert readable(puny) == label
    assert readable("xn--\u00e9") == "xn--\u00e9"
    assert readable("xn--99999999999") == "xn--99999999999"
    assert readable("shop") == "shop"


@given(st.text(max_size=300))
def test_no_label_is_too_odd(label: str) -> None:
    readable(label)
    readable(f"xn--{label}")
    assert tokens_of(label) == tokens_of(label.lower())
    assert brand_in(label, KNOWN) == brand_in(label, KNOWN)


@given(st.text(max_size=60))
def test_the_form_that_is_compared_is_its_own_form(label: str) -> None:
    form = normalise.skeleton(label)
    assert normalise.skeleton(form) == form


@given(st.text(alphabet="paypl-1\u0430", max_size=20))
def test_a_label_and_its_upper_case_name_the_same_brand(label: str) -> None:
    assert found(label) == found(label.upper())
