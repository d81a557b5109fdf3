"""Refused items of a mapping, fixed in the console and replayed in bulk."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from abusedesk.core.models import Scope, User
from detectors.models import DeadLetter, Signal
from detectors.selectors.dead_letter import LetterFilter
from detectors.services.letter_job import start_job
from detectors.services.mapping import save_mapping
from tests import cast, make

pytestmark = [pytest.mark.django_db, pytest.mark.row(7)]
SPEC: dict[str, Any] = {
    "items": "$.data[*]",
    "fields": {
        "external_id": "$.id",
        "platform": {"const": "acme-shop"},
        "kind": {"path": "$.type", "table": {"posted": "post"}},
        "occurred_at": {"path": "$.ts", "steps": ["time:epoch-s"]},
    },
}
ITEM = {"id": "e1", "type": "posted", "ts": 1_790_000_000}


@pytest.fixture
def admin() -> User:
    return cast.admin()


def refused(admin: User, *items: Any) -> list[DeadLetter]:
    """What is kept of these items, of which the mapping refuses every one."""
    save_mapping(actor=admin, slug="acme", spec=SPEC, reason="first", sample="")
    Client().post(
        "/api/v1/ingest/map:acme/",
        json.dumps({"data": items}),
        content_type="application/json",
        headers=make.bearer(Scope.INGEST, user=admin),
    )
    return list(DeadLetter.objects.order_by("pk"))


def edit(admin: User, letter: DeadLetter, typed: str) -> Any:
    browser = Client()
    browser.force_login(admin)
    return browser.post(reverse("detectors:letter-detail", args=[letter.pk]), {"item": typed})


def test_the_editor_shows_the_foreign_item_and_stores_what_its_mapping_makes_of_it(
    admin: User,
) -> None:
    (letter,) = refused(admin, ITEM | {"type": "shouted"})
    browser = Client()
    browser.force_login(admin)
    page = browser.get(reverse("detectors:letter-detail", args=[letter.pk])).content.decode()
    assert "shouted" in page.partition("<textarea")[2].partition("</textarea>")[0]
    assert "Send the corrected payload through the adapter" not in page
    assert edit(admin, letter, json.dumps(ITEM)).status_code == 302
    assert Signal.objects.get().platform == "acme-shop"
    letter.refresh_from_db()
    assert letter.state == "replayed"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (json.dumps(ITEM | {"type": "whispered"}), "whispered"),
        ("{", "body is not JSON"),
        ("", "body is empty."),
        ("[]", "There is no item in it."),
    ],
)
def test_what_the_mapping_refuses_again_stays_with_the_reason_and_what_was_typed(
    admin: User, typed: str, said: str
) -> None:
    (letter,) = refused(admin, ITEM | {"type": "shouted"})
    answer = edit(admin, letter, typed)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    letter.refresh_from_db()
    assert letter.state == "open"
    assert not Signal.objects.exists()


def test_many_are_replayed_by_the_version_that_refused_each(admin: User) -> None:
    letters = refused(admin, ITEM | {"type": "shouted"}, ITEM | {"id": "e2", "type": "sung"})
    DeadLetter.objects.filter(pk=letters[0].pk).update(raw=json.dumps(ITEM).encode())
    job = start_job(actor=admin, action="replay", wanted=LetterFilter())
    assert (job.total, job.done, job.failed) == (2, 1, 1)
    assert Signal.objects.get().external_id == "e1"
    letters[1].refresh_from_db()
    assert "sung" in letters[1].errors[0]["message"]
