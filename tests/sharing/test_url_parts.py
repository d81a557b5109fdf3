"""URLs, hashes and addresses at the edges of the table of minimisation."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from urllib.parse import quote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.sharing import minimise, tlp, urls
from cases.sharing.leaks import Told, leaks
from cases.sharing.minimise import (
    ACTOR,
    DROPPED,
    HMAC,
    SENT,
    TRUNCATED,
    TYPES,
    UNCLEAR,
    Thing,
    fate_of,
    secrets_of,
)
from tests.sharing import made

MAIL = "jo@victim.example"
LEVELS = ("clear", "green", "amber", "amber+strict")


def _encoded(text: str, times: int) -> str:
    for _ in range(times):
        text = quote(text, safe="")
    return text


@pytest.mark.parametrize(
    ("url", "leaves"),
    [
        ("https://u:p@bad.example/a", "https://bad.example/a"),
        ("https://bad.example:8443/a", "https://bad.example:8443/a"),
        ("https://bad.example/a?step=2&lang=de", "https://bad.example/a?step=2&lang=de"),
        ("https://bad.example/a?id=12345", "https://bad.example/a?id="),
        ("https://bad.example/a?id=1234", "https://bad.example/a?id=1234"),
        ("https://bad.example/a?12345&x=1", "https://bad.example/a?&x=1"),
        ("https://bad.example/a?x=" + "q" * 15, "https://bad.example/a?x=" + "q" * 15),
        ("https://bad.example/a?x=" + "q" * 16, "https://bad.example/a?x="),
        ("https://bad.example/a?x=1#top", "https://bad.example/a?x=1"),
        ("https://bad.example/u/jo%40victim.example/b?x=1", "https://bad.example/"),
        (f"https://bad.example/{MAIL}", "https://bad.example/"),
        ("https://bad.example/a;to=jo@victim.example?x=1", "https://bad.example/"),
        ("https://[2001:db8::1]/a", "https://[2001:db8::1]/a"),
    ],
)
def test_the_place_of_a_url_leaves_and_its_telling_values_stay(url: str, leaves: str) -> None:
    assert urls.shorter_url(url) == leaves
    fate = fate_of(Thing("url", url), made.profile())
    assert (fate.how, fate.value) == (SENT if leaves == url else TRUNCATED, leaves)


@pytest.mark.parametrize("times", [1, 2, 3])
@pytest.mark.parametrize("where", ["/r/{}", "/a?e={}", "/a?{}", "/a#{}", "/a?u=x%20{}&step=2"])
def test_an_address_that_was_encoded_more_than_once_stays_as_well(where: str, times: int) -> None:
    url = "https://bad.example" + where.format(_encoded(MAIL, times))
    short = urls.shorter_url(url)
    assert "victim" not in short
    assert MAIL in " ".join(urls.cut_out(url)), "so the scan looks for it elsewhere"


def test_an_address_inside_the_target_of_a_redirect_stays() -> None:
    inner = f"https://bank.example/?m={quote(MAIL, safe='')}"
    url = f"https://bad.example/go?u={quote(inner, safe='')}&step=2"
    assert urls.shorter_url(url) == "https://bad.example/go?u=&step=2"
    (cut,) = urls.cut_out(url)
    assert MAIL in cut


@given(
    path=st.text("abcxyz/-", max_size=12),
    query=st.lists(st.tuples(st.sampled_from("abc"), st.text("ab1%@.=", max_size=24)), max_size=4),
    fragment=st.text("ab@.1", max_size=8),
)
def test_a_url_that_was_shortened_is_shortened_no_further(
    path: str, query: list[tuple[str, str]], fragment: str
) -> None:
    told = "&".join(f"{name}={quote(value, safe='')}" for name, value in query)
    short = urls.shorter_url(f"https://bad.example/{path}?{told}#{fragment}")
    assert urls.shorter_url(short) == short
    assert list(urls.cut_out(short)) == [], "nothing telling is left in it"
    assert urlsplit(short).netloc == "bad.example"
    assert urlsplit(short).fragment == ""


@pytest.mark.parametrize(
    "url",
    ["http://[x/", "http://[::1", "https://", "no url", "", "https://b\u00fccher.example/", "//"],
)
def test_what_is_no_url_stays_and_holds_nothing_up(url: str) -> None:
    thing = Thing("url", url)
    fate = fate_of(thing, made.profile())
    assert (fate.how, fate.rule, fate.value) == (DROPPED, "no-value", "")
    assert secrets_of(thing, fate) == []


def test_what_was_cut_out_of_a_url_is_looked_for_in_all_that_leaves() -> None:
    thing = Thing("url", "https://bad.example/a?email=jo%40victim.example&step=2")
    hidden = secrets_of(thing, fate_of(thing, made.profile()))
    assert hidden == [("text", MAIL)]
    assert leaks(Told.read(f"Write to {MAIL}.".encode()), hidden) == hidden
    assert leaks(Told.read(b"Write to nobody."), hidden) == []


@pytest.mark.parametrize(
    ("value", "clear", "amber"),
    [
        ("198.51.100.77", "198.51.100.0/24", "198.51.100.77"),
        ("203.0.113.0", "203.0.113.0/24", "203.0.113.0"),
        ("255.255.255.255", "255.255.255.0/24", "255.255.255.255"),
        ("2001:db8:1:2::77", "2001:db8:1::/48", "2001:db8:1:2::77"),
        ("::1", "::/48", "::1"),
        ("198.51.100.0/24", "", ""),
        ("198.51.100.256", "", ""),
        ("01.2.3.4", "", ""),
        ("", "", ""),
        ("host.example", "", ""),
    ],
)
def test_an_address_leaves_as_its_net_until_amber(value: str, clear: str, amber: str) -> None:
    for level, leaves in zip(LEVELS, (clear, clear, amber, amber), strict=True):
        assert fate_of(Thing("ip", value), made.profile(level)).value == leaves


@pytest.mark.parametrize("length", [31, 32, 33, 39, 40, 63, 64, 65, 96, 127, 128, 129])
def test_only_hashes_that_stix_has_a_name_for_leave(length: int) -> None:
    known = length in (32, 40, 64, 128)
    for level in LEVELS:
        fate = fate_of(Thing("hash", "a" * length), made.profile(level))
        assert fate.how == (SENT if known else DROPPED)
    assert fate_of(Thing("hash", "g" * length), made.profile()).how == DROPPED
    assert fate_of(Thing("hash", "A" * length), made.profile()).how == DROPPED


@pytest.mark.parametrize("value", ["photo.jpg", "PDQ-0f", " pdq-0f", "sha256-0f", ""])
def test_no_picture_and_no_name_of_a_file_leaves(value: str) -> None:
    assert fate_of(Thing("media", value), made.profile("amber+strict")).how == DROPPED


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("hide", [True, False])
def test_an_account_whose_role_is_unclear_never_leaves(level: str, hide: bool) -> None:
    for role in (UNCLEAR, "infrastructure", "victim", ""):
        fate = fate_of(Thing("account", "x:jo", role), made.profile(level, hide=hide))
        assert (fate.how, fate.rule, fate.value) == (DROPPED, "account-unclear", "")
    whole = level.startswith("amber") and not hide
    told = fate_of(Thing("account", "x:jo", ACTOR), made.profile(level, hide=hide))
    assert told.how == (SENT if whole else HMAC)
    assert ("jo" in told.value.split(":")) == whole


@given(
    type=st.sampled_from((*TYPES, "soul", "text", "")),
    value=st.text(max_size=40),
    level=st.sampled_from(LEVELS),
    listed=st.sampled_from(("", "Top hosts")),
)
def test_whatever_it_is_it_has_one_fate_with_a_rule_that_has_a_sentence(
    type: str, value: str, level: str, listed: str
) -> None:
    thing = Thing(type, value, ACTOR, listed)
    fate = fate_of(thing, made.profile(level))
    assert fate.rule in minimise.RULES
    assert (fate.how == DROPPED) == (fate.value == "") or value == ""
    if listed or type not in TYPES:
        assert fate.how == DROPPED
    if fate.how == SENT:
        assert fate.value == value
    if fate.how == HMAC:
        assert fate.value.startswith("hmac:ring-1:")
        assert len(fate.value.rpartition(":")[2]) == 64


@given(
    at=st.datetimes(
        timezones=st.integers(-14, 14).map(lambda hours: timezone(timedelta(hours=hours)))
    ).filter(lambda at: 1970 <= at.year < 2200)
)
def test_a_wider_level_never_tells_a_moment_more_exactly(at: datetime) -> None:
    cuts = [minimise.time_of(at, level)[0] for level in LEVELS]
    assert cuts == sorted(cuts)
    assert all(one.tzinfo == UTC for one in cuts)
    assert timedelta() <= at - cuts[0] < timedelta(days=1)
    assert timedelta() <= at - cuts[1] < timedelta(hours=1)
    assert timedelta() <= at - cuts[2] < timedelta(seconds=1)


@pytest.mark.parametrize("type", TYPES)
def test_a_type_that_the_agreement_does_not_name_stays_whatever_the_level(type: str) -> None:
    others = tuple(one for one in TYPES if one != type)
    for level in LEVELS:
        fate = fate_of(Thing(type, "x:jo", ACTOR), made.profile(level, types=others))
        assert (fate.how, fate.rule) == (DROPPED, "type-not-agreed")


def test_profiles_are_told_apart_by_types_and_hashing_alone() -> None:
    first = made.profile("amber", types=("ip", "domain"))
    assert first.name == made.profile("green", types=("domain", "ip")).name
    assert first.name != made.profile("amber", types=("ip", "domain"), hide=True).name
    assert first.name != made.profile("amber", types=("ip",)).name
    assert tlp.rank(first.level) == 2
