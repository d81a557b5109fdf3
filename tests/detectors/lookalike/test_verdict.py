"""Verdicts: weights add up, nothing decides alone, every sub-signal is shown as a condition."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors import normalise
from detectors.lookalike.verdict import (
    IMITATING,
    LABELS,
    NO_FACTS,
    PRESSING,
    SHAPE,
    Facts,
    LookalikeParams,
    Verdict,
    conditions,
    fact_signs,
    is_met,
    judged,
    verdict,
)
from detectors.lookalike.weights import ASSUMED, FITTED, LADDERS, steps_of, weight_of

P = LookalikeParams()


def of(url: str, facts: Facts = NO_FACTS, p: LookalikeParams = P) -> Verdict:
    canonical = normalise.canonical_url(url)
    assert canonical is not None
    return verdict(canonical, facts, p)


def test_the_score_is_the_sum_of_the_weights_of_what_is_shown() -> None:
    one = of("https://paypa1-login.example/w/x/verify.php?id=7")
    assert {sign.code for sign in one.signs} == {"look-alike-name", "words-host", "words-path"}
    parts = [FITTED[sign.code][0] for sign in one.signs]
    assert one.score == pytest.approx(math.fsum(parts))
    assert is_met(one, P)


@pytest.mark.parametrize(
    "url",
    [
        "https://paypal.example/",
        "https://paypa1.example/",
        "https://amazon-forest-news.example/",
        "https://thefacebookgardeningpage24.example/",
        "https://pay-pal-2026-x9q7zk.example/",
    ],
)
def test_a_registered_name_alone_never_decides_whatever_its_shape(url: str) -> None:
    one = of(url)
    assert one.signs
    assert not is_met(one, P)


@pytest.mark.parametrize(
    "url",
    [
        "https://paypal-login.example/",
        "https://paypal.web.app/",
        "https://www.paypal.com.harbour.example/",
        "https://xn--pypal-4ve.example/",
        "https://sites.google.com/view/paypal-login/home",
        "https://harbour.example/wp-includes/paypal/verify.php",
        "https://192.0.2.7/paypal/login.php",
        "https://apple-id-verify.example/",
        "https://dhl-tracking.pages.dev/",
    ],
)
def test_a_brand_and_something_else_are_enough(url: str) -> None:
    assert is_met(of(url), P)


@pytest.mark.parametrize(
    "url",
    [
        "https://secure-login-update.example/verify/account.php",
        "https://harbour-9q7zkx2w.vercel.app/login",
        "https://192.0.2.7/login/verify.php",
    ],
)
def test_who_imitates_nobody_is_no_look_alike_however_ugly(url: str) -> None:
    one = of(url)
    assert one.score > P.min_score
    assert not is_met(one, P)


def test_a_young_domain_makes_a_name_decide_and_an_old_one_does_not() -> None:
    for age, met in ((3.0, True), (29.9, True), (30.0, False), (900.0, False), (-1.0, False)):
        assert is_met(of("https://paypal.example/", Facts(age_d=age)), P) is met


def test_a_kit_on_several_domains_is_one_more_sub_signal() -> None:
    for domains, met in ((2, False), (3, True)):
        assert is_met(of("https://paypal.example/", Facts(kit_domains=domains)), P) is met


def test_facts_say_nothing_of_a_brands_own_site() -> None:
    assert of("https://www.paypal.com/login", Facts(age_d=1.0, kit_domains=9)) == (0.0, ())


def test_every_sub_signal_is_a_condition_that_is_met_and_both_sums_follow() -> None:
    one = of("https://payapl-login.example/verify", Facts(age_d=4.2, kit_domains=6))
    told = {one.name: (one.value, one.op, one.limit, one.met) for one in conditions(one, P)}
    assert told == {
        "name that reads like paypal": (1, "<=", 1, True),
        "words of a lure in the host": (1.0, ">=", 1, True),
        "words of a lure in the path": (1.0, ">=", 1, True),
        "age of the domain": (4.2, "<", 30, True),
        "domains with the same kit": (6.0, ">=", 3, True),
        "sub-signals": (5, ">=", 2, True),
        "weight": (one.score, ">=", P.min_score, True),
    }


def test_shape_weighs_and_does_not_count() -> None:
    one = of("https://amazon-forest-news.example/")
    assert {sign.code for sign in one.signs} & SHAPE
    sums = {one.name: (one.value, one.met) for one in conditions(one, P)}
    assert sums["sub-signals"] == (1, False)
    assert sums["weight"][1]


def test_tuning_moves_the_line() -> None:
    url = "https://paypal-login.example/"
    assert not is_met(of(url), LookalikeParams(min_signs=3))
    assert not is_met(of(url), LookalikeParams(min_score=20))
    misspelt, strict = "https://payapl.web.app/", LookalikeParams(distance_middle=0)
    assert is_met(of(misspelt), LookalikeParams())
    assert not is_met(verdict(misspelt, NO_FACTS, strict), strict)


def test_own_domains_are_told_apart_by_spaces() -> None:
    p = LookalikeParams(own_domains=" HarbourBank.example  harbour.example ")
    assert p.known.own == ("harbourbank.example", "harbour.example")
    assert is_met(of("https://harbourbank-login.web.app/", p=p), p)
    assert of("https://login.harbourbank.example/x", p=p).signs == ()


@pytest.mark.parametrize("code", sorted({*FITTED, *ASSUMED, *IMITATING, *PRESSING, *SHAPE}))
def test_every_sub_signal_has_words_and_a_weight_that_never_excuses(code: str) -> None:
    label, unit = LABELS[code]
    assert label.format(brand="paypal")
    assert unit
    assert weight_of(code, steps_of(code)[0]) > 0


def test_more_of_a_sub_signal_never_weighs_less() -> None:
    for code, steps in LADDERS.items():
        weights = [weight_of(code, step) for step in steps]
        assert weights == sorted(weights)
        assert weight_of(code, steps[0] - 0.01) == 0.0
        assert weight_of(code, 10 * steps[-1]) == weights[-1]


def test_an_unknown_sub_signal_weighs_nothing() -> None:
    assert weight_of("no-such-sign", 5) == 0.0


def test_the_age_is_judged_as_told() -> None:
    assert [sign.code for sign in fact_signs(Facts(age_d=0.0, kit_domains=3), P)] == [
        "young",
        "kit",
    ]
    assert fact_signs(NO_FACTS, P) == ()


@given(st.text(max_size=300), st.floats() | st.none(), st.integers())
def test_no_string_raises_and_the_score_is_that_of_what_is_shown(
    text: str, age_d: float | None, domains: int
) -> None:
    one = verdict(text, Facts(age_d, domains), P)
    assert judged(one.signs) == one
    assert one.score >= 0.0
    assert conditions(one, P)
