"""Nothing of a TLP:RED case leaves the desk by a machine, whatever was owed before."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from abusedesk.core import clock, outbound
from abusedesk.core.errors import ConflictError, ForbiddenError
from abusedesk.core.models import Role, User
from cases import actions
from cases.actions import deliver_due, redeliver
from cases.choices import DeliveryKind, DeliveryState, Tlp
from cases.events import EVENTS
from cases.models import Case, Delivery, Webhook
from cases.services.cut import cut_case
from cases.services.decision import undo_decision
from cases.services.event import owe_events
from cases.services.marking import label_case, mark_case
from cases.services.merge import merge_cases, unmerge
from cases.services.webhook import save_webhook
from detectors.choices import Outcome
from tests.cases import build, fused

pytestmark = pytest.mark.django_db
RED_ANSWER = "kept back: the case is TLP:RED"


@pytest.fixture
def admin() -> User:
    return build.user(Role.ADMIN, name="ada")


@pytest.fixture
def hook(admin: User) -> Webhook:
    return save_webhook(actor=admin, url="https://a.example/hook", events=list(EVENTS))


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Every body that left, in order; the receiver takes all."""
    bodies: list[dict[str, Any]] = []

    def post_json(url: str, body: bytes, headers: dict[str, str]) -> outbound.Reply:
        bodies.append(json.loads(body))
        return outbound.Reply(200, b"")

    monkeypatch.setattr(outbound, "post_json", post_json)
    return bodies


def _deliver() -> None:
    """Everything that is owed, as if its time had come."""
    owe_events()
    Delivery.objects.filter(state=DeliveryState.WAITING).update(due_at=clock.now())
    deliver_due()


def _marked(admin: User, case: Case, tlp: Tlp = Tlp.RED) -> Case:
    return mark_case(actor=admin, case=case, tlp=tlp)


def test_events_of_a_red_case_are_not_even_owed(
    admin: User, hook: Webhook, sent: list[dict[str, Any]]
) -> None:
    case, other = build.case(), build.case()
    _marked(admin, case)
    label_case(actor=admin, case=case, labels=["ring"])
    label_case(actor=admin, case=other, labels=["ring"])
    _deliver()
    assert [body["case"] for body in sent] == [other.ref]
    assert set(hook.deliveries.values_list("case", flat=True)) == {other.pk}


def test_an_event_of_before_the_case_became_red_stays_here_too(
    admin: User, hook: Webhook, sent: list[dict[str, Any]]
) -> None:
    case = build.case()
    label_case(actor=admin, case=case, labels=["ring"])
    owe_events()
    _marked(admin, case)
    _deliver()
    assert sent == []
    row = hook.deliveries.get()
    assert (row.state, row.attempts, row.answer) == (DeliveryState.DEAD, 0, RED_ANSWER)
    assert build.verbs(case)[-1] == "delivery.given_up"


def test_a_case_that_travels_again_tells_of_what_happens_from_then_on(
    admin: User, hook: Webhook, sent: list[dict[str, Any]]
) -> None:
    case = _marked(admin, build.case())
    label_case(actor=admin, case=case, labels=["secret"])
    _deliver()
    _marked(admin, case, Tlp.GREEN)
    _deliver()
    assert [(body["what"], body["tlp"]) for body in sent] == [("case.marked", "green")]


@pytest.mark.parametrize("tlp", [one for one in Tlp if one != Tlp.RED])
def test_every_other_mark_travels_with_its_event(
    admin: User, hook: Webhook, sent: list[dict[str, Any]], tlp: Tlp
) -> None:
    case = build.case(tlp=tlp)
    label_case(actor=admin, case=case, labels=["ring"])
    _deliver()
    assert [body["tlp"] for body in sent] == [tlp.value]


def test_a_decision_on_a_red_case_is_kept_back_and_its_undo_takes_nothing_back(
    admin: User, hook: Webhook, sent: list[dict[str, Any]]
) -> None:
    _, case = build.opened()
    decision = build.decided(admin, _marked(admin, case), Outcome.ABUSE)
    _deliver()
    row = hook.deliveries.get(decision=decision)
    assert (row.state, row.attempts, row.answer) == (DeliveryState.DEAD, 0, RED_ANSWER)
    undo_decision(actor=admin, decision=decision)
    _deliver()
    assert sent == []
    assert not Delivery.objects.filter(kind=DeliveryKind.REVERSAL).exists()


def test_a_reversal_of_what_had_left_goes_out_and_says_only_what_the_receiver_has(
    admin: User, hook: Webhook, sent: list[dict[str, Any]]
) -> None:
    _, case = build.opened()
    decision = build.decided(admin, case, Outcome.ABUSE)
    _deliver()
    row = hook.deliveries.get(decision=decision, kind=DeliveryKind.DECISION)
    case.refresh_from_db()
    _marked(admin, case)
    undo_decision(actor=admin, decision=decision)
    sent.clear()
    _deliver()
    assert sent == [
        {"kind": "reversal", "case": case.ref, "decision": decision.pk, "reverses": row.pk}
    ]


def test_a_try_that_failed_before_the_mark_is_not_made_again(
    admin: User, hook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []

    def refuse(url: str, body: bytes, headers: dict[str, str]) -> outbound.Reply:
        calls.append(url)
        return outbound.Reply(500, b"")

    monkeypatch.setattr(outbound, "post_json", refuse)
    case = build.case()
    label_case(actor=admin, case=case, labels=["ring"])
    _deliver()
    _marked(admin, case)
    _deliver()
    row = hook.deliveries.get()
    assert len(calls) == 1
    assert (row.state, row.attempts, row.answer) == (DeliveryState.DEAD, 1, RED_ANSWER)


def test_nobody_sends_it_again_by_hand_until_a_lead_lets_it_travel(
    admin: User, hook: Webhook, sent: list[dict[str, Any]]
) -> None:
    case = build.case()
    label_case(actor=admin, case=case, labels=["ring"])
    owe_events()
    _marked(admin, case)
    _deliver()
    row = hook.deliveries.get()
    with pytest.raises(ConflictError, match="TLP:RED"):
        redeliver(actor=admin, delivery=row)
    browser = Client()
    browser.force_login(admin)
    path = f"/settings/webhooks/{hook.pk}/"
    answer = browser.post(f"{path}deliveries/{row.pk}/again/", follow=True)
    assert "Its case is TLP:RED: nothing of it leaves the desk." in answer.content.decode()
    assert RED_ANSWER in browser.get(path).content.decode()
    row.refresh_from_db()
    assert row.state == DeliveryState.DEAD
    with pytest.raises(ForbiddenError):
        mark_case(actor=build.user(), case=case, tlp=Tlp.AMBER)
    _marked(admin, case, Tlp.AMBER)
    redeliver(actor=admin, delivery=row)
    deliver_due()
    assert [body["what"] for body in sent] == ["case.labelled"]


def test_one_red_message_holds_up_no_other(
    admin: User, hook: Webhook, sent: list[dict[str, Any]]
) -> None:
    cases = [build.case() for _ in range(4)]
    for case in cases:
        label_case(actor=admin, case=case, labels=["ring"])
    owe_events()
    for case in cases[:2]:
        _marked(admin, case)
    assert deliver_due(limit=3) == 3
    assert deliver_due() == 1
    assert [body["case"] for body in sent] == [case.ref for case in cases[2:]]


def test_what_takes_in_a_red_case_is_red_and_a_merger_taken_back_gives_each_its_own(
    admin: User, hook: Webhook, sent: list[dict[str, Any]]
) -> None:
    _, case = build.opened(members=build.accounts(3))
    _, secret = build.opened(members=build.accounts(3, first=50))
    _deliver()
    sent.clear()
    secret = _marked(admin, secret)
    row = merge_cases(actor=admin, case=case, other=secret, reason="one crew")
    case.refresh_from_db()
    assert case.tlp == Tlp.RED
    _deliver()
    assert sent == [], "not even that it took something in"
    unmerge(actor=admin, row=row)
    for one, tlp in ((case, Tlp.AMBER), (secret, Tlp.RED)):
        one.refresh_from_db()
        assert one.tlp == tlp


@pytest.mark.django_db(transaction=True)
def test_a_part_cut_out_of_a_red_case_is_red_as_well(
    admin: User, hook: Webhook, sent: list[dict[str, Any]]
) -> None:
    case = _marked(admin, fused.bridged())
    left, right = fused.BRIDGE
    row = cut_case(actor=admin, case=case, left=[left], right=[right], reason="two crews")
    assert row.other is not None
    assert row.other.tlp == Tlp.RED
    _deliver()
    assert sent == []


@pytest.mark.parametrize(
    ("marks", "narrowest"),
    [
        (("clear", "red", "green"), Tlp.RED),
        (("amber", "amber+strict"), Tlp.AMBER_STRICT),
        (("green", "clear"), Tlp.GREEN),
        (("clear",), Tlp.CLEAR),
    ],
)
def test_the_narrowest_mark_wins_in_any_order(marks: tuple[str, ...], narrowest: Tlp) -> None:
    assert Tlp.narrowest(*marks) == Tlp.narrowest(*reversed(marks)) == narrowest


def test_a_receiver_that_was_switched_off_gets_no_red_message_when_it_is_on_again(
    admin: User, hook: Webhook, sent: list[dict[str, Any]]
) -> None:
    case = build.case()
    label_case(actor=admin, case=case, labels=["ring"])
    owe_events()
    save_webhook(actor=admin, url=hook.url, events=hook.events, active=False, webhook=hook)
    _deliver()
    _marked(admin, case)
    save_webhook(actor=admin, url=hook.url, events=list(EVENTS), webhook=hook)
    _deliver()
    assert sent == []
    assert hook.deliveries.get().answer == RED_ANSWER
    assert actions.MAX_ATTEMPTS > hook.deliveries.get().attempts == 1
