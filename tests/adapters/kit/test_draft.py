"""Whatever an adapter fills in, the signal keeps every limit of the contract."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.adapters.base import Item
from detectors.adapters.kit.draft import Draft, slug
from detectors.ingest import read_item
from detectors.schema import MAX_ATTRIBUTES_BYTES, Kind, SignalIn
from tests.adapters.reading import WINDOW

TEXTS = st.text(alphabet=st.characters(codec=None), max_size=50) | st.just("x" * 5_000)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(TEXTS, inner, max_size=5),
    max_leaves=30,
)


def draft(**fields: Any) -> Draft:
    base: dict[str, Any] = {
        "kind": Kind.POST,
        "platform": "x",
        "external_id": "1",
        "at": "2026-09-21T12:00:00+00:00",
    }
    return Draft(**(base | fields))


def only(one: Draft) -> dict[str, Any]:
    (found,) = one.items()
    return found.fields


def accepted(found: Item) -> SignalIn:
    signal = read_item(msgspec.json.encode(found.fields), WINDOW)
    assert isinstance(signal, SignalIn), signal
    return signal


def test_an_empty_draft_says_only_what_it_must() -> None:
    assert only(draft()) == {
        "external_id": "1",
        "platform": "x",
        "kind": "post",
        "occurred_at": "2026-09-21T12:00:00+00:00",
    }


@given(TEXTS, TEXTS, TEXTS, st.lists(TEXTS, max_size=150), JSON, st.integers())
def test_every_draft_is_a_signal(
    name: str, actor: str, text: str, many: list[str], rest: Any, number: int
) -> None:
    one = draft(external_id=f"id {name}", actor=actor, text=text)
    one.link(*many)
    one.about("other", *many)
    one.identify("ip", *many)
    one.profile = {"handle": name, "name": text, "bio": actor, "followers": number}
    one.ai = {"provider": text, "key": name, "org": actor, "tokens_in": number, "refused": True}
    one.keep("format", {"rest": rest}, said=rest)
    for found in one.items():
        accepted(found)


def test_the_attributes_leave_room_for_what_is_added_later() -> None:
    one = draft()
    one.keep("format", {f"k{n}": "\x01" * 300 for n in range(500)})
    found = only(one)["attributes"]
    assert len(msgspec.json.encode(found)) < MAX_ATTRIBUTES_BYTES - 1_000
    assert found["truncated"]


def test_what_is_above_the_limits_is_cut_and_named() -> None:
    one = draft(text="x" * 70_000)
    one.link(*(f"https://a{n}.example/" for n in range(101)))
    one.about("tag", *(str(n) for n in range(101)))
    one.identify("ip", *(str(n) for n in range(101)))
    one.profile = {"bio": "x" * 5_000, "followers": -1}
    found = only(one)
    assert set(found["attributes"]["truncated"]) == {
        "text",
        "urls",
        "objects",
        "identifiers.ip",
        "actor_profile.bio",
        "actor_profile.followers",
    }
    assert (len(found["urls"]), len(found["objects"]), len(found["identifiers"]["ip"])) == (
        100,
        100,
        100,
    )


def test_a_group_goes_on_where_one_signal_is_full() -> None:
    one = draft(spill=True, external_id="g" * 300)
    one.about("tag", *(str(n) for n in range(205)))
    group = list(one.items())
    assert [len(found.fields["objects"]) for found in group] == [100, 100, 5]
    names = [accepted(found).external_id for found in group]
    assert names == [names[0], f"{names[0]}#2", f"{names[0]}#3"]


def test_a_long_name_stays_a_name() -> None:
    one = draft(actor="a" * 201)
    one.about("tag", "v" * 600)
    found = only(one)
    assert found["actor"].startswith("sha256-")
    assert found["objects"][0].startswith("tag:sha256-")
    other = draft(actor="a" * 202)
    assert only(other)["actor"] != found["actor"]


@pytest.mark.parametrize(
    ("url", "urls", "objects"),
    [
        ("https://a.example/", ["https://a.example/"], []),
        ("hxxps://a[.]example/", ["hxxps://a[.]example/"], []),
        ("at://did:plc:x/1", [], ["url:at://did:plc:x/1"]),
        ("no link at all", [], ["url:no link at all"]),
        (" ", [], []),
    ],
)
def test_a_link_is_an_entity_either_way(url: str, urls: list[str], objects: list[str]) -> None:
    one = draft()
    one.link(url)
    found = only(one)
    assert (found.get("urls", []), found.get("objects", [])) == (urls, objects)


def test_a_link_that_is_too_long_keeps_its_beginning() -> None:
    one = draft()
    one.link("https://a.example/" + "x" * 5_000)
    found = only(one)
    assert len(found["urls"][0]) == 4_000
    assert found["attributes"]["truncated"] == ["urls"]


def test_the_same_thing_twice_is_one_thing() -> None:
    one = draft()
    one.link("https://a.example/", "https://a.example/")
    one.about("tag", "a", "a ")
    one.identify("ip", "1", "1")
    found = only(one)
    assert (found["urls"], found["objects"], found["identifiers"]) == (
        ["https://a.example/"],
        ["tag:a"],
        {"ip": "1"},
    )


def test_what_an_adapter_says_wins_over_a_field_of_that_name() -> None:
    one = draft()
    one.keep("format", {"event": "theirs", "more": 1}, event="ours", nothing="")
    assert only(one)["attributes"] == {"format": {"event": "ours", "more": 1}}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Mistral AI", "mistral-ai"),
        ("x", "x"),
        ("---", "other"),
        ("", "other"),
        ("ÄÖ", "other"),
        ("a" * 60, "a" * 40),
        ("a" * 39 + "--b", "a" * 39),
    ],
)
def test_any_text_gives_a_slug(text: str, name: str) -> None:
    assert slug(text, "other") == name
