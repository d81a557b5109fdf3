"""Mappings at work: what every field takes, what is refused where, and that nothing is lost."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.adapters.base import Item, Refusal
from detectors.ingest.foreign import judged
from detectors.mapping.paths import ALL, written
from detectors.mapping.plan import plan_of
from detectors.mapping.reader import MappedAdapter
from detectors.mapping.spec import SpecError, read_spec
from detectors.mapping.spec import written as written_spec
from detectors.mapping.targets import FIXED
from detectors.schema import SignalIn
from tests.adapters.reading import WEIRD, WINDOW
from tests.mapping.reading import (
    BASE,
    ITEM,
    LABEL,
    NAME,
    PATIENT,
    faults,
    item,
    outcomes,
    plan,
    refusal,
)

HASH = "0f" * 32


def test_every_field_of_the_contract_can_be_filled() -> None:
    given_ = {
        "who": {"id": 5, "nick": "rosa", "name": "Rosa", "bio": "hi", "fans": "12", "since": 0},
        "pdq": HASH,
        "ok": "yes",
        "say": "hello",
        "links": ["https://a.example/1", "https://a.example/2"],
        "tags": ["Cats", "dogs"],
        "seen": ["media:cid-1"],
        "net": {"ip": "192.0.2.1", "mails": "a@b.example, c@d.example"},
        "llm": {"by": "openai", "m": "gpt", "k": "k1", "o": "o1", "in": 3, "out": 4, "no": False},
        "use": "chat",
        "score": {"spam": 0.9},
    }
    fields: dict[str, Any] = {
        "actor": "$.who.id",
        "actor_profile.handle": "$.who.nick",
        "actor_profile.name": "$.who.name",
        "actor_profile.bio": "$.who.bio",
        "actor_profile.followers": "$.who.fans",
        "actor_profile.created_at": {"path": "$.who.since", "steps": ["time:epoch-s"]},
        "actor_profile.avatar_pdq": "$.pdq",
        "actor_profile.verified": "$.ok",
        "text": "$.say",
        "urls": "$.links",
        "objects": "$.seen[*]",
        "objects.hashtag": {"path": "$.tags[*]", "steps": ["lower"]},
        "identifiers.ip": "$.net.ip",
        "identifiers.email": {"path": "$.net.mails", "steps": ["split:comma"]},
        "ai.provider": "$.llm.by",
        "ai.model": "$.llm.m",
        "ai.key": "$.llm.k",
        "ai.org": "$.llm.o",
        "ai.tokens_in": "$.llm.in",
        "ai.tokens_out": "$.llm.out",
        "ai.refused": "$.llm.no",
        "ai.declared_use": "$.use",
        "fingerprints": {"const": "afp1:k:64:3:AAAA"},
        "attributes.score": "$.score",
    }
    assert set(FIXED) <= {*BASE, *fields}
    assert item(fields, given_) == {
        "external_id": "7",
        "platform": "acme-shop",
        "kind": "post",
        "occurred_at": "2026-09-21T12:00:00+00:00",
        "actor": "5",
        "actor_profile": {
            "handle": "rosa",
            "name": "Rosa",
            "bio": "hi",
            "followers": 12,
            "created_at": "1970-01-01T00:00:00+00:00",
            "avatar_pdq": HASH,
            "verified": True,
        },
        "text": "hello",
        "urls": ["https://a.example/1", "https://a.example/2"],
        "objects": ["media:cid-1", "hashtag:cats", "hashtag:dogs"],
        "identifiers": {"ip": "192.0.2.1", "email": ["a@b.example", "c@d.example"]},
        "ai": {
            "provider": "openai",
            "model": "gpt",
            "key": "k1",
            "org": "o1",
            "tokens_in": 3,
            "tokens_out": 4,
            "refused": False,
            "declared_use": "chat",
        },
        "fingerprints": ["afp1:k:64:3:AAAA"],
        "attributes": {"score": {"spam": 0.9}},
    }


def test_what_no_field_reads_goes_to_the_attributes_under_the_mappings_name() -> None:
    found = item({"text": "$.a.b"}, {"a": {"b": "x", "c": [1, {"d": 2}]}, "e": None, "f": ""})
    assert found["attributes"] == {NAME: {"a": {"c": [1, {"d": 2}]}}}


def test_the_first_path_that_holds_something_counts_and_the_others_stay() -> None:
    found = item({"text": "$.a, $.b, $.c"}, {"a": " ", "b": "x", "c": "y"})
    assert found["text"] == "x"
    assert found["attributes"][NAME] == {"a": " ", "c": "y"}


def test_only_the_first_of_many_values_is_read_by_a_field_that_takes_one() -> None:
    found = item({"text": "$.a[*]"}, {"a": ["x", "y"]})
    assert (found["text"], found["attributes"][NAME]) == ("x", {"a": ["y"]})


def test_a_join_reads_all() -> None:
    rule = {"path": "$.title, $.a[*].t", "steps": ["strip", "join:paragraphs"]}
    found = item({"text": rule}, {"title": "T ", "a": [{"t": "x"}, {"t": "y"}]})
    assert found["text"] == "T\n\nx\n\ny"
    assert "attributes" not in found


def test_a_constant_stands_in_where_the_path_finds_nothing() -> None:
    rule = {"path": "$.who", "const": "nobody"}
    assert item({"actor": rule}, {"who": "me"})["actor"] == "me"
    assert item({"actor": rule}, {})["actor"] == "nobody"


def test_a_table_translates_and_a_star_stands_for_all_others() -> None:
    rule = {"path": "$.t", "steps": ["lower"], "table": {"posted": "post", "*": "report"}}
    assert item({"kind": rule}, {"t": "Posted"})["kind"] == "post"
    assert item({"kind": rule}, {"t": "zzz"})["kind"] == "report"


def test_without_an_id_the_digest_of_the_item_is_one() -> None:
    fields = {name: one for name, one in BASE.items() if name != "external_id"}
    made = plan_of(read_spec({"fields": fields}), NAME)
    first, again, other = (
        outcomes(made, body)[0] for body in (ITEM, dict(reversed(ITEM.items())), ITEM | {"x": 1})
    )
    assert isinstance(first, Item)
    assert isinstance(again, Item)
    assert isinstance(other, Item)
    assert len(first.fields["external_id"]) == 64
    assert first.fields["external_id"] == again.fields["external_id"]
    assert first.fields["external_id"] != other.fields["external_id"]


def test_what_a_digest_reads_stays() -> None:
    found = item({"external_id": {"path": "$", "steps": ["digest"]}}, {"x": 1})
    assert found["attributes"][NAME] == {"id": "7", "x": 1}


def test_what_is_above_the_limits_of_one_signal_goes_into_further_ones() -> None:
    tags = [f"t{number}" for number in range(250)]
    found = outcomes(plan({"objects.hashtag": "$.tags"}), ITEM | {"tags": tags})
    fields = [one.fields for one in found if isinstance(one, Item)]
    assert [one["external_id"] for one in fields] == ["7", "7#2", "7#3"]
    assert [name for one in fields for name in one["objects"]] == [f"hashtag:{tag}" for tag in tags]


@pytest.mark.parametrize(
    ("fields", "given_", "place", "code", "said"),
    [
        ({"text": "$.a.b"}, {"a": {"b": [1]}}, "$.a.b", "type", "must be text, not a list"),
        ({"kind": "$.t"}, {"t": "posted"}, "$.t", "choice", "a table can translate it"),
        (
            {"kind": {"path": "$.t", "table": {"a": "post"}}},
            {"t": "b"},
            *("$.t", "choice", "which the table does not name"),
        ),
        ({"occurred_at": "$.no, $.nor"}, {}, "$.no, $.nor", "required", "holds nothing"),
        ({"occurred_at": "$.t"}, {"t": "2026-01-01"}, "$.t", "offset", "must say its offset"),
        ({"actor_profile.followers": "$.f"}, {"f": "many"}, "$.f", "type", "whole number"),
        ({"actor_profile.followers": "$.f"}, {"f": 2**60}, "$.f", "type", "whole number"),
        ({"ai.refused": "$.f"}, {"f": "maybe"}, "$.f", "type", "must be true or false"),
        ({"objects": "$.o[*]"}, {"o": ["a:b", "c"]}, "$.o[1]", "format", "must be type:value"),
        ({"ai.tokens_in": {"const": "x"}}, {}, "the constant", "type", "whole number"),
    ],
)
def test_a_refusal_says_where_and_why(
    fields: dict[str, Any], given_: dict[str, Any], place: str, code: str, said: str
) -> None:
    found = refusal(fields, given_)
    assert found[:2] == (place, code)
    assert said in found[2]


def test_a_field_that_nothing_fills_is_named() -> None:
    made = plan_of(read_spec({"fields": {"platform": {"const": "x"}}}), NAME)
    (found,) = outcomes(made, ITEM)
    assert isinstance(found, Refusal)
    assert (found.place, found.sentence) == ("$", "gives no kind, which is required")
    assert json.loads(found.raw) == ITEM


@pytest.mark.parametrize(
    ("fields", "place", "said"),
    [
        ({"nonsense": "$.a"}, "fields.nonsense", "is no field"),
        ({"identifiers.No": "$.a"}, "fields.identifiers.No", "1 to 40 of a-z"),
        ({"objects.": "$.a"}, "fields.objects.", "1 to 40 of a-z"),
        ({"text": "$.a-b"}, "fields.text.path", "is no path"),
        ({"text": {"path": "$.a", "steps": ["shout"]}}, "fields.text.steps", "no step"),
        ({"text": {"path": "$.a", "steps": ["split:comma"]}}, "fields.text.steps", "add a join"),
        ({"text": {"path": "$.a", "steps": ["join:tab"]}}, "fields.text.steps", "no separator"),
        ({"text": {"path": "$.a", "steps": ["lower"] * 9}}, "fields.text.steps", "at most 8"),
        ({"text": ",".join(["$.a"] * 9)}, "fields.text.path", "more than 8"),
        ({"kind": {"path": "$.a", "table": {" a": "b"}}}, "fields.kind.table", "one short line"),
        ({"kind": {"const": "a" * 501}}, "fields.kind.const", "at most 500"),
        ({f"attributes.{NAME}": "$.a"}, f"fields.attributes.{NAME}", "everything that is left"),
        ({f"attributes.{n}": "$.a" for n in range(101)}, "fields", "at most 100"),
    ],
)
def test_a_fault_of_the_mapping_says_where_it_is(
    fields: dict[str, Any], place: str, said: str
) -> None:
    found = faults(fields)
    assert list(found) == [place]
    assert said in found[place]


@pytest.mark.parametrize(
    ("spec", "place"),
    [
        ([], "spec"),
        ({"items": 5}, "items"),
        ({"format": "xml"}, "format"),
        ({"delimiter": "x"}, "delimiter"),
        ({"fields": {"text": {"pth": "$"}}}, "fields"),
        ({"fields": {"text": {"steps": "lower"}}}, "fields"),
        ({"filter": "$"}, "spec"),
    ],
)
def test_what_is_no_mapping_is_refused(spec: Any, place: str) -> None:
    with pytest.raises(SpecError) as caught:
        read_spec(spec)
    assert caught.value.place.startswith(place)


def test_a_mapping_is_written_as_it_is_read() -> None:
    spec = read_spec({"items": "$.d[*]", "fields": {"text": "$.a", "kind": {"const": "post"}}})
    assert read_spec(written_spec(spec)) == spec


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(width=32),
    st.text(max_size=12),
    st.sampled_from([one for one in WEIRD if one != "9" * 5_000]),
)
JSON = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4)
    ),
    max_leaves=12,
)
NAMES = st.sampled_from(
    [*FIXED, "objects.hashtag", "identifiers.ip", "attributes.x", "attributes.y"]
)
STEPS = st.sampled_from(
    [(), ("lower",), ("split:comma", "join:space"), ("digest",), ("slug",), ("time:epoch-s",)]
)


def _leaves(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Places and values that are not empty."""
    if isinstance(value, dict | list) and value:
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        for key, one in pairs:
            yield from _leaves(one, (*place, key))
    elif value not in (None, "", [], {}):
        yield place, value


@PATIENT
@given(st.data(), st.dictionaries(st.text(max_size=4), JSON, max_size=6))
def test_any_item_by_any_mapping_becomes_signals_or_one_refusal(
    data: st.DataObject, given_: dict[str, Any]
) -> None:
    """And each of its values is read by a field or found in the attributes."""
    body = ITEM | json.loads(msgspec.json.encode(given_))
    found_at = (place for place, _ in _leaves(body))
    # no mapping can be saved that names a NUL
    places = [place for place in found_at if "\x00" not in "".join(map(str, place))] + [()]
    paths = st.sampled_from(places).map(
        lambda place: written(tuple(ALL if isinstance(one, int) else one for one in place))
    )
    drawn = data.draw(st.dictionaries(NAMES, st.tuples(paths, STEPS), max_size=5))
    fields = BASE | {
        name: {"path": path, "steps": list(how)} for name, (path, how) in drawn.items()
    }
    made = plan_of(read_spec({"fields": fields}), NAME)
    adapter = MappedAdapter(made, LABEL)
    (piece,) = adapter.pieces(_file(body))
    assert not isinstance(piece, Refusal)
    found = list(adapter.outcomes(piece))
    for one in found:
        raw = one.raw if isinstance(one, Refusal) else msgspec.json.encode(one.fields)
        judged(raw, one if isinstance(one, Refusal) else None, adapter, WINDOW, 0)
    if isinstance(found[0], Refusal):
        assert json.loads(found[0].raw) == body
        assert len(found) == 1
        return
    done = adapter.apply(piece)
    kept = found[0].fields.get("attributes", {})
    if "truncated" in kept:
        return
    left = [value for _, value in _leaves(kept.get(NAME, {}))]
    for place, value in _leaves(body):
        if not any(place[: len(read)] == read for read in done.read):
            assert _bare(value) in [_bare(one) for one in left], place


def _bare(value: Any) -> Any:
    """A value as a draft keeps it: text without NUL."""
    return value.replace("\0", "\ufffd") if isinstance(value, str) else value


def _file(body: Any) -> Any:
    return io.BufferedReader(io.BytesIO(json.dumps(body).encode()))


def test_a_mapped_item_is_a_signal_of_the_contract() -> None:
    adapter = MappedAdapter(plan({"text": "$.t"}), LABEL)
    (found,) = adapter.read(json.dumps(ITEM | {"t": "hello"}).encode())
    assert isinstance(found, Item)
    assert isinstance(judged(msgspec.json.encode(found.fields), None, adapter, WINDOW, 0), SignalIn)
