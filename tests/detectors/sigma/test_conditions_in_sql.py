"""Any tree of conditions selects in Postgres what it selects in memory, and its trace adds up."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, NamedTuple

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from detectors.base import Signal
from detectors.engine import OWN_KINDS
from detectors.services.source import live_stream
from detectors.sigma.matching import SHOWN_CHARS, SHOWN_VALUES, folded, meets, trace, worded
from detectors.sigma.model import Base, Check, Count, Every, Expr, Not, Op, Rule, Slot, Some, Wild
from detectors.sigma.sql import Span, candidates_of, hits_of, is_exact
from detectors.sigma.windows import alerts_of
from tests import make
from tests.detectors.sigma import world

QUIET = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
TEXTS = ("text", "platform", "actor", "account", "identifiers.ip", "identifiers.device",
         "actor_profile.handle", "attributes.lang", "attributes.flag", "kind")  # fmt: skip
NUMBERS = ("actor_profile.followers", "actor_age_h", "ai.tokens_in", "attributes.score")
PIECES = ("a", "A", "win", "NOW", "prize", "10.", "%", "_", "\\", "'", "*", "?", "1", "d",
          "Gr\u00f6", "de", "true", "", "chirp", "%(v0)s", "%s", "<script>")  # fmt: skip
patterns = st.lists(
    st.one_of(st.sampled_from(PIECES), st.sampled_from(list(Wild))), min_size=1, max_size=4
).map(tuple)
numbers = st.sampled_from((-3, 0, 1, 2.5, 3, 10, 70, 2_000, 5_000, 9_000, 0.5))
exact: st.SearchStrategy[Expr] = st.one_of(
    st.builds(Check, st.sampled_from(TEXTS), st.just(Op.LIKE), patterns, st.booleans()),
    st.builds(
        Check, st.sampled_from(NUMBERS), st.sampled_from((Op.LT, Op.LTE, Op.GT, Op.GTE, Op.EQUALS)),
        numbers,
    ),
    st.builds(
        Check, st.sampled_from(("ai.refused", "actor_profile.verified", "attributes.flag")),
        st.just(Op.EQUALS), st.booleans(),
    ),
    st.builds(Check, st.sampled_from((*TEXTS, *NUMBERS)), st.just(Op.EXISTS), st.booleans()),
)  # fmt: skip
open_ones: st.SearchStrategy[Expr] = st.one_of(
    st.builds(
        Check, st.sampled_from(("text", "actor")), st.just(Op.RE),
        st.sampled_from(("^a", "(?i)win|vote", "[0-9]$", ".")),
    ),
    st.builds(
        Check, st.just("identifiers.ip"), st.just(Op.CIDR),
        st.sampled_from(("10.0.0.0/16", "10.1.0.0/30", "::/0", "0.0.0.0/0")),
    ),
)  # fmt: skip


def joined(leaves: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.builds(Not, inner),
            st.lists(inner, min_size=2, max_size=3).map(lambda one: Every(tuple(one))),
            st.lists(inner, min_size=2, max_size=3).map(lambda one: Some(tuple(one))),
        ),
        max_leaves=5,
    )


class Stored(NamedTuple):
    signals: list[Signal]
    span: Span


@pytest.fixture
def stored(db: None) -> Stored:
    signals = world.store(world.generated(seed=5, count=150))
    span = Span(
        live_stream().pk, make.MOMENT - timedelta(days=1), make.MOMENT + timedelta(days=400), 9_999,
        tuple(sorted(OWN_KINDS)),
    )  # fmt: skip
    return Stored(signals, span)


def rule_of(*exprs: Expr, **about: Any) -> Rule:
    slots = tuple(Slot(Base(f"r{n}", "t", one), ("account",)) for n, one in enumerate(exprs))
    told: dict[str, Any] = {"count": Count.EVENTS, "threshold": 2, "window_s": 600} | about
    return Rule("t", slots, group_by=("account",), **told)


def run(sql: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())


def selected(stored: Stored, expr: Expr) -> set[int]:
    statement = candidates_of(rule_of(expr), stored.span)
    return {row[0] for row in run(statement.sql, statement.values)}


def met(stored: Stored, expr: Expr) -> set[int]:
    return {one.id for one in stored.signals if meets(one, expr)}


@QUIET
@given(expr=joined(exact))
def test_conditions_that_sql_decides_select_the_very_signals(stored: Stored, expr: Expr) -> None:
    assert is_exact(rule_of(expr))
    assert selected(stored, expr) == met(stored, expr)


@QUIET
@given(expr=joined(st.one_of(exact, open_ones)))
def test_what_sql_leaves_open_loses_no_signal_however_it_is_negated(
    stored: Stored, expr: Expr
) -> None:
    assert met(stored, expr) <= selected(stored, expr)


@QUIET
@given(first=joined(exact), second=joined(exact), count=st.sampled_from(list(Count)))
def test_windows_of_any_conditions_are_counted_in_sql_as_in_memory(
    stored: Stored, first: Expr, second: Expr, count: Count
) -> None:
    rule = rule_of(first, second, count=count)
    if count is Count.VALUES:
        slots = tuple(Slot(one.base, one.group_by, "text") for one in rule.slots)
        rule = Rule("t", slots, count, 2, 600, rule.group_by, "text")
    statement = hits_of(rule, stored.span)
    matched, _, cited, _, ends, told = run(statement.sql, statement.values)[0]
    alerts = alerts_of(rule, stored.signals)
    assert sorted(zip(ends or (), told or (), strict=True)) == sorted(
        (one.at, one.number) for one in alerts
    )
    assert set(cited or ()) == {id_ for one in alerts for id_ in one.signal_ids}
    acting = {one.id for one in stored.signals if one.account}
    assert matched == len((met(stored, first) | met(stored, second)) & acting)


@given(expr=joined(st.one_of(exact, open_ones)))
@settings(max_examples=100, deadline=None)
def test_no_value_of_a_rule_stands_in_the_text_of_its_statement(expr: Expr) -> None:
    marked = _marked(expr)
    statement = candidates_of(rule_of(marked), Span(1, 0, 1, 1))
    assert "zq7" not in statement.sql
    assert all(f"%({name})s" in statement.sql for name in statement.values)


def _marked(expr: Expr) -> Expr:
    """With a word in each value that would be found where it does not belong."""
    match expr:
        case Check(op=Op.LIKE):
            return Check(expr.field, Op.LIKE, (*expr.wanted, "zq7'; --"), expr.cased)
        case Check():
            return Check("attributes.zq7", expr.op, expr.wanted)
        case Not(part):
            return Not(_marked(part))
        case Every(parts):
            return Every(tuple(map(_marked, parts)))
        case Some(parts):
            return Some(tuple(map(_marked, parts)))


def acts(**fields: Any) -> Signal:
    base: dict[str, Any] = {"id": 1, "at": 0, "platform": "x", "kind": "post", "actor": "a1"}
    return Signal(**(base | fields))


signals = st.builds(
    lambda text, ip, score: acts(
        text=text, identifier_map={"ip": ip}, attributes={"score": score, "lang": text}
    ),
    st.sampled_from(("", "win now", "A*b 100%", "Gr\u00f6\u00dfe")),
    st.sampled_from(("10.0.0.1", "::1", "none")),
    st.sampled_from((0, 2.5, True, "70", None)),
)


@given(one=signals, first=joined(st.one_of(exact, open_ones)), second=joined(exact))
@settings(max_examples=150, deadline=None)
def test_conditions_follow_the_laws_of_logic(one: Signal, first: Expr, second: Expr) -> None:
    both, either = Every((first, second)), Some((first, second))
    assert meets(one, Not(Not(first))) is meets(one, first)
    assert meets(one, Not(both)) is meets(one, Some((Not(first), Not(second))))
    assert meets(one, Not(either)) is meets(one, Every((Not(first), Not(second))))
    assert meets(one, Some((first, Not(first))))
    assert not meets(one, Every((first, Not(first))))


@given(one=signals, expr=joined(st.one_of(exact, open_ones)))
@settings(max_examples=150, deadline=None)
def test_a_trace_tells_each_condition_once_and_adds_up_to_the_whole(
    one: Signal, expr: Expr
) -> None:
    lines = trace(one, expr)
    assert lines[0].met is meets(one, expr)
    for n, line in enumerate(lines):
        below: list[bool] = []
        for other in lines[n + 1 :]:
            if other.depth <= line.depth:
                break
            if other.depth == line.depth + 1:
                below.append(other.met)
        if line.is_check:
            assert not below
            continue
        assert line.found == ()
        assert line.met is {"all of": all, "one of": any}.get(line.text, lambda v: not v[0])(below)


@pytest.mark.parametrize(
    ("check", "words"),
    [
        (Check("text", Op.LIKE, ("a",)), "text is \u201ca\u201d"),
        (Check("text", Op.LIKE, (Wild.MANY, "a", Wild.MANY)), "text contains \u201ca\u201d"),
        (Check("text", Op.LIKE, ("a", Wild.MANY), True),
         "text begins with \u201ca\u201d (exact case)"),
        (Check("text", Op.LIKE, (Wild.MANY, "a")), "text ends with \u201ca\u201d"),
        (Check("text", Op.LIKE, ("a", Wild.ONE, "b", Wild.MANY)),
         "text looks like \u201ca?b*\u201d"),
        (Check("ai.refused", Op.EQUALS, True), "ai.refused is true"),
        (Check("ai.tokens_in", Op.GTE, 5), "ai.tokens_in is at least 5"),
        (Check("text", Op.EXISTS, False), "text is not there"),
        (Check("identifiers.ip", Op.CIDR, "10.0.0.0/8"), "identifiers.ip lies in 10.0.0.0/8"),
        (Check("text", Op.RE, "^a"), "text matches ^a"),
    ],
)  # fmt: skip
def test_a_check_is_worded_as_people_read_it(check: Check, words: str) -> None:
    assert worded(check) == words


def test_a_trace_of_a_flood_of_values_stays_short() -> None:
    one = acts(attributes={"x": [f"{n}" * 500 for n in range(50)]})
    (line,) = trace(one, Check("attributes.x", Op.EXISTS, True))
    assert len(line.found) == SHOWN_VALUES
    assert {len(value) for value in line.found} == {SHOWN_CHARS + 1}


@pytest.mark.parametrize(
    ("check", "value", "is_met"),
    [
        (Check("attributes.x", Op.EQUALS, 5), 5.0, True),
        (Check("attributes.x", Op.EQUALS, 5), "5", True),
        (Check("attributes.x", Op.EQUALS, 1), True, False),
        (Check("attributes.x", Op.EQUALS, True), 1, False),
        (Check("attributes.x", Op.EQUALS, True), "TRUE", True),
        (Check("attributes.x", Op.GT, 4), "5", False),
        (Check("attributes.x", Op.GT, 0), True, False),
        (Check("attributes.x", Op.LIKE, ("5",)), 5, True),
        (Check("attributes.x", Op.LIKE, ("true",)), True, True),
        (Check("attributes.x", Op.EXISTS, True), 0, True),
        (Check("attributes.x", Op.EXISTS, True), False, True),
        (Check("attributes.x", Op.EXISTS, True), "", False),
        (Check("attributes.x", Op.EXISTS, True), None, False),
        (Check("attributes.x", Op.EXISTS, False), [[], {}, None, ""], True),
        (Check("attributes.x", Op.CIDR, "10.0.0.0/8"), "10.255.0.1", True),
        (Check("attributes.x", Op.CIDR, "10.0.0.0/8"), "11.0.0.1", False),
        (Check("attributes.x", Op.CIDR, "10.0.0.0/8"), "::ffff:10.0.0.1", False),
        (Check("attributes.x", Op.CIDR, "10.0.0.0/8"), "10.0.0.1; --", False),
        (Check("attributes.x", Op.LIKE, (Wild.ONE,)), "\U0001f600", True),
        (Check("attributes.x", Op.LIKE, ("a", Wild.MANY, "b")), "a\nb", True),
        (Check("attributes.x", Op.LIKE, ("a", Wild.ONE)), "a\ud800", True),
    ],
)
def test_a_value_is_compared_as_the_type_it_has(check: Check, value: Any, is_met: bool) -> None:
    assert meets(acts(attributes={"x": value}), check) is is_met


@pytest.mark.parametrize("letter", ["*", "?"])
def test_a_star_that_stands_for_itself_is_never_taken_for_one_that_stands_for_all(
    letter: str,
) -> None:
    """Whichever of the two a process has seen first."""
    itself = Check("text", Op.LIKE, (letter,))
    wild = Check("text", Op.LIKE, (Wild(letter),))
    assert itself != wild
    for check, is_met in ((itself, False), (wild, True), (itself, False), (wild, True)):
        assert meets(acts(text="x"), check) is is_met
        assert meets(acts(text=letter), check)


@given(st.text())
def test_folding_twice_folds_no_further_and_changes_no_length(text: str) -> None:
    once = folded(text)
    assert folded(once) == once
    assert len(once) == len(text)
