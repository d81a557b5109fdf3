"""Pasted signals: any shape is read, what is wrong is told by number or line, nothing breaks."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.base import Signal
from detectors.pasted import MAX_BYTES, MAX_SIGNALS, Pasted, read_items, read_pasted
from detectors.sigma.detector import CustomRule, rule_detector
from detectors.sigma.params import EXAMPLE, RuleParams
from detectors.trying import MAX_FINDINGS, Trial, tried
from tests import make
from tests.detectors.sigma.rules import COUNTED

NOW = datetime(2026, 11, 27, 10, tzinfo=UTC)
OLDEST = date(2020, 1, 1)
BARE: dict[str, Any] = {"platform": "x", "kind": "post", "actor": "a"}


def read(text: str) -> Pasted:
    return read_pasted(text, NOW, OLDEST)


def sample(*items: Any) -> Trial:
    pasted = read_items(list(items), NOW, OLDEST)
    assert pasted.faults == []
    return tried(rule_detector("rule-draft")(), RuleParams(), pasted.signals)


THREE = [BARE | {"actor": name} for name in "abc"]


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(THREE),
        json.dumps(THREE, indent=4),
        json.dumps({"signals": THREE}),
        "\n".join(map(json.dumps, THREE)),
        "\r\n".join(map(json.dumps, THREE)),
        "\n\n" + "\n\n".join(map(json.dumps, THREE)) + "\n \n",
    ],
)
def test_signals_are_read_in_whatever_way_they_stand_together(text: str) -> None:
    pasted = read(text)
    assert pasted.faults == []
    assert [(one.id, one.actor, one.at) for one in pasted.signals] == [
        (number, name, NOW.timestamp()) for number, name in enumerate("abc", 1)
    ]


def test_what_was_sent_is_kept_and_only_what_is_missing_is_filled_in() -> None:
    told = BARE | {"occurred_at": "2026-11-01T00:00:00Z", "external_id": "mine"}
    (one,) = read(json.dumps(told)).signals
    assert one.at == datetime(2026, 11, 1, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "This is no JSON"),
        ("hello", "This is no JSON"),
        ("[" * 9_000, "This is no JSON"),
        ('{"a":' * 9_000, "This is no JSON"),
        ("7", "Signal 1"),
        ("null", "Signal 1"),
        ('["a"]', "Signal 1"),
        ("{}", "Signal 1: platform is required."),
        ('{"signals": {}}', "Signal 1"),
        (json.dumps(BARE | {"kind": "<script>"}), "Signal 1"),
        (json.dumps(BARE | {"occurred_at": "2019-12-31T23:59:59Z"}), "2020-01-01"),
        (json.dumps(BARE | {"occurred_at": (NOW + timedelta(hours=1)).isoformat()}), "future"),
        (json.dumps(BARE | {"unknown": 1}), "unknown"),
        ("x" * (MAX_BYTES + 1), "at most 256 KiB"),
        ("\u00e9" * (MAX_BYTES // 2 + 1), "at most 256 KiB"),
        ("\ud800", "This is no JSON"),
    ],
)
def test_what_is_no_signal_is_told_and_gives_none(text: str, says: str) -> None:
    pasted = read(text)
    assert pasted.signals == []
    assert any(says in one for one in pasted.faults), pasted.faults


def test_a_broken_line_is_told_by_its_line_as_pasted_and_the_others_are_read() -> None:
    lines = [json.dumps(BARE), "", "{broken", "", json.dumps(BARE | {"actor": "b"})]
    pasted = read("\n".join(lines))
    assert [one.actor for one in pasted.signals] == ["a", "b"]
    assert len(pasted.faults) == 1
    assert pasted.faults[0].startswith("Line 3 is no JSON")


def test_a_wrong_signal_among_good_ones_is_told_by_its_number() -> None:
    pasted = read(json.dumps([BARE, {"platform": "x"}, BARE]))
    assert [one.id for one in pasted.signals] == [1, 3]
    assert {one.partition(":")[0] for one in pasted.faults} == {"Signal 2"}


@pytest.mark.parametrize("where", ["actor", "text", "platform", "unknown"])
def test_half_a_character_that_a_program_sent_is_a_fault_of_that_signal(where: str) -> None:
    for told in (BARE | {where: "a\ud800"}, BARE | {"attributes": {"\udc00": 1}}):
        pasted = read_items([BARE, told, BARE], NOW, OLDEST)
        assert [one.id for one in pasted.signals] == [1, 3]
        assert [one.partition(":")[0] for one in pasted.faults] == ["Signal 2"]


@pytest.mark.parametrize("number", [MAX_SIGNALS, MAX_SIGNALS + 1])
def test_of_very_many_the_first_are_looked_at_and_that_is_said(number: int) -> None:
    pasted = read(json.dumps([BARE] * number))
    assert len(pasted.signals) == MAX_SIGNALS
    assert bool(pasted.faults) is (number > MAX_SIGNALS)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
odd = st.one_of(
    values,
    st.dictionaries(
        st.sampled_from(("platform", "kind", "actor", "text", "urls", "objects", "identifiers",
                         "attributes", "actor_profile", "ai", "occurred_at", "external_id")),
        values,
    ).map(lambda one: BARE | one),
)  # fmt: skip


@given(items=st.lists(odd, max_size=5))
@settings(max_examples=200, deadline=None)
def test_whatever_a_program_sends_each_item_is_a_signal_or_has_a_fault(items: list[Any]) -> None:
    pasted = read_items(items, NOW, OLDEST)
    told = {int(one.partition(":")[0].removeprefix("Signal ")) for one in pasted.faults}
    good = {one.id for one in pasted.signals}
    assert good | told == set(range(1, len(items) + 1))
    assert not good & told
    for one in tried(rule_detector("rule-draft")(), RuleParams(), pasted.signals).looked:
        assert one.number in good


@given(text=st.text(max_size=200))
@settings(max_examples=150, deadline=None)
def test_any_pasted_text_gives_signals_or_says_why_not(text: str) -> None:
    pasted = read(text)
    assert (
        pasted.signals
        or pasted.faults
        or not text.strip().strip("[] \t\r\n")
        or '"signals"' in text
    )


# --- what is made of them --------------------------------------------------------------------


def signup(number: int, **more: Any) -> dict[str, Any]:
    told = {"identifiers": {"ip": "203.0.113.7"}, "kind": "account.created"} | more
    return make.item(number, **told)


@pytest.mark.parametrize(
    ("number", "value", "margin", "found"), [(1, 1, 4, 0), (4, 4, 1, 0), (5, 5, 0, 1), (9, 9, 0, 1)]
)
def test_a_trial_says_what_is_missing_until_nothing_is(
    number: int, value: int, margin: int, found: int
) -> None:
    trial = sample(*map(signup, range(number)))
    (group,) = trial.groups
    assert (group.value, group.needed, group.margin, group.accounts) == (value, 5, margin, number)
    assert len(trial.findings) == found
    assert trial.error == ""


def test_a_trial_follows_time_not_the_order_of_pasting() -> None:
    forth = sample(*map(signup, range(6)))
    back = sample(*map(signup, reversed(range(6))))
    assert [one.signal.actor for one in back.looked] == [one.signal.actor for one in forth.looked]
    assert back.findings[0].subjects == forth.findings[0].subjects
    assert back.groups == forth.groups


def test_the_fullest_group_is_told_first_and_each_by_its_own_window() -> None:
    far = {"occurred_at": (make.MOMENT + timedelta(hours=9)).isoformat()}
    trial = sample(
        *(signup(n, identifiers={"ip": "198.51.100.1"}) for n in range(2)),
        *(signup(n) for n in range(10, 13)),
        signup(20, **far),
    )
    assert [(one.group, one.value) for one in trial.groups] == [
        (("203.0.113.7",), 3), (("198.51.100.1",), 2),
    ]  # fmt: skip


def test_each_step_of_a_rule_is_traced_for_each_signal() -> None:
    params = RuleParams(sigma=COUNTED["count temporal_ordered posts, logins account 10m gte: 2"])
    signals = [
        Signal(id=n, at=float(n), platform="x", kind=kind, actor="a")
        for n, kind in enumerate(("post", "login", "payment"), 1)
    ]
    trial = tried(rule_detector("rule-draft")(), params, signals)
    assert [[part.met for part in one.parts] for one in trial.looked] == [
        [True, False], [False, True], [False, False],
    ]  # fmt: skip
    assert [bool(one.keys) for one in trial.looked] == [True, True, False]


def test_a_detector_that_breaks_on_a_sample_says_so_instead_of_a_page_of_errors() -> None:
    class Broken(CustomRule):
        def keys(self, signal: Signal, p: RuleParams) -> list[Any]:
            message = "odd sample"
            raise ValueError(message)

    signals = read_items([BARE], NOW, OLDEST).signals
    trial = tried(Broken(), RuleParams(), signals)
    assert trial.error == "ValueError: odd sample"
    assert (trial.looked, trial.groups, trial.findings) == ([], [], [])


def test_of_very_many_findings_a_page_shows_some() -> None:
    params = RuleParams(sigma=EXAMPLE.replace("gte: 5", "gte: 1"))
    signals = read_items(
        [signup(n, identifiers={"ip": f"10.0.0.{n}"}) for n in range(MAX_FINDINGS + 9)],
        NOW, OLDEST,
    ).signals  # fmt: skip
    trial = tried(rule_detector("rule-draft")(), params, signals)
    assert len(trial.findings) == MAX_FINDINGS
    assert len(trial.groups) == MAX_FINDINGS + 9


def test_nothing_pasted_is_an_empty_trial() -> None:
    assert sample() == Trial([], [], [])
