"""What a policy says for statements of reasons, and what a statement makes of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from abusedesk.core.errors import InvalidError
from cases.choices import ActionKind
from cases.statements.ground import LIMITS, Ground, read_ground
from cases.statements.making import ACCOUNTS, RESTRICTS, Restriction, faults_of, statement_of
from cases.statements.personal import SHORTEST_NAME, personal_in
from cases.statements.schema import FIELDS, Fault, faults
from cases.statements.vocabulary import CATEGORIES, CONTENT, COUNTRIES, GROUNDS, KEYWORDS, UNION

SAID: dict[str, Any] = {
    "ground": "DECISION_GROUND_INCOMPATIBLE_CONTENT",
    "category": "STATEMENT_CATEGORY_SCAMS_AND_FRAUD",
    "reference": "Terms of use, 4.2",
    "explanation": "Accounts that act as one and hide it are not allowed.",
}
NOON = datetime(2026, 11, 3, 12, tzinfo=UTC)
KNOWN = Restriction(
    kind=ActionKind.SUSPEND,
    decided_at=NOON,
    until=NOON + timedelta(days=7),
    seen_at=NOON - timedelta(days=3),
    accounts=12,
    platforms=["x", "telegram"],
    detectors=["shared infrastructure", "copied text"],
    reported=False,
    names=["ring_leader", "bot"],
)


def ground(**changed: Any) -> Ground:
    found = read_ground(SAID | changed)
    assert found is not None
    return found


# --- what a policy says --------------------------------------------------------------------


@pytest.mark.parametrize(
    "said",
    [
        {},
        dict.fromkeys(SAID, ""),
        {"ground": None, "facts": "  \n"},
        {"keywords": ["KEYWORD_PHISHING"], "territory": ["DE"]},
    ],
)
def test_a_policy_that_says_nothing_has_no_ground(said: dict[str, Any]) -> None:
    assert read_ground(said) is None


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"ground": ""}, "ground"),
        ({"ground": "DECISION_GROUND_WHIM"}, "ground"),
        ({"ground": ["DECISION_GROUND_ILLEGAL_CONTENT"]}, "ground"),
        ({"category": None}, "category"),
        ({"category": "<script>"}, "category"),
        ({"reference": " "}, "reference"),
        ({"explanation": ""}, "explanation"),
        ({"keywords": ["KEYWORD_COORDINATED_HARM"]}, "keywords"),
        ({"keywords": ["KEYWORD_PHISHING", "KEYWORD_NONE"]}, "keywords"),
        ({"keywords": "KEYWORD_PHISHING"}, "keywords"),
        ({"content": ["CONTENT_TYPE_OTHER"]}, "content"),
        ({"content": "CONTENT_TYPE_TEXT"}, "content"),
        ({"territory": ["DE", "US"]}, "territory"),
        ({"territory": "DE"}, "territory"),
        ({"territory": ["de"]}, "territory"),
    ],
)
def test_what_a_policy_cannot_say_is_refused_at_its_field(
    changed: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidError) as refused:
        read_ground(SAID | changed)
    assert refused.value.field == field
    assert refused.value.message


@pytest.mark.parametrize("name", LIMITS)
def test_a_text_may_be_as_long_as_its_limit_and_not_longer(name: str) -> None:
    limit = LIMITS[name]
    assert len(getattr(ground(**{name: "w" * limit}), name)) == limit
    with pytest.raises(InvalidError) as refused:
        ground(**{name: "w" * (limit + 1)})
    assert refused.value.field == name
    assert f"{limit + 1:,} characters; {limit:,} is the limit" in refused.value.message


def test_what_is_left_out_is_text_in_all_of_the_union() -> None:
    found = ground()
    assert (found.facts, found.keywords) == ("", ())
    assert found.content == ("CONTENT_TYPE_TEXT",)
    assert found.territory == UNION
    assert len(UNION) == 27


GROUNDS_SAID = st.sampled_from(sorted(CATEGORIES)).flatmap(
    lambda category: st.fixed_dictionaries(
        {
            "ground": st.sampled_from(sorted(GROUNDS)),
            "category": st.just(category),
            "reference": st.text(min_size=1, max_size=40).filter(str.strip),
            "explanation": st.text(min_size=1, max_size=40).filter(str.strip),
            "facts": st.text(max_size=40),
            "keywords": st.lists(
                st.sampled_from([k for k, of in KEYWORDS.items() if of == category] or [""]).filter(
                    bool
                ),
                max_size=4,
            )
            if category in KEYWORDS.values()
            else st.just([]),
            "content": st.lists(st.sampled_from(sorted(CONTENT)), max_size=4),
            "territory": st.lists(st.sampled_from(sorted(COUNTRIES)), max_size=6),
        }
    )
)


@given(said=GROUNDS_SAID)
def test_a_ground_that_was_stored_is_read_as_it_was(said: dict[str, Any]) -> None:
    found = read_ground(said)
    assert found is not None
    assert read_ground(found.values()) == found
    assert sorted(set(found.territory)) == list(found.territory)
    assert all(isinstance(one, str | list) for one in found.values().values())


# --- the statement -------------------------------------------------------------------------


@given(
    said=GROUNDS_SAID,
    kind=st.sampled_from(RESTRICTS),
    days=st.one_of(st.none(), st.integers(0, 400)),
    accounts=st.integers(0, 5_000_000),
    platforms=st.lists(st.sampled_from(["x", "telegram", "shop"]), max_size=3, unique=True),
    detectors=st.lists(st.sampled_from(["copied text", "same device"]), max_size=2, unique=True),
    reported=st.booleans(),
)
def test_any_restriction_under_any_ground_makes_a_statement_that_is_taken(
    said: dict[str, Any],
    kind: ActionKind,
    days: int | None,
    accounts: int,
    platforms: list[str],
    detectors: list[str],
    *,
    reported: bool,
) -> None:
    one = replace(
        KNOWN,
        kind=kind,
        until=None if days is None else NOON + timedelta(days=days),
        accounts=accounts,
        platforms=platforms,
        detectors=detectors,
        reported=reported,
    )
    body = statement_of(one, read_ground(said), "p-1")
    assert faults(body) == []
    assert ("decision_account" in body) is (kind in ACCOUNTS)
    assert ("decision_account" in body) is not ("decision_visibility" in body)
    assert body["automated_detection"] == ("Yes" if detectors else "No")
    assert body["source_type"] == ("SOURCE_ARTICLE_16" if reported else "SOURCE_VOLUNTARY")
    assert not {"", None} & {str(value) for value in body.values()}


@pytest.mark.parametrize(
    ("kind", "field", "value", "ends"),
    [
        (
            ActionKind.SUSPEND, "decision_account", "DECISION_ACCOUNT_SUSPENDED",
            "end_date_account_restriction",
        ),
        (
            ActionKind.TERMINATE, "decision_account", "DECISION_ACCOUNT_TERMINATED",
            "end_date_account_restriction",
        ),
        (
            ActionKind.LIMIT, "decision_visibility", ["DECISION_VISIBILITY_CONTENT_DEMOTED"],
            "end_date_visibility_restriction",
        ),
        (
            ActionKind.BLOCK, "decision_visibility", ["DECISION_VISIBILITY_CONTENT_DISABLED"],
            "end_date_visibility_restriction",
        ),
    ],
)  # fmt: skip
def test_each_kind_of_restriction_is_called_by_its_word(
    kind: ActionKind, field: str, value: Any, ends: str
) -> None:
    body = statement_of(replace(KNOWN, kind=kind), ground(), "p-1")
    assert (body[field], body[ends]) == (value, "2026-11-10")
    endless = statement_of(replace(KNOWN, kind=kind, until=None), ground(), "p-1")
    assert not [name for name in endless if name.startswith("end_date")]


@pytest.mark.parametrize(
    ("code", "own", "other"),
    [
        ("DECISION_GROUND_ILLEGAL_CONTENT", "illegal_content_legal_ground", "incompatible"),
        ("DECISION_GROUND_INCOMPATIBLE_CONTENT", "incompatible_content_ground", "illegal"),
    ],
)
def test_law_and_terms_are_said_in_fields_of_their_own(code: str, own: str, other: str) -> None:
    body = statement_of(KNOWN, ground(ground=code), "p-1")
    assert body[own] == SAID["reference"]
    assert not [name for name in body if name.startswith(other)]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, "12 accounts on telegram, x were judged together."),
        ({"accounts": 1}, "One account on telegram, x was judged together."),
        ({"accounts": 0}, "0 accounts on telegram, x were judged together."),
        ({"accounts": 12_345, "platforms": []}, "12,345 accounts on one service were judged"),
        ({}, "Found by: copied text, shared infrastructure."),
        ({"reported": True}, "Others had reported it."),
        ({"detectors": []}, "A person looked at the evidence and decided."),
    ],
)
def test_the_facts_count_and_name_nobody(changed: dict[str, Any], said: str) -> None:
    one = replace(KNOWN, **changed)
    facts = statement_of(one, ground(), "p-1")["decision_facts"]
    assert said in facts
    assert ("Found by" in facts) is bool(one.detectors)
    assert ("reported" in facts) is one.reported
    assert not any(name in facts for name in KNOWN.names)


def test_what_the_policy_says_of_every_breach_comes_first() -> None:
    facts = statement_of(KNOWN, ground(facts="Rings are not allowed."), "p-1")["decision_facts"]
    assert facts.startswith("Rings are not allowed. 12 accounts")


def test_without_a_ground_what_is_missing_is_named_field_by_field() -> None:
    body = statement_of(replace(KNOWN, seen_at=None), None, "")
    assert [one.field for one in faults(body)] == [
        "decision_ground", "incompatible_content_ground", "incompatible_content_explanation",
        "content_type", "category", "territorial_scope", "content_date", "puid",
    ]  # fmt: skip


def test_a_restriction_that_ends_before_it_begins_is_not_sent() -> None:
    late = replace(KNOWN, until=NOON - timedelta(days=1))
    body = statement_of(late, ground(), "p-1")
    assert faults(body) == [Fault("end_date_account_restriction", "is before the application date")]


@pytest.mark.parametrize(
    "said",
    [
        {"content_type": 5},
        {"application_date": 5, "end_date_account_restriction": "2026-11-19"},
        {"application_date": ["2026-11-19"], "end_date_visibility_restriction": "2026-11-19"},
        {"decision_ground": ["DECISION_GROUND_ILLEGAL_CONTENT"]},
        {"content_type_other": [[]]},
        {"content_type": {"CONTENT_TYPE_OTHER": 1}},
    ],
)
def test_a_field_of_the_wrong_shape_is_a_fault_of_that_field(said: dict[str, Any]) -> None:
    found = {one.field for one in faults(statement_of(KNOWN, ground(), "p-1") | said)}
    assert {name for name in said if not name.startswith("end_date")} <= found


@given(dropped=st.sets(st.sampled_from(sorted(FIELDS))))
def test_faults_are_told_in_the_order_of_the_fields(dropped: set[str]) -> None:
    whole = statement_of(KNOWN, ground(), "p-1")
    found = faults({name: value for name, value in whole.items() if name not in dropped})
    places = [list(FIELDS).index(one.field) for one in found]
    assert places == sorted(places)
    assert bool(found) is bool(
        dropped & {name for name, rule in FIELDS.items() if rule.required}
        or {"incompatible_content_ground", "incompatible_content_explanation"} & dropped
        or "decision_account" in dropped
    )


# --- personal data -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("RING_LEADER did it", ["the name of an account"]),
        ("It was ring_leader.", ["the name of an account"]),
        ("ring_leaders are many", []),
        ("a string_leader", []),
        ("It was a bot.", []),
        ("", []),
        ("Mail to ring_leader: a.b@mail.example", ["an e-mail address", "the name of an account"]),
    ],
)
def test_a_name_is_found_as_a_word_in_any_case(text: str, found: list[str]) -> None:
    assert personal_in(text, KNOWN.names) == found


@pytest.mark.parametrize("name", ["a.*b", "[abcd", "(((((", "a+b+c", "\\d\\d", "^$|x"])
def test_a_name_that_looks_like_a_pattern_is_a_name(name: str) -> None:
    assert personal_in(f"It was {name} again", [name]) == ["the name of an account"]
    assert personal_in("It was somebody else, abbb 12", [name]) == []


@given(name=st.text("abcdefgh", min_size=SHORTEST_NAME, max_size=12), accounts=st.integers(2, 99))
def test_a_name_in_any_free_text_keeps_the_statement_back(name: str, accounts: int) -> None:
    one = replace(KNOWN, accounts=accounts, names=[f"q{name}q"])
    for field, place in (
        ("facts", "decision_facts"),
        ("explanation", "incompatible_content_explanation"),
    ):
        body = statement_of(one, ground(**{field: f"This was Q{name.upper()}Q, again."}), "p-1")
        assert Fault(place, "names the name of an account") in faults_of(body, one.names)
    assert faults_of(statement_of(one, ground(), "p-1"), one.names) == []
