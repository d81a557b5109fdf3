"""A case on paper: what is known and decided, no evidence, no internal note, nothing of TLP:RED."""

from __future__ import annotations

import pytest
from django.test import Client

from abusedesk.core.models import AuditEntry, User
from cases.choices import Tlp
from cases.models import Case
from cases.services.note import add_note
from detectors.choices import Outcome
from detectors.models import Signal
from tests.cases import build
from tests.ui import world

pytestmark = pytest.mark.django_db
HOSTILE = "<script>alert(1)</script> https://evil.example/a"


def _report(case: Case, who: User) -> str:
    browser = Client()
    browser.force_login(who)
    answer = browser.get(f"/cases/{case.ref}/report/")
    assert answer.status_code == 200
    return answer.content.decode()


def test_it_says_what_is_known_and_decided_and_is_kept_in_the_audit() -> None:
    desk = world.desk(2)
    case = desk.cases[0]
    build.decided(desk.lead, case, Outcome.ABUSE)
    told = _report(case, desk.lead)
    assert case.title in told
    assert Outcome.ABUSE.label in told
    assert "TLP:AMBER" in told
    assert AuditEntry.objects.filter(verb="case.report_made", actor=desk.lead).count() == 1


def test_no_word_of_evidence_or_of_a_note_is_on_it() -> None:
    desk = world.desk(1)
    case = desk.cases[0]
    add_note(actor=desk.reviewer, case=case, body="our man inside says so")
    told = _report(case, desk.reviewer)
    assert "our man inside" not in told
    texts = Signal.objects.exclude(text="").values_list("text", flat=True)
    assert not any(text in told for text in texts)


def test_hostile_words_of_people_are_shown_as_words() -> None:
    desk = world.desk(1)
    case = desk.cases[0]
    Case.objects.filter(pk=case.pk).update(title=HOSTILE)
    told = _report(case, desk.reviewer)
    assert "<script>alert" not in told
    assert 'href="https://evil' not in told


def test_a_red_case_says_on_paper_that_it_is_not_printed() -> None:
    desk = world.desk(1)
    Case.objects.filter(pk=desk.cases[0].pk).update(tlp=Tlp.RED)
    told = _report(desk.cases[0], desk.reviewer)
    assert "is-red" in told
    assert "is not printed" in told


def test_a_case_of_another_queue_has_none() -> None:
    desk = world.desk(1)
    desk.queue.roles = ["lead"]
    desk.queue.save()
    browser = Client()
    browser.force_login(desk.reviewer)
    assert browser.get(f"/cases/{desk.cases[0].ref}/report/").status_code == 404
