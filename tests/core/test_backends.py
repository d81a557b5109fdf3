"""Who may have a session: people, as long as they are people and their account is on."""

from __future__ import annotations

import pytest
from django.contrib.auth import authenticate
from django.test import Client

from abusedesk.core.models import Role
from tests import cast

pytestmark = pytest.mark.django_db


def test_people_sign_in_with_their_password() -> None:
    person = cast.reviewer()
    assert authenticate(username=person.username, password=cast.PASSWORD) == person
    assert authenticate(username=person.username, password="wrong") is None


def test_an_integration_cannot_sign_in_though_it_has_a_password() -> None:
    machine = cast.integration()
    assert machine.check_password(cast.PASSWORD)
    assert authenticate(username=machine.username, password=cast.PASSWORD) is None


def test_who_becomes_an_integration_is_signed_out() -> None:
    person = cast.reviewer()
    browser = Client()
    browser.force_login(person)
    assert browser.get("/me/").status_code == 200
    person.role = Role.INTEGRATION
    person.save(update_fields=["role"])
    assert browser.get("/me/").status_code == 302
