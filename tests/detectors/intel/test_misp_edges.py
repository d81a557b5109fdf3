"""MISP as other tools write it: types, accounts, tags, sightings, and what is no event."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.choices import Opinion, Tlp
from detectors.intel.forms import Form
from detectors.intel.grid import MAX_ROWS, TooManyRowsError
from detectors.intel.incoming import read_incoming
from detectors.intel.misp.feed import HASHES, MANIFEST, files_of, uuids_of
from detectors.intel.misp.reading import MAX_TAGS, RED, read_events
from detectors.intel.misp.writing import Event, Organisation, Said, event_of
from detectors.intel.report import MAX_NOTE, Row

AT = datetime(2026, 5, 4, tzinfo=UTC)
MD5 = "d41d8cd98f00b204e9800998ecf8427f"
JA3 = "e7d705a3286e19ea42f587b344ee6865"
BTC = "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq"


def _row(kind: str = "domain", value: str = "evil.com", /, **more: Any) -> Row:
    """An attribute that is to be detected, read back."""
    event = more.pop("event", {})
    one = {"type": kind, "value": value, "to_ids": True, **more}
    body = {"Event": {"info": "x", **event, "Attribute": [one]}}
    (row,) = read_incoming(json.dumps(body).encode()).rows
    return row


def _object(name: str, *attributes: tuple[str, str], **more: Any) -> list[Row]:
    parts = [
        {"type": "text", "object_relation": relation, "value": value, "to_ids": True}
        for relation, value in attributes
    ]
    thing = {"name": name, "Attribute": parts, **more}
    body = {"Event": {"info": "x", "Object": [thing]}}
    return list(read_incoming(json.dumps(body).encode()).rows)


@pytest.mark.parametrize(
    ("kind", "value", "things"),
    [
        ("hostname", "WWW.Evil.com", [("domain", "www.evil.com")]),
        ("link", "hxxps://evil[.]com/a", [("url", "https://evil.com/a")]),
        ("ip-src|port", "198.51.100.7|443", [("ip", "198.51.100.7")]),
        ("domain|ip", "evil.com|nothing", [("domain", "evil.com")]),
        ("filename|md5", f"a|{MD5}", [("hash", f"md5:{MD5}")]),
        ("whois-registrant-email", "Boss@Crew.com", [("email", "boss@crew.com")]),
        ("phone-number", "+44 20 7946 0018", [("phone", "+442079460018")]),
        ("btc", BTC, [("wallet", f"btc:{BTC}")]),
        ("other", BTC, [("wallet", f"btc:{BTC}")]),
        ("other", "just words", []),
        ("mobile-application-id", "com.free.video", [("app", "com.free.video")]),
        ("ja3-fingerprint-md5", JA3, [("fingerprint", JA3)]),
        ("twitter-id", "@crew", [("account", "x:crew")]),
        ("github-username", "crew", [("account", "github:crew")]),
        ("link", "https://t.me/Crew", [("url", "https://t.me/Crew"), ("account", "telegram:crew")]),
        ("md5", "not a hash", []),
        ("yara", "rule a {}", []),
        ("domain", "", []),
        ("", "evil.com", []),
    ],
)
def test_an_attribute_is_what_its_type_says(
    kind: str, value: str, things: list[tuple[str, str]]
) -> None:
    assert list(_row(kind, value).things) == things


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("md5", "An attribute of type md5: it is not what its type says."),
        ("yara", "An attribute of type yara: it has a type that the desk does not match."),
    ],
)
def test_what_is_not_taken_is_told_with_its_reason(kind: str, message: str) -> None:
    row = _row(kind, "<img src=x>")
    assert (row.form, row.message, row.extra["type"]) == (Form.TEXT, message, kind)


@pytest.mark.parametrize(
    ("name", "attributes", "things"),
    [
        ("telegram-account", [("username", "@crew"), ("id", "77")], [("account", "telegram:crew")]),
        ("telegram-account", [("id", "77")], [("account", "telegram:77")]),
        ("telegram-account", [("username", ""), ("id", "77")], [("account", "telegram:77")]),
        ("user-account", [("username", "crew"), ("account-type", "VK Com")],
         [("account", "vk-com:crew")]),
        ("user-account", [("username", "crew")], [("handle", "crew")]),
        ("telegram-account", [("phone", "77")], []),
        ("file", [("username", "crew")], []),
    ],
)  # fmt: skip
def test_one_attribute_of_an_account_is_its_name(
    name: str, attributes: list[tuple[str, str]], things: list[tuple[str, str]]
) -> None:
    rows = _object(name, *attributes)
    assert len(rows) == len(attributes)
    assert [thing for row in rows for thing in row.things] == things


def test_what_a_deleted_object_said_is_taken_back_whole() -> None:
    assert all(row.gone for row in _object("telegram-account", ("username", "crew"), deleted=True))
    assert not any(row.gone for row in _object("telegram-account", ("username", "crew")))


@pytest.mark.parametrize(
    ("more", "opinion"),
    [
        ({}, ""),
        ({"to_ids": False}, Opinion.SEED),
        ({"to_ids": "yes"}, Opinion.SEED),
        ({"to_ids": False, "Sighting": [{"type": "1"}]}, Opinion.NEGATIVE),
        ({"Sighting": [{"type": 1}]}, Opinion.NEGATIVE),
        ({"Sighting": [{}, {"type": "1"}]}, ""),
        ({"Sighting": "1"}, ""),
    ],
)
def test_whether_it_is_to_be_detected_decides_the_opinion(
    more: dict[str, Any], opinion: str
) -> None:
    assert _row(**more).opinion == opinion


@pytest.mark.parametrize(
    ("stamp", "seen"),
    [
        ("1700000000", datetime.fromtimestamp(1_700_000_000, UTC)),
        (1700000000, datetime.fromtimestamp(1_700_000_000, UTC)),
        ("9999999999", datetime.fromtimestamp(9_999_999_999, UTC)),
        ("99999999999", None),
        ("-5", None),
        ("\u0661", None),
        ("soon", None),
        (None, None),
    ],
)
def test_the_time_of_a_sighting_is_read_where_it_is_one(stamp: object, seen: object) -> None:
    assert _row(Sighting=[{"type": "0", "date_sighting": stamp}]).last_seen == seen


def test_the_newest_sighting_counts_and_its_own_word_before_it() -> None:
    stamps = [
        {"date_sighting": "100"},
        {"date_sighting": "300"},
        {"type": "1", "date_sighting": "9"},
    ]
    assert _row(Sighting=stamps).last_seen == datetime.fromtimestamp(300, UTC)
    assert _row(Sighting=stamps, last_seen="2026-05-04").last_seen == AT


@pytest.mark.parametrize(
    ("tags", "confidence"),
    [
        (['abusedesk:confidence="70"'], 70),
        (["abusedesk:confidence=0"], 0),
        (['misp:confidence-level="usually-confident"'], 75),
        (['misp:confidence-level="usually-confident"', 'abusedesk:confidence="5"'], 5),
        (['abusedesk:confidence="0050000"'], None),
        (['abusedesk:confidence="101"', 'misp:confidence-level="unconfident"'], 0),
        (['misp:confidence-level="odd"'], None),
        ([], None),
    ],
)
def test_confidence_is_read_from_tags_and_stays_on_its_scale(
    tags: list[str], confidence: int | None
) -> None:
    assert _row(Tag=[{"name": tag} for tag in tags]).confidence == confidence


def test_tags_of_the_event_and_of_the_attribute_are_kept_once_and_not_without_end() -> None:
    row = _row(Tag=[{"name": "b"}, {"name": "a"}], event={"Tag": [{"name": "a"}, {"name": 7}, 3]})
    assert row.tags == ("a", "b")
    flood = [{"name": f"t{number}"} for number in range(MAX_TAGS * 3)]
    assert len(_row(Tag=flood).tags) == MAX_TAGS


def test_a_red_tag_says_why_the_row_is_held() -> None:
    assert _row(Tag=[{"name": "tlp:red"}]).message == RED


def test_long_and_odd_texts_are_cut_and_cleaned() -> None:
    row = _row(comment="c" * 9_000 + "\0", uuid="u" * 300)
    assert (len(row.note), len(row.uid)) == (MAX_NOTE, 100)
    assert "\0" not in _row(comment="a\0b").note


@pytest.mark.parametrize(
    "text",
    [
        '{"Event": ' * 50_000,
        '{"Attribute": ' + "[" * 50_000,
        '{"Attribute": ' + "[" * 50_000 + "]" * 50_000 + "}",
        '{"Event": {"info": "x"',
        '{"Event": null}',
        '{"Attribute": "\\ud800"}',
        '["Event"]',
        '"Event"',
    ],
    ids=["objects", "lists", "closed lists", "cut off", "null", "surrogate", "words", "a word"],
)
def test_what_is_no_event_is_read_as_text(text: str) -> None:
    assert read_events(text) is None
    assert read_incoming(text.encode()).form != "misp"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "value", "Tag", "name", "Sighting", "Object", "Attribute"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.lists(JSON, max_size=4), st.lists(JSON, max_size=2), JSON)
def test_any_event_is_told_attribute_by_attribute(
    attributes: list[Any], objects: list[Any], tags: Any
) -> None:
    body = {"Event": {"info": "x", "Attribute": attributes, "Object": objects, "Tag": tags}}
    report = read_events(json.dumps(body))
    assert report is not None
    said = sum(isinstance(one, dict) for one in attributes)
    assert len(report.rows) >= said
    assert [row.number for row in report.rows] == list(range(1, len(report.rows) + 1))


def test_an_event_with_too_many_attributes_is_refused() -> None:
    one = {"type": "domain", "value": "evil.com"}
    body = json.dumps({"info": "x", "Attribute": [one] * (MAX_ROWS + 1)})
    with pytest.raises(TooManyRowsError, match="20,000"):
        read_events(body)


@pytest.mark.parametrize("wrapped", ["alone", "Event", "list", "response"])
def test_events_are_found_however_a_server_wraps_them(wrapped: str) -> None:
    event = {"info": "x", "Attribute": [{"type": "domain", "value": "evil.com"}]}
    body = {
        "alone": event,
        "Event": {"Event": event},
        "list": [{"Event": event}, {"Event": event}, 5],
        "response": {"response": [{"Event": event}]},
    }[wrapped]
    report = read_events(json.dumps(body))
    assert report is not None
    assert len(report.rows) == (2 if wrapped == "list" else 1)


def _uuid(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012x}"


def _event(*said: Said, number: int = 1, at: datetime = AT, **more: Any) -> dict[str, Any]:
    by = Organisation("Desk", _uuid(9))
    return event_of(Event(_uuid(number), "x", date(2026, 5, 4), at, by, Tlp.GREEN, said, **more))


def test_writing_twice_gives_the_same_bytes_and_every_part_its_own_id() -> None:
    said = [
        Said(_uuid(10), "account", "mastodon:crew"),
        Said(_uuid(11), "account", "x:crew", opinion=Opinion.NEGATIVE),
        Said(_uuid(12), "domain", "evil.com", opinion=Opinion.NEGATIVE),
    ]
    one, two = files_of([_event(*said)]), files_of([_event(*said)])
    assert one == two
    text = one[f"{_uuid(1)}.json"].decode()
    ids = [part.split('"')[0] for part in text.split('"uuid": "')[1:]]
    assert len(ids) == len(set(ids))


def test_what_was_taken_back_leaves_the_table_of_hashes() -> None:
    before = _event(Said(_uuid(10), "domain", "old.com"), Said(_uuid(11), "domain", "evil.com"))
    left = _event(Said(_uuid(11), "domain", "evil.com"), before=before["Event"])
    told = files_of([left])[HASHES].decode()
    assert hashlib.md5(b"evil.com").hexdigest() in told
    assert hashlib.md5(b"old.com").hexdigest() not in told


def test_a_manifest_is_read_oldest_first_and_names_only_files_of_its_own() -> None:
    late = datetime(2026, 6, 1, tzinfo=UTC)
    files = files_of([_event(number=3, at=late), _event(number=2), _event(number=1)])
    assert uuids_of(files[MANIFEST]) == [_uuid(1), _uuid(2), _uuid(3)]
    odd: dict[str, dict[str, Any]] = {
        f"{_uuid(1)}/../x": {},
        _uuid(2).upper(): {},
        f"{_uuid(3)}\n": {},
        "": {},
    }
    assert uuids_of(json.dumps(odd).encode()) == [_uuid(2)]


def test_a_manifest_nested_without_end_is_refused() -> None:
    with pytest.raises(ValueError, match="manifest cannot be read"):
        uuids_of(b'{"a": {"b": ' + b"[" * 50_000)
