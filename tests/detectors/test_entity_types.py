"""Types that people add: who may, what is refused, and that signals are linked under their form."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from time_machine import travel

from abusedesk.core.models import AuditEntry, Scope
from detectors.choices import Form
from detectors.models import Entity, EntityType, Signal
from detectors.normalise.forms import FORMS
from detectors.services.entity_type import add_entity_type
from detectors.services.ingest import ingest_batch
from detectors.services.link import link_stream
from detectors.services.source import live_stream
from tests import cast, desk, make

pytestmark = pytest.mark.row(6)
URL = "/api/v1/entity-types/"
CARD = {"slug": "loyaltycard", "label": "Loyalty card", "meaning": "of the shop", "form": "number"}


def test_every_form_that_can_be_chosen_is_there() -> None:
    assert set(FORMS) == set(Form.values)


@pytest.mark.parametrize(
    ("form", "raw", "value"),
    [
        ("as-is", " Ab-1 ", "Ab-1"),
        ("as-is", "  ", None),
        ("lower", " \uff21b\u200b-1 ", "ab-1"),
        ("url", "hxxps://Evil[.]example/a", "https://evil.example/a"),
        ("domain", "EVIL.example.", "evil.example"),
        ("email", "Ada+x@Evil.example", "ada@evil.example"),
        ("phone", "+49 30 901820", "+4930901820"),
        ("phone", "none", None),
        ("number", "0042-17", "4217"),
        ("number", "000", "0"),
        ("number", "x", None),
    ],
)
def test_a_form_writes_a_value_one_way(form: str, raw: str, value: str | None) -> None:
    assert FORMS[form](raw) == value


@pytest.mark.django_db(transaction=True)
def test_objects_and_identifiers_of_an_added_type_are_one_entity() -> None:
    desk.forget()
    add_entity_type(actor=cast.admin(), **CARD)
    with travel(datetime(2026, 11, 1, tzinfo=UTC)):
        signals = [
            make.signal(1, objects=("loyaltycard:0042-17",)),
            make.signal(2, identifiers={"loyaltycard": ["42 17", "no digits"]}),
            make.signal(3, objects=("other:0042-17",)),
        ]
        ingest_batch(source=make.source(), signals=signals)
    desk.await_horizon()
    link_stream(stream_id=live_stream().pk)
    found = Entity.objects.exclude(type="account").order_by("type", "value")
    assert [(one.type, one.value, one.mentions.count()) for one in found] == [
        ("loyaltycard", "4217", 2),
        ("loyaltycard", "no digits", 1),
        ("other", "0042-17", 1),
    ]
    client = Client()
    client.force_login(cast.reviewer())
    signal = Signal.objects.get(external_id="s-1")
    page = client.get(f"/signals/{signal.pk}/").content.decode()
    assert 'Loyalty card <span class="muted mono">loyaltycard</span>' in page


@pytest.mark.django_db
def test_a_type_is_added_over_rest_once_and_audited() -> None:
    door = make.bearer(*Scope, user=cast.admin())
    first = Client().post(URL, CARD, content_type="application/json", headers=door)
    assert (first.status_code, first.json()["created_by"]) == (201, "admin")
    again = Client().post(URL, CARD, content_type="application/json", headers=door)
    assert again.status_code in {400, 409}
    assert again.json()["errors"][0]["attr"] == "slug"
    assert [one["slug"] for one in Client().get(URL, headers=door).json()["results"]] == [
        "loyaltycard"
    ]
    entry = AuditEntry.objects.get(verb="entity_type.added")
    assert entry.data == {"slug": "loyaltycard", "form": "number"}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "attr"),
    [
        ({"slug": "Card"}, "slug"),
        ({"slug": "loyalty-card"}, "slug"),
        ({"slug": "url"}, "slug"),
        ({"slug": "account"}, "slug"),
        ({"form": "regex"}, "form"),
        ({"label": ""}, "label"),
        ({"meaning": "m" * 301}, "meaning"),
    ],
)
def test_what_cannot_be_a_type_is_refused_at_its_field(changes: dict[str, Any], attr: str) -> None:
    door = make.bearer(*Scope, user=cast.admin())
    answer = Client().post(URL, CARD | changes, content_type="application/json", headers=door)
    assert answer.status_code in {400, 422}
    assert answer.json()["errors"][0]["attr"] == attr
    client = Client()
    client.force_login(cast.admin())
    page = client.post("/settings/types/", CARD | changes)
    assert page.status_code == 422
    assert f'id="id_{attr}_error"' in page.content.decode()
    assert not EntityType.objects.exists()


@pytest.mark.django_db
def test_only_an_admin_adds_a_type() -> None:
    lead = make.bearer(*Scope, user=cast.lead())
    answer = Client().post(URL, CARD, content_type="application/json", headers=lead)
    assert answer.status_code == 403
    client = Client()
    client.force_login(cast.lead())
    assert client.post("/settings/types/", CARD).status_code == 404
    assert not EntityType.objects.exists()
