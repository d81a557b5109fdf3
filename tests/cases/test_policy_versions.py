"""Policies: versions that people write, and decisions that keep the one they were made under."""

from __future__ import annotations

from typing import Any

import pytest

from abusedesk.core.audit import verify
from abusedesk.core.errors import ForbiddenError, InvalidError, StaleError
from abusedesk.core.models import AuditEntry, Role
from cases.choices import ActionKind, Confidence
from cases.models import Decision, PolicyVersion
from cases.services.policy import PolicyText, save_policy
from cases.terms import Act, Terms
from detectors.choices import Outcome
from tests.cases import build

pytestmark = pytest.mark.django_db


@pytest.mark.row(44)
def test_a_decision_keeps_the_version_it_was_made_under() -> None:
    first = build.policy(text="No scams.")
    _, case = build.opened()
    decision = build.decided(build.user(), case, terms=Terms(policy=first))
    second = build.policy(text="No scams, no spam.")
    kept = Decision.objects.get(pk=decision.pk).policy_version
    assert kept is not None
    assert (kept.number, kept.text, kept.current) == (1, "No scams.", False)
    assert (second.number, second.current) == (2, True)


@pytest.mark.row(44)
def test_a_decision_is_made_under_the_newest_version_only() -> None:
    old = build.policy()
    build.policy()
    old.refresh_from_db()
    _, case = build.opened()
    with pytest.raises(InvalidError, match="newest version") as refusal:
        build.decided(build.user(), case, terms=Terms(policy=old))
    assert refusal.value.field == "policy"


def test_the_timeline_names_policy_and_version() -> None:
    _, case = build.opened()
    build.decided(build.user(), case, terms=Terms(policy=build.policy()))
    entry = AuditEntry.objects.get(verb="case.decided")
    assert entry.data["outcome_label"] == "Abuse confirmed, Scam v1"


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.LEAD, Role.INTEGRATION, Role.PARTNER])
def test_only_admins_write_policies(role: Role) -> None:
    with pytest.raises(ForbiddenError):
        build.policy(actor=build.user(role))
    assert not PolicyVersion.objects.exists()


def test_two_authors_of_one_version_are_told_apart() -> None:
    build.policy()
    build.policy()
    said = PolicyText(title="Scam", text="mine")
    with pytest.raises(StaleError, match="version 2 now"):
        save_policy(actor=build.user(Role.ADMIN), slug="scam", said=said, reason="r", based_on=1)
    with pytest.raises(StaleError, match="no policy nothing"):
        save_policy(actor=build.user(Role.ADMIN), slug="nothing", said=said, reason="r", based_on=1)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("harm", 0),
        ("harm", 5),
        ("review_percent", 101),
        ("review_over", -1),
        ("strikes", 101),
        ("strike_half_life_days", 0),
        ("strike_days", 0),
        ("appeal_hours", 0),
        ("questions", ["luck"]),
        ("title", " "),
        ("text", ""),
        ("text", "x" * 20_001),
    ],
)
def test_what_no_policy_can_say_is_named(field: str, value: Any) -> None:
    with pytest.raises(InvalidError) as refusal:
        build.policy(**{field: value})
    assert refusal.value.field == field


@pytest.mark.parametrize("slug", ["", "Scam", "a b", "-a", "a--b", "a" * 61, "a\n", "ä"])
def test_a_short_name_is_plain(slug: str) -> None:
    with pytest.raises(InvalidError) as refusal:
        build.policy(slug)
    assert refusal.value.field == "slug"


def test_every_version_is_in_the_audit_chain() -> None:
    build.policy(review_percent=10)
    entry = AuditEntry.objects.get(verb="policy.saved")
    assert (entry.target_id, entry.data["number"]) == ("scam", 1)
    assert entry.data["values"]["review_percent"] == 10
    assert verify().broken is None


def test_the_questions_of_a_policy_are_answered() -> None:
    under = build.policy(questions=["harm", "authenticity"])
    _, case = build.opened()
    reviewer = build.user()
    for said in ({}, {"harm": "low"}, {"harm": "low", "authenticity": "very"}):
        with pytest.raises(InvalidError) as refusal:
            build.decided(reviewer, case, terms=Terms(policy=under, assessment=said))
        assert refusal.value.field == "assessment"
    said = {"harm": "low", "authenticity": "unknown"}
    kept = build.decided(reviewer, case, terms=Terms(policy=under, assessment=said))
    assert kept.assessment == said


def test_nobody_answers_what_was_not_asked() -> None:
    _, case = build.opened()
    with pytest.raises(InvalidError) as refusal:
        build.decided(build.user(), case, terms=Terms(assessment={"harm": "low"}))
    assert refusal.value.field == "assessment"


def test_a_decision_has_confidence_and_an_action_for_each_entity() -> None:
    _, case = build.opened()
    acts = (
        Act("x:a1", ActionKind.SUSPEND, days=7),
        Act("x:a2", ActionKind.TERMINATE),
        Act("d-1", ActionKind.BLOCK, entity_type="device"),
    )
    terms = Terms(confidence=Confidence.HIGH, actions=acts)
    decision = build.decided(build.user(), case, terms=terms)
    kept = [(one.entity_type, one.value, one.kind) for one in decision.actions.all()]
    assert kept == [
        ("account", "x:a1", "suspend"),
        ("account", "x:a2", "terminate"),
        ("device", "d-1", "block"),
    ]
    first, second, _ = decision.actions.all()
    assert first.until is not None
    assert (first.until - decision.created_at).days == 7
    assert second.until is None
    assert decision.confidence == Confidence.HIGH


@pytest.mark.parametrize(
    ("acts", "says"),
    [
        ([Act("x:stranger", ActionKind.WARN)], "not about account x:stranger"),
        ([Act("d-2", ActionKind.BLOCK, entity_type="device")], "not about device d-2"),
        ([Act("x:a1", ActionKind.BLOCK)], "Block does not fit"),
        ([Act("d-1", ActionKind.SUSPEND, entity_type="device")], "Suspend does not fit"),
        ([Act("x:a1", ActionKind.WARN), Act("x:a1", ActionKind.LIMIT)], "has one action"),
        ([Act("x:a1", ActionKind.LIMIT, days=0)], "lasts 1 to"),
        ([Act("x:a1", ActionKind.LIMIT, days=3_651)], "lasts 1 to"),
    ],
)
def test_actions_fit_the_case_and_its_entities(acts: list[Act], says: str) -> None:
    _, case = build.opened()
    with pytest.raises(InvalidError, match=says) as refusal:
        build.decided(build.user(), case, terms=Terms(actions=acts))
    assert refusal.value.field == "actions"
    assert not Decision.objects.exists()


def test_only_confirmed_abuse_has_actions() -> None:
    _, case = build.opened()
    terms = Terms(actions=[Act("x:a1", ActionKind.WARN)])
    with pytest.raises(InvalidError, match="confirmed abuse"):
        build.decided(build.user(), case, Outcome.UNSURE, terms=terms)
