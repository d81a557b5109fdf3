"""MISP both ways: what we write PyMISP loads, what PyMISP writes we load, and nothing is lost."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymisp import MISPEvent, MISPObject

from detectors.choices import Opinion, Tlp
from detectors.intel.forms import Kind
from detectors.intel.incoming import read_incoming
from detectors.intel.misp.feed import HASHES, MANIFEST, files_of, uuids_of
from detectors.intel.misp.writing import (
    Event,
    Organisation,
    Said,
    SharingGroup,
    TooConfidentialError,
    event_of,
)
from detectors.intel.report import Row
from tests.detectors.intel.layouts import DIGEST

AT = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)
BY = Organisation("Desk", "5e0f2f3c-90ad-4e3a-9d6f-0a8d8c7e1b2a")
THINGS = (
    ("account", "telegram:some_crew"),
    ("account", "x:ada"),
    ("account", "vk:Crew.One"),
    ("app", "com.free.video"),
    ("domain", "evil.example"),
    ("email", "boss@crew.example"),
    ("handle", "crew"),
    ("hash", f"sha256:{DIGEST}"),
    ("ip", "198.51.100.7"),
    ("phone", "+442079460018"),
    ("url", "https://evil.example/login?a=1"),
    ("wallet", "btc:bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq"),
)


def _uuid(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012x}"


def _event(said: tuple[Said, ...], tlp: str = Tlp.GREEN, **more: Any) -> Event:
    return Event(_uuid(1), "A crew", date(2026, 5, 4), AT, BY, tlp, said, **more)


def _said(number: int, thing: tuple[str, str], **more: Any) -> Said:
    return Said(_uuid(100 + number), *thing, **more)


def _rows(body: dict[str, Any]) -> list[Row]:
    report = read_incoming(json.dumps(body).encode())
    assert report.form == "misp"
    return [row for row in report.rows if row.kind is Kind.ENTITY]


def _as_said(row: Row) -> Said:
    """What a row says, in the shape in which it was written."""
    return Said(
        uuid=row.uid,
        type=row.things[0][0],
        value=row.things[0][1],
        opinion=row.opinion or Opinion.POSITIVE.value,
        confidence=row.confidence,
        comment=row.note,
        first_seen=row.first_seen,
        last_seen=row.last_seen,
        tags=tuple(tag for tag in row.tags if not tag.startswith(("tlp:", "abusedesk:"))),
        gone=row.gone,
    )


@pytest.mark.row(60)
def test_own_export_and_own_import_give_equal_objects() -> None:
    said = tuple(
        _said(number, thing, comment=f"note {number}", confidence=70, first_seen=AT, last_seen=AT)
        for number, thing in enumerate(THINGS)
    )
    found = {_as_said(row) for row in _rows(event_of(_event(said)))}
    assert found == set(said)


@given(
    st.sampled_from(THINGS),
    st.sampled_from(Opinion.values),
    st.none() | st.integers(0, 100),
    st.booleans(),
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=40),
)
def test_every_opinion_and_confidence_survives_the_round_trip(
    thing: tuple[str, str], opinion: str, confidence: int | None, gone: bool, note: str
) -> None:
    one = _said(0, thing, opinion=opinion, confidence=confidence, gone=gone, comment=note.strip())
    (row,) = _rows(event_of(_event((one,))))
    assert _as_said(row) == one


@pytest.mark.row(60)
def test_pymisp_loads_what_the_desk_writes(tmp_path: Path) -> None:
    said = tuple(_said(number, thing) for number, thing in enumerate(THINGS))
    path = tmp_path / "event.json"
    path.write_text(json.dumps(event_of(_event(said))), encoding="utf-8")
    event = MISPEvent()
    event.load_file(path)
    assert (event.info, event.distribution) == ("A crew", 1)
    assert {tag.name for tag in event.tags} == {"tlp:green"}
    values = {one.value for one in event.attributes}
    assert {"evil.example", DIGEST, "https://evil.example/login?a=1"} <= values
    names = {one.name for one in event.objects}
    assert names == {"telegram-account", "twitter-account", "user-account"}
    again = _rows({"Event": json.loads(event.to_json())})
    assert {row.things[0] for row in again} == set(THINGS)


@pytest.mark.row(60)
def test_the_desk_loads_what_pymisp_writes() -> None:
    event = MISPEvent()
    event.info = "Phishing"
    event.add_tag("tlp:amber")
    event.add_attribute("domain", "evil.example", to_ids=True, comment="first")
    event.add_attribute("ip-dst|port", "198.51.100.7|443", to_ids=True)
    event.add_attribute("filename|sha256", f"a.exe|{DIGEST}", to_ids=True)
    event.add_attribute("domain|ip", "two.example|198.51.100.8", to_ids=True)
    event.add_attribute("url", "https://evil.example/a", to_ids=False)
    event.add_attribute("yara", "rule a {}", to_ids=True)
    event.add_attribute("domain", "old.example", to_ids=True, deleted=True)
    thing = MISPObject("telegram-account", misp_objects_path_custom=None)
    thing.add_attribute("username", "some_crew", to_ids=True)
    event.add_object(thing)
    report = read_incoming(event.to_json().encode())
    told = {row.raw: row for row in report.rows}
    assert len(report.rows) == 8
    assert told["evil.example"].things == (("domain", "evil.example"),)
    assert (told["evil.example"].opinion, told["evil.example"].note) == ("", "first")
    assert told["198.51.100.7|443"].things == (("ip", "198.51.100.7"),)
    assert told[f"a.exe|{DIGEST}"].things == (("hash", f"sha256:{DIGEST}"),)
    assert told["two.example|198.51.100.8"].things == (
        ("domain", "two.example"),
        ("ip", "198.51.100.8"),
    )
    assert told["https://evil.example/a"].opinion == Opinion.SEED
    assert told["old.example"].gone
    assert "does not match" in told["rule a {}"].message
    assert told["some_crew"].things == (("account", "telegram:some_crew"),)
    assert all("tlp:amber" in row.tags for row in report.rows)


def test_sightings_say_seen_false_or_over() -> None:
    def row(*kinds: str) -> Row:
        sightings = [{"type": kind, "date_sighting": "1700000000"} for kind in kinds]
        one = {"type": "domain", "value": "a.example", "to_ids": True, "Sighting": sightings}
        (found,) = _rows({"Event": {"info": "x", "Attribute": [one]}})
        return found

    assert row("0").last_seen == datetime.fromtimestamp(1_700_000_000, UTC)
    assert (row("1").opinion, row("0", "1").opinion) == (Opinion.NEGATIVE, "")
    assert row("2").gone
    assert not row("0").gone


@pytest.mark.parametrize(
    ("tlp", "group", "distribution"),
    [
        (Tlp.CLEAR, "", "3"),
        (Tlp.GREEN, "ring", "1"),
        (Tlp.AMBER, "", "0"),
        (Tlp.AMBER, "ring", "4"),
        (Tlp.AMBER_STRICT, "ring", "0"),
    ],
)
def test_the_marking_decides_how_far_an_event_goes(tlp: str, group: str, distribution: str) -> None:
    named = SharingGroup(group, _uuid(9)) if group else None
    body = event_of(_event((), tlp, group=named))["Event"]
    assert body["distribution"] == distribution
    told = {"name": "ring", "uuid": _uuid(9)} if distribution == "4" else None
    assert body.get("SharingGroup") == told
    assert [one["name"] for one in body["Tag"]] == [f"tlp:{tlp}"]


def test_a_red_event_is_never_written() -> None:
    with pytest.raises(TooConfidentialError):
        event_of(_event((), Tlp.RED))


@pytest.mark.row(60)
def test_manifest_and_hashes_are_as_pymisp_makes_them() -> None:
    said = tuple(_said(number, thing) for number, thing in enumerate(THINGS))
    body = event_of(_event(said))
    files = files_of([body])
    theirs = MISPEvent()
    theirs.load(json.dumps(body))
    assert json.loads(files[MANIFEST]) == json.loads(json.dumps(theirs.manifest, default=str))
    hashes = files[HASHES].decode().splitlines()
    assert hashes == [f"{one},{_uuid(1)}" for one in theirs.attributes_hashes("md5")]
    assert hashlib.md5(b"evil.example").hexdigest() in files[HASHES].decode()
    assert json.loads(files[f"{_uuid(1)}.json"]) == body
    assert uuids_of(files[MANIFEST]) == [_uuid(1)]


@pytest.mark.parametrize("manifest", [b"", b"[]", b'{"a": 1}', b"\xff", b"{" * 5_000], ids=repr)
def test_a_broken_manifest_is_refused(manifest: bytes) -> None:
    with pytest.raises(ValueError, match="manifest"):
        uuids_of(manifest)


def test_a_manifest_cannot_name_other_files() -> None:
    assert uuids_of(b'{"../../etc/passwd": {}, "x": {}}') == []


@pytest.mark.parametrize(
    "text",
    [
        '{"Event": 1}',
        '{"Event": {"Attribute": 5, "info": []}}',
        '{"Event": {"info": "x", "Attribute": [1, null, {"value": 3}, {"type": "domain"}]}}',
        '[{"Event": {"info": "x", "Object": [{"name": 1, "Attribute": [{}]}]}}]',
        '{"response": [{"Event": {"info": "x", "Attribute": [{"type": "||||", "value": "|"}]}}]}',
        '{"Event": {"info": "x", "Attribute": [{"type": "ip-src", "value": "<script>"}]}}',
    ],
)
def test_hostile_events_are_told_row_by_row(text: str) -> None:
    report = read_incoming(text.encode())
    assert all(row.kind is not Kind.ENTITY for row in report.rows)
