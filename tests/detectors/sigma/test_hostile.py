"""Broken, hostile and huge rules are refused with the line, or end in time."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from abusedesk.core.errors import InvalidError, NotFoundError
from detectors.base import Signal
from detectors.selectors import rule_hits
from detectors.selectors.rule_hits import Hits, rule_hits_for
from detectors.services.source import live_stream
from detectors.sigma.compiling import compile_rule
from detectors.sigma.matching import meets
from detectors.sigma.params import EXAMPLE
from detectors.sigma.reading import Fault, SigmaFaultError
from tests import cast, make
from tests.detectors.sigma import world
from tests.detectors.sigma.rules import COUNTED, PLAIN

HEAD = "title: t\nlogsource: {product: abusedesk}\ndetection:\n"
LAUGHS = "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: [*b,*b,*b,*b,*b,*b]\n"


def faults_of(text: str) -> list[Fault]:
    with pytest.raises(SigmaFaultError) as caught:
        compile_rule(text)
    return list(caught.value.faults)


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        (LAUGHS, 1, "Aliases"),
        ("!!python/object/apply:os.system [ls]", 1, "Tags"),
        ("title: t\nx: !secret y", 2, "Tags"),
        ("[" * 20_000, 1, "Nested deeper"),
        ("title: t\na: {b: {c: {d: {e: {f: {g: 1}}}}}}", 2, "Nested deeper"),
        ("title: t\n---\n" * 11, 20, "More than 10 documents"),
        ("x" * 40_000, 1, "longer than 32 KiB"),
        ("", 1, "no rule"),
        ("title: [", 1, "No YAML"),
        ("title: t\ntitle: u", 2, "twice"),
        ("title: t\x00", 1, "character"),
        ('title: "a\\0b"', 1, "cannot be stored"),
        ('title: "\\uD800"', 1, "cannot be stored"),
        ("- a", 1, "`name: value`"),
        ("title: t\nn: " + "9" * 400, 2, "too long"),
        ("title: t\nn: .inf", 2, "no end"),
        ("title: t\n? [a]\n: 1", 2, "plain text"),
        (HEAD + "  s: {txt: a}\n  condition: s", 4, "no such field"),
        (HEAD + "  s:\n    kind: post\n    text|base64: a\n  condition: s", 6, "base64"),
        (HEAD + "  s:\n    kind: pots\n  condition: s", 5, "no kind"),
        (HEAD + "  s:\n    text|re: '(a'\n  condition: s", 5, "RE2"),
        (HEAD + "  s:\n    text|re: '(a)\\1'\n  condition: s", 5, "RE2"),
        (HEAD + "  s:\n    text|re: " + "a" * 201 + "\n  condition: s", 5, "200 characters"),
        (HEAD + "  s:\n    text|re: '((a{1,100}){1,100}){1,10}'\n  condition: s", 5, "RE2"),
        (HEAD + "  s:\n    identifiers.ip|cidr: 10.0.0.0/33\n  condition: s", 5, "no network"),
        (HEAD + "  s:\n    kind|gte: 3\n  condition: s", 5, "no number"),
        (HEAD + "  s:\n    ai.tokens_in|gte: many\n  condition: s", 5, "takes a number"),
        (HEAD + "  s:\n    ai.tokens_in|contains: '4'\n  condition: s", 5, "no text"),
        (HEAD + "  s:\n    ai.refused: maybe\n  condition: s", 5, "true or false"),
        (HEAD + "  s:\n    text|exists: 3\n  condition: s", 5, "true or false"),
        (HEAD + "  s:\n    text: ''\n  condition: s", 5, "never met"),
        (HEAD + "  s:\n    text: []\n  condition: s", 5, "empty"),
        (HEAD + "  s: {}\n  condition: s", 4, "empty"),
        (HEAD + "  s: {kind: post}\n  condition: t", 5, "not defined"),
        (HEAD + "  s: {kind: post}\n  condition: s | count() > 5", 5, "old Sigma"),
        (HEAD + "  s: {kind: post}\n  condition: " + "(" * 11 + "s" + ")" * 11, 5, "parentheses"),
        (HEAD + "  s: {kind: post}\n  condition: " + "not " * 300 + "s", 5, "characters"),
        (HEAD + "  s: {kind: post}\n  condition: s and", 5, ""),
        (HEAD + "  s:\n    text|contains: [" + ", ".join(["a"] * 201) + "]\n  condition: s", 6,
         "200 comparisons"),
        ("title: t\nlogsource: {product: windows}\ndetection: {s: {kind: post}, condition: s}", 2,
         "product: abusedesk"),
        (("title: t\nlevel: bad\nlogsource: {product: abusedesk}\n"
         "detection: {s: {kind: post}, condition: s}"), 2, "informational"),
        (EXAMPLE.replace("timespan: 1h", "timespan: 31d"), 19, "at most 30d"),
        (EXAMPLE.replace("gte: 5", "gte: 1001"), 22, "1 to 1,000"),
        (EXAMPLE.replace("gte: 5", "lt: 5"), 20, "one number to reach"),
        (EXAMPLE.replace("- created", "- other"), 15, "no rule called other"),
        (EXAMPLE.replace("type: value_count", "type: value_sum"), 14, "event_count"),
        (EXAMPLE.replace("- identifiers.ip", "- nowhere"), 17, "no field called nowhere"),
        (EXAMPLE.replace("field: account", "field: nowhere"), 21, "different values"),
        (EXAMPLE.replace("  timespan", "  generate: true\n  timespan"), 19, "not supported"),
        (EXAMPLE.replace("- identifiers.ip", "- kind\n    - actor\n    - text\n    - account"), 17,
         "at most 3"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_line(text: str, line: int, says: str) -> None:
    found = faults_of(text)
    assert any(one[0] == line and says in one[2] for one in found), found


def test_all_faults_are_told_at_once() -> None:
    text = HEAD + "  s:\n    txt: a\n    kind|gt: 1\n    text|re: '('\n  condition: s"
    assert [one[0] for one in faults_of(text)] == [5, 6, 7]


def test_ten_thousand_conditions_are_refused_at_once() -> None:
    names = " or ".join(f"s{n}" for n in range(10_000))
    parts = "\n".join(f"  s{n}: {{kind: post}}" for n in range(10_000))
    began = time.monotonic()
    assert faults_of(f"{HEAD}{parts}\n  condition: {names}")
    many = "[" + ",".join(["x"] * 10_000) + "]"
    assert faults_of(f"{HEAD}  s:\n    text|contains: {many}\n  condition: s")
    assert time.monotonic() - began < 2


def test_a_pattern_that_hangs_other_engines_takes_no_time() -> None:
    rule = compile_rule(HEAD + "  s:\n    text|re: '^(a+)+$'\n  condition: s")
    signal = Signal(id=1, at=0, platform="x", kind="post", actor="a", text="a" * 60_000 + "!")
    began = time.monotonic()
    assert not meets(signal, rule.slots[0].base.expr)
    wild = compile_rule(HEAD + "  s:\n    text: '" + "*a" * 100 + "*b'\n  condition: s")
    assert not meets(signal, wild.slots[0].base.expr)
    assert time.monotonic() - began < 2


@given(st.text(max_size=300))
@settings(max_examples=300, deadline=None)
def test_no_text_makes_anything_but_a_rule_or_faults(text: str) -> None:
    try:
        compile_rule(text)
    except SigmaFaultError as error:
        lines = [one.line for one in error.faults]
    else:
        return
    assert lines
    assert min(lines) >= 1


@given(
    st.lists(st.tuples(st.integers(0, 600), st.sampled_from("{}[]:-*&!'\"|>%#?\n a1")), max_size=6)
)
@settings(max_examples=300, deadline=None)
def test_no_change_of_a_rule_makes_anything_but_a_rule_or_faults(
    changes: list[tuple[int, str]],
) -> None:
    text = EXAMPLE
    for place, letter in changes:
        text = text[:place] + letter + text[place + 1 :]
    try:
        compile_rule(text)
    except SigmaFaultError as error:
        faults = error.faults
    else:
        return
    assert all(one.line >= 1 and one.message for one in faults)


# --- in the database --------------------------------------------------------------------------


def hits(text: str, viewer: Any = None) -> Hits:
    return rule_hits_for(
        viewer or cast.reviewer(),
        compile_rule(text),
        stream_id=live_stream().pk,
        since=make.MOMENT - timedelta(days=1),
        until=make.MOMENT + timedelta(days=400),
    )


@pytest.mark.django_db
@pytest.mark.parametrize(
    "value", ["'; DROP TABLE detectors_signal; --", "%(v0)s", "%s", "{}", "\\\\%", "$1", "' OR 1=1"]
)
def test_values_never_become_sql(value: str) -> None:
    world.store(world.generated(seed=3, count=20))
    quoted = value.replace("'", "''")
    for modifier in ("", "|contains", "|cased"):
        text = HEAD + f"  s:\n    text{modifier}: '{quoted}'\n  condition: s"
        assert hits(text).signal_ids == []
    text = HEAD + "  s:\n    attributes.a-b_C|contains: x\n  condition: s"
    assert hits(text).signal_ids == []


@pytest.mark.django_db
def test_a_rule_that_takes_too_long_ends_with_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    world.store(world.generated(seed=3, count=400))
    monkeypatch.setattr(rule_hits, "TIME_S", 0.001)
    with pytest.raises(InvalidError, match="takes longer than"):
        hits(PLAIN["contains"])
    monkeypatch.undo()
    assert hits(PLAIN["contains"]).signal_ids
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone()[0] == "0"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "name", [next(iter(COUNTED)), "count event_count posts platform 1h gte: 3"]
)
def test_of_too_many_signals_the_rest_is_left_out_and_that_is_said(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    world.store(world.generated(seed=3, count=200))
    assert hits(COUNTED[name]).is_whole
    monkeypatch.setattr(rule_hits, "CANDIDATES", 10)
    monkeypatch.setattr(rule_hits, "OPEN_CANDIDATES", 10)
    assert not hits(COUNTED[name]).is_whole


@pytest.mark.django_db
def test_windows_do_not_compare_each_signal_with_each_other() -> None:
    """20,000 signals of one group: each pair would be 400 million comparisons."""
    at = [make.signal(n, actor=f"a{n % 900}", text="x") for n in range(20_000)]
    for start in range(0, len(at), 5_000):
        world.ingest(at[start : start + 5_000])
    base = COUNTED["count value_count posts  2m gte: 5, field: account"]
    began = time.monotonic()
    found = hits(base.replace("2m", "30d").replace("gte: 5", "gte: 900"))
    assert len(found.signal_ids) == 20_000
    assert len(found.alerts) == 20_000 - 899
    order = COUNTED["count temporal_ordered posts, logins, paid  5m gte: 3"]
    ordered = hits(order.replace("kind: login", "actor: a7").replace("kind: payment", "actor: a9"))
    assert ordered.alerts
    assert time.monotonic() - began < 8


@pytest.mark.django_db
def test_partners_see_no_hits() -> None:
    with pytest.raises(NotFoundError):
        hits(PLAIN["contains"], cast.partner())
