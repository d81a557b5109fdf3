"""Sub-signals of addresses: what each shape shows, and whose addresses show nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors import normalise
from detectors.lookalike.names import Known
from detectors.lookalike.signs import signs_of

KNOWN = Known()


def shown(url: str, known: Known = KNOWN) -> set[str]:
    """Codes of the sub-signals that count."""
    canonical = normalise.canonical_url(url)
    assert canonical is not None
    return {sign.code for sign in signs_of(canonical, known)}


@pytest.mark.parametrize(
    ("url", "codes"),
    [
        ("paypal.example", {"named-name"}),
        ("paypal.harbour.example", {"named-subdomain"}),
        ("paypal.vercel.app", {"named-hosting", "free-hosting"}),
        ("paypa1.example", {"look-alike-name"}),
        ("payapl.harbour.example", {"look-alike-subdomain"}),
        ("payapl.pages.dev", {"look-alike-hosting", "free-hosting"}),
        ("xfacebookx.example", {"inside-name"}),
        ("paypal-login.example", {"named-name", "words-host"}),
        ("harbour.example/paypal/login", {"named-path", "words-path"}),
        ("192.0.2.7/verify/", {"raw-address", "words-path"}),
        ("[2001:db8::1]/verify/", {"raw-address", "words-path"}),
        ("0x7f000001/verify/", {"raw-address", "words-path"}),
        ("harbour.example/wp-includes/x/", {"program-folder"}),
        ("p\u0430ypal.example", {"look-alike-name", "punycode"}),
        ("a-b-c.example", {"hyphens"}),
        ("ab--cd.example", {"double-hyphen", "hyphens"}),
        ("bridge24.example", {"digits"}),
        ("wkqzxvjp.example", {"odd-letters"}),
        ("one.two.three.example", {"depth"}),
        ("gardeningandmore.example", {"long-label"}),
        ("my-wllet.pages.dev", {"words-misspelt", "free-hosting"}),
        ("bay-logiin.example", {"words-misspelt"}),
    ],
)
def test_each_shape_shows_its_sub_signal(url: str, codes: set[str]) -> None:
    assert shown(url) == codes


@pytest.mark.parametrize("word", ["logic", "ballet", "valet", "supports", "accounts", "walled"])
def test_honest_words_beside_those_of_a_lure_are_no_misspellings(word: str) -> None:
    assert "words-misspelt" not in shown(f"city-{word}.example")


def test_a_word_of_a_lure_is_not_counted_twice() -> None:
    assert shown("verifys-city.example") == {"words-host"}


def test_a_domain_written_inside_another_is_seen() -> None:
    assert {"named-subdomain", "domain-inside"} <= shown("www.paypal.com.harbour.example")
    assert "domain-inside" in shown("sso-paypal-com-auth.pages.dev")


@pytest.mark.parametrize(
    "url",
    [
        "https://www.paypal.com/signin",
        "https://a.b.paypal.com/x",
        "https://paypal.de/login",
        "https://accounts.google.co.uk/login/verify",
        "https://www.facebook.com/paypal/login",
        "https://login.microsoftonline.com/verify",
        "https://www.nytimes.com/paypal/login/verify.php",
        "https://bit.ly/paypal-login",
        "https://tinyurl.com/paypal-login",
    ],
)
def test_a_brands_own_a_well_known_and_a_shortening_host_show_nothing(url: str) -> None:
    assert shown(url) == set()


def test_the_organisations_own_domain_shows_nothing() -> None:
    url = "https://login.harbourbank-online.example/paypal/login"
    assert shown(url)
    assert shown(url, Known(own=("harbourbank-online.example",))) == set()


@pytest.mark.parametrize(
    "url",
    [
        "https://harbour.example/2026/05/how-the-paypal-login-scam-works",
        "https://harbour.example/tag/paypal",
        "https://harbour.example/topics/paypal/security",
        "https://harbour.example/reviews/paypal",
        "https://harbour.example/company/netflix",
        "https://harbour.blogspot.com/search/label/google",
    ],
)
def test_a_newsroom_may_write_about_a_brand(url: str) -> None:
    assert "named-path" not in shown(url)


@pytest.mark.parametrize("host", ["login.shop.example", "support.shop.example", "my.shop.example"])
def test_a_word_alone_in_front_of_a_name_is_the_custom_of_honest_sites(host: str) -> None:
    assert shown(host) == set()


def test_such_a_word_counts_on_free_hosting_and_beside_another() -> None:
    assert shown("login.pages.dev") == {"words-host", "free-hosting"}
    assert shown("login-update.shop.example") == {"words-host"}


def test_pictures_in_a_folder_of_programs_are_no_page() -> None:
    assert shown("harbour.example/wp-content/themes/blue/logo.png") == set()
    assert shown("harbour.example/wp-content/uploads/letter.html") == set()


@pytest.mark.parametrize("path", ["", "/", "/a/b/c.html?x=1"])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_neither_the_scheme_nor_whether_there_is_a_path_matters(scheme: str, path: str) -> None:
    assert shown(f"{scheme}://paypa1.example{path}") == {"look-alike-name"}


@given(st.text(max_size=300))
def test_no_string_raises_and_what_counts_is_always_the_same(text: str) -> None:
    for url in (text, f"https://{text}", f"https://harbour.example/{text}"):
        assert signs_of(url, KNOWN) == signs_of(url, KNOWN)


def test_a_path_of_any_length_costs_little() -> None:
    url = "https://harbour.example/" + "paypal-login/" * 300
    assert "words-path" in {sign.code for sign in signs_of(url, KNOWN)}
