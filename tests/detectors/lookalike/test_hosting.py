"""Ground: whose domain a host stands on, by the public suffix list and the reference lists."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors import normalise
from detectors.lookalike import hosting
from detectors.lookalike.hosting import Ground, ground_of, is_shortener, place_of, well_known


@pytest.mark.parametrize(
    ("host", "ground"),
    [
        ("shop.example", Ground("shop.example", ("shop",), free=False)),
        ("a.b.shop.example", Ground("shop.example", ("a", "b", "shop"), free=False)),
        ("shop.co.uk", Ground("shop.co.uk", ("shop",), free=False)),
        ("name.github.io", Ground("name.github.io", ("name",), free=True)),
        ("x.name.pages.dev", Ground("name.pages.dev", ("x", "name"), free=True)),
        ("name.weebly.com", Ground("name.weebly.com", ("name",), free=True)),
        ("www.weebly.com", Ground("weebly.com", ("www", "weebly"), free=False)),
        ("sites.google.com", Ground("sites.google.com", (), free=True)),
        ("192.0.2.7", Ground("192.0.2.7", (), free=False)),
        ("localhost", Ground("localhost", (), free=False)),
    ],
)
def test_a_host_stands_on_a_registered_name_or_as_a_guest(host: str, ground: Ground) -> None:
    assert ground_of(host) == ground


def test_a_host_below_a_brands_own_name_is_no_guest() -> None:
    assert not ground_of("upload.facebook.com").free
    assert not ground_of("www.youtube.com").free


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("https://a.shop.example/b/c", "shop.example"),
        ("https://name.vercel.app/b", "name.vercel.app"),
        ("https://sites.google.com/view/harbour/home/x", "sites.google.com/view/harbour/home"),
        ("https://sites.google.com/", "sites.google.com"),
        ("https://192.0.2.7:8080/x", "192.0.2.7"),
    ],
)
def test_a_place_is_what_one_person_holds(url: str, place: str) -> None:
    assert place_of(url) == place


def test_a_place_is_bounded() -> None:
    url = "https://sites.google.com/" + "/".join(["x" * 900] * 4)
    assert len(place_of(url)) == hosting.MAX_PLACE


def test_shorteners_are_known_and_brands_are_none() -> None:
    assert is_shortener("bit.ly")
    assert is_shortener("www.tinyurl.com")
    assert not is_shortener("paypal.com")
    assert not is_shortener("shop.example")


def test_the_well_known_sites_come_from_the_package() -> None:
    assert len(well_known()) == 10_000


@pytest.mark.parametrize(
    "host", ["Shop.Example", "b\u00fccher.example", "a.b\u3002example", "x..y.com"]
)
def test_a_host_that_is_not_canonical_ends_too(host: str) -> None:
    assert isinstance(ground_of(host), Ground)
    assert isinstance(place_of(f"https://{host}/a"), str)


@given(st.text(max_size=80))
def test_no_host_is_too_odd_to_stand_somewhere(host: str) -> None:
    assert isinstance(ground_of(host), Ground)


@pytest.mark.parametrize(
    ("host", "operator"),
    [
        ("name.github.io", "github.io"),
        ("a.name.github.io", "github.io"),
        ("a.shop.co.uk", "shop.co.uk"),
        ("co.uk", None),
        ("192.0.2.7", None),
        ("localhost", None),
    ],
)
def test_the_operator_is_who_holds_the_name_below_an_icann_suffix(
    host: str, operator: str | None
) -> None:
    assert normalise.operator_domain(host) == operator
