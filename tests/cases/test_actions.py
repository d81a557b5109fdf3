"""Deliveries: signed, retried, given up, taken back; with a real receiver on the loopback."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import ip_network
from typing import Any

import pytest
from pytest_django import Settings

from abusedesk.core import clock
from abusedesk.core.errors import ConflictError, ForbiddenError, InvalidError
from abusedesk.core.models import AuditEntry, Role
from cases import actions
from cases.actions import deliver_due, redeliver
from cases.choices import DeliveryKind, DeliveryState
from cases.models import Delivery, Webhook
from cases.services.decision import undo_decision
from cases.services.webhook import save_webhook
from detectors.choices import Outcome
from tests.cases import build, bulk

pytestmark = pytest.mark.django_db
SECRET = "a-secret-of-the-receiver"


@dataclass
class Message:
    headers: dict[str, str]
    raw: str
    body: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        self.body = json.loads(self.raw)


class Receiver:
    """What a platform would run: it checks every signature before it believes a word."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.answers: list[int] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers["Content-Length"])).decode()
                receiver.messages.append(Message(dict(self.headers), raw))
                status = receiver.answers.pop(0) if receiver.answers else 200
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args: object) -> None:
                """Quiet."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook?path=secret"

    def __enter__(self) -> Receiver:
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,))
        self.thread.start()
        return self

    def __exit__(self, *args: object) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    def verified(self) -> list[Message]:
        """Messages whose signature fits; all must."""
        for message in self.messages:
            stamp, mac = (
                part.split("=", 1)[1]
                for part in message.headers["X-Abusedesk-Signature"].split(",")
            )
            expected = hmac.new(
                SECRET.encode(), f"{stamp}.{message.raw}".encode(), hashlib.sha256
            ).hexdigest()
            assert hmac.compare_digest(mac, expected)
            assert abs(clock.now().timestamp() - int(stamp)) < 60
        return self.messages


@pytest.fixture
def receiver(settings: Settings) -> Iterator[Receiver]:
    settings.OUTBOUND_ALLOW = (ip_network("127.0.0.0/8"),)
    with Receiver() as running:
        save_webhook(actor=build.user(Role.ADMIN), url=running.url, secret=SECRET)
        yield running


def _make_due() -> None:
    """Time passes."""
    Delivery.objects.filter(state=DeliveryState.WAITING).update(due_at=clock.now())


def _delivery(kind: DeliveryKind = DeliveryKind.DECISION) -> Delivery:
    return Delivery.objects.get(kind=kind)


def test_a_decision_arrives_signed_with_what_it_is_about(receiver: Receiver) -> None:
    _, case = build.opened(members=build.accounts(3))
    decision = build.decided(build.user(), case)
    _make_due()
    assert deliver_due() == 1
    (message,) = receiver.verified()
    assert message.headers["X-Abusedesk-Delivery"] == str(_delivery().pk)
    assert message.body == {
        "kind": "decision",
        "case": case.ref,
        "decision": decision.pk,
        "outcome": "abuse",
        "reverses": None,
        "decided_at": decision.created_at.isoformat(),
        "entities": {"accounts": ["x:a1", "x:a2", "x:a3"]},
    }
    assert _delivery().state == DeliveryState.SENT
    assert build.verbs(case)[-1] == "delivery.sent"
    assert deliver_due() == 0


def test_nothing_leaves_before_the_undo_window_is_over(receiver: Receiver) -> None:
    _, case = build.opened()
    decision = build.decided(build.user(), case)
    assert deliver_due() == 0
    assert _delivery().due_at - decision.created_at == timedelta(seconds=10)
    assert receiver.messages == []


@pytest.mark.row(35)
def test_an_undo_within_the_window_cancels_the_message(receiver: Receiver) -> None:
    reviewer = build.user()
    _, case = build.opened()
    undo_decision(actor=reviewer, decision=build.decided(reviewer, case))
    _make_due()
    assert deliver_due() == 0
    assert receiver.messages == []
    assert _delivery().state == DeliveryState.CANCELLED
    assert build.verbs(case)[-2:] == ["case.undone", "delivery.cancelled"]


@pytest.mark.row(35)
def test_an_undo_after_it_sends_a_signed_reversal_that_names_the_delivery(
    receiver: Receiver,
) -> None:
    reviewer = build.user()
    _, case = build.opened(members=build.accounts(3))
    decision = build.decided(reviewer, case)
    _make_due()
    deliver_due()
    undo_decision(actor=reviewer, decision=decision)
    assert deliver_due() == 1
    first, second = receiver.verified()
    assert second.body["kind"] == "reversal"
    assert str(second.body["reverses"]) == first.headers["X-Abusedesk-Delivery"]
    assert second.body["decision"] == first.body["decision"]
    assert second.body["entities"] == first.body["entities"]
    assert second.headers["X-Abusedesk-Delivery"] == str(_delivery(DeliveryKind.REVERSAL).pk)
    assert _delivery().state == DeliveryState.SENT
    assert deliver_due() == 0


@pytest.mark.row(35)
def test_the_undo_of_many_restores_every_state_and_sends_a_reversal_of_each(
    receiver: Receiver,
) -> None:
    reviewer = build.user()
    cases = [build.opened(members=build.accounts(3, first=3 * place))[1] for place in range(3)]
    job = bulk.start(reviewer, bulk.picked(cases))
    assert bulk.states(cases) == ["closed"] * 3
    _make_due()
    assert deliver_due() == 3
    bulk.undone(reviewer, job)
    assert bulk.states(cases) == ["open"] * 3
    assert deliver_due() == 3
    messages = receiver.verified()
    sent, taken_back = messages[:3], messages[3:]
    assert {one.body["kind"] for one in taken_back} == {"reversal"}
    assert {str(one.body["reverses"]) for one in taken_back} == {
        one.headers["X-Abusedesk-Delivery"] for one in sent
    }
    assert {one.body["case"] for one in taken_back} == {case.ref for case in cases}


def test_a_message_that_may_have_arrived_is_reversed_too(receiver: Receiver) -> None:
    receiver.answers = [500]
    reviewer = build.user()
    _, case = build.opened()
    decision = build.decided(reviewer, case)
    _make_due()
    deliver_due()
    assert _delivery().state == DeliveryState.WAITING
    undo_decision(actor=reviewer, decision=decision)
    assert _delivery().state == DeliveryState.CANCELLED
    _make_due()
    assert deliver_due() == 1
    assert receiver.verified()[-1].body["kind"] == "reversal"


def test_a_sender_that_is_still_under_way_does_not_revive_a_cancelled_message(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    reviewer = build.user()
    _, case = build.opened()
    decision = build.decided(reviewer, case)
    _make_due()
    send = actions._send

    def slow(row: Delivery) -> tuple[bool, str]:
        result = send(row)
        undo_decision(actor=reviewer, decision=decision)
        return result

    monkeypatch.setattr(actions, "_send", slow)
    deliver_due(limit=1)
    assert _delivery().state == DeliveryState.CANCELLED
    reversal = _delivery(DeliveryKind.REVERSAL)
    assert reversal.due_at > clock.now() + timedelta(seconds=20), "not before its original"


@pytest.mark.row(67)
def test_a_refusal_is_tried_again_ever_later_and_then_given_up(receiver: Receiver) -> None:
    receiver.answers = [500, 404, 302, 503, 429, 500, 500, 500]
    _, case = build.opened()
    build.decided(build.user(), case)
    waits = []
    for _ in range(8):
        _make_due()
        assert deliver_due() == 1
        waits.append((_delivery().due_at - clock.now()).total_seconds() / 60)
    assert [round(one) for one in waits[:7]] == [1, 3, 7, 19, 51, 135, 360]
    row = _delivery()
    assert (row.state, row.attempts, row.answer) == (DeliveryState.DEAD, 8, "HTTP 500")
    _make_due()
    assert deliver_due() == 0
    assert build.verbs(case)[-1] == "delivery.given_up"


def test_a_receiver_that_is_away_is_asked_once_a_minute(settings: Settings) -> None:
    settings.OUTBOUND_ALLOW = (ip_network("127.0.0.0/8"),)
    save_webhook(actor=build.user(Role.ADMIN), url="http://127.0.0.1:9/", secret=SECRET)
    for _ in range(3):
        build.decided(build.user(), build.case())
    _make_due()
    assert deliver_due() == 1
    assert sorted(Delivery.objects.values_list("attempts", flat=True)) == [0, 0, 1]
    assert "did not answer" in Delivery.objects.get(attempts=1).answer


@pytest.mark.row(67)
def test_an_admin_sends_a_dead_message_again(receiver: Receiver) -> None:
    _, case = build.opened()
    build.decided(build.user(), case)
    Delivery.objects.update(state=DeliveryState.DEAD, attempts=8)
    with pytest.raises(ForbiddenError):
        redeliver(actor=build.user(Role.LEAD), delivery=_delivery())
    redeliver(actor=build.user(Role.ADMIN), delivery=_delivery())
    assert deliver_due() == 1
    assert _delivery().state == DeliveryState.SENT
    assert len(receiver.verified()) == 1
    assert build.verbs(case)[-2:] == ["delivery.again", "delivery.sent"]


@pytest.mark.usefixtures("receiver")
def test_what_was_undone_is_not_sent_again() -> None:
    reviewer = build.user()
    _, case = build.opened()
    undo_decision(actor=reviewer, decision=build.decided(reviewer, case))
    with pytest.raises(ConflictError, match="undone"):
        redeliver(actor=build.user(Role.ADMIN), delivery=_delivery())


def test_a_webhook_that_was_switched_off_gets_nothing(receiver: Receiver) -> None:
    _, case = build.opened()
    build.decided(build.user(), case)
    hook = Webhook.objects.get()
    save_webhook(actor=build.user(Role.ADMIN), url=hook.url, active=False, webhook=hook)
    _make_due()
    deliver_due()
    assert receiver.messages == []
    assert _delivery().answer == "this webhook is switched off"


def test_a_webhook_at_a_private_address_is_never_called() -> None:
    save_webhook(actor=build.user(Role.ADMIN), url="http://localhost:9/", secret=SECRET)
    build.decided(build.user(), build.case())
    _make_due()
    deliver_due()
    assert "not a public address" in _delivery().answer


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1/", "ftp://x.org/", "nonsense", "", "http://[::1]/"]
)
def test_a_webhook_with_a_bad_address_is_not_saved(url: str) -> None:
    with pytest.raises(InvalidError) as refusal:
        save_webhook(actor=build.user(Role.ADMIN), url=url)
    assert refusal.value.field == "url"


def test_a_secret_is_made_kept_and_checked() -> None:
    admin = build.user(Role.ADMIN)
    hook = save_webhook(actor=admin, url="https://example.org/a")
    assert len(hook.plain) >= 32
    changed = save_webhook(actor=admin, url="https://example.org/b", webhook=hook)
    assert (changed.pk, changed.secret) == (hook.pk, hook.secret)
    with pytest.raises(InvalidError, match="16 to 64"):
        save_webhook(actor=admin, url="https://example.org/c", secret="short")
    assert "secret" not in str(list(AuditEntry.objects.values_list("data", flat=True)))


def test_a_desk_without_webhooks_owes_nothing() -> None:
    build.decided(build.user(), build.case(), Outcome.NO_ABUSE)
    assert not Delivery.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_eight_senders_send_each_message_once(receiver: Receiver) -> None:
    for _ in range(12):
        build.decided(build.user(), build.case())
    _make_due()
    assert sum(build.at_once(8, lambda _: deliver_due())) == 12
    ids = [message.headers["X-Abusedesk-Delivery"] for message in receiver.verified()]
    assert len(ids) == len(set(ids)) == 12
