"""Every refusal of a rule stands at its line and field, and what lies just inside is a rule."""

from __future__ import annotations

from itertools import permutations

import pytest

from detectors.sigma.checking import COMPARING, MODIFIERS, TEXTUAL
from detectors.sigma.compiling import compile_rule
from detectors.sigma.fields import FIELDS, Shape, field_named
from detectors.sigma.matching import compiled, shape_of
from detectors.sigma.model import Count, Op, Rule, checks_of
from detectors.sigma.params import EXAMPLE
from detectors.sigma.reading import Fault, SigmaFaultError

HEAD = "title: t\nlogsource: {product: abusedesk}\ndetection:\n"
ORDERED = """title: a
name: first
logsource: {product: abusedesk}
detection: {s: {kind: login}, condition: s}
---
title: b
name: second
logsource: {product: abusedesk}
detection: {s: {kind: post}, condition: s}
---
title: both
correlation:
  type: temporal_ordered
  rules: [first, second]
  timespan: 10m
"""


def judged(text: str) -> list[Fault]:
    """What is wrong with it; nothing where it is a rule."""
    try:
        compile_rule(text)
    except SigmaFaultError as error:
        return error.faults
    return []


def item(name: str, value: str) -> str:
    return f"{HEAD}  s:\n    '{name}': {value}\n  condition: s\n"


@pytest.mark.parametrize(
    ("inside", "outside", "line", "says"),
    [
        (item("text", "a" * 1_000), item("text", "a" * 1_001), 5, "Longer than 1,000 characters"),
        (item("text|re", "a" * 200), item("text|re", "a" * 201), 5, "at most 200 characters"),
        (f"title: {'t' * 200}{HEAD[8:]}  s: {{kind: post}}\n  condition: s",
         f"title: {'t' * 201}{HEAD[8:]}  s: {{kind: post}}\n  condition: s", 1, "1 to 200"),
        (item("text|contains", f"[{', '.join(f'w{n}' for n in range(200))}]"),
         item("text|contains", f"[{', '.join(f'w{n}' for n in range(201))}]"), 6, "200 comparis"),
        (f"{HEAD}  s: {{kind: post}}\n  condition: {'(' * 10}s{')' * 10}",
         f"{HEAD}  s: {{kind: post}}\n  condition: {'(' * 11}s{')' * 11}", 5, "10 parentheses"),
        (f"{HEAD}  s: {{kind: post}}\n  condition: s{' ' * 10} or s",
         f"{HEAD}  s: {{kind: post}}\n  condition: {'s or ' * 200}s", 5, "1,000 characters"),
        (EXAMPLE.replace("1h", "30d"), EXAMPLE.replace("1h", "2592001s"), 19, "at most 30d"),
        (EXAMPLE.replace("1h", "1s"), EXAMPLE.replace("1h", "0s"), 19, "Write a time"),
        (EXAMPLE.replace("1h", "4w"), EXAMPLE.replace("1h", "5w"), 19, "at most 30d"),
        (EXAMPLE.replace("gte: 5", "gte: 1000"), EXAMPLE.replace("gte: 5", "gte: 1001"), 22,
         "from 1 to 1,000"),
        (EXAMPLE.replace("gte: 5", "gte: 1"), EXAMPLE.replace("gte: 5", "gte: 0"), 22, "from 1"),
        (EXAMPLE.replace("gte: 5", "gt: 1000"), EXAMPLE.replace("gte: 5", "gt: 1.5"), 22, "whole"),
        (ORDERED, ORDERED + "  condition: {gte: 3}", 16, "only 2 rules"),
        (ORDERED + "  condition: {gt: 1}", ORDERED + "  condition: {gte: 1}", 16, "all its rules"),
        (ORDERED.replace("_ordered", "") + "  condition: {gte: 1}",
         ORDERED.replace("_ordered", "") + "  condition: {gt: 2}", 16, "only 2 rules"),
        (item("identifiers.ip|cidr", "'2001:db8::/32'"),
         item("identifiers.ip|cidr", "'2001:db8::1/32'"), 5, "no network"),
        (item(f"identifiers.{'k' * 40}", "a"), item(f"identifiers.{'k' * 41}", "a"), 5, "no such"),
        (item(f"attributes.{'K' * 60}", "a"), item(f"attributes.{'K' * 61}", "a"), 5, "no such"),
    ],
)  # fmt: skip
def test_a_limit_of_a_rule_holds_to_the_unit(
    inside: str, outside: str, line: int, says: str
) -> None:
    assert judged(inside) == []
    found = judged(outside)
    assert any(one.line == line and says in one.message for one in found), found


@pytest.mark.parametrize(
    ("name", "hints"),
    [
        ("txt", ["attributes.txt"]),
        ("Text", ["text", "attributes.Text"]),
        ("handle", ["actor_profile.handle", "attributes.handle"]),
        ("tokens", ["ai.tokens_in", "ai.tokens_out"]),
        ("ip.address", []),
        ("identifiers.", ["identifiers.<name>"]),
        ("<script>", []),
    ],
)
def test_a_field_that_is_none_brings_a_hint_where_there_is_a_near_one(
    name: str, hints: list[str]
) -> None:
    (fault,) = judged(item(name, "a"))
    assert (fault.line, fault.field) == (5, name)
    assert all(one in fault.message for one in hints)
    assert ("Did you mean" in fault.message) is bool(hints)


@pytest.mark.parametrize("name", sorted(FIELDS))
def test_each_field_takes_what_its_shape_allows_and_refuses_the_rest(name: str) -> None:
    field = FIELDS[name]
    full = f"{name}x" if field.open else name
    assert field_named(full) is field
    takes = {
        Shape.TEXT: {"words"}, Shape.NUMBER: {"5"}, Shape.FLAG: {"true"},
        Shape.ANY: {"words", "5", "true"},
    }[field.shape]  # fmt: skip
    value = {"words": "post" if name == "kind" else "words", "5": "5", "true": "true"}
    for told in takes:
        assert judged(item(full, value[told])) == []
    compares = field.shape in {Shape.NUMBER, Shape.ANY}
    is_text = field.shape in {Shape.TEXT, Shape.ANY}
    for modifier in COMPARING:
        assert (judged(item(f"{full}|{modifier}", "5")) == []) is compares, modifier
        assert judged(item(f"{full}|{modifier}", "true")), modifier
    for modifier in (*TEXTUAL, "re"):
        assert (judged(item(f"{full}|{modifier}", "abc")) == []) is is_text, modifier
    for told in ("true", "false"):
        assert judged(item(f"{full}|exists", told)) == []
    assert judged(item(full, "null")) == []


@pytest.mark.parametrize("pair", list(permutations(MODIFIERS, 2)), ids="|".join)
def test_two_modifiers_together_are_refused_or_keep_the_value_that_was_written(
    pair: tuple[str, str],
) -> None:
    """Nothing that is written may vanish: a check that always holds would find everybody."""
    for name, value in (("text", "ab"), ("attributes.x", "5"), ("identifiers.ip", "10.0.0.0/8")):
        text = item(f"{name}|{'|'.join(pair)}", value)
        if found := judged(text):
            assert all(one.line in {5, 6} and one.message for one in found), found
            continue
        (check,) = checks_of(compile_rule(text).slots[0].base.expr)
        wanted = shape_of(check.wanted)[1] if check.op is Op.LIKE else str(check.wanted)
        assert value in wanted, pair
        assert check.cased is ("cased" in pair)


@pytest.mark.parametrize("modifier", ["contains", "startswith", "endswith", "cased", "cidr"])
def test_an_expression_with_another_modifier_is_refused_and_says_what_can_stand(
    modifier: str,
) -> None:
    for keys in (f"text|re|{modifier}", f"text|{modifier}|re"):
        assert any("After re only i, m and s" in one.message for one in judged(item(keys, "a")))


@pytest.mark.parametrize(
    ("flags", "hits", "misses"),
    [
        ("re", "a prize", "a PRIZE"),
        ("re|i", "a PRIZE", "a price tag"),
        ("re|m", "no\na prize", "no a prize"),
        ("re|i|m", "no\nA PRIZE", "no A PRIZE"),
    ],
)
def test_flags_of_an_expression_do_what_they_say(flags: str, hits: str, misses: str) -> None:
    (check,) = checks_of(compile_rule(item(f"text|{flags}", "'^a pri.e$'")).slots[0].base.expr)
    assert compiled(check.wanted).search(hits)
    assert not compiled(check.wanted).search(misses)


WEIRD = ("5", "2.5", "true", "[]", "[a]", "[[a]]", "{a: b}", "[{a: b}]", "[null]")
ABOUT = ("id", "name", "status", "date", "tags", "author", "references", "related", "license",
         "falsepositives", "description", "level", "taxonomy", "scope", "fields")  # fmt: skip


@pytest.mark.parametrize("name", ABOUT)
def test_what_stands_beside_a_rule_never_breaks_the_reader_whatever_it_is(name: str) -> None:
    for value in WEIRD:
        texts = (item("kind", "post") + f"{name}: {value}\n", EXAMPLE + f"{name}: {value}\n",
                 EXAMPLE.replace("name: created", f"{name}: {value}"))  # fmt: skip
        for text in texts:
            assert all(one.line > 0 and one.message for one in judged(text))


@pytest.mark.parametrize("part", ["type", "rules", "group-by", "timespan", "condition", "aliases"])
def test_no_part_of_a_correlation_breaks_the_reader_and_all_but_good_ones_are_faults(
    part: str,
) -> None:
    for value in (*WEIRD, "words", "''"):
        told = {
            "type": "value_count", "rules": "[created]", "group-by": "[who]", "timespan": "1h",
            "condition": "{field: who, gte: 2}", "aliases": "{who: {created: actor}}",
        } | {part: value}  # fmt: skip
        lines = "\n".join(f"  {name}: {one}" for name, one in told.items())
        text = EXAMPLE.partition("correlation:")[0] + f"correlation:\n{lines}\n"
        found = judged(text)
        if not (part == "group-by" and value == "[]"):
            assert found, (part, value)
        assert all(12 <= one.line <= 19 or one.field == "name" for one in found), found


def test_a_rule_whose_name_or_id_is_no_text_is_told_so_at_its_line() -> None:
    unnamed = EXAMPLE.replace("name: created", "name: [created]")
    assert (1, "name") in {(one.line, one.field) for one in judged(unnamed)}
    numbered = EXAMPLE.replace("name: created", "name: created\nid: 5")
    assert [(one.line, one.field) for one in judged(numbered)] == [(3, "id")]


@pytest.mark.parametrize(
    ("text", "line", "field", "says"),
    [
        (ORDERED.replace("[first, second]", "[first]"), 14, "rules", "Name 2 to 5"),
        (ORDERED.replace("[first, second]", "[first, second, first]"), 14, "rules", "each once"),
        (ORDERED.replace("name: second", "name: first"), 14, "rules", "same name"),
        (ORDERED.replace("name: second\n", ""), 6, "name", "needs a name"),
        (ORDERED + "  aliases: {who: {first: actor}}\n  group-by: [who]", 16, "who", "second"),
        (ORDERED + "  aliases: {who: {first: actor, second: nil}}", 16, "second", "no field"),
        (ORDERED + "  aliases: {who: actor}", 16, "who", "for each rule"),
        (ORDERED + "  condition: {gte: 2, field: actor}", 16, "field", "Only value_count"),
        (ORDERED + "  condition: {gte: 2, gt: 1}", 16, "condition", "one number"),
        (ORDERED + "  condition: {eq: 2}", 16, "condition", "eq is not supported"),
        (ORDERED + "  more: 1", 16, "more", "not supported"),
        (ORDERED + "---\ntitle: c\ncorrelation: {type: temporal}", 18, "correlation", "Only one"),
        (ORDERED.partition("---\ntitle: both")[0], 6, "correlation", "joins them"),
        ("title: t\ncorrelation: {type: temporal}", 1, "detection", "no rule with a detection"),
    ],
)
def test_what_is_wrong_with_a_correlation_is_told_at_its_line(
    text: str, line: int, field: str, says: str
) -> None:
    found = [one for one in judged(text) if says in one.message]
    assert field in {one.field for one in found}, judged(text)
    assert all(abs(one.line - line) <= 1 for one in found), found


def test_an_alias_stands_for_another_field_in_each_rule() -> None:
    text = ORDERED + "  group-by: [who]\n  aliases: {who: {first: actor, second: account}}\n"
    rule: Rule = compile_rule(text)
    assert (rule.count, rule.threshold, rule.window_s) == (Count.ORDERED, 2, 600)
    assert [one.group_by for one in rule.slots] == [("actor",), ("account",)]
    assert rule.group_by == ("who",)


def test_more_than_a_number_is_one_more_at_least() -> None:
    more = compile_rule(EXAMPLE.replace("gte: 5", "gt: 5"))
    assert more.threshold == compile_rule(EXAMPLE).threshold + 1 == 6
