"""Evidence in the language of the desk: at a press, never stored, hostile, or plainly refused."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection
from django.test import Client
from pytest_django import Settings

from abusedesk.core import translating
from abusedesk.core.audit import Verb
from abusedesk.core.errors import ConflictError, GatewayError, NotFoundError
from abusedesk.core.models import AuditEntry, Scope, User
from cases.choices import Masking, Severity
from cases.models import Case
from cases.services.marking import label_case
from cases.services.masking import peek, peek_signal, save_own_masks
from cases.services.translation import translate_evidence, translate_signal
from cases.timeline import timeline_of
from detectors.models import Signal
from tests import cast, make
from tests.addresses import cited_id
from tests.cases import build
from tests.translator import Translator, running
from tests.ui import world

pytestmark = pytest.mark.django_db
HOSTILE = '<script>alert(1)</script> <a href="javascript:x">https://evil.example/a</a> \u202eabc'


@pytest.fixture
def service(settings: Settings) -> Iterator[Translator]:
    with running(settings) as translator:
        yield translator


@pytest.fixture
def desk(db: None) -> world.Desk:
    return world.desk(2)


@pytest.fixture
def case(desk: world.Desk) -> Case:
    return desk.cases[0]


def page_of(case: Case) -> str:
    return f"/cases/{case.ref}/translate/{cited_id(case)}/"


def browser_of(person: User) -> Client:
    browser = Client()
    browser.force_login(person)
    return browser


def covered(desk: world.Desk, case: Case) -> Case:
    build.policy("gore", actor=desk.admin, harm=Severity.CRITICAL)
    return label_case(actor=desk.lead, case=case, labels=["gore"])


def asked() -> list[AuditEntry]:
    return list(AuditEntry.objects.filter(verb=Verb.TEXT_TRANSLATED).order_by("pk"))


def test_without_a_service_there_is_no_button_and_no_page(desk: world.Desk, case: Case) -> None:
    browser = browser_of(desk.reviewer)
    for path in (f"/cases/{case.ref}/?tab=evidence", f"/signals/{cited_id(case)}/"):
        assert (
            "Translate"
            not in browser.get(path).content.decode().partition("<main")[2].partition("</main>")[0]
        )
    program = Client(headers=make.bearer(Scope.REVIEW, user=desk.reviewer))
    for path in (page_of(case), f"/signals/{cited_id(case)}/translate/"):
        assert browser.post(path).status_code == 404
    for path in (f"cases/{case.ref}/signals/{cited_id(case)}", f"signals/{cited_id(case)}"):
        assert program.post(f"/api/v1/{path}/translation/").status_code == 404
    with pytest.raises(NotFoundError):
        translate_signal(actor=desk.reviewer, signal_id=cited_id(case))


def test_a_press_translates_the_whole_text_and_the_chain_knows_who_asked(
    desk: world.Desk, case: Case, service: Translator
) -> None:
    signal = Signal.objects.get(pk=cited_id(case))
    browser = browser_of(desk.reviewer)
    shown = browser.get(f"/cases/{case.ref}/?tab=evidence").content.decode()
    assert f'action="{page_of(case)}"' in shown
    assert service.asked == []
    answer = browser.post(page_of(case), headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert service.asked == [{"text": signal.text, "target": "en"}]
    page = answer.content.decode()
    assert "in other words:" in page
    assert "<html" not in page
    assert "<html" in browser.post(page_of(case)).content.decode()  # without scripts: a page
    first = asked()[0]
    assert (first.actor, first.target_type, first.target_id) == (
        desk.reviewer, "case", str(case.pk),
    )  # fmt: skip
    assert first.data == {"signal": signal.pk, "language": "en"}
    # as a look: it changes nothing that others work on
    assert all(one.verb != Verb.TEXT_TRANSLATED for one in timeline_of(case, desk.lead))


@pytest.mark.row(106)
def test_what_the_service_answers_is_shown_as_harmlessly_as_evidence(
    desk: world.Desk, case: Case, service: Translator
) -> None:
    service.said = HOSTILE
    page = browser_of(desk.reviewer).post(page_of(case)).content.decode()
    inside = page.partition('<div class="translated">')[2].partition("</div>")[0]
    assert "<script" not in inside
    assert "<a" not in inside
    assert "hxxps://evil[.]example/a" in inside
    assert "\u202e" not in inside
    assert "RLO" in inside


def test_nothing_of_an_answer_is_stored(desk: world.Desk, case: Case, service: Translator) -> None:
    service.said = "a very peculiar translation"
    assert browser_of(desk.reviewer).post(page_of(case)).status_code == 200
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema ="
            " 'public' AND data_type IN ('text', 'character varying', 'jsonb', 'json')"
        )
        for table, column in cursor.fetchall():
            cursor.execute(
                f'SELECT count(*) FROM "{table}" WHERE "{column}"::text LIKE %s',
                ["%peculiar%"],
            )
            assert cursor.fetchone() == (0,), (table, column)


def test_covered_words_stay_in_the_house_until_somebody_peeked_at_them(
    desk: world.Desk, case: Case, service: Translator
) -> None:
    case = covered(desk, case)
    browser = browser_of(desk.reviewer)
    answer = browser.post(page_of(case), headers={"HX-Request": "true"})
    assert answer.status_code == 409
    assert "Peek at it first" in answer.content.decode()
    assert (service.asked, asked()) == ([], [])
    peek(actor=desk.lead, case=case, signal_id=cited_id(case))
    assert browser.post(page_of(case)).status_code == 409  # somebody else did
    peek(actor=desk.reviewer, case=case, signal_id=cited_id(case))
    assert browser.post(page_of(case)).status_code == 200
    with pytest.raises(ConflictError):
        translate_signal(actor=desk.reviewer, signal_id=cited_id(case))  # not on that page
    peek_signal(actor=desk.reviewer, signal_id=cited_id(case))
    said = translate_signal(actor=desk.reviewer, signal_id=cited_id(case))
    assert said.text.startswith("in other words:")


def test_who_covers_nothing_needs_no_peek(
    desk: world.Desk, case: Case, service: Translator
) -> None:
    build.policy("rude", actor=desk.admin, harm=Severity.HIGH)
    case = label_case(actor=desk.lead, case=case, labels=["rude"])
    assert browser_of(desk.reviewer).post(page_of(case)).status_code == 409
    save_own_masks(actor=desk.reviewer, modes={"rude": Masking.OFF})
    assert browser_of(desk.reviewer).post(page_of(case)).status_code == 200


@pytest.mark.parametrize(
    ("status", "answer", "said"),
    [
        (503, b"{}", "answered with status 503"),
        (302, b"{}", "answered with status 302"),
        (200, b"<html>", "not the JSON that was agreed"),
        (200, b"", "not the JSON that was agreed"),
        (200, b'{"text": 7}', "not the JSON that was agreed"),
        (200, b'{"source": "de"}', "not the JSON that was agreed"),
        (200, b"\xff\xfe", "not the JSON that was agreed"),
        (200, b"[" * 100_000, "not the JSON that was agreed"),
        (200, b'{"text": "' + b"a" * 600_000 + b'"}', "larger than 512 KiB"),
    ],
)
def test_what_failed_is_said_where_the_words_would_stand(
    desk: world.Desk, case: Case, service: Translator, status: int, answer: bytes, said: str
) -> None:
    service.status, service.answer = status, answer
    shown = browser_of(desk.reviewer).post(page_of(case), headers={"HX-Request": "true"})
    assert shown.status_code == 502
    assert said in shown.content.decode()
    assert len(asked()) == 1  # the text was out of the house


def test_a_service_that_does_not_answer_is_given_up(
    desk: world.Desk, case: Case, service: Translator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(translating, "TIMEOUT_S", 0.2)
    service.delay_s = 1.0
    with pytest.raises(GatewayError, match="did not answer"):
        translate_evidence(actor=desk.reviewer, case=case, signal_id=cited_id(case))


@pytest.mark.row(84)
def test_a_private_address_is_asked_only_where_the_operator_allowed_it(
    desk: world.Desk, case: Case, service: Translator, settings: Settings
) -> None:
    settings.OUTBOUND_ALLOW = ()
    shown = browser_of(desk.reviewer).post(page_of(case))
    assert shown.status_code == 502
    assert "not a public address" in shown.content.decode()
    assert service.asked == []


def test_who_may_not_see_the_case_has_nothing_translated(
    desk: world.Desk, case: Case, service: Translator
) -> None:
    assert Client().post(page_of(case)).status_code == 401
    assert browser_of(desk.partner).post(page_of(case)).status_code == 404
    assert browser_of(cast.outsider()).post(page_of(case)).status_code == 401
    assert browser_of(desk.reviewer).get(page_of(case)).status_code == 405
    assert service.asked == []
    for person in (desk.reviewer, desk.lead, desk.admin):
        assert browser_of(person).post(page_of(case)).status_code == 200


def test_the_same_over_rest(desk: world.Desk, case: Case, service: Translator) -> None:
    path = f"/api/v1/cases/{case.ref}/signals/{cited_id(case)}/translation/"
    program = Client(headers=make.bearer(Scope.REVIEW, user=desk.reviewer))
    said = program.post(path).json()
    assert (said["language"], said["target"]) == ("de", "en")
    assert said["text"].startswith("in other words:")
    assert program.post(f"/api/v1/signals/{cited_id(case)}/translation/").status_code == 200
    service.status = 500
    program.raise_request_exception = False  # 5xx are reported as faults, too
    answer = program.post(path)
    assert answer.status_code == 502
    assert answer.json()["type"] == "server_error"
    assert "status 500" in answer.json()["errors"][0]["detail"]
    reader = Client(headers=make.bearer(Scope.READ, user=desk.reviewer))
    assert reader.post(path).status_code == 403
    partner = Client(headers=make.bearer(Scope.REVIEW, user=desk.partner))
    assert partner.post(path).status_code == 404
