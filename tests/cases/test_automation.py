"""Detectors that act by themselves: who allows it, exactly once, exactly at the cap."""

from __future__ import annotations

import json
import threading
from datetime import timedelta

import pytest
import time_machine
from django.db import DatabaseError, connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from abusedesk.core import audit, clock
from abusedesk.core.errors import (
    ConflictError,
    ForbiddenError,
    InvalidError,
    NotFoundError,
    StaleError,
)
from abusedesk.core.models import AuditEntry, Role
from cases import automating
from cases.actions import deliver_due
from cases.choices import AutomatedState, DeliveryKind, GateKind
from cases.models import AutomatedAction, Automation, Case, Delivery, Webhook
from cases.services.automation import (
    allow_automation,
    end_automation,
    propose_automation,
    refuse_automation,
    withdraw_automation,
)
from cases.services.gate import save_gate
from cases.upkeep import tell_cases
from detectors.choices import DraftState, FindingStatus, Mode
from detectors.models import DetectorConfig, Finding, FollowedFinding
from detectors.services.config import save_config
from detectors.services.declared import declare_group
from detectors.services.suppression import suppress_detector
from tests import cast
from tests.cases import automated, build
from tests.cases.automated import SLUG, allowed, found, names, permit, take_all

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def shipped() -> DetectorConfig:
    return save_config(actor=None, slug=SLUG, mode=Mode.LIVE, params={}, reason="as shipped")


@pytest.fixture
def receiver() -> Webhook:
    return Webhook.objects.create(url="https://receiver.example/hook", secret="s" * 32)


def told() -> list[str]:
    rows = AuditEntry.objects.filter(target_type="detector", target_id=SLUG).order_by("pk")
    return [f"{one.actor_label} {audit.sentence(one)}" for one in rows]


# --- who allows it -------------------------------------------------------------------------


def test_no_detector_acts_unless_somebody_allowed_it(receiver: Webhook) -> None:
    found(build.accounts(3), anchor="d-1")
    assert take_all() == 1
    assert not AutomatedAction.objects.exists()
    assert not Delivery.objects.exists()


def test_one_person_proposes_and_another_allows() -> None:
    cast.lead()
    row = propose_automation(
        actor=cast.admin(), slug=SLUG, permit=permit(days=7), reason="too many"
    )
    assert (row.state, row.current) == (DraftState.OPEN, False)
    with pytest.raises(ForbiddenError, match="Somebody else"):
        allow_automation(actor=cast.admin(), automation=row)
    row = allow_automation(actor=cast.lead(), automation=row)
    assert (row.state, row.current, row.settled_by) == ("in-force", True, cast.lead())
    says = "Limit reach for 7 days, at most 20 accounts an hour, from weight 0"
    assert told()[1:] == [
        f"admin proposed to let it act by itself: {says}. Reason: too many",
        f"lead allowed it to act by itself: {says}, as admin proposed (allowed by a second person)",
    ]


def test_who_is_alone_on_a_desk_allows_it_and_the_audit_says_so() -> None:
    row = propose_automation(actor=cast.admin(), slug=SLUG, permit=permit(), reason="x")
    assert allow_automation(actor=cast.admin(), automation=row).current
    assert "(solo: nobody else could allow it)" in told()[-1]


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.LEAD, Role.INTEGRATION, Role.PARTNER])
def test_only_an_admin_proposes(role: Role) -> None:
    with pytest.raises(ForbiddenError):
        propose_automation(actor=build.user(role), slug=SLUG, permit=permit(), reason="x")


def test_a_reviewer_allows_refuses_and_ends_nothing() -> None:
    cast.lead()
    row = propose_automation(actor=cast.admin(), slug=SLUG, permit=permit(), reason="x")
    with pytest.raises(ForbiddenError):
        allow_automation(actor=cast.reviewer(), automation=row)
    with pytest.raises(ForbiddenError):
        refuse_automation(actor=cast.reviewer(), automation=row, note="no")
    with pytest.raises(ForbiddenError):
        end_automation(actor=cast.reviewer(), slug=SLUG, reason="no")


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"kind": "block"}, "kind"),
        ({"kind": "burn"}, "kind"),
        ({"cap": 0}, "cap"),
        ({"cap": 10_001}, "cap"),
        ({"min_weight": -1}, "min_weight"),
        ({"min_weight": float("nan")}, "min_weight"),
        ({"days": 0}, "days"),
        ({"resume_hours": 721}, "resume_hours"),
        ({"least_precision": 1.1}, "least_precision"),
        ({"most_reversed": -0.1}, "most_reversed"),
    ],
)
def test_what_cannot_be_is_refused_by_the_name_of_its_field(
    said: dict[str, object], field: str
) -> None:
    with pytest.raises(InvalidError) as refusal:
        propose_automation(actor=cast.admin(), slug=SLUG, permit=permit(**said), reason="x")
    assert refusal.value.field == field
    assert not Automation.objects.exists()


def test_a_proposal_says_why_and_is_about_a_detector_there_is() -> None:
    with pytest.raises(InvalidError, match="reason"):
        propose_automation(actor=cast.admin(), slug=SLUG, permit=permit(), reason=" \0")
    with pytest.raises(NotFoundError):
        propose_automation(actor=cast.admin(), slug="no-such", permit=permit(), reason="x")


def test_another_automation_takes_its_place_and_stale_proposals_are_refused() -> None:
    first = allowed()
    second = propose_automation(actor=cast.admin(), slug=SLUG, permit=permit(cap=5), reason="x")
    third = propose_automation(actor=cast.admin(), slug=SLUG, permit=permit(cap=9), reason="x")
    allow_automation(actor=cast.lead(), automation=second)
    first.refresh_from_db()
    assert (first.current, first.stands, first.ended_by) == (False, "Was in force", cast.lead())
    with pytest.raises(StaleError, match="Another automation"):
        allow_automation(actor=cast.lead(), automation=third)
    with pytest.raises(ConflictError, match="settled by lead"):
        allow_automation(actor=cast.lead(), automation=second)


def test_a_proposal_is_refused_with_a_reason_or_withdrawn_by_its_author() -> None:
    cast.lead()
    one, two = (
        propose_automation(actor=cast.admin(), slug=SLUG, permit=permit(), reason="x")
        for _ in range(2)
    )
    with pytest.raises(InvalidError):
        refuse_automation(actor=cast.lead(), automation=one, note="")
    with pytest.raises(ForbiddenError, match="withdraw it instead"):
        refuse_automation(actor=cast.admin(), automation=one, note="no")
    assert refuse_automation(actor=cast.lead(), automation=one, note="no").state == "rejected"
    with pytest.raises(ForbiddenError, match="refuse it instead"):
        withdraw_automation(actor=automated.admin("other"), automation=two)
    assert withdraw_automation(actor=cast.admin(), automation=two).state == "withdrawn"
    found(build.accounts(3), anchor="d-1")
    take_all()
    assert not AutomatedAction.objects.exists()


def test_it_takes_one_person_to_end_it_and_nothing_acts_from_then_on() -> None:
    allowed()
    found(build.accounts(2), anchor="d-1")
    end_automation(actor=cast.lead(), slug=SLUG, reason="too harsh")
    assert not FollowedFinding.objects.exists()
    found(build.accounts(3), anchor="d-2")
    take_all()
    assert not AutomatedAction.objects.exists()
    with pytest.raises(ConflictError, match="acts on nobody"):
        end_automation(actor=cast.lead(), slug=SLUG, reason="again")


# --- what it does --------------------------------------------------------------------------


def test_each_account_of_a_finding_is_one_message_with_who_and_what(receiver: Webhook) -> None:
    allowed(days=7)
    finding = found(build.accounts(2), anchor="d-1")
    take_all()
    action = AutomatedAction.objects.earliest("pk")
    assert (action.account, action.state, action.finding, action.config.number) == (
        "x:a1", "acted", finding, 1,
    )  # fmt: skip
    assert action.until is not None
    assert action.acted_at is not None
    assert action.until - action.acted_at == timedelta(days=7)
    bodies = [json.loads(one.body) for one in Delivery.objects.order_by("pk")]
    assert [one["entities"]["accounts"] for one in bodies] == [["x:a1"], ["x:a2"]]
    assert bodies[0] == {
        "kind": "action",
        "case": None,
        "automated": action.pk,
        "detector": {"slug": SLUG, "version": 1},
        "released_by": None,
        "reverses": None,
        "decided_at": action.acted_at.isoformat(),
        "entities": {"accounts": ["x:a1"]},
        "actions": [
            {"entity": "account:x:a1", "action": "limit", "until": action.until.isoformat()}
        ],
    }
    assert told()[-1] == (
        "abusedesk asked receivers for an action (limit reach) on 2 accounts: x:a1, x:a2."
        " Set off by shared-infrastructure version 1"
    )


def test_the_case_that_rests_on_the_finding_tells_of_it(receiver: Webhook) -> None:
    allowed()
    finding = build.finding(subjects=build.accounts(8), signal_ids=range(1, 21))
    _, case = build.opened(findings=[finding])
    FollowedFinding.objects.create(finding=finding, config=finding.config)
    take_all()
    assert build.verbs(case)[-1] == "automation.acted"
    assert json.loads(Delivery.objects.earliest("pk").body)["case"] == case.ref


def test_a_case_that_opens_later_tells_of_it_too() -> None:
    allowed()
    finding = found(build.accounts(8), anchor="d-1")
    take_all()
    assert tell_cases() == 0
    _, case = build.opened(findings=[finding])
    assert tell_cases() == 8
    assert tell_cases() == 0
    assert build.verbs(case)[-1] == "automation.stood"
    assert not AutomatedAction.objects.exclude(case=case).exists()


def test_a_finding_that_is_too_light_has_lapsed_or_only_watches_moves_nobody() -> None:
    allowed(min_weight=5)
    found(build.accounts(1), anchor="light", llr=4.9)
    lapsed = found(build.accounts(1, first=2), anchor="lapsed")
    Finding.objects.filter(pk=lapsed.pk).update(status=FindingStatus.LAPSED)
    heavy = found(build.accounts(1, first=3), anchor="heavy", llr=5.0)
    take_all()
    assert list(AutomatedAction.objects.values_list("finding", flat=True)) == [heavy.pk]
    save_config(actor=None, slug=SLUG, mode=Mode.SHADOW, params={}, reason="watch")
    found(build.accounts(1, first=4), anchor="watched")
    take_all()
    assert AutomatedAction.objects.count() == 1


def test_a_finding_that_grows_acts_on_whom_is_new_only() -> None:
    allowed()
    finding = found(build.accounts(2), anchor="d-1")
    take_all()
    automated.again(finding, "x:a3")
    automated.again(finding, "x:a4")
    take_all()
    assert names(AutomatedState.ACTED) == build.accounts(4)


def test_who_is_under_an_action_of_the_detector_gets_no_second_one_while_it_lasts() -> None:
    allowed(days=1)
    found(build.accounts(2), anchor="d-1")
    take_all()
    found(build.accounts(3), anchor="d-2")
    take_all()
    assert names(AutomatedState.ACTED) == build.accounts(3)
    with time_machine.travel(clock.now() + timedelta(days=1, minutes=1)):
        found(["x:a1"], anchor="d-3")
        take_all()
    assert names(AutomatedState.ACTED) == [*build.accounts(3), "x:a1"]


def test_allowed_declared_and_quiet_accounts_are_left_alone_with_the_reason() -> None:
    allowed()
    lead = cast.lead()
    save_gate(actor=lead, kind=GateKind.ALLOW, account="x:a1", reason="ours")
    declare_group(actor=lead, name="Wire", accounts=["x:a2", "x:a9"], proof="imprint")
    suppress_detector(
        actor=lead, slug=SLUG, type="account", value="x:a3", reason="test",
        expires_at=clock.now() + timedelta(days=1),
    )  # fmt: skip
    found(build.accounts(4), anchor="d-1")
    take_all()
    rows = AutomatedAction.objects.filter(state=AutomatedState.BARRED)
    assert dict(rows.values_list("account", "why")) == {
        "x:a1": "on the allow-list",
        "x:a2": "a declared relationship",
        "x:a3": "the detector is kept quiet about it",
    }
    assert names(AutomatedState.ACTED) == ["x:a4"]


def test_nothing_of_a_red_case_leaves(receiver: Webhook) -> None:
    allowed()
    finding = build.finding(subjects=build.accounts(8), signal_ids=range(1, 21))
    _, case = build.opened(findings=[finding])
    Case.objects.update(tlp="red")
    FollowedFinding.objects.create(finding=finding, config=finding.config)
    take_all()
    deliver_due()
    assert set(Delivery.objects.values_list("state", "answer")) == {
        ("dead", "kept back: the case is TLP:RED")
    }
    assert "delivery.given_up" in build.verbs(case)


def test_a_message_about_no_case_is_told_on_the_detector(receiver: Webhook) -> None:
    allowed()
    found(build.accounts(1), anchor="d-1")
    take_all()
    Webhook.objects.update(active=False)
    Delivery.objects.update(attempts=7)
    deliver_due()
    assert Delivery.objects.get().kind == DeliveryKind.ACTION
    assert told()[-1].startswith("abusedesk gave up the action to receiver.example")


# --- exactly once, exactly at the cap ------------------------------------------------------


@pytest.mark.row(68)
def test_above_the_cap_of_an_hour_it_stops_at_the_very_number_and_holds_the_rest() -> None:
    allowed(cap=5)
    found(build.accounts(3), anchor="d-1")
    found(build.accounts(5, first=11), anchor="d-2")
    found(build.accounts(2, first=21), anchor="d-3")
    take_all()
    assert names(AutomatedState.ACTED) == [*build.accounts(3), "x:a11", "x:a12"]
    assert names(AutomatedState.HELD) == [
        *build.accounts(3, first=13),
        *build.accounts(2, first=21),
    ]


def test_the_cap_counts_the_last_hour() -> None:
    allowed(cap=2)
    found(build.accounts(2), anchor="d-1")
    take_all()
    automated.an_hour_passes()
    found(build.accounts(2, first=5), anchor="d-2")
    take_all()
    assert len(names(AutomatedState.ACTED)) == 4
    assert automated.config().mode == Mode.LIVE


def test_an_odd_finding_waits_and_the_others_pass_it_by(monkeypatch: pytest.MonkeyPatch) -> None:
    allowed()
    odd = found(["x:odd"], anchor="d-odd")
    found(build.accounts(2), anchor="d-1")
    of = automating.case_of

    def case_of(finding: Finding) -> Case | None:
        if finding == odd:
            raise LookupError
        return of(finding)

    monkeypatch.setattr(automating, "case_of", case_of)
    assert automating.automate() == 1
    assert names(AutomatedState.ACTED) == build.accounts(2)
    assert [one.finding for one in FollowedFinding.objects.all()] == [odd]
    monkeypatch.undo()
    assert automating.automate() == 1
    assert "x:odd" in names(AutomatedState.ACTED)


class KilledError(Exception):
    """The worker dies here."""


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    steps=st.lists(
        st.one_of(
            st.lists(st.integers(1, 9), min_size=1, max_size=4, unique=True),
            st.sampled_from(["take", "die"]),
        ),
        max_size=25,
    ),
    cap=st.integers(1, 6),
)
def test_whatever_dies_and_comes_again_each_account_is_acted_on_once_and_never_above_the_cap(
    steps: list[list[int] | str], cap: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that dies between its writes leaves nothing of them, and the row waits again."""
    AutomatedAction.objects.all().delete()
    FollowedFinding.objects.all().delete()
    Automation.objects.all().delete()
    DetectorConfig.objects.filter(slug=SLUG).update(current=False)
    DetectorConfig.objects.create(
        slug=SLUG, number=DetectorConfig.objects.count() + 1, mode=Mode.LIVE, params={},
        params_hash="0", reason="x",
    )  # fmt: skip
    allowed(cap=cap)
    hit: set[str] = set()
    for place, step in enumerate(steps):
        if isinstance(step, list):
            accounts = [f"x:a{number}" for number in step]
            hit |= set(accounts)
            found(accounts, anchor=f"d-{place}")
        elif step == "take":
            automating.automate(1)
        else:
            _die(monkeypatch)
    while automating.automate(1):
        pass
    rows = AutomatedAction.objects.values_list("account", "state")
    assert {account for account, _ in rows} == hit
    assert len(rows) == len(hit)
    acted = [account for account, state in rows if state == "acted"]
    assert len(acted) == min(cap, len(hit))
    assert not FollowedFinding.objects.exists()


def _die(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything is written, and then the worker is gone before the commit."""
    with monkeypatch.context() as patch:

        def gone(**_: object) -> None:
            raise KilledError

        patch.setattr("detectors.services.follow.forget_followed", gone)
        if FollowedFinding.objects.exists():
            with pytest.raises(KilledError):
                automating.automate(1)


@pytest.mark.django_db(transaction=True)
def test_eight_workers_at_once_keep_to_the_cap_and_act_once() -> None:
    allowed(cap=10)
    for place in range(24):
        found([f"x:a{place}", f"x:a{place + 1}"], anchor=f"d-{place}")
    faults: list[BaseException] = []

    def work() -> None:
        try:
            while automating.automate(1):
                pass
        except DatabaseError as fault:
            faults.append(fault)
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(8)]
    for one in workers:
        one.start()
    for one in workers:
        one.join(60)
    assert faults == []
    assert len(names(AutomatedState.ACTED)) == 10
    assert AutomatedAction.objects.count() == 25
    assert AutomatedAction.objects.values("account").distinct().count() == 25
    assert not FollowedFinding.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_to_end_it_while_workers_are_at_it_waits_for_nobody_in_a_ring() -> None:
    allowed(cap=1_000)
    for place in range(60):
        found([f"x:a{place}"], anchor=f"d-{place}")

    def work(place: int) -> None:
        if place:
            while automating.automate(1):
                pass
        else:
            end_automation(actor=cast.lead(), slug=SLUG, reason="stop")

    build.at_once(5, work)
    while automating.automate(1):
        pass
    assert not Automation.objects.filter(current=True).exists()
    assert not FollowedFinding.objects.exists()
    assert len(names(AutomatedState.ACTED)) == AutomatedAction.objects.count()


@pytest.mark.django_db(transaction=True)
def test_of_two_proposals_that_are_allowed_at_once_one_comes_into_force() -> None:
    people = [automated.admin(f"second{place}") for place in range(2)]
    rows = [
        propose_automation(actor=cast.admin(), slug=SLUG, permit=permit(cap=cap), reason="x")
        for cap in (5, 9)
    ]

    def allow(place: int) -> bool:
        try:
            allow_automation(actor=people[place], automation=rows[place])
        except StaleError:
            return False
        return True

    assert sorted(build.at_once(2, allow)) == [False, True]
    assert Automation.objects.filter(current=True).count() == 1
