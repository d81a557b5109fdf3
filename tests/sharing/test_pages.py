"""Pages and REST of sharing: what people see, what is refused, what hostile input looks like."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import Any

import pytest
from django.test import Client

from abusedesk.core import clock
from abusedesk.core.models import AuditEntry, Role, Scope, User
from abusedesk.core.text import visible
from cases.choices import ReviewWhy, ShareState, WayOut
from cases.models import Circle, Handover, Partner, SecondReview, Share, SharedNote
from cases.services.handover import hand_over
from cases.services.partner import issue_partner_token
from cases.services.recall import recall_share
from tests import make
from tests.cases import build
from tests.sharing import desk
from tests.sharing.desk import Sharing

pytestmark = pytest.mark.django_db
TYPED = re.compile(r"<input [^>]*>|<textarea.*?</textarea>", re.DOTALL)
"""What somebody typed stands in a form as it is."""
EVIL = "<script>alert(1)</script>\u202egnp.exe"


@pytest.fixture
def on() -> Sharing:
    return desk.desk()


def _at(person: User) -> Client:
    browser = Client()
    browser.force_login(person)
    return browser


def _page(person: User, path: str) -> str:
    answer = _at(person).get(path)
    assert answer.status_code == 200, path
    return answer.content.decode()


def _form(on: Sharing, **changes: Any) -> dict[str, Any]:
    base = {
        "title": "Refund scam, autumn",
        "summary": "A crew.",
        "tlp": "amber",
        "pap": "amber",
        "purpose": "stop scams",
        "valid_until": str(clock.now().date().replace(year=clock.now().year + 1)),
        "partners": [one.slug for one in on.partners],
    }
    return base | changes


def test_a_case_is_shared_from_its_page_to_the_delivery(on: Sharing) -> None:
    author, lead = _at(on.reviewer), _at(on.lead)
    assert f"/cases/{on.case.ref}/share/" in _page(on.reviewer, f"/cases/{on.case.ref}/")
    path = f"/cases/{on.case.ref}/share/"
    assert "?circle=ring" in _page(on.reviewer, path)
    answer = author.post(f"{path}?circle=ring", _form(on))
    share = Share.objects.get()
    assert answer["Location"] == f"/sharing/shares/{share.pk}/"
    page = _page(on.reviewer, answer["Location"])
    assert "3 get it" in page
    assert "Ask for approval" in page
    assert "Approve these bytes" not in page
    author.post(f"/sharing/shares/{share.pk}/do/", {"do": "ask"})
    preview = _page(on.lead, f"/sharing/shares/{share.pk}/for/cert-north/")
    for word in ("personal-hmac", "note-tlp", "attack-value", "hmac:ring-1:", "SHA-256"):
        assert word in preview
    assert "Approve these bytes" in _page(on.lead, f"/sharing/shares/{share.pk}/")
    share.refresh_from_db()
    lead.post(f"/sharing/shares/{share.pk}/do/", {"do": "approve", "digest": share.digest})
    share.refresh_from_db()
    assert share.state == ShareState.SHARED
    file = lead.post(f"/sharing/shares/{share.pk}/for/cert-north/files/bundle/")
    assert file["Content-Disposition"].endswith('-cert-north.json"')
    assert json.loads(file.content)["type"] == "bundle"
    assert Handover.objects.get().way == WayOut.BUNDLE


@pytest.mark.row(62)
def test_the_preview_over_rest_and_the_download_are_the_same_bytes(on: Sharing) -> None:
    share = desk.shared(on)
    lead = _at(on.lead)
    base = f"/api/v1/sharing/shares/{share.pk}/for/bank-south/"
    told = lead.get(base).json()
    file = lead.post(f"{base}files/bundle/")
    assert file.content == told["bundle"].encode()
    assert lead.post(f"{base}files/table/").content == told["table"].encode()
    how = {(one["how"], one["rule"]) for one in told["lines"]}
    assert {("hmac", "personal-hmac"), ("dropped", "note-tlp"), ("sent", "attack-value")} <= how
    page = _page(on.lead, f"/sharing/shares/{share.pk}/for/bank-south/")
    shown = page.split('id="bundle"')[1].split(">", 1)[1].split("</pre>")[0]
    unescaped = shown.replace("&quot;", '"').replace("&#x27;", "'").replace("&amp;", "&")
    assert unescaped.encode() == file.content


def test_the_whole_way_goes_over_rest_as_well(on: Sharing) -> None:
    author, lead = _at(on.reviewer), _at(on.lead)
    said = _form(on, circle="ring", valid_until=clock.now().replace(year=2027).isoformat())
    posted = author.post(
        f"/api/v1/cases/{on.case.ref}/shares/", said, content_type="application/json"
    )
    assert posted.status_code == 201
    share = posted.json()
    path = f"/api/v1/sharing/shares/{share['id']}/"
    assert author.post(f"{path}ask/").json()["state"] == "waiting"
    digest = {"digest": share["digest"]}
    mine = author.post(f"{path}approve/", digest, content_type="application/json")
    assert mine.status_code == 403
    done = lead.post(f"{path}approve/", digest, content_type="application/json").json()
    assert (done["state"], done["live"]) == ("shared", 1)
    why = {"reason": "one is a victim"}
    back = lead.post(f"{path}recall/", why, content_type="application/json").json()
    assert {one["recall"] for one in back["receivers"]} == {"not reached"}
    again = lead.post(f"{path}recall/", why, content_type="application/json")
    assert again.status_code == 409


@pytest.mark.row(97)
def test_conflicts_are_named_on_the_page_and_the_button_is_not_there(on: Sharing) -> None:
    share = desk.drafted(on, summary=f"Write to {desk.MAIL}")
    page = _page(on.reviewer, f"/sharing/shares/{share.pk}/")
    assert "It cannot leave" in page
    assert visible(desk.MAIL) in page
    assert "Ask for approval" not in page
    asked = _at(on.reviewer).post(f"/api/v1/sharing/shares/{share.pk}/ask/")
    assert asked.status_code == 409


def test_a_form_that_cannot_be_used_keeps_what_was_typed(on: Sharing) -> None:
    path = f"/cases/{on.case.ref}/share/?circle=ring"
    answer = _at(on.reviewer).post(path, _form(on, partners=[], purpose="for the port"))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Choose at least one partner." in page
    assert "for the port" in page
    assert not Share.objects.exists()


@pytest.mark.row(109)
def test_the_ledger_is_searched_by_mail_and_exported_as_a_table(on: Sharing) -> None:
    share = desk.shared(on)
    hand_over(actor=on.lead, share=share, partner=on.partners[0], way=WayOut.SIGNED)
    path = f"/sharing/ledger/?type=email&value={desk.MAIL.replace('@', '%40')}"
    page = _page(on.lead, path)
    assert "1 line about it" in page
    assert "hmac" in page
    asked = AuditEntry.objects.filter(verb="ledger.searched").latest("pk")
    assert desk.MAIL not in json.dumps(asked.data), "who searched is kept, not for whom"
    answer = _at(on.lead).post("/sharing/ledger/export/", {"type": "email", "value": desk.MAIL})
    rows = list(csv.DictReader(io.StringIO(answer.content.decode())))
    assert len(rows) == 1
    wanted = {"partner": "cert-north", "revision": "1", "tlp": "amber", "purpose": "stop scams"}
    assert {name: rows[0][name] for name in wanted} == wanted
    told = _at(on.lead).get("/api/v1/sharing/ledger/", {"type": "email", "value": desk.MAIL})
    assert told.json()["results"][0]["objects"][0].startswith("hmac user-account--")
    wrong = _at(on.lead).get("/api/v1/sharing/ledger/", {"type": "soul", "value": "x"})
    assert wrong.status_code == 422


@pytest.mark.row(97)
@pytest.mark.row(109)
def test_a_recall_lists_who_is_not_reached_and_a_partner_answers_with_its_token(
    on: Sharing,
) -> None:
    share = desk.shared(on)
    for partner in on.partners[:2]:
        hand_over(actor=on.lead, share=share, partner=partner, way=WayOut.BUNDLE)
    recall_share(actor=on.lead, share=share, reason="one is a victim")
    page = _page(on.lead, f"/sharing/shares/{share.pk}/")
    told = " ".join(page.split("Not reached yet:")[1].split("</p>")[0].split())
    assert all(one.title in told for one in on.partners)
    assert "never fetched it" in page
    _, plain = issue_partner_token(actor=on.admin, partner=on.partners[0], name="t", days=9)
    door = Client(headers={"Authorization": f"Bearer {plain}"})
    said = {"share": share.pk, "answer": "acknowledged", "disabled": 4}
    path = "/api/v1/sharing/receipts/"
    assert door.post(path, said, content_type="application/json").status_code == 200
    page = _page(on.lead, f"/sharing/shares/{share.pk}/")
    assert "acknowledged" in page
    assert "4 out of use" in page
    other = said | {"share": share.pk + 1}
    assert door.post(path, other, content_type="application/json").status_code == 422
    assert door.get(f"/api/v1/sharing/shares/{share.pk}/").status_code == 403
    assert door.get("/api/v1/cases/").status_code == 403


@pytest.mark.row(64)
def test_the_page_of_a_circle_says_who_gets_what_and_why_not(on: Sharing) -> None:
    Partner.objects.filter(slug="bank-south").update(purpose="")
    Partner.objects.filter(slug="host-west").update(knows_tlp_2=False)
    page = _page(on.reviewer, "/sharing/circles/ring/")
    assert "has no agreement with purpose and legal basis" in page
    assert "knows TLP 1 only" in page
    assert "gets nothing that is TLP:RED" in page
    secret = Circle.objects.get().keys.get().plain.hex()
    assert secret not in page
    told = _at(on.reviewer).get("/api/v1/sharing/circles/ring/").json()
    assert secret not in json.dumps(told)
    south = next(one for one in told["reach"] if one["partner"] == "bank-south")
    assert south["gets"] == []
    Circle.objects.update(community=False)
    assert "a circle that is no community" in _page(on.reviewer, "/sharing/circles/ring/")


def test_only_admins_make_partners_and_circles(on: Sharing) -> None:
    said = {"slug": "new", "title": "New", "tlp_cap": "amber", "retention_days": 30}
    for person, status in ((on.reviewer, 403), (on.lead, 403), (on.admin, 302)):
        assert _at(person).post("/sharing/partners/", said).status_code == status
    taken = _at(on.admin).post("/sharing/partners/", said)
    assert taken.status_code == 422
    assert "There is a partner new already." in taken.content.decode()
    for slug, wrong in (("UPPER case", "slug"), ("two", "tlp_cap")):
        answer = _at(on.admin).post(
            "/api/v1/sharing/partners/",
            said | {"slug": slug, "tlp_cap": "red" if wrong == "tlp_cap" else "amber"},
            content_type="application/json",
        )
        assert answer.status_code in (400, 422)
        assert wrong in {one["attr"] for one in answer.json()["errors"]}


def test_a_token_of_a_partner_is_shown_once_and_opens_no_page(on: Sharing) -> None:
    answer = _at(on.admin).post("/sharing/partners/cert-north/tokens/", {"name": "t", "days": 9})
    page = answer.content.decode()
    plain = page.split("shown this once: <code")[1].split(">")[1].split("<")[0]
    assert plain.startswith("ad_")
    assert plain not in _page(on.admin, "/sharing/partners/cert-north/")
    person = User.objects.get(username="partner-cert-north")
    assert person.role == Role.PARTNER
    assert not person.has_usable_password()
    assert list(person.tokens.get().scopes) == [Scope.SHARE]


def test_a_partner_that_signs_in_sees_nothing_of_what_is_shared(on: Sharing) -> None:
    share = desk.shared(on)
    guest = _at(build.user(Role.PARTNER))
    for path in (
        "/sharing/",
        f"/sharing/shares/{share.pk}/",
        f"/sharing/shares/{share.pk}/for/cert-north/",
        f"/cases/{on.case.ref}/share/",
        "/sharing/partners/",
        "/sharing/circles/ring/",
        "/sharing/ledger/",
    ):
        assert guest.get(path).status_code == 404, path
    token = Client(headers=make.bearer(*Scope, user=build.user(Role.PARTNER)))
    assert token.get("/api/v1/sharing/shares/").json()["results"] == []


def test_what_attackers_write_is_shown_harmlessly(on: Sharing) -> None:
    share = desk.drafted(on, title=EVIL[:100], summary=EVIL, purpose=EVIL)
    Partner.objects.filter(slug="cert-north").update(title=EVIL)
    SharedNote.objects.update(body=EVIL)
    for path in (
        "/sharing/",
        f"/sharing/shares/{share.pk}/",
        f"/sharing/shares/{share.pk}/for/cert-north/",
        f"/cases/{on.case.ref}/share/",
        "/sharing/partners/",
        "/sharing/partners/cert-north/",
        "/sharing/circles/ring/",
    ):
        page = _page(on.admin, path)
        assert "<script>alert" not in page, path
        assert "\u202e" not in TYPED.sub("", page), path


def test_internal_notes_have_no_way_to_a_share(on: Sharing) -> None:
    said = {"body": "Our internal thought about Wolfram."}
    assert _at(on.reviewer).post(f"/cases/{on.case.ref}/notes/", said).status_code == 303
    share = desk.shared(on)
    for row in share.renditions.all():
        assert "Wolfram" not in row.bundle + row.table + json.dumps(row.lines)


def test_a_note_for_partners_is_written_with_its_tlp(on: Sharing) -> None:
    author = _at(on.reviewer)
    path = f"/cases/{on.case.ref}/shared-notes/"
    author.post(path, {"body": "New wave.", "tlp": "green"})
    assert SharedNote.objects.latest("pk").tlp == "green"
    author.post(path, {"body": "", "tlp": "green"})
    assert SharedNote.objects.filter(body="").count() == 0
    told = author.get(f"/api/v1/cases/{on.case.ref}/shared-notes/").json()
    assert [one["body"] for one in told][-1] == "New wave."


def test_a_verdict_that_waits_for_a_blind_second_look_is_not_told_by_a_share(on: Sharing) -> None:
    share = desk.drafted(on)
    other = build.user(Role.REVIEWER)
    assert f"/sharing/shares/{share.pk}/" in _page(other, "/sharing/")
    SecondReview.objects.create(decision=on.case.decisions.get(), why=ReviewWhy.SAMPLE)
    assert f"/sharing/shares/{share.pk}/" not in _page(other, "/sharing/")
    assert _at(other).get(f"/sharing/shares/{share.pk}/").status_code == 404
    assert f"/sharing/shares/{share.pk}/" in _page(on.reviewer, "/sharing/")
