"""Events of cases reach who asked for them: each once, in order, signed, nothing of before."""

from __future__ import annotations

import json
from typing import Any

import pytest

from abusedesk.core import outbound
from abusedesk.core.audit import Verb
from abusedesk.core.errors import InvalidError
from abusedesk.core.models import Role, User
from cases import actions
from cases.choices import DeliveryKind, DeliveryState
from cases.events import EVENT_OF, EVENTS
from cases.models import Delivery, Webhook
from cases.services.event import owe_events
from cases.services.marking import label_case
from cases.services.webhook import save_webhook
from detectors.choices import Outcome
from tests.cases import build

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin() -> User:
    return build.user(Role.ADMIN)


def _receiver(admin: User, *events: str, host: str = "a.example") -> Webhook:
    return save_webhook(actor=admin, url=f"https://{host}/hook", events=events)


def _told(webhook: Webhook) -> list[dict[str, Any]]:
    return [json.loads(row.body) for row in webhook.deliveries.filter(kind=DeliveryKind.EVENT)]


def test_every_verb_belongs_to_one_event() -> None:
    assert len(EVENT_OF) == sum(map(len, EVENTS.values()))
    assert all(verb.startswith("case.") for verb in EVENT_OF)
    assert Verb.DELIVERY_SENT not in EVENT_OF


def test_what_happens_to_a_case_is_owed_in_order_and_once(admin: User) -> None:
    hook = _receiver(admin, *EVENTS)
    _, case = build.opened()
    label_case(actor=admin, case=case, labels=["ring"])
    build.decided(admin, case, Outcome.ABUSE)
    assert owe_events() == 3
    assert owe_events() == 0
    told = _told(hook)
    assert [one["event"] for one in told] == ["case.opened", "case.changed", "case.decided"]
    assert {one["case"] for one in told} == {case.ref}
    assert [one["sequence"] for one in told] == sorted(one["sequence"] for one in told)


def test_a_receiver_hears_only_what_it_asked_for_and_nothing_of_before(admin: User) -> None:
    build.opened()
    hook = _receiver(admin, "changed")
    quiet = _receiver(admin, host="b.example")
    case = build.case()
    label_case(actor=admin, case=case, labels=["ring"])
    build.decided(admin, case)
    owe_events()
    assert [one["what"] for one in _told(hook)] == ["case.labelled"]
    assert _told(quiet) == []


def test_a_receiver_that_was_off_is_not_flooded_when_it_comes_back(admin: User) -> None:
    hook = _receiver(admin, "changed")
    save_webhook(actor=admin, url=hook.url, events=["changed"], active=False, webhook=hook)
    label_case(actor=admin, case=build.case(), labels=["ring"])
    owe_events()
    save_webhook(actor=admin, url=hook.url, events=["changed"], webhook=hook)
    owe_events()
    assert _told(hook) == []


def test_no_event_says_anything_that_attackers_wrote(admin: User) -> None:
    hook = _receiver(admin, "changed", "opened")
    case = build.case(title="<script>evil</script>", reasons=["evil"])
    label_case(actor=admin, case=case, labels=["evil"])
    owe_events()
    assert "evil" not in hook.deliveries.get().body


def test_an_unknown_event_is_named(admin: User) -> None:
    with pytest.raises(InvalidError, match="no event exploded") as refused:
        _receiver(admin, "exploded")
    assert refused.value.field == "events"


@pytest.mark.django_db(transaction=True)
def test_eight_sweeps_at_once_owe_each_event_once(admin: User) -> None:
    hook = _receiver(admin, "changed")
    for number in range(20):
        label_case(actor=admin, case=build.case(), labels=[f"l{number}"])
    build.at_once(8, lambda _: owe_events())
    owe_events()
    told = [one["sequence"] for one in _told(hook)]
    assert len(told) == len(set(told)) == 20


@pytest.mark.row(67)
def test_an_event_that_was_given_up_is_sent_again_by_hand(
    admin: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook = _receiver(admin, "changed")
    case = build.case()
    label_case(actor=admin, case=case, labels=["ring"])
    owe_events()
    Delivery.objects.update(state=DeliveryState.DEAD, attempts=actions.MAX_ATTEMPTS)
    sent: list[tuple[str, str]] = []

    def post_json(url: str, body: bytes, headers: dict[str, str]) -> outbound.Reply:
        sent.append((body.decode(), headers["X-Abusedesk-Signature"]))
        return outbound.Reply(200, b"")

    monkeypatch.setattr(outbound, "post_json", post_json)
    actions.redeliver(actor=admin, delivery=hook.deliveries.get())
    assert actions.deliver_due() == 1
    row = hook.deliveries.get()
    assert row.state == DeliveryState.SENT
    body, signed = sent[0]
    at_s = int(signed.partition(",")[0].removeprefix("t="))
    assert signed == actions.signature(hook.plain, body, at_s)
    assert build.verbs(case)[-1] == "delivery.again"
