"""Kits: what all copies of one share, and paths that every site has."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.lookalike.kits import MAX_SKELETON, kit_of


@pytest.mark.parametrize(
    ("path", "kit"),
    [
        ("/w/x/verify.php?id=17", "/w/x/verify.php?id="),
        ("/w/x/verify.php?id=99&tok=ab", "/w/x/verify.php?id=&tok="),
        ("/w/x/verify.php?tok=ab&id=1", "/w/x/verify.php?id=&tok="),
        ("/Blue7/ANT/paiement.php/", "/blue0/ant/paiement.php"),
        ("/harbour/9f86d081884c7d659a2f/pay.html", "/harbour/*/pay.html"),
        ("/bluebird.php?step=2", "/bluebird.php?step="),
    ],
)
def test_numbers_random_names_and_values_are_left_out(path: str, kit: str) -> None:
    assert kit_of(f"https://one.example{path}") == kit
    assert kit_of(f"https://two.example{path}") == kit


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "/login",
        "/login.php",
        "/account/login.php",
        "/wp-admin/login.php?user=",
        "/wp-content/uploads/",
        "/index.php?id=3",
        "/2026/05/17/harbour-bridge-closed",
        "/2026/05/harbour.html",
        "/users/login?next=/x",
        "/12/34/56",
        "/9f86d081884c7d659a2f/8c7d659a2feaa0c55ad0",
        "/about.html",
    ],
)
def test_a_path_that_any_site_could_have_is_no_kit(path: str) -> None:
    assert kit_of(f"https://one.example{path}") == ""


def test_where_pages_lie_in_paths_the_path_is_the_hosts() -> None:
    assert kit_of("https://sites.google.com/view/harbour/pay.php?id=1") == ""


def test_a_path_without_end_is_no_kit() -> None:
    assert kit_of("https://one.example/" + "a/" * 2_000) == ""
    assert kit_of("https://one.example/" + "/".join(["harbour"] * 12) + "x" * 4_000) == ""


@given(st.text(max_size=200), st.text(max_size=200))
def test_every_address_has_a_bounded_kit_or_none(path: str, query: str) -> None:
    try:
        kit = kit_of(f"https://one.example/{path}?{query}")
    except ValueError:
        pytest.fail("an odd path raised")
    assert len(kit) <= MAX_SKELETON
    assert kit == "" or kit.startswith("/")
