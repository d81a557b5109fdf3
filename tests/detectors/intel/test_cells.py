"""What stands in one cell of a report, and what a declared type or a heading changes about it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.intel.cells import read_cell, with_accounts
from detectors.intel.counts import is_count
from detectors.intel.forms import FORM_WORDS, MAX_THINGS, Form, Kind, kind_of
from detectors.intel.profiles import account_of
from detectors.watching.things import listed_form

MD5 = "d41d8cd98f00b204e9800998ecf8427f"
EXTENSION = "aapocclcgogkmnckokdopfmhonfmgoek"
WALLET = "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq"
NETWORK = "A network; the list holds single addresses."


@pytest.mark.parametrize(
    ("raw", "form", "thing"),
    [
        ("evil.example.", Form.DOMAIN, ("domain", "evil.example")),
        ("\u201cevil[.]example\u201d", Form.DOMAIN, ("domain", "evil.example")),
        ("*.evil.com", Form.DOMAIN, ("domain", "evil.com")),
        ("<evil.com>;", Form.DOMAIN, ("domain", "evil.com")),
        ("evil dot com", Form.DOMAIN, ("domain", "evil.com")),
        ("evil[.com", Form.DOMAIN, ("domain", "evil.com")),
        ("m\xfcnchen.de", Form.DOMAIN, ("domain", "xn--mnchen-3ya.de")),
        ("abcdefghijklmnop.onion", Form.DOMAIN, ("domain", "abcdefghijklmnop.onion")),
        ("evil.com:8080", Form.BARE_URL, ("url", "https://evil.com:8080/")),
        ("evil.com/a?b=1", Form.BARE_URL, ("url", "https://evil.com/a?b=1")),
        ("198.51.100.7:80", Form.BARE_URL, ("url", "https://198.51.100.7:80/")),
        ("hxxp://[2001:db8::1]/a", Form.URL, ("url", "http://[2001:db8::1]/a")),
        ("http://evil", Form.TEXT, None),
        ("javascript:alert(1)", Form.TEXT, None),
        ("=cmd|'/c calc'!A0", Form.TEXT, None),
        ("198.51.100.7", Form.IP, ("ip", "198.51.100.7")),
        ("[2001:DB8::1]", Form.IP, ("ip", "2001:db8::1")),
        ("999.1.1.1", Form.TEXT, None),
        ("1.2.3.4.5", Form.TEXT, None),
        ("boss[@]crew[.]example", Form.EMAIL, ("email", "boss@crew.example")),
        ("@crew", Form.HANDLE, ("handle", "crew")),
        ("crew", Form.TEXT, None),
        ("+442079460018", Form.PHONE, ("phone", "+442079460018")),
        ("md5:" + MD5.upper(), Form.HASH, ("hash", f"md5:{MD5}")),
        (MD5[:-1], Form.TEXT, None),
        (WALLET, Form.WALLET, ("wallet", f"btc:{WALLET}")),
        (WALLET[:-1] + "x", Form.TEXT, None),
        ("com.free.video", Form.APP, ("app", "com.free.video")),
        ("setup.exe", Form.TEXT, None),
        ("report.pdf", Form.TEXT, None),
        # somebody who defangs a name takes it for a host
        ("report[.]pdf", Form.DOMAIN, ("domain", "report.pdf")),
        ("v1.2.3", Form.TEXT, None),
        ("2026-01-01", Form.TEXT, None),
    ],
)
def test_a_cell_is_what_a_careful_reader_takes_it_for(
    raw: str, form: Form, thing: tuple[str, str] | None
) -> None:
    cell = read_cell(raw)
    assert (cell.form, cell.things) == (form, (thing,) if thing else ())


@pytest.mark.parametrize("raw", ["", "  ", "-", "--", "\u2014", "N/A", "None", "null", "?", '"-"'])
def test_what_stands_for_nothing_is_empty(raw: str) -> None:
    assert read_cell(raw).kind is Kind.EMPTY


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ("198.51.100.0/24", NETWORK),
        ("198[.]51[.]100[.]0/24", NETWORK),
        ("2001:db8::/32", NETWORK),
        ("hxxp", ""),
        ("evil[.]", "Written like an indicator, but it cannot be read as one."),
    ],
)
def test_a_note_says_why_it_is_no_value(raw: str, message: str) -> None:
    cell = read_cell(raw)
    assert (cell.form, cell.things, cell.message) == (Form.TEXT, (), message)


@pytest.mark.parametrize(
    ("raw", "declared"),
    [("ade.be/12", ""), ("198.51.100.7/99", ""), ("198.51.100.7/24", "url")],
)
def test_a_path_of_digits_is_no_prefix_of_a_network(raw: str, declared: str) -> None:
    assert read_cell(raw, declared=declared).things == (("url", f"https://{raw}"),)


@pytest.mark.parametrize(
    ("raw", "declared", "form", "value"),
    [
        ("evil.example", "url", Form.DOMAIN, "evil.example"),
        ("http://a.com/", "domain", Form.URL, "http://a.com/"),
        ("report.pdf", "domain", Form.DOMAIN, "report.pdf"),
        ("crew", "handle", Form.HANDLE, "crew"),
        ("x:crew", "account", Form.ACCOUNT, "x:crew"),
        ("442079460018", "phone", Form.PHONE, "+442079460018"),
        ("+44 20 7946 0018", "phone", Form.PHONE, "+442079460018"),
        ("1234567890", "app", Form.APP, "1234567890"),
        ("id1234567890", "app", Form.APP, "1234567890"),
        (EXTENSION, "app", Form.APP, EXTENSION),
    ],
)
def test_a_declared_type_settles_what_can_be_read_in_two_ways(
    raw: str, declared: str, form: Form, value: str
) -> None:
    cell = read_cell(raw, declared=declared)
    assert (cell.form, [one for _, one in cell.things], cell.message) == (form, [value], "")


@pytest.mark.parametrize(
    ("raw", "said", "looks"),
    [
        ("evil.example", "ip", "domain"),
        ("198.51.100.7", "hash", "ip"),
        ("boss@crew.example", "domain", "email"),
        ("@crew", "account", "handle"),
        (MD5, "wallet", "hash"),
    ],
)
def test_a_wrong_type_needs_a_look_where_a_row_says_it_and_none_where_a_heading_does(
    raw: str, said: str, looks: str
) -> None:
    declared = read_cell(raw, declared=said)
    assert (declared.form, declared.kind) == (Form.MISMATCH, Kind.CANDIDATE)
    assert declared.message == f"Said to be {said}, looks like {looks}."
    hinted = read_cell(raw, hint=said)
    assert (hinted.kind, hinted.message, hinted.things) == (Kind.ENTITY, "", declared.things)


@pytest.mark.parametrize(
    "raw",
    [
        *("a.com, b.com", "a.com b.com", "a.com and b.com", "a.com;b.com", "a.com | b.com"),
        *("a.com\nb.com", "a.com / b.com", "a.com und b.com", "\u2022 a.com \u2022 b.com"),
    ],
)
def test_several_values_are_taken_one_by_one_whatever_stands_between(raw: str) -> None:
    cell = read_cell(raw)
    assert cell.things == (("domain", "a.com"), ("domain", "b.com"))
    assert (cell.kind, cell.message) == (Kind.ENTITY, "2 values in one cell.")


def test_one_word_more_makes_it_a_text_that_names_them() -> None:
    cell = read_cell("a.com b.com nothing")
    assert (cell.form, len(cell.things)) == (Form.INSIDE, 2)


@pytest.mark.parametrize(
    ("count", "form"), [(MAX_THINGS, Form.DOMAIN), (MAX_THINGS + 1, Form.INSIDE)]
)
def test_more_values_than_a_cell_holds_are_a_text_that_was_pasted(count: int, form: Form) -> None:
    cell = read_cell(" ".join(f"h{number}.com" for number in range(count)))
    assert (cell.form, len(cell.things)) == (form, MAX_THINGS)


@pytest.mark.parametrize(
    ("raw", "joined"),
    [
        ("https://news.com/2024/ a-story/", "https://news.com/2024/a-story/"),
        ("https://news.com/a?b= 12", "https://news.com/a?b=12"),
        ("hxxps://news[.]com/20 24", "https://news.com/2024"),
    ],
)
def test_an_address_broken_by_a_space_is_offered_joined(raw: str, joined: str) -> None:
    cell = read_cell(raw)
    assert (cell.form, cell.kind) == (Form.BROKEN, Kind.CANDIDATE)
    assert cell.things == (("url", joined),)


def test_two_addresses_are_never_joined_into_one() -> None:
    cell = read_cell("https://a.com/x/ https://b.com/y/")
    assert cell.things == (("url", "https://a.com/x/"), ("url", "https://b.com/y/"))


def test_a_comma_may_be_part_of_an_address() -> None:
    assert read_cell("http://x.com/a,b").things == (("url", "http://x.com/a,b"),)


@given(st.text(max_size=300), st.sampled_from(["", "ip", "domain", "account", "phone", "app"]))
def test_any_cell_is_read_and_its_values_are_as_the_list_writes_them(
    raw: str, declared: str
) -> None:
    cell = read_cell(raw, declared=declared)
    assert len(cell.things) == len(set(cell.things)) <= 2 * MAX_THINGS
    for kind, value in cell.things:
        assert listed_form(kind, value) == value
    assert bool(cell.things) == (cell.kind in {Kind.ENTITY, Kind.CANDIDATE})


@given(
    st.from_regex(r"[a-z]{1,12}(-[a-z0-9]{1,8})?", fullmatch=True),
    st.sampled_from([".", "[.]", "(.)", "{.}", "[dot]", " dot ", "\\.", "\uff0e", "(dot)"]),
    st.sampled_from(["", '"', "'", " ", "`"]),
)
def test_every_way_to_defang_a_host_gives_the_same_value(name: str, dot: str, quote: str) -> None:
    assert read_cell(f"{quote}{name}{dot}com{quote}").things == (("domain", f"{name}.com"),)


def test_every_form_has_words_and_something_that_becomes_of_it() -> None:
    assert set(FORM_WORDS) == set(Form)
    assert {kind_of(form) for form in Form} == set(Kind)


@pytest.mark.parametrize(
    ("text", "counts"),
    [
        ("7,704 accounts", True),
        ("7.704 Konten", True),
        ("7 704 comptes", True),
        ("3k followers", True),
        ("1.2 million users", True),
        ("~300+ accounts", True),
        ("12 Pages", True),
        ("5 evil domains were seen in May", True),
        ("2026 report about elections and more", False),
        ("about 12 accounts", False),
        ("accounts 12", False),
        ("12accounts", False),
        ("14", False),
        ("4 words that count nothing of interest here " + "x" * 60 + " accounts", False),
        ("", False),
    ],
)
def test_a_number_of_things_is_an_aggregate(text: str, *, counts: bool) -> None:
    assert is_count(text) is counts


@pytest.mark.parametrize(
    ("url", "account"),
    [
        ("https://x.com/Crew", "x:crew"),
        ("https://mobile.twitter.com/Crew/", "x:crew"),
        ("https://x.com/HOME", ""),
        ("https://x.com/crew/status/1", ""),
        ("https://x.com.evil.example/crew", ""),
        ("https://evil-x.com/crew", ""),
        ("https://www.facebook.com/profile.php?id=12", "facebook:12"),
        ("https://facebook.com/profile.php?id=12&sk=about", "facebook:12"),
        ("https://facebook.com/profile.php?id=\u0661\u0662", ""),
        ("https://facebook.com/profile.php", ""),
        ("https://facebook.com/people/Ann-B/10001/", "facebook:10001"),
        ("https://facebook.com/people/Ann-B/", ""),
        ("https://facebook.com/people", ""),
        ("https://facebook.com/groups/a", ""),
        ("https://de-de.facebook.com/crew", "facebook:crew"),
        ("https://m.facebook.com/pg/crew", "facebook:crew"),
        ("https://t.me/s/Crew", "telegram:crew"),
        ("https://t.me/s/share", ""),
        ("https://t.me/12345", ""),
        ("https://t.me/joinchat/x", ""),
        ("https://youtube.com/@crew", "youtube:crew"),
        ("https://youtube.com/watch?v=1", ""),
        ("https://tiktok.com/@crew/video/1", ""),
        ("https://instagram.com/p/abc", ""),
        ("https://instagram.com/p", ""),
        ("https://bsky.app/profile/crew.bsky.social", "bluesky:crew.bsky.social"),
        ("https://x.com/", ""),
    ],
)
def test_only_the_link_of_a_profile_names_an_account(url: str, account: str) -> None:
    assert account_of(url) == account
    things = with_accounts([("url", url), ("url", url)])
    assert things == (("url", url), ("account", account))[: 2 if account else 1]
