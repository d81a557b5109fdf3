"""What a rule says: gaps of its sentence, its number, its severity, and what is refused of them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from detectors.base import Key, Signal
from detectors.engine import run_all
from detectors.sigma.checking import LEVELS
from detectors.sigma.checking_counts import MAX_THRESHOLD
from detectors.sigma.detector import is_rule, kind_of, rule_detector
from detectors.sigma.findings import LLR, sentence, shown_group
from detectors.sigma.model import Count
from detectors.sigma.params import EXAMPLE, GAPS, MAX_SENTENCE, RuleParams, compiled_rule
from tests.detectors.sigma.rules import COUNTED, PLAIN
from tests.harness import T0

KEY = Key("ip", "203.0.113.7")


def said(text: str, key: Key = KEY, number: int = 7, accounts: int = 2, **params: Any) -> str:
    return sentence(key, number, accounts, RuleParams(sentence=text, **params))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{accounts}", "2 accounts"),
        ("{number} of {needed}", "7 of 5"),
        ("{window} at {group}", "60 min at 203.0.113.7"),
        ("{title}!", "One address, many new accounts!"),
        ("{accounts}{accounts}", "2 accounts2 accounts"),
        ("no gap", "no gap"),
        ("open {accounts", "open {accounts"),
        ("shut accounts}", "shut accounts}"),
        ("{{accounts}}", "{2 accounts}"),
        ("100 % %s \\1", "100 % %s \\1"),
    ],
)
def test_gaps_are_filled_and_all_else_stays_as_it_was_typed(text: str, told: str) -> None:
    assert said(text) == told


@pytest.mark.parametrize("gap", ["", "who", "Accounts", "with", "0", "accounts!r", "title.x", " "])
def test_a_gap_that_nobody_fills_is_refused_and_those_that_are_filled_are_named(gap: str) -> None:
    with pytest.raises(ValidationError, match="is not filled in") as caught:
        RuleParams(sentence=f"x {{{gap}}}")
    (error,) = caught.value.errors()
    assert error["loc"] == ("sentence",)
    assert all(f"{{{name}}}" in error["msg"] for name in GAPS)


@given(group=st.text(max_size=40))
@settings(max_examples=100, deadline=None)
def test_a_hostile_value_fills_a_gap_and_opens_none(group: str) -> None:
    key = Key("ip", group)
    assert said("<{group}>", key) == f"<{shown_group(key)}>"


@pytest.mark.parametrize(
    ("field", "good", "bad"),
    [
        ("sentence", "x" * MAX_SENTENCE, "x" * (MAX_SENTENCE + 1)),
        ("threshold", MAX_THRESHOLD, MAX_THRESHOLD + 1),
        ("threshold", 0, -1),
        ("threshold", 3, 2.5),
        ("threshold", 3, "many"),
        ("sigma", EXAMPLE, ""),
        ("sigma", EXAMPLE, EXAMPLE.replace("gte: 5", "gte: 0")),
    ],
)
def test_a_parameter_that_cannot_be_is_refused_by_its_name(field: str, good: Any, bad: Any) -> None:
    assert getattr(RuleParams.model_validate({field: good}), field) == good
    with pytest.raises(ValidationError) as caught:
        RuleParams.model_validate({field: bad})
    assert [one["loc"] for one in caught.value.errors()] == [(field,)]


def test_every_fault_of_a_text_is_told_with_its_line_when_it_is_set() -> None:
    broken = EXAMPLE.replace("kind:", "knd:").replace("timespan: 1h", "timespan: soon")
    with pytest.raises(ValidationError) as caught:
        RuleParams(sigma=broken)
    (error,) = caught.value.errors()
    assert "Line 8: knd" in error["msg"]
    assert "Line 19: timespan" in error["msg"]


@pytest.mark.parametrize("number", [0, 1, 4, MAX_THRESHOLD])
def test_the_number_that_is_set_counts_and_the_text_stays_as_it_is(number: int) -> None:
    params = RuleParams(threshold=number)
    assert params.rule.threshold == (number or 5)
    assert compiled_rule(EXAMPLE).threshold == 5
    assert params.sigma == EXAMPLE


def test_the_severity_of_a_rule_is_its_weight_and_a_graver_one_weighs_more() -> None:
    assert tuple(LLR) == LEVELS
    assert list(LLR.values()) == sorted(set(LLR.values()))
    signals = [
        Signal(id=n, at=T0 + n, platform="x", kind="account.created", actor=f"n{n}",
               identifier_map={"ip": KEY.value})
        for n in range(1, 6)
    ]  # fmt: skip
    for level, weight in LLR.items():
        text = EXAMPLE.replace("level: medium", f"level: {level}")
        (found,) = run_all(rule_detector("rule-x")(), RuleParams(sigma=text), signals)
        assert found.draft.llr == weight
        assert found.draft.values["level"] == level


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (Count.EVENTS, "7 signals by 2 accounts"),
        (Count.VALUES, "7 different values by 2 accounts"),
        (Count.TEMPORAL, "7 kinds of signals by 2 accounts"),
        (Count.ORDERED, "7 steps in order by 2 accounts"),
    ],
)
def test_without_a_sentence_of_its_own_a_rule_says_what_it_counts(name: str, words: str) -> None:
    for title, text in COUNTED.items():
        if title.split()[1] == name:
            told = said("", sigma=text)
            assert words in told
            assert ("with ip" in told) is bool(compiled_rule(text).group_by)
            assert "{" not in told


def test_a_rule_without_a_correlation_does_not_repeat_the_account_it_gathers_by() -> None:
    told = said("", Key("account", "x:ann"), 1, 1, sigma=PLAIN["contains"])
    assert told == "contains: 1 signals by 1 account in 24 h, limit 1"


@pytest.mark.parametrize(
    ("group_by", "kind"),
    [
        ((), "all"),
        (("identifiers.ip",), "ip"),
        (("account", "actor_profile.handle"), "account + handle"),
        (("attributes." + "k" * 60,), "k" * 40),
    ],
)
def test_what_signals_share_names_the_kind_of_their_key(
    group_by: tuple[str, ...], kind: str
) -> None:
    assert kind_of(group_by) == kind


def test_a_rule_has_one_detector_however_often_it_is_asked_for() -> None:
    assert rule_detector("rule-one-site") is rule_detector("rule-one-site")
    assert rule_detector("rule-one-site").meta.title == "One site"
    assert rule_detector("rule-other") is not rule_detector("rule-one-site")
    assert is_rule(rule_detector("rule-other").meta.slug)
