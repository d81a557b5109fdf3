"""The pages of receivers: what is refused, what is shown of deliveries, and who may see them."""

from __future__ import annotations

import pytest
from django.test import Client

from abusedesk.core.models import AuditEntry, Role, User
from cases.choices import DeliveryState
from cases.events import EVENTS
from cases.models import Delivery, Webhook
from cases.services.event import owe_events
from cases.services.marking import label_case
from cases.services.webhook import save_webhook
from tests.cases import build

pytestmark = pytest.mark.django_db
BASE = "/settings/webhooks/"
GOOD = "https://a.example/hook"


@pytest.fixture
def admin() -> User:
    return build.user(Role.ADMIN, name="ada")


@pytest.fixture
def browser(admin: User) -> Client:
    client = Client()
    client.force_login(admin)
    return client


@pytest.fixture
def hook(admin: User) -> Webhook:
    return save_webhook(actor=admin, url=GOOD, events=["changed"])


def _owed(admin: User, number: int) -> list[Delivery]:
    """So many events of so many cases, the oldest first."""
    for place in range(number):
        label_case(actor=admin, case=build.case(), labels=[f"l{place}"])
    owe_events()
    return list(Delivery.objects.order_by("pk"))


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("", "required"),
        ("ftp://a.example/", "http"),
        ("javascript:alert(1)", "http"),
        ("http://127.0.0.1/hook", "not a public address"),
        ("http://[::1]/hook", "not a public address"),
        ("http://169.254.169.254/latest/", "not a public address"),
        ("https://user:secret@a.example/", "a.example"),
        (f"https://a.example/{'x' * 500}", "500"),
    ],
)
def test_an_address_that_must_not_be_called_makes_no_receiver(
    browser: Client, url: str, told: str
) -> None:
    answer = browser.post(BASE, {"url": url, "active": "on"})
    assert answer.status_code == 422
    assert told in answer.content.decode()
    assert not Webhook.objects.exists()


@pytest.mark.parametrize(("length", "taken"), [(15, False), (16, True), (64, True), (65, False)])
def test_a_secret_is_long_enough_to_be_one_and_short_enough_to_be_stored(
    browser: Client, length: int, taken: bool
) -> None:
    answer = browser.post(BASE, {"url": GOOD, "active": "on", "secret": "s" * length})
    assert answer.status_code == (200 if taken else 422)
    assert Webhook.objects.exists() is taken


def test_an_event_that_does_not_exist_is_refused_and_changes_nothing(
    browser: Client, hook: Webhook
) -> None:
    said = {"url": "https://b.example/", "active": "on", "events": ["changed", "exploded"]}
    assert browser.post(f"{BASE}{hook.pk}/", said).status_code == 422
    hook.refresh_from_db()
    assert (hook.url, hook.events) == (GOOD, ["changed"])


def test_what_a_receiver_hears_is_kept_in_the_order_of_the_table_and_told_on_the_page(
    browser: Client, hook: Webhook
) -> None:
    said = {"url": GOOD, "active": "on", "events": [*reversed(EVENTS)]}
    browser.post(f"{BASE}{hook.pk}/", said)
    hook.refresh_from_db()
    assert hook.events == list(EVENTS)
    page = browser.get(BASE).content.decode()
    assert "decisions, cases opened, cases changed, cases decided" in page


def test_the_secret_is_in_no_page_and_not_in_the_audit_chain(browser: Client, admin: User) -> None:
    made = browser.post(BASE, {"url": GOOD, "active": "on"}).content.decode()
    hook = Webhook.objects.get()
    assert hook.plain in made
    for path in (BASE, f"{BASE}{hook.pk}/"):
        assert hook.plain not in browser.get(path).content.decode()
    chain = " ".join(str(row.data) for row in AuditEntry.objects.all())
    assert hook.plain not in chain
    assert "/hook" not in chain, "paths may hold secrets"


@pytest.mark.row(67)
def test_the_page_shows_the_deliveries_of_one_state_or_of_all(
    browser: Client, admin: User, hook: Webhook
) -> None:
    rows = _owed(admin, 4)
    for row, state in zip(rows, ("waiting", "sent", "dead", "canceled"), strict=True):
        Delivery.objects.filter(pk=row.pk).update(state=state)
    for asked in DeliveryState.values:
        page = browser.get(f"{BASE}{hook.pk}/", {"state": asked}).content.decode()
        shown = [row.pk for row in rows if f'id="delivery-{row.pk}"' in page]
        assert shown == [row.pk for row in Delivery.objects.filter(state=asked)]
        assert f'href="?state={asked}" aria-current="page"' in page
    for asked in ("", "x", "<b>"):
        page = browser.get(f"{BASE}{hook.pk}/", {"state": asked}).content.decode()
        assert page.count('id="delivery-') == 4
        assert "<b>" not in page
    assert page.index(f"delivery-{rows[3].pk}") < page.index(f"delivery-{rows[0].pk}")
    counts = browser.get(BASE).content.decode()
    assert f'href="{BASE}{hook.pk}/?state=dead">1<' in counts


def test_what_a_receiver_answers_is_text(browser: Client, admin: User, hook: Webhook) -> None:
    _owed(admin, 1)
    Delivery.objects.update(answer="<script>alert(1)</script> \u202e https://evil.example/")
    page = browser.get(f"{BASE}{hook.pk}/").content.decode()
    assert "<script>alert(1)" not in page
    assert "[RLO]" in page
    assert "https://evil.example" not in page


def test_a_message_is_sent_again_only_under_the_receiver_that_it_is_for(
    browser: Client, admin: User, hook: Webhook
) -> None:
    (row,) = _owed(admin, 1)
    Delivery.objects.update(state=DeliveryState.DEAD, attempts=8)
    other = save_webhook(actor=admin, url="https://b.example/hook")
    for webhook_id, delivery_id in ((other.pk, row.pk), (hook.pk, row.pk + 99), (0, row.pk)):
        path = f"{BASE}{webhook_id}/deliveries/{delivery_id}/again/"
        assert browser.post(path).status_code == 404
    row.refresh_from_db()
    assert (row.state, row.attempts) == (DeliveryState.DEAD, 8)
    answer = browser.post(f"{BASE}{hook.pk}/deliveries/{row.pk}/again/", follow=True)
    assert f"Delivery {row.pk} goes out again now." in answer.content.decode()


def test_a_cancelled_message_has_no_button_and_is_not_sent_by_who_makes_one(
    browser: Client, admin: User, hook: Webhook
) -> None:
    (row,) = _owed(admin, 1)
    Delivery.objects.update(state=DeliveryState.CANCELLED)
    path = f"{BASE}{hook.pk}/"
    assert "Send again" not in browser.get(path, {"state": "canceled"}).content.decode().replace(
        '<span class="sr">Send again</span>', ""
    )
    answer = browser.post(f"{path}deliveries/{row.pk}/again/", follow=True)
    assert "was undone" in answer.content.decode()
    row.refresh_from_db()
    assert row.state == DeliveryState.CANCELLED


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.LEAD, Role.PARTNER])
def test_for_everybody_but_an_admin_there_are_no_receivers(
    admin: User, hook: Webhook, role: Role
) -> None:
    (row,) = _owed(admin, 1)
    client = Client()
    client.force_login(build.user(role))
    assert client.get(BASE).status_code == 404
    assert client.get(f"{BASE}{hook.pk}/").status_code == 404
    assert client.post(BASE, {"url": GOOD, "active": "on"}).status_code == 404
    assert client.post(f"{BASE}{hook.pk}/deliveries/{row.pk}/again/").status_code == 404
    assert Webhook.objects.get() == hook
