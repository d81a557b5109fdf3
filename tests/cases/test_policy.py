"""Who may do what: the whole table, role by role."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from abusedesk.core import clock, ids
from abusedesk.core.errors import ForbiddenError, NotFoundError
from abusedesk.core.models import Role, User
from cases import policy, queue
from cases.choices import GateKind, State
from cases.models import Case
from cases.selectors.case import case_by_ref, cases_for, queue_counts, queue_page
from cases.selectors.evidence import findings_of
from cases.services.case import escalate_case, record_visit, reopen_case, snooze_case
from cases.services.decision import record_decision
from cases.services.gate import save_gate
from cases.services.note import add_note
from cases.services.webhook import save_webhook
from cases.timeline import timeline_of
from detectors.choices import Outcome
from tests import cast
from tests.cases import build

pytestmark = pytest.mark.django_db
BLIND = (Role.INTEGRATION, Role.PARTNER)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("verb", policy.PERMISSIONS)
def test_the_table_decides(verb: str, role: Role) -> None:
    user = User(role=role)
    assert policy.allowed(user, verb) == (role in policy.PERMISSIONS[verb])


@pytest.mark.parametrize("role", BLIND)
def test_integrations_hand_in_appeals_and_stand_nowhere_else_in_the_table(role: Role) -> None:
    granted = {verb for verb, roles in policy.PERMISSIONS.items() if role in roles}
    assert granted == ({"appeal.open"} if role == Role.INTEGRATION else set())


def test_a_verb_outside_the_table_is_a_fault_of_the_caller() -> None:
    with pytest.raises(KeyError):
        policy.allowed(User(role=Role.ADMIN), "case.fly")


def test_who_is_switched_off_may_nothing() -> None:
    assert not policy.allowed(User(role=Role.ADMIN, is_active=False), "case.view")


Write = Callable[[User, Case], Any]
ON_A_CASE: dict[str, Write] = {
    "claim": lambda user, case: queue.claim(actor=user, case=case),
    "release": lambda user, case: queue.release(actor=user, case=case),
    "renew": lambda user, case: queue.renew(actor=user, case=case, claim_id=ids.new_uuid()),
    "decide": lambda user, case: record_decision(
        actor=user,
        case=case,
        claim_id=ids.new_uuid(),
        outcome=Outcome.ABUSE,
        reason="r",
        key=ids.new_uuid(),
    ),
    "note": lambda user, case: add_note(actor=user, case=case, body="b"),
    "escalate": lambda user, case: escalate_case(actor=user, case=case, reason="r"),
    "snooze": lambda user, case: snooze_case(
        actor=user, case=case, until=clock.now() + timedelta(days=1)
    ),
    "reopen": lambda user, case: reopen_case(actor=user, case=case, reason="r"),
    "visit": lambda user, case: record_visit(actor=user, case=case),
}


@pytest.mark.parametrize("role", BLIND)
@pytest.mark.parametrize("write", ON_A_CASE.values(), ids=ON_A_CASE)
def test_for_who_sees_no_cases_every_write_finds_none(write: Write, role: Role) -> None:
    with pytest.raises(NotFoundError):
        write(build.user(role), build.case())


@pytest.mark.parametrize("role", BLIND)
def test_for_who_sees_no_cases_every_selector_is_empty(role: Role) -> None:
    viewer = build.user(role)
    _, case = build.opened()
    assert not cases_for(viewer).exists()
    assert queue_counts(viewer) == []
    assert not queue_page(viewer, case.queue, State.OPEN).exists()
    assert findings_of(case, viewer) == []
    assert timeline_of(case, viewer) == []
    with pytest.raises(NotFoundError):
        case_by_ref(case.ref, viewer)
    with pytest.raises(ForbiddenError):
        queue.claim_next(actor=viewer)


def test_who_left_finds_no_case_any_more() -> None:
    _, case = build.opened()
    assert not cases_for(cast.outsider()).exists()
    with pytest.raises(NotFoundError):
        add_note(actor=cast.outsider(), case=case, body="b")


def test_a_case_that_does_not_exist_is_not_found() -> None:
    with pytest.raises(NotFoundError):
        case_by_ref("AD-0", build.user(Role.ADMIN))


@pytest.mark.parametrize("role", set(Role) - policy.ADMINS)
def test_only_admins_save_webhooks(role: Role) -> None:
    with pytest.raises(ForbiddenError, match=r"webhook\.save"):
        save_webhook(actor=build.user(role), url="https://example.org/hook")


@pytest.mark.parametrize("role", set(Role) - policy.LEADS)
def test_only_leads_save_gates(role: Role) -> None:
    with pytest.raises(ForbiddenError):
        save_gate(actor=build.user(role), kind=GateKind.ALLOW, account="x:a", reason="ours")


@pytest.mark.parametrize("role", set(policy.REVIEWERS) - policy.LEADS)
def test_only_leads_reopen(role: Role) -> None:
    with pytest.raises(ForbiddenError):
        reopen_case(actor=build.user(role), case=build.case(state=State.CLOSED), reason="r")
