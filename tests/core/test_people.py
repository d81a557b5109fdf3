"""People: made with a password that is shown once, changed, switched off; each step is logged."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from abusedesk.core.models import AuditEntry, Role, User
from tests import cast, make

pytestmark = pytest.mark.django_db


def _user(*words: str) -> str:
    said = StringIO()
    call_command("user", *words, stdout=said, stderr=StringIO())
    return said.getvalue().strip()


def _sign_in(client: Client, name: str, password: str) -> int:
    said = {"username": name, "password": password}
    return client.post("/login/", said).status_code


def test_the_first_admin_comes_in_with_the_password_that_was_shown() -> None:
    password = _user("ada", "--role", "admin")
    client = Client()
    assert _sign_in(client, "ada", password) == 302
    assert client.get("/settings/tokens/").status_code == 200
    assert not User.objects.get(username="ada").is_superuser
    verbs = AuditEntry.objects.values_list("verb", flat=True)
    assert list(verbs) == ["user.created", "user.logged_in"]
    assert password not in str(list(AuditEntry.objects.values_list("data", flat=True)))


def test_who_is_made_without_a_role_is_a_reviewer() -> None:
    _user("rosa")
    assert User.objects.get(username="rosa").role == Role.REVIEWER


@pytest.mark.parametrize(("name", "words"), [("", "blank"), ("a b", "valid username")])
def test_an_impossible_name_is_refused(name: str, words: str) -> None:
    with pytest.raises(CommandError, match=words):
        _user(name)
    assert not User.objects.exists()


def test_who_is_there_already_is_not_made_again() -> None:
    person = cast.reviewer()
    with pytest.raises(CommandError, match="is there already"):
        _user(person.username)
    person.refresh_from_db()
    assert person.check_password(cast.PASSWORD)


def test_a_role_can_be_changed() -> None:
    _user(cast.reviewer().username, "--role", "lead")
    assert User.objects.get(username="reviewer").role == Role.LEAD
    assert AuditEntry.objects.get().data == {"name": "reviewer", "role": "lead", "active": True}


def test_who_is_switched_off_loses_session_password_and_tokens_until_switched_on() -> None:
    person, client = cast.admin(), Client()
    header = make.bearer(user=person)
    assert _sign_in(client, "admin", cast.PASSWORD) == 302
    _user("admin", "--no-active")
    url, kind = "/api/v1/signals/", "application/json"
    assert client.get("/").status_code == 302
    assert _sign_in(Client(), "admin", cast.PASSWORD) == 200
    assert Client().post(url, make.item(), content_type=kind, headers=header).status_code == 401
    _user("admin", "--active")
    assert _sign_in(Client(), "admin", cast.PASSWORD) == 302


def test_without_a_name_everybody_is_listed() -> None:
    cast.admin()
    cast.outsider()
    assert [line.split() for line in _user().splitlines()] == [
        ["admin", "admin"],
        ["reviewer", "off", "outsider"],
    ]
