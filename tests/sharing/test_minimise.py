"""What of a value leaves, by type and TLP; and what must not, however it is told."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.sharing import hmacs, leaks, minimise, stix, tlp, urls
from cases.sharing.egress import render
from cases.sharing.facts import NoteFacts
from cases.sharing.hmacs import Key
from cases.sharing.leaks import Told
from cases.sharing.minimise import ACTOR, DROPPED, HMAC, RULES, SENT, TRUNCATED, Thing, fate_of
from tests.sharing import made

SHARED_KEY = "hmac:ring-1:"


def test_a_hashed_account_is_the_published_vector() -> None:
    key = Key("k", bytes(range(32)))
    digest = "86624c5acfb8b0976e7577f50cb99ef1612b089299786ba77d269f7f1c6e6ff6"
    assert hmacs.digest(key.secret, "account", "tiktok\x1f12345") == digest
    assert hmacs.sealed(key, "account", "tiktok:12345") == f"hmac:k:{digest}"


def test_another_key_another_epoch_or_another_type_never_matches() -> None:
    told = {
        hmacs.digest(secret, type, "eve")
        for secret in (bytes(32), bytes([1]) * 32)
        for type in ("email", "handle")
    }
    assert len(told) == 4


def test_a_key_does_not_tell_its_secret() -> None:
    assert repr(made.KEY) == "Key(ring-1)"


@pytest.mark.row(62)
@pytest.mark.parametrize(
    ("given", "level", "how", "rule", "leaves"),
    [
        (("domain", "bad.example", ""), "clear", SENT, "attack-value", "bad.example"),
        (("url", "https://bad.example/a", ""), "clear", SENT, "attack-value", "https://bad.example/a"),
        (("ip", "198.51.100.77", ""), "clear", TRUNCATED, "ip-range", "198.51.100.0/24"),
        (("ip", "198.51.100.77", ""), "green", TRUNCATED, "ip-range", "198.51.100.0/24"),
        (("ip", "198.51.100.77", ""), "amber", SENT, "ip-address", "198.51.100.77"),
        (("ip", "2001:db8:1:2::77", ""), "green", TRUNCATED, "ip-range", "2001:db8:1::/48"),
        (("ip", "somewhere", ""), "amber", DROPPED, "no-value", ""),
        (("account", "x:eve", ACTOR), "amber", SENT, "account-id", "x:eve"),
        (("account", "x:eve", ACTOR), "amber+strict", SENT, "account-id", "x:eve"),
        (("account", "x:eve", ACTOR), "green", HMAC, "account-hmac", SHARED_KEY),
        (("account", "x:eve", ACTOR), "clear", HMAC, "account-hmac", SHARED_KEY),
        (("account", "x:eve", "unclear"), "amber", DROPPED, "account-unclear", ""),
        (("email", made.MAIL, ""), "amber", HMAC, "personal-hmac", SHARED_KEY),
        (("phone", "+4915112345678", ""), "clear", HMAC, "personal-hmac", SHARED_KEY),
        (("payment", "iban", ""), "amber", HMAC, "personal-hmac", SHARED_KEY),
        (("device", "d-1", ""), "amber", HMAC, "personal-hmac", SHARED_KEY),
        (("wallet", "bc1q", ""), "amber", HMAC, "personal-hmac", SHARED_KEY),
        (("handle", "eve", ""), "amber", HMAC, "personal-hmac", SHARED_KEY),
        (("hash", "0" * 64, ""), "clear", SENT, "attack-value", "0" * 64),
        (("hash", "no hash", ""), "clear", DROPPED, "no-value", ""),
        (("media", "pdq-" + "0" * 64, ""), "clear", SENT, "picture-hash", "pdq-" + "0" * 64),
        (("media", "eve-at-home.jpg", ""), "amber", DROPPED, "no-value", ""),
        (("hashtag", "#free", ""), "clear", SENT, "attack-value", "#free"),
        (("card", "4111", ""), "amber", DROPPED, "type-unknown", ""),
        (("text", "a letter", ""), "amber", DROPPED, "type-unknown", ""),
    ],
)  # fmt: skip
def test_every_type_leaves_as_the_table_says(
    given: tuple[str, str, str], level: str, how: str, rule: str, leaves: str
) -> None:
    fate = fate_of(Thing(*given), made.profile(level))
    assert (fate.how, fate.rule) == (how, rule)
    if how == HMAC:
        assert fate.value.startswith(leaves)
        assert given[1] not in fate.value
    else:
        assert fate.value == leaves


def test_what_the_agreement_does_not_name_stays() -> None:
    profile = made.profile("amber", types=("domain",))
    assert fate_of(Thing("url", "https://a.example/"), profile).rule == "type-not-agreed"
    assert fate_of(Thing("domain", "a.example"), profile).how == SENT


def test_a_partner_that_wants_it_gets_accounts_hashed() -> None:
    fate = fate_of(made.ACCOUNT, made.profile("amber", hide=True))
    assert (fate.how, fate.rule) == (HMAC, "account-hmac")


def test_a_well_known_host_stays_but_an_exact_page_on_it_may_leave() -> None:
    listed = Thing("domain", "change.example", listed="Top sites")
    assert fate_of(listed, made.profile()).rule == "warning-list"
    page = Thing("url", "https://change.example/p/refund")
    assert fate_of(page, made.profile()).how == SENT


@pytest.mark.parametrize(
    ("url", "leaves"),
    [
        ("https://a.example/p?x=1&y=two", "https://a.example/p?x=1&y=two"),
        ("https://a.example/p?to=eve%40b.example&x=1", "https://a.example/p?to=&x=1"),
        ("https://a.example/p?eve@b.example", "https://a.example/p"),
        ("https://a.example/p?id=1234567", "https://a.example/p?id="),
        ("https://a.example/p?t=Zm9vYmFyYmF6cXV4cXV1eA", "https://a.example/p?t="),
        ("https://a.example/unsubscribe/eve@b.example", "https://a.example/"),
        ("https://eve@a.example/p", "https://a.example/p"),
        ("https://a.example/p#part", "https://a.example/p"),
    ],
)
def test_a_url_leaves_without_what_says_who_it_was_sent_to(url: str, leaves: str) -> None:
    assert urls.shorter_url(url) == leaves


@pytest.mark.parametrize(
    ("level", "left", "rule"),
    [
        ("clear", datetime(2026, 11, 3, tzinfo=UTC), "time-day"),
        ("green", datetime(2026, 11, 3, 12, tzinfo=UTC), "time-hour"),
        ("amber", datetime(2026, 11, 3, 12, 34, 56, tzinfo=UTC), "time-second"),
        ("amber+strict", datetime(2026, 11, 3, 12, 34, 56, tzinfo=UTC), "time-second"),
    ],
)
def test_times_are_as_exact_as_the_level_lets_them_be(
    level: str, left: datetime, rule: str
) -> None:
    assert minimise.time_of(made.NOON, level) == (left, rule)


def test_every_rule_that_is_applied_has_a_sentence() -> None:
    lines = [line for number in range(60) for line in render(*made.varied(number)).lines]
    assert {line.rule for line in lines} <= set(RULES)
    assert {line.how for line in lines} == {SENT, TRUNCATED, HMAC, DROPPED}


def _ways(value: str) -> list[str]:
    """Ways of telling a value that the scan must see through."""
    raw = value.encode()
    return [
        value,
        value.upper(),
        value.replace(".", "[.]").replace("@", "[at]"),
        value.replace("@", "%40"),
        base64.b64encode(raw).decode(),
        hashlib.md5(raw).hexdigest(),
        hashlib.sha1(raw).hexdigest(),
        hashlib.sha256(raw).hexdigest(),
        stix.observable_id("email-addr", {"value": value}),
    ]


@pytest.mark.parametrize("way", range(9))
def test_the_scan_finds_a_withheld_mail_however_it_is_told(way: int) -> None:
    told = json.dumps({"description": f"write to {_ways(made.MAIL)[way]} now"}).encode()
    assert leaks.leaks(Told.read(told), [("email", made.MAIL)]) == [("email", made.MAIL)]


def test_the_scan_takes_no_part_of_a_longer_word_for_a_value() -> None:
    told = Told.read(b'{"description": "the evening of an evergreen"}')
    assert leaks.leaks(told, [("handle", "eve"), ("account", "x:ever")]) == []
    assert leaks.leaks(Told.read(b'{"description": "by eve!"}'), [("handle", "eve")])


def test_the_scan_finds_the_bare_name_of_an_account_and_the_digits_of_a_phone() -> None:
    told = Told.read(b'{"a": "ask crew_77", "b": "call 4915112345678"}')
    withheld = [("account", "tiktok:crew_77"), ("phone", "+4915112345678"), ("phone", "+4930")]
    assert leaks.leaks(told, withheld) == withheld[:2]


@pytest.mark.row(97)
@pytest.mark.parametrize("level", ["clear", "green", "amber", "amber+strict"])
def test_no_hash_and_no_id_of_a_withheld_value_leaves(level: str) -> None:
    """Also when the scan itself is not asked: the bytes are searched here."""
    found = render(made.offer(level), made.profile(level))
    assert found.conflicts == ()
    told = found.bundle.decode().casefold() + found.table.decode().casefold()
    for way in _ways(made.MAIL):
        assert way.casefold() not in told
    assert made.MAIL.split("@", maxsplit=1)[0] not in told
    assert "jo@victim.example" not in told
    assert "bystander_1" not in told


@pytest.mark.row(62)
@pytest.mark.parametrize("field", ["title", "summary"])
def test_a_withheld_value_in_a_text_for_partners_holds_the_share_up(field: str) -> None:
    offer = made.offer(**{field: f"Ask {made.MAIL}"})
    found = render(offer, made.profile())
    assert {one.rule for one in found.conflicts} == {"leak", "personal-data"}
    assert made.MAIL in {one.what for one in found.conflicts}


def test_a_note_that_is_marked_narrower_stays_and_is_looked_for() -> None:
    secret = NoteFacts("note 9", "Quillfeather told us on the phone.", "red", made.NOON)
    kept = render(made.offer(case=made.case(notes=(secret,))), made.profile())
    assert kept.conflicts == ()
    assert b"Quillfeather" not in kept.bundle + kept.table
    line = next(one for one in kept.lines if one.about == "note 9")
    assert (line.how, line.rule) == (DROPPED, "note-tlp")
    said = made.offer(case=made.case(notes=(secret,)), summary=secret.body)
    assert [one.rule for one in render(said, made.profile()).conflicts] == ["leak"]


VALUES = st.one_of(
    st.builds(
        lambda a, b: f"{a}@{b}.example", *(st.from_regex(r"[a-z]{4,9}", fullmatch=True),) * 2
    ),
    st.from_regex(r"\+49[0-9]{9,10}", fullmatch=True),
    st.from_regex(r"[a-z]{5,12}_[0-9]{2,5}", fullmatch=True),
)


@given(values=st.lists(VALUES, min_size=1, max_size=6, unique=True), number=st.integers(0, 99))
def test_whatever_the_case_no_personal_value_leaves(values: list[str], number: int) -> None:
    offer, profile = made.varied(number)
    kinds = ("email", "phone", "device", "payment", "wallet", "handle")
    things = tuple(Thing(kinds[at % 6], value) for at, value in enumerate(values))
    case = made.case(things=(*offer.case.things, *things), decision=offer.case.decision)
    found = render(made.offer(offer.level, case=case), profile)
    told = found.bundle.decode() + found.table.decode()
    assert [one for one in values if one in told] == []
    assert [one for one in found.conflicts if one.rule != "leak"] == []


def test_levels_go_from_wide_to_narrow_and_red_is_up_to_nobody() -> None:
    assert tlp.up_to("amber") == ("clear", "green", "amber")
    assert tlp.up_to("red") == ("clear", "green", "amber", "amber+strict")
    assert tlp.strictest(["green", "amber+strict", "clear"]) == "amber+strict"
    with pytest.raises(ValueError, match="not in tuple"):
        tlp.rank("purple")


def test_cells_of_the_table_are_no_formulas_and_no_links() -> None:
    things = (Thing("hashtag", "=cmd|' /C calc'!A0"), Thing("url", "https://bad.example/a"))
    found = render(made.offer(case=made.case(things=things, findings=())), made.profile())
    table = found.table.decode()
    assert "'=cmd" in table
    assert "hxxps://bad[.]example/a" in table
    assert "https://" not in table


def test_names_of_objects_are_asked_for_by_their_source() -> None:
    asked: list[tuple[str, str]] = []

    def name_of(type: str, source: str) -> Any:
        asked.append((type, source))
        return made.names()(type, source)

    render(made.offer(name_of=name_of), made.profile())
    assert ("campaign", "campaign 1") in asked
    assert ("report", "case 1") in asked
    assert ("bundle", "case 1") in asked
