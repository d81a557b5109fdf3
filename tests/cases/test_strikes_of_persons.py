"""A person who comes back with another account has the strikes of the first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from abusedesk.core.models import Scope
from cases.models import Case, Strike
from cases.selectors.strike import standings_by_case, standings_of
from cases.terms import Terms
from detectors import stream
from detectors.choices import StreamKind
from detectors.models import Entity, Stream
from detectors.partitions import ensure_partitions
from detectors.schema import SignalIn
from detectors.selectors.actor import CROWD
from detectors.selectors.person import persons_of
from detectors.services import link
from detectors.services.ingest import ingest_batch
from tests import cast, desk, make
from tests.cases import build
from tests.ui import world

# What is checked by its form is taken only in that form.
REAL = {
    "email": "a@shop.example",
    "phone": "+4915112345678",
    "wallet": "0x52908400098527886e0f7030069857d2e4169ee7",
}

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def live() -> Iterator[Stream]:
    stream.forget_pages()
    ensure_partitions([make.MOMENT])
    yield make.stream(kind=StreamKind.LIVE)
    stream.forget_pages()


def _store(*signals: SignalIn) -> None:
    ingest_batch(source=world.source_of(), signals=list(signals))
    desk.await_horizon()
    for one in Stream.objects.all():
        link.link_stream(stream_id=one.pk)


def _seen(number: int, account: str, **identifiers: str) -> SignalIn:
    platform, _, name = account.partition(":")
    return make.signal(number, platform=platform, actor=name, identifiers=identifiers)


def _struck(*accounts: str, strikes: int = 3) -> Case:
    """A confirmed case of these accounts."""
    _, case = build.opened(members=accounts)
    build.decided(build.user(), case, terms=Terms(policy=build.policy(strikes=strikes)))
    return case


def _points(account: str) -> float:
    return round(sum(one.points for one in standings_of(account, cast.lead())), 1)


@pytest.mark.row(48)
def test_a_new_account_on_the_same_device_carries_the_strikes() -> None:
    _store(_seen(1, "x:old", device="d-1"), _seen(2, "x:new", device="d-1"), _seen(3, "x:else"))
    before = _struck("x:old", "x:b", "x:c")
    (found,) = standings_of("x:new", cast.lead())
    assert [(tie.other, tie.type, tie.value) for tie in found.ties] == [("x:old", "device", "d-1")]
    assert [one.strike.decision.case.ref for one in found.strikes] == [before.ref]
    assert found.points == pytest.approx(3.0, abs=0.01)
    assert _points("x:else") == 0.0


@pytest.mark.parametrize("kind", ["payment", "wallet", "device", "email", "phone"])
def test_what_belongs_to_one_person_ties_across_platforms(kind: str) -> None:
    value = REAL.get(kind, "k-1")
    _store(_seen(1, "x:old", **{kind: value}), _seen(2, "telegram:new", **{kind: value}))
    assert [(tie.other, tie.type) for tie in persons_of(["telegram:new"])] == [("x:old", kind)]


def test_an_address_that_many_share_ties_nobody() -> None:
    _store(_seen(1, "x:old", ip="192.0.2.7"), _seen(2, "x:new", ip="192.0.2.7"))
    assert persons_of(["x:new"]) == []


@pytest.mark.parametrize(("accounts", "ties"), [(CROWD, CROWD - 1), (CROWD + 1, 0)])
def test_a_device_of_a_crowd_is_public(accounts: int, ties: int) -> None:
    _store(*(_seen(number, f"x:a{number}", device="d-1") for number in range(accounts)))
    assert len(persons_of(["x:a0"])) == ties


def test_many_accounts_of_one_person_in_one_case_are_one_strike() -> None:
    names = build.accounts(6)
    _store(*(_seen(number, name, device="d-1") for number, name in enumerate(names)))
    _struck(*names)
    assert Strike.objects.count() == 6
    assert _points(names[0]) == 3.0


def test_strikes_of_two_accounts_from_two_cases_add_up() -> None:
    _store(_seen(1, "x:old", wallet=REAL["wallet"]), _seen(2, "x:older", wallet=REAL["wallet"]),
           _seen(3, "x:new", wallet=REAL["wallet"]))  # fmt: skip
    _struck("x:old", "x:b", "x:c")
    _struck("x:older", "x:d", "x:e")
    assert _points("x:new") == 6.0


def _returned() -> Case:
    """A new case with one account of a person who has strikes."""
    _store(_seen(1, "x:old", device="<b>d-1"), _seen(2, "x:new", device="<b>d-1"))
    _struck("x:old", "x:b", "x:c", strikes=5)
    _, case = build.opened(members=("x:new", "x:f", "x:g"))
    return case


@pytest.mark.row(48)
def test_the_case_of_somebody_who_came_back_recommends_more() -> None:
    case = _returned()
    assert [one.account for one in standings_by_case(case, cast.lead())] == ["x:new"]
    browser = Client()
    browser.force_login(cast.lead())
    page = browser.get(reverse("cases:case-detail", args=[case.ref])).content.decode()
    assert "(1 + 5.0 strikes)" in page
    tab = browser.get(reverse("cases:case-detail", args=[case.ref]) + "?tab=precedents")
    assert "x:old" in tab.content.decode()
    assert "<b>d-1" not in tab.content.decode()


def test_the_entity_page_names_the_other_account() -> None:
    _returned()
    entity = Entity.objects.get(type="account", value="x:new")
    browser = Client()
    browser.force_login(cast.lead())
    page = browser.get(reverse("detectors:entity-detail", args=["account", entity.pk]))
    assert "Same person as" in page.content.decode()
    assert "x:old" in page.content.decode()


def test_rest_says_what_ties_them() -> None:
    _returned()
    client = APIClient()
    key = make.bearer(Scope.READ, user=cast.lead())
    client.credentials(HTTP_AUTHORIZATION=key["Authorization"])
    (found,) = client.get(reverse("api-strikes"), {"account": "x:new"}).json()
    expected: list[dict[str, Any]] = [{"other": "x:old", "type": "device", "value": "<b>d-1"}]
    assert found["ties"] == expected
    assert found["points"] == pytest.approx(5.0, abs=0.01)
