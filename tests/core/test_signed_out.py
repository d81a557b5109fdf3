"""A form whose session ended comes back whole; nothing else changes for who is signed out."""

from __future__ import annotations

import pytest
from django.test import Client

from abusedesk.core.signed_out import MAX_CHARACTERS
from tests.cases import build

pytestmark = pytest.mark.django_db
NOTE = {"body": 'two\r\nlines "and" <b>marks</b>', "tag": ["a", "b"]}


def test_a_form_comes_back_with_all_it_held() -> None:
    answer = Client().post("/cases/AD-1/notes/", NOTE)
    page = answer.content.decode()
    assert (answer.status_code, answer.headers["Cache-Control"]) == (401, "no-store")
    assert 'action="/cases/AD-1/notes/"' in page
    assert "two\r\nlines &quot;and&quot; &lt;b&gt;marks&lt;/b&gt;" in page
    assert page.count('name="tag"') == 2
    assert "<b>" not in page


def test_a_form_of_another_site_does_not_come_back() -> None:
    answer = Client(enforce_csrf_checks=True).post("/cases/AD-1/notes/", NOTE)
    assert answer.status_code == 403
    assert "lines" not in answer.content.decode()


def test_pages_and_who_signs_out_are_led_to_the_login_page() -> None:
    browser = Client()
    assert browser.get("/queues/").headers["Location"] == "/login/?next=/queues/"
    browser.force_login(build.user())
    assert browser.post("/logout/").headers["Location"] == "/login/"


def test_more_than_a_page_should_hold_is_not_held() -> None:
    answer = Client().post("/cases/AD-1/notes/", {"body": "x" * (MAX_CHARACTERS + 1)})
    assert answer.headers["Location"].startswith("/login/?next=")
