"""People: made with a password that is shown once, changed, switched off; each step is logged."""

from __future__ import annotations

import re
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from abusedesk.core.errors import ForbiddenError
from abusedesk.core.models import AuditEntry, Role, Scope, User
from abusedesk.core.people import change_user
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


# The page, and over REST


@pytest.fixture
def ada() -> User:
    return User.objects.create_user("ada", password=cast.PASSWORD, role=Role.ADMIN)


@pytest.fixture
def browser(ada: User) -> Client:
    client = Client()
    client.force_login(ada)
    return client


def _shown(html: bytes) -> str:
    found = re.search(r'id="plain"[^>]*>([^<]+)<', html.decode())
    assert found is not None
    return found[1]


def test_an_admin_makes_a_reviewer_who_comes_in_with_the_password_that_was_shown(
    browser: Client,
) -> None:
    said = {"name": "rosa", "mail": "rosa@desk.example", "role": "reviewer"}
    password = _shown(browser.post("/settings/users/", said).content)

    rosa = Client()
    assert _sign_in(rosa, "rosa", password) == 302
    assert rosa.get("/settings/users/").status_code == 404
    assert password not in browser.get("/settings/users/").content.decode()
    assert User.objects.get(username="rosa").email == "rosa@desk.example"


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"name": "ada", "role": "lead"}, "already exists"),
        ({"name": "a b", "role": "lead"}, "valid username"),
        ({"name": "", "role": "lead"}, "required"),
        ({"name": "rosa", "role": "queen"}, "not one of the available choices"),
        ({"name": "rosa", "role": "lead", "mail": "nobody"}, "valid email"),
    ],
)
def test_a_faulty_form_says_what_is_wrong_and_keeps_what_was_typed(
    browser: Client, said: dict[str, str], words: str
) -> None:
    answer = browser.post("/settings/users/", said)

    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert f'value="{said["name"]}"' in answer.content.decode() or not said["name"]
    assert User.objects.count() == 1


def test_who_is_switched_off_on_the_page_is_out_and_comes_back_with_their_role(
    browser: Client,
) -> None:
    rosa = User.objects.create_user("rosa", password=cast.PASSWORD, role=Role.REVIEWER)
    hers = Client()
    _sign_in(hers, "rosa", cast.PASSWORD)

    browser.post(f"/settings/users/{rosa.pk}/", {"role": "lead"})
    assert hers.get("/me/").status_code == 302
    assert '<span class="badge">off</span>' in browser.get("/settings/users/").content.decode()
    browser.post(f"/settings/users/{rosa.pk}/", {"role": "lead", "active": "on"})
    assert _sign_in(hers, "rosa", cast.PASSWORD) == 302
    rosa.refresh_from_db()
    assert rosa.role == Role.LEAD


def test_nobody_changes_their_own_role_so_one_admin_stays(browser: Client, ada: User) -> None:
    answer = browser.post(f"/settings/users/{ada.pk}/", {"role": "reviewer"}, follow=True)

    assert "you cannot do it yourself" in answer.content.decode()
    ada.refresh_from_db()
    assert (ada.role, ada.is_active) == (Role.ADMIN, True)


def test_an_admin_who_was_switched_off_meanwhile_changes_nobody(ada: User) -> None:
    eve = User.objects.create_user("eve", role=Role.ADMIN)
    change_user(actor=ada, name="eve", active=False)

    with pytest.raises(ForbiddenError, match="no admin any more"):
        change_user(actor=eve, name="ada", active=False)
    ada.refresh_from_db()
    assert ada.is_active


def test_a_new_password_ends_the_sessions_of_the_old_one(browser: Client) -> None:
    rosa = User.objects.create_user("rosa", password=cast.PASSWORD, role=Role.REVIEWER)
    hers = Client()
    _sign_in(hers, "rosa", cast.PASSWORD)

    password = _shown(browser.post(f"/settings/users/{rosa.pk}/password/").content)

    assert hers.get("/me/").status_code == 302
    assert _sign_in(hers, "rosa", cast.PASSWORD) == 200
    assert _sign_in(hers, "rosa", password) == 302


def test_one_changes_ones_own_password_and_other_sessions_end(browser: Client, ada: User) -> None:
    other = Client()
    other.force_login(ada)
    fresh = "plenty of words here"
    said = {"old_password": cast.PASSWORD, "new_password1": fresh, "new_password2": fresh}

    wrong = browser.post("/me/password/", said | {"old_password": "guess"})
    assert (wrong.status_code, "entered incorrectly" in wrong.content.decode()) == (422, True)
    short = browser.post("/me/password/", said | {"new_password1": "a", "new_password2": "a"})
    assert (short.status_code, "too short" in short.content.decode()) == (422, True)
    assert _sign_in(Client(), "ada", cast.PASSWORD) == 302
    assert browser.post("/me/password/", said).status_code == 302

    assert browser.get("/me/").status_code == 200
    assert other.get("/me/").status_code == 302
    assert _sign_in(Client(), "ada", fresh) == 302
    entry = AuditEntry.objects.get(verb="user.renewed")
    assert (entry.actor_label, fresh in str(entry.data)) == ("ada", False)


def test_people_over_rest(ada: User) -> None:
    program = Client(headers=make.bearer(Scope.ADMIN, user=ada))
    json = "application/json"

    made = program.post("/api/v1/users/", {"name": "rosa"}, json)
    assert (made.status_code, made.json()["name"]) == (201, "rosa")
    assert _sign_in(Client(), "rosa", made.json()["password"]) == 302
    again = program.post("/api/v1/users/", {"name": "rosa"}, json)
    assert (again.status_code, again.json()["errors"][0]["attr"]) == (422, "name")
    changed = program.patch("/api/v1/users/rosa/", {"active": False}, json)
    assert (changed.json()["role"], changed.json()["active"]) == ("reviewer", False)
    fresh = program.post("/api/v1/users/rosa/password/").json()["password"]
    assert User.objects.get(username="rosa").check_password(fresh)
    told = {one["name"]: one["active"] for one in program.get("/api/v1/users/").json()}
    assert told == {"ada": True, "rosa": False}
    assert program.patch("/api/v1/users/ada/", {"active": False}, json).status_code == 409
    assert program.patch("/api/v1/users/nobody/", {"role": "lead"}, json).status_code == 404


def test_a_hostile_name_is_shown_harmlessly(browser: Client) -> None:
    User.objects.create_user("olaf<b>\u202e", role=Role.REVIEWER)

    html = browser.get("/settings/users/").content.decode()

    assert "<b>\u202e" not in html
    assert "olaf&lt;b&gt;" in html
