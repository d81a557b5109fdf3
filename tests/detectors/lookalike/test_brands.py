"""The table of brands: complete rows, own domains, words that need company."""

from __future__ import annotations

import pytest

from detectors import normalise
from detectors.lookalike.brands import Brand, brands, by_skeleton, is_own, own_domains

KNOWN = {brand.label: brand for brand in brands()}


def test_there_are_enough_brands_and_each_stands_once() -> None:
    assert len(brands()) >= 150
    assert len(KNOWN) == len(brands())


@pytest.mark.parametrize("brand", brands(), ids=lambda brand: brand.label)
def test_every_brand_has_a_plain_label_and_canonical_domains(brand: Brand) -> None:
    assert brand.label.isascii()
    assert brand.label.isalnum()
    assert brand.domains
    assert all(normalise.canonical_domain(domain) == domain for domain in brand.domains)


def test_no_two_brands_read_alike() -> None:
    assert len(by_skeleton()) == len(brands())


@pytest.mark.parametrize(
    ("label", "domain", "own"),
    [
        ("paypal", "paypal.com", True),
        ("paypal", "paypalobjects.com", True),
        ("paypal", "paypal.de", True),
        ("google", "google.co.uk", True),
        ("amazon", "amazon.com.br", True),
        ("paypal", "paypal.top", False),
        ("paypal", "paypal.info", False),
        ("paypal", "paypal-login.de", False),
        ("paypal", "paypal.example.co.uk", False),
    ],
)
def test_listed_domains_and_country_domains_are_the_brands_own(
    label: str, domain: str, own: bool
) -> None:
    assert is_own(KNOWN[label], domain) is own


def test_short_names_and_ordinary_words_need_company() -> None:
    assert {"dhl", "ups", "irs", "bt", "apple", "chase"} <= {
        label for label, brand in KNOWN.items() if brand.is_word
    }
    assert not KNOWN["paypal"].is_word


def test_the_organisations_own_domains_come_first_and_bad_ones_are_ignored() -> None:
    told = brands(("harbourbank.example", "not a domain", ""))
    assert told[0] == Brand("harbourbank", frozenset({"harbourbank.example"}), False)
    assert len(told) == len(brands()) + 1
    assert brands(("harbour-bank.example",))[0].label == "harbourbank"
    assert "harbourbank.example" in own_domains(("harbourbank.example",))
    assert "harbourbank.example" not in own_domains()
