"""Blocks become text and text becomes the same blocks, and what is typed is what is looked for."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.base import Signal
from detectors.sigma.blocks import MAX_ROWS, OPERATORS, Blocks, Row, escaped, text_of
from detectors.sigma.compiling import compile_rule
from detectors.sigma.matching import folded, meets
from detectors.sigma.model import Count
from detectors.sigma.params import EXAMPLE
from detectors.sigma.reading import SigmaFaultError, read_documents
from detectors.sigma.unblocking import blocks_of, rows_for

words = st.text(
    st.one_of(
        st.sampled_from("*?\\%_'\"#:,-[]{}&!|> \n\t\u202e\u00df"),
        st.characters(exclude_categories=("Cs", "Cn"), exclude_characters="\0"),
    ),
    min_size=1,
    max_size=30,
).filter(lambda one: bool(one.strip()))
single = words.map(str.strip)
TEXTUAL = ("is", "is-not", "contains", "contains-not", "begins", "ends")
MANY = ("in", "not-in", "contains-one", "contains-all")


def rows() -> st.SearchStrategy[Row]:
    many = st.lists(
        single.map(lambda one: one.replace(",", ";")).filter(str.strip), min_size=2, max_size=4
    )
    return st.one_of(
        st.builds(Row, st.just("text"), st.sampled_from(TEXTUAL), single),
        st.builds(Row, st.just("actor"), st.sampled_from(MANY), many.map(", ".join)),
        st.builds(
            Row, st.just("ai.tokens_in"), st.sampled_from(("is", "gt", "gte", "lt", "lte")),
            st.integers(-9, 10**9).map(str),
        ),
        st.builds(Row, st.just("ai.refused"), st.just("is"), st.sampled_from(("true", "false"))),
        st.builds(
            Row, st.just("identifiers.device"), st.sampled_from(("there", "not-there")),
        ),
        st.builds(Row, st.just("identifiers.ip"), st.just("network"), st.just("10.0.0.0/8")),
    )  # fmt: skip


@st.composite
def filled(draw: st.DrawFn) -> Blocks:
    count = draw(st.sampled_from(("one", *(one.value for one in Count if one != Count.TEMPORAL))))
    some = st.lists(rows(), min_size=1, max_size=MAX_ROWS)
    told = Blocks(
        title=draw(single.filter(lambda one: len(one) <= 200)),
        level=draw(st.sampled_from(("low", "medium", "high"))),
        join=draw(st.sampled_from(("all", "any"))),
        rows=tuple(draw(some)),
        count=count,
    )
    if count == "one":
        return told
    return replace(
        told,
        then=tuple(draw(some)) if count == Count.ORDERED else (),
        number=draw(st.integers(1, 1_000)),
        counted=draw(st.sampled_from(("account", "attributes.lang"))),
        span=draw(st.integers(1, 30)),
        unit=draw(st.sampled_from("smhd")),
        group_by=tuple(
            draw(st.lists(st.sampled_from(("domain", "account", "text")), unique=True, max_size=3))
        ),
    )


@given(told=filled())
@settings(max_examples=150, deadline=None)
def test_what_blocks_say_comes_back_as_blocks_that_say_the_same(told: Blocks) -> None:
    text = text_of(told)
    rule = compile_rule(text)
    again = blocks_of(text)
    assert again is not None
    assert (again.title, again.level, again.count) == (told.title, told.level, told.count)
    once_more = compile_rule(text_of(again))
    assert [one.base.expr for one in once_more.slots] == [one.base.expr for one in rule.slots]
    assert (once_more.threshold, once_more.window_s, once_more.group_by, once_more.counted) == (
        rule.threshold, rule.window_s, rule.group_by, rule.counted,
    )  # fmt: skip
    assert text_of(again) == text_of(blocks_of(text_of(again)) or Blocks())


def acts(text: str) -> Signal:
    return Signal(id=1, at=0, platform="x", kind="post", actor="a", text=text)


def holds(operator: str, typed: str, text: str) -> bool:
    told = Blocks(title="t", rows=(Row("text", operator, typed),))
    rule = compile_rule(text_of(told))
    return meets(acts(text), rule.slots[0].base.expr)


@given(typed=single, before=words, after=words)
@settings(max_examples=200, deadline=None)
def test_stars_and_backslashes_in_a_row_are_looked_for_as_they_stand(
    typed: str, before: str, after: str
) -> None:
    assert holds("is", typed, typed)
    assert holds("begins", typed, typed + after)
    assert holds("ends", typed, before + typed)
    assert holds("contains", typed, before + typed + after)
    assert not holds("is", typed, f"{typed}{after}x")
    assert not holds("contains-not", typed, before + typed)
    assert holds("is-not", typed, f"{typed}x")


@given(typed=single, other=words)
@settings(max_examples=150, deadline=None)
def test_a_row_never_holds_for_a_text_without_what_was_typed(typed: str, other: str) -> None:
    is_in = folded(typed) in folded(other)
    assert holds("contains", typed, other) is is_in
    assert holds("begins", typed, other) is folded(other).startswith(folded(typed))
    assert holds("ends", typed, other) is folded(other).endswith(folded(typed))


@pytest.mark.parametrize(
    "typed", ["null", "true", "~", "5", "1e3", "2026-11-27", "#vote", "- a", "a: b", "'", '"', "*",
              "?", "\\", "\\*", "\\\\?", "%", "&a", "!x", "@", "`", "{x}", "[x]", "|", "> x"]
)  # fmt: skip
def test_a_text_that_yaml_or_sigma_read_otherwise_is_still_that_text(typed: str) -> None:
    assert holds("is", typed, typed)
    assert not holds("is", typed, f"{typed}x")
    told = blocks_of(text_of(Blocks(title=typed, rows=(Row("text", "is", typed),))))
    assert told is not None
    assert (told.title, told.rows) == (typed, (Row("text", "is", typed),))


@pytest.mark.parametrize("name", sorted(OPERATORS))
def test_each_operator_comes_back_as_itself(name: str) -> None:
    field, value = {
        "network": ("identifiers.ip", "10.0.0.0/8"), "there": ("identifiers.ip", ""),
        "not-there": ("identifiers.ip", ""), "like": ("text", "win*now?"),
        **dict.fromkeys(("gte", "gt", "lte", "lt"), ("ai.tokens_in", "7")),
        **dict.fromkeys(MANY, ("text", "one, two")),
    }.get(name, ("text", "one"))  # fmt: skip
    row = Row(field, name, value)
    told = blocks_of(text_of(Blocks(title="t", rows=(row,))))
    assert told is not None
    assert told.rows == (row,)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("condition: selection", "condition: not (selection)"),
        ("condition: selection", "condition: 1 of sel*"),
        ("kind: account.created", "'text|re': '^a'"),
        ("kind: account.created", "'text|contains|cased': A"),
        ("kind: account.created", "text: null"),
        ("kind: account.created", "'text|contains': ['a*b', c]"),
        ("kind: account.created", "text: ['a, b', c]"),
        ("timespan: 1h", "timespan: 1w"),
        ("  group-by:", "  aliases: {who: {created: actor}}\n  group-by:\n    - who"),
    ],
)
def test_a_rule_that_says_more_than_blocks_stays_text(old: str, new: str) -> None:
    text = EXAMPLE.replace(old, new, 1)
    assert compile_rule(text).title
    assert blocks_of(text) is None


@pytest.mark.parametrize("text", ["", "title: [", "title: t", "- a", EXAMPLE.replace("1h", "1y")])
def test_what_is_no_rule_has_no_blocks_and_raises_nothing(text: str) -> None:
    assert blocks_of(text) is None


def test_what_only_the_text_says_is_kept_as_notes_and_written_again() -> None:
    more = (
        "id: 929a690e-bef0-4204-a928-ef5e620d6fcc\ndescription: seen in May\n"
        "falsepositives:\n  - a campus\ntags:\n  - attack.t1585\nauthor: Ann\n"
    )
    told = blocks_of(EXAMPLE + more)
    assert told is not None
    assert set(told.notes) == {"id", "description", "falsepositives", "tags", "author"}
    again = read_documents(text_of(replace(told, level="high")))[-1].data
    assert again["falsepositives"] == ["a campus"]
    assert (again["author"], again["level"]) == ("Ann", "high")
    assert compile_rule(text_of(told)).falsepositives == ("a campus",)


def test_rows_that_are_not_filled_in_yet_are_no_conditions() -> None:
    rows = (Row("text", "contains", "  "), Row("", "is", "x"), Row("kind", "is", "post"))
    (document,) = read_documents(text_of(Blocks(title="t", rows=rows)))
    assert document.data["detection"] == {"selection": {"kind": "post"}, "condition": "selection"}
    with pytest.raises(SigmaFaultError, match="nothing that the condition"):
        compile_rule(text_of(Blocks(title="t", rows=rows[:2])))


def test_two_rows_on_one_field_are_both_asked_for() -> None:
    rows = (Row("text", "contains", "win"), Row("text", "contains", "prize"))
    rule = compile_rule(text_of(Blocks(title="t", rows=rows)))
    either = compile_rule(text_of(Blocks(title="t", join="any", rows=rows)))
    for text, both, one in (("win a prize", True, True), ("win", False, True), ("", False, False)):
        assert meets(acts(text), rule.slots[0].base.expr) is both
        assert meets(acts(text), either.slots[0].base.expr) is one


@pytest.mark.parametrize(("known", "least", "size"), [(0, 3, 3), (3, 3, 4), (8, 3, 8), (7, 99, 8)])
def test_the_form_offers_an_empty_row_as_long_as_there_is_room(
    known: int, least: int, size: int
) -> None:
    shown = rows_for([Row("text", "is", str(n)) for n in range(known)], least)
    assert len(shown) == size <= MAX_ROWS
    assert shown[known:] == [Row()] * (size - known)


@given(st.text(st.sampled_from("ab*?\\"), max_size=12))
def test_escaping_leaves_no_bare_wildcard(text: str) -> None:
    found = escaped(text).replace("\\\\", "").replace("\\*", "").replace("\\?", "")
    assert not set(found) & {"*", "?", "\\"}
