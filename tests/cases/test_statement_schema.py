"""What the EU transparency database takes, field by field."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.statements.schema import FIELDS, faults
from cases.statements.vocabulary import CATEGORIES, COUNTRIES, KEYWORDS

GOOD: dict[str, Any] = {
    "decision_account": "DECISION_ACCOUNT_SUSPENDED",
    "decision_ground": "DECISION_GROUND_INCOMPATIBLE_CONTENT",
    "incompatible_content_ground": "Terms, 4",
    "incompatible_content_explanation": "No rings.",
    "content_type": ["CONTENT_TYPE_TEXT"],
    "category": "STATEMENT_CATEGORY_SCAMS_AND_FRAUD",
    "territorial_scope": ["DE", "FR"],
    "content_date": "2026-11-01",
    "application_date": "2026-11-20",
    "decision_facts": "Twelve accounts acted as one.",
    "source_type": "SOURCE_VOLUNTARY",
    "automated_detection": "Yes",
    "automated_decision": "AUTOMATED_DECISION_NOT_AUTOMATED",
    "puid": "a-B_9",
}


def _fields(**changed: Any) -> list[str]:
    return [one.field for one in faults(GOOD | changed)]


def test_a_good_one_has_no_fault() -> None:
    assert faults(GOOD) == []


@pytest.mark.parametrize("name", [name for name, rule in FIELDS.items() if rule.required])
def test_each_required_field_is_missed(name: str) -> None:
    assert _fields(**{name: None}) == [name]


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"decision_account": None}, "decision_visibility"),
        ({"decision_account": "DECISION_ACCOUNT_SHOUTED_AT"}, "decision_account"),
        ({"decision_visibility": "DECISION_VISIBILITY_CONTENT_REMOVED"}, "decision_visibility"),
        ({"decision_ground": "DECISION_GROUND_ILLEGAL_CONTENT"}, "illegal_content_legal_ground"),
        ({"incompatible_content_explanation": ""}, "incompatible_content_explanation"),
        ({"incompatible_content_ground": "x" * 501}, "incompatible_content_ground"),
        ({"decision_facts": "x" * 5_001}, "decision_facts"),
        ({"content_type": ["CONTENT_TYPE_OTHER"]}, "content_type_other"),
        ({"territorial_scope": ["US"]}, "territorial_scope"),
        ({"content_date": "01.11.2026"}, "content_date"),
        ({"content_date": "20261101"}, "content_date"),
        ({"content_date": "1999-12-31"}, "content_date"),
        ({"application_date": "2019-12-31"}, "application_date"),
        ({"end_date_account_restriction": "2026-11-19"}, "end_date_account_restriction"),
        ({"puid": "a b"}, "puid"),
        ({"puid": "ä"}, "puid"),
        ({"puid": "a\n"}, "puid"),
        ({"shoe_size": "44"}, "shoe_size"),
    ],
)
def test_what_is_wrong_is_named(changed: dict[str, Any], field: str) -> None:
    assert field in _fields(**changed)


VALUES = st.one_of(
    st.none(), st.text(max_size=9), st.integers(), st.lists(st.text(max_size=3), max_size=2)
)


@given(st.dictionaries(st.sampled_from([*FIELDS, "other"]), VALUES))
def test_anything_is_judged_and_nothing_breaks(said: dict[str, Any]) -> None:
    assert faults(said)


def test_every_keyword_belongs_to_a_category_and_all_countries_are_two_letters() -> None:
    assert set(KEYWORDS.values()) <= set(CATEGORIES)
    assert {len(one) for one in COUNTRIES} == {2}
    assert len(COUNTRIES) == 30
