"""Opinions of what others shared: told by a person to the desk it came from, and taken back."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from stix2 import parse

from abusedesk.core import outbound
from abusedesk.core.audit import Verb
from abusedesk.core.errors import ConflictError, ForbiddenError, InvalidError
from abusedesk.core.models import AuditEntry
from abusedesk.core.outbound import OutboundError, Reply
from cases.models import Feed, ImportedObject, PartnerOutcome
from cases.selectors.feed import outcomes_of
from cases.services.feed import FeedText, save_feed
from cases.services.opinion import give_opinion
from cases.services.outcome import receive_outcomes
from tests.sharing import desk
from tests.sharing.desk import Sharing

INBOX = "https://harbour.example/taxii2/ring/collections/inbox/objects/"


@pytest.fixture
def on(db: None) -> Sharing:
    return desk.desk()


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, list[dict[str, Any]]]]:
    """What the other desk is told, and where."""
    told: list[tuple[str, list[dict[str, Any]]]] = []

    def post(url: str, body: bytes, **_: Any) -> Reply:
        told.append((url, json.loads(body)["objects"]))
        return Reply(202, b"{}")

    monkeypatch.setattr(outbound, "post_json", post)
    return told


def _came(on: Sharing, body: dict[str, Any], **said: Any) -> ImportedObject:
    """An object as the feed of another desk brought it."""
    text = FeedText(
        title="Harbour", url="https://harbour.example/taxii2/ring/collections/1/", secret="x",
        desk_url="https://harbour.example", circle="ring",
    )  # fmt: skip
    feed = Feed.objects.first() or save_feed(actor=on.admin, slug="harbour", said=text)
    return ImportedObject.objects.create(
        **{"source": feed.slug, "feed": feed, "stix_id": body["id"], "type": body["type"],
           "tlp": "amber", "body": body, **said}
    )  # fmt: skip


def _campaign(on: Sharing) -> tuple[Any, dict[str, Any]]:
    """A share of this desk, and its campaign as a partner has it."""
    share = desk.shared(on)
    row = share.renditions.get().let_out.get(type="campaign")
    return share, json.loads(row.body)


@pytest.mark.row(65)
def test_an_opinion_reaches_who_shared_and_a_later_one_takes_its_place(
    on: Sharing, sent: list[Any]
) -> None:
    share, body = _campaign(on)
    row = _came(on, body)
    for word in ("disagree", "strongly-agree"):
        row = give_opinion(actor=on.lead, imported=row, opinion=word)
    assert [url for url, _ in sent] == [INBOX, INBOX]
    (maker, first), (_, second) = (objects for _, objects in sent)
    assert (first["id"], first["created"]) == (second["id"], second["created"])
    assert second["modified"] > first["modified"]
    assert (first["opinion"], second["opinion"]) == ("disagree", "strongly-agree")
    assert first["object_marking_refs"] == body["object_marking_refs"]
    assert (maker["type"], first["created_by_ref"]) == ("identity", maker["id"])
    assert not {"authors", "explanation"} & set(second), "neither who said it nor why"
    parse(json.dumps(second), allow_custom=False)

    north = on.partners[0]
    for _, objects in sent:
        receive_outcomes(actor=on.admin, partner=north, objects=objects[1:])
    (heard,) = outcomes_of(share, on.reviewer)
    assert (heard.partner, heard.kind, heard.times) == ("Cert-North", "agree", 1)
    entry = AuditEntry.objects.filter(verb=Verb.OPINION_GIVEN).latest("pk")
    assert (entry.data["slug"], entry.data["what"]) == ("harbour", "strongly agree")


def test_what_was_said_can_be_taken_back(on: Sharing, sent: list[Any]) -> None:
    share, body = _campaign(on)
    row = give_opinion(actor=on.lead, imported=_came(on, body), opinion="agree")
    with pytest.raises(ConflictError, match="said already"):
        give_opinion(actor=on.lead, imported=row, opinion="agree")
    row = give_opinion(actor=on.lead, imported=row, opinion="")
    with pytest.raises(ConflictError, match="Nothing was said"):
        give_opinion(actor=on.lead, imported=row, opinion="")
    for _, objects in sent:
        receive_outcomes(actor=on.admin, partner=on.partners[0], objects=objects[1:])
    assert (outcomes_of(share, on.reviewer), PartnerOutcome.objects.count()) == ([], 0)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"pap": "red"}, "PAP:RED"),
        ({"revoked": True}, "took it back"),
        ({"type": "identity"}, "Nobody has an opinion"),
        ({"feed": None}, "no desk to tell"),
    ],
)
def test_nothing_is_said_where_nothing_may_be(
    on: Sharing, sent: list[Any], said: dict[str, Any], why: str
) -> None:
    _, body = _campaign(on)
    row = _came(on, body, **said)
    with pytest.raises(ConflictError, match=why):
        give_opinion(actor=on.lead, imported=row, opinion="agree")
    with pytest.raises(InvalidError) as wrong:
        give_opinion(actor=on.lead, imported=row, opinion="<b>")
    assert wrong.value.field == "opinion"
    with pytest.raises(ForbiddenError):
        give_opinion(actor=on.reviewer, imported=row, opinion="agree")
    assert sent == []


def test_what_did_not_arrive_was_not_said(on: Sharing, monkeypatch: pytest.MonkeyPatch) -> None:
    _, body = _campaign(on)
    row = _came(on, body)
    monkeypatch.setattr(outbound, "post_json", lambda *_, **__: Reply(503, b""))
    with pytest.raises(OutboundError, match="503"):
        give_opinion(actor=on.lead, imported=row, opinion="agree")
    Feed.objects.update(circle="")
    with pytest.raises(ConflictError, match="which circle"):
        give_opinion(actor=on.lead, imported=row, opinion="agree")
    row.refresh_from_db()
    assert (row.opinion, row.opined_at) == ("", None)


def test_it_is_told_from_the_page_and_over_rest(on: Sharing, sent: list[Any]) -> None:
    _, body = _campaign(on)
    row = _came(on, body)
    path, browser, other = f"/sharing/imported/{row.pk}/", Client(), Client()
    browser.force_login(on.lead)
    other.force_login(on.reviewer)
    assert "Tell its desk" in browser.get(path).content.decode()
    assert "Tell its desk" not in other.get(path).content.decode()
    page = browser.post(f"{path}opinion/", {"opinion": "disagree"}, follow=True).content.decode()
    assert "its desk was told: disagree" in page
    assert "its desk was told: disagree" in other.get(path).content.decode()
    assert other.post(f"{path}opinion/", {"opinion": "agree"}).status_code == 403
    rest = f"/api/v1/sharing/imported/{row.pk}/opinion/"
    told = browser.post(rest, {"opinion": "agree"}, "application/json")
    assert (told.status_code, told.json()["opinion"]) == (200, "agree")
    wrong = browser.post(rest, {"opinion": "fine"}, "application/json")
    assert (wrong.status_code, wrong.json()["errors"][0]["attr"]) == (400, "opinion")
    assert other.post(rest, {"opinion": "agree"}, "application/json").status_code == 403
    assert len(sent) == 2
