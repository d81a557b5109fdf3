"""The filter language: what it reads, what it refuses by name, and that it writes what it reads."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from abusedesk.core.query import (
    MAX_CHARS,
    MAX_TERMS,
    MAX_VALUES,
    Field,
    Query,
    QueryError,
    Term,
    ValueFaultError,
    clean_moment,
    moment,
    one_of,
    parse,
)

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
FIELDS = {
    one.name: one
    for one in (
        Field("platform", "where", "platform:x", str.lower),
        Field("kind", "what", "kind:post", one_of(("post", "login"))),
        Field("url", "link", "url:https://a.example/"),
        Field("at", "time", "at:>2d", clean_moment, compares=True),
        Field("since", "time", "since:2d", clean_moment),
        Field("attr", "attribute", "attr.lang:de", open=True),
    )
}


def terms(text: str) -> list[Term]:
    return list(parse(text, FIELDS).terms)


def faults(text: str) -> list[str]:
    with pytest.raises(QueryError) as error:
        parse(text, FIELDS)
    return error.value.faults


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("  \n\t ", []),
        ("vote", [Term("", ("vote",))]),
        ("vote vote", [Term("", ("vote",))]),
        ('"exact words"', [Term("", ("exact words",))]),
        (r'"a \"b\" \\ c"', [Term("", (r'a "b" \ c',))]),
        ("-vote", [Term("", ("vote",), negated=True)]),
        ('-"no vote"', [Term("", ("no vote",), negated=True)]),
        ("platform:X", [Term("platform", ("x",))]),
        ("PLATFORM:x", [Term("platform", ("x",))]),
        ("platform:x,telegram,x", [Term("platform", ("x", "telegram"))]),
        ('platform:"a b",c', [Term("platform", ("a b", "c"))]),
        ("-kind:login", [Term("kind", ("login",), negated=True)]),
        ("attr.Lang.x:de", [Term("attr.Lang.x", ("de",))]),
        ("url:https://a.example:8/x?y=1", [Term("url", ("https://a.example:8/x?y=1",))]),
        ("at:>=2026-11-01", [Term("at", ("2026-11-01",), operator=">=")]),
        ("at:<2d", [Term("at", ("2d",), operator="<")]),
        ("at:2026-11-01", [Term("at", ("2026-11-01",))]),
        ('"platform:x"', [Term("", ("platform:x",))]),
        ("12:30 a-b c,d", [Term("", ("12:30",)), Term("", ("a-b",)), Term("", ("c,d",))]),
        ('it"s', [Term("", ('it"s',))]),
        ("vote platform:x more", [Term("", ("vote",)), Term("platform", ("x",)),
                                  Term("", ("more",))]),
    ],
)  # fmt: skip
def test_text_becomes_terms(text: str, expected: list[Term]) -> None:
    assert terms(text) == expected


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("platfrom:x", "platfrom: is no token of this list (did you mean platform:?)"),
        ("zebra:x", "zebra: is no token of this list."),
        ("platform.key:x", "platform.key: is no token of this list"),
        ("attr:x", "attr: needs a key, for example attr.lang:de."),
        ("platform:", "platform: needs a value, for example platform:x."),
        ("platform:,", "platform: needs a value"),
        ("at:>", "at: needs a value"),
        ("kind:pots", "kind: takes one of post, login (did you mean post?); pots is none."),
        ("since:yesterday", "since: takes a time such as 2d"),
        ("at:>soon", "at: takes a time such as 2d"),
        ("https://evil.example", "For a link write url:https://evil.example"),
        ('platform:"x', "The quote before x is not closed."),
        ('""', "The quotes are empty."),
        ("- vote", "A minus needs what it excludes right behind it."),
        ("vote -", "A minus needs"),
        ("a\x00b", "a character that no text has"),
        ("a\ud800b", "a character that no text has"),
        ("x" * (MAX_CHARS + 1), "2,000 characters; this one has 2,001"),
        (" ".join(map(str, range(MAX_TERMS + 1))), "40 conditions; this one has 41"),
        ("platform:" + ",".join(map(str, range(MAX_VALUES + 1))), "platform: takes 50 values"),
    ],
)
def test_what_cannot_be_read_is_named(text: str, named: str) -> None:
    assert any(named in fault for fault in faults(text)), faults(text)


def test_every_fault_is_told_at_once() -> None:
    assert len(faults("platfrom:x kind:pots since:never ok")) == 3


def test_an_error_belongs_to_the_field_of_the_query() -> None:
    with pytest.raises(QueryError) as error:
        parse("zebra:x", FIELDS)
    assert (error.value.field, error.value.status) == ("q", 422)
    assert error.value.message == error.value.faults[0]


WORDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1)
FREE = st.builds(
    lambda word, negated: Term("", (word,), negated=negated),
    WORDS.filter(str.strip),
    st.booleans(),
)
NAMED = st.builds(
    lambda name, values, negated: Term(name, tuple(dict.fromkeys(values)), negated=negated),
    st.sampled_from(["url", "attr.lang", "attr.a-b.c"]),
    st.lists(WORDS.map(str.strip).filter(bool), min_size=1, max_size=4),
    st.booleans(),
)
TIMED = st.builds(
    lambda operator, value, negated: Term("at", (value,), negated=negated, operator=operator),
    st.sampled_from(["", ">", "<", ">=", "<="]),
    st.sampled_from(["2d", "15m", "2026-11-01", "2026-11-01T12:00:00+02:00"]),
    st.booleans(),
)


@given(st.lists(st.one_of(FREE, NAMED, TIMED), max_size=8, unique=True))
def test_what_is_written_reads_the_same(made: list[Term]) -> None:
    query = Query(tuple(made))
    assert parse(str(query), FIELDS) == query


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused_and_then_stays_the_same(text: str) -> None:
    try:
        query = parse(text, FIELDS)
    except QueryError:
        return
    assert parse(str(query), FIELDS) == query
    assert str(parse(str(query), FIELDS)) == str(query)


def test_conditions_are_added_once_removed_and_replaced() -> None:
    query = parse("vote platform:x since:2d", FIELDS)
    platform = Term("platform", ("x",))
    assert query.adding(platform) == query
    assert str(query.without(platform)) == "vote since:2d"
    assert str(query.adding(Term("kind", ("post",)))) == "vote platform:x since:2d kind:post"
    assert str(query.replacing(Term("since", ("3h",)))) == "vote platform:x since:3h"
    assert not Query()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2d", NOW - timedelta(days=2)),
        ("90m", NOW - timedelta(minutes=90)),
        ("3h", NOW - timedelta(hours=3)),
        ("1w", NOW - timedelta(days=7)),
        ("2026-11-01", datetime(2026, 11, 1, tzinfo=UTC)),
        ("2026-11-01T12:30", datetime(2026, 11, 1, 12, 30, tzinfo=UTC)),
        ("2026-11-01T12:30+02:00", datetime(2026, 11, 1, 10, 30, tzinfo=UTC)),
    ],
)
def test_times_are_relative_or_exact(value: str, expected: datetime) -> None:
    assert moment(value, NOW) == expected


@pytest.mark.parametrize("value", ["", "2", "d2", "2y", "2026-13-01", "0001-01-01T00:00+14:00"])
def test_other_times_are_refused(value: str) -> None:
    with pytest.raises(ValueFaultError):
        moment(value, NOW)
