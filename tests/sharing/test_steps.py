"""Steps of a share: who may take which in what state, receipts, handing over, and the ledger."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from abusedesk.core import clock
from abusedesk.core.errors import (
    AbuseDeskError,
    ConflictError,
    ForbiddenError,
    InvalidError,
    NotFoundError,
)
from abusedesk.core.models import ApiToken, AuditEntry, Role, User
from cases.choices import ShareState, WayOut
from cases.models import (
    Case,
    Circle,
    Handover,
    Partner,
    Share,
    SharedNote,
    SharedObject,
    ShareTarget,
)
from cases.selectors.ledger import handovers_by_subject, handovers_for
from cases.selectors.partner import partner_by_slug
from cases.selectors.share import (
    changes_for,
    receivers_of,
    rendition_by_partner,
    renditions_of,
    share_by_id,
    shared_notes_of,
    shares_for,
    shares_of,
)
from cases.services.handover import FILES, hand_over
from cases.services.ledger import export_ledger, search_ledger
from cases.services.partner import issue_partner_token
from cases.services.recall import Receipt, acknowledge_recall, recall_share, record_answer
from cases.services.share import approve_share, ask_approval, change_share, refuse_share
from cases.services.shared_note import add_shared_note
from tests.cases import build
from tests.sharing import desk
from tests.sharing.desk import Sharing

pytestmark = pytest.mark.django_db
API = "/api/v1/sharing/"
EVIL = "<script>alert(1)</script>\u202egnp.exe"


@pytest.fixture
def on() -> Sharing:
    return desk.desk()


def _at(person: User) -> Client:
    browser = Client()
    browser.force_login(person)
    return browser


def _post(person: User, path: str, said: dict[str, Any]) -> Any:
    return _at(person).post(f"{API}{path}", said, content_type="application/json")


STATES: dict[str, Callable[[Sharing], Share]] = {
    "draft": desk.drafted,
    "waiting": desk.asked,
    "shared": desk.shared,
    "recalled": lambda on: recall_share(actor=on.lead, share=desk.shared(on), reason="wrong"),
}
STEPS: dict[str, Callable[[Sharing, Share], object]] = {
    "change": lambda on, share: change_share(
        actor=on.reviewer, share=share, said=desk.said(on, title="New")
    ),
    "ask": lambda on, share: ask_approval(actor=on.reviewer, share=share),
    "refuse": lambda on, share: refuse_share(actor=on.lead, share=share, reason="no"),
    "approve": lambda on, share: approve_share(actor=on.lead, share=share, digest=share.digest),
    "recall": lambda on, share: recall_share(actor=on.lead, share=share, reason="wrong"),
    "bundle": lambda on, share: hand_over(
        actor=on.lead, share=share, partner=on.partners[0], way=WayOut.BUNDLE
    ),
    "recall file": lambda on, share: hand_over(
        actor=on.lead, share=share, partner=on.partners[0], way=WayOut.RECALL
    ),
}
# Step -> states in which it can be taken.
ALLOWED = {
    "change": {"draft", "waiting", "shared"},
    "ask": {"draft"},
    "refuse": {"waiting"},
    "approve": {"waiting"},
    "recall": {"shared"},
    "bundle": {"shared"},
    "recall file": {"recalled"},
}


@pytest.mark.parametrize("state", STATES)
def test_each_step_is_taken_in_its_states_and_is_a_conflict_in_the_others(
    on: Sharing, state: str
) -> None:
    share = STATES[state](on)
    for name, step in STEPS.items():
        if state in ALLOWED[name]:
            continue
        before = AuditEntry.objects.count()
        with pytest.raises(ConflictError):
            step(on, share)
        share.refresh_from_db()
        assert share.state == state, name
        assert AuditEntry.objects.count() == before, "nothing is written of what was not done"
    assert not Handover.objects.exists()


@pytest.mark.parametrize(
    ("state", "step"),
    [(state, step) for step, states in ALLOWED.items() for state in sorted(states)],
)
def test_a_step_that_may_be_taken_is_audited_on_the_case(
    on: Sharing, state: str, step: str
) -> None:
    share = STATES[state](on)
    before = build.verbs(on.case)
    STEPS[step](on, share)
    new = build.verbs(on.case)[len(before) :]
    wanted = {
        "change": "share.written", "ask": "share.asked", "refuse": "share.refused",
        "approve": "share.approved", "recall": "share.recalled",
    }.get(step, "share.handed_over")  # fmt: skip
    assert new == [wanted]


def test_a_digest_that_is_not_the_one_of_the_preview_lets_nothing_out(on: Sharing) -> None:
    share = desk.asked(on)
    for digest in ("", "0" * 64, share.digest.upper(), share.digest[:-1], share.digest + "0"):
        with pytest.raises(ConflictError, match="changed since this preview"):
            approve_share(actor=on.lead, share=share, digest=digest)
    share.refresh_from_db()
    assert (share.state, share.live) == (ShareState.WAITING, 0)
    assert not SharedObject.objects.exists()


@pytest.mark.parametrize("reason", ["", "  ", "\x00", "x" * 501])
def test_a_refusal_and_a_recall_say_why(on: Sharing, reason: str) -> None:
    share = desk.asked(on)
    with pytest.raises(InvalidError) as refused:
        refuse_share(actor=on.lead, share=share, reason=reason)
    approve_share(actor=on.lead, share=share, digest=share.digest)
    with pytest.raises(InvalidError) as recalled:
        recall_share(actor=on.lead, share=share, reason=reason)
    assert (refused.value.field, recalled.value.field) == ("reason", "reason")
    share.refresh_from_db()
    assert share.state == ShareState.SHARED


@pytest.mark.parametrize("role", [Role.INTEGRATION, Role.PARTNER])
def test_who_works_on_no_cases_takes_no_step_and_reads_nothing(on: Sharing, role: Role) -> None:
    share, person = desk.shared(on), build.user(role, "someone")
    refused: list[Callable[[], object]] = [
        lambda: change_share(actor=person, share=share, said=desk.said(on)),
        lambda: ask_approval(actor=person, share=share),
        lambda: recall_share(actor=person, share=share, reason="x"),
        lambda: hand_over(actor=person, share=share, partner=on.partners[0], way=WayOut.BUNDLE),
        lambda: add_shared_note(actor=person, case=on.case, body="x", tlp="clear"),
        lambda: search_ledger(actor=person, type="email", value=desk.MAIL),
        lambda: export_ledger(actor=person, rows=1),
        lambda: record_answer(actor=person, target=share.targets.all()[0], answer="refused"),
    ]
    for attempt in refused:
        with pytest.raises((ForbiddenError, NotFoundError)):
            attempt()
    row = share.renditions.get()
    assert not shares_for(person).exists()
    assert not shares_of(on.case, person).exists()
    assert not shared_notes_of(on.case, person).exists()
    assert not renditions_of(share, person).exists()
    assert receivers_of(share, person) == []
    assert changes_for(row, person) == []
    assert not handovers_for(person).exists()
    for read in (
        lambda: share_by_id(share.pk, person),
        lambda: rendition_by_partner(share, on.partners[0], person),
    ):
        with pytest.raises(NotFoundError):
            read()


def test_a_case_that_was_merged_into_another_is_shared_by_that_one(on: Sharing) -> None:
    _, other = build.opened(members=build.accounts(3, first=50))
    Case.objects.filter(pk=on.case.pk).update(merged_into=other)
    on.case.refresh_from_db()
    with pytest.raises(ConflictError, match=f"{on.case.ref} is part of another case"):
        desk.drafted(on)


def test_after_a_recall_the_case_is_shared_anew_with_other_ids(on: Sharing) -> None:
    first = STATES["recalled"](on)
    second = desk.shared(on)
    assert second.pk != first.pk
    own = [
        {one["id"] for one in json.loads(row.bundle)["objects"] if one["type"] == "campaign"}
        for row in (first.renditions.get(), second.renditions.get())
    ]
    assert own[0].isdisjoint(own[1])


@pytest.mark.parametrize("body", ["", " ", "\x00", "x" * 5_001])
def test_a_note_for_partners_has_a_text_within_its_limit(on: Sharing, body: str) -> None:
    before = SharedNote.objects.count()
    with pytest.raises(InvalidError) as refused:
        add_shared_note(actor=on.reviewer, case=on.case, body=body, tlp="green")
    assert refused.value.field == "body"
    with pytest.raises(InvalidError) as refused:
        add_shared_note(actor=on.reviewer, case=on.case, body="x", tlp="AMBER")
    assert refused.value.field == "tlp"
    assert SharedNote.objects.count() == before


@pytest.mark.parametrize("way", FILES)
def test_a_file_has_a_name_that_says_what_it_is_and_its_line_in_the_ledger(
    on: Sharing, way: WayOut
) -> None:
    share = STATES["recalled" if way == WayOut.RECALL else "shared"](on)
    file = hand_over(actor=on.lead, share=share, partner=on.partners[1], way=way)
    assert file.name == f"share-{share.pk}-r1-bank-south{FILES[way][0]}"
    row = Handover.objects.get()
    assert (row.way, row.size, row.revision) == (way, len(file.body), 1)
    assert row.partner == on.partners[1]
    entry = AuditEntry.objects.filter(verb="share.handed_over").latest("pk")
    assert entry.data["sha256"] == row.sha256
    target = ShareTarget.objects.get(share=share, partner=on.partners[1])
    assert (target.reached_at is None) == (way == WayOut.RECALL)
    assert (target.told_at is None) == (way != WayOut.RECALL)


def test_the_first_time_counts_as_delivered_and_every_time_is_in_the_ledger(on: Sharing) -> None:
    share = desk.shared(on)
    target = ShareTarget.objects.get(share=share, partner=on.partners[0])
    times = []
    for way in (WayOut.BUNDLE, WayOut.BUNDLE, WayOut.TABLE):
        hand_over(actor=on.lead, share=share, partner=on.partners[0], way=way)
        target.refresh_from_db()
        times.append(target.reached_at)
    assert times[0] is not None
    assert len(set(times)) == 1
    assert [one.way for one in handovers_for(on.lead)] == ["table", "bundle", "bundle"]


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"answer": ""}, "answer"),
        ({"answer": "maybe"}, "answer"),
        ({"answer": "refused", "disabled": -1}, "disabled"),
        ({"answer": "refused", "disabled": 2**31}, "disabled"),
        ({"answer": "refused", "note": "x" * 301}, "note"),
    ],
)
def test_an_answer_to_a_recall_that_cannot_be_is_refused_by_field(
    on: Sharing, said: dict[str, Any], field: str
) -> None:
    share = STATES["recalled"](on)
    target = ShareTarget.objects.select_related("share__case").filter(share=share)[0]
    with pytest.raises(InvalidError) as refused:
        record_answer(actor=on.lead, target=target, **said)
    assert refused.value.field == field
    answer = _post(on.lead, f"shares/{share.pk}/for/cert-north/answer/", said)
    assert answer.status_code == 400
    assert field in answer.content.decode()
    target.refresh_from_db()
    assert (target.answer, target.answered_at) == ("", None)


def test_a_partner_answers_for_itself_alone_and_only_to_a_recall(on: Sharing) -> None:
    share = desk.shared(on, partners=["cert-north"])
    for row in on.partners[:2]:
        issue_partner_token(actor=on.admin, partner=row, name="x", days=9)
    north, south = (partner_by_slug(one.slug, on.lead).user for one in on.partners[:2])
    assert north is not None
    assert south is not None

    def answers(person: User, share_id: int) -> str:
        try:
            told = Receipt("acknowledged", share=share_id, disabled=2, note=EVIL)
            acknowledge_recall(actor=person, said=told)
        except AbuseDeskError as refused:
            return type(refused).__name__
        return "kept"

    assert answers(on.lead, share.pk) == "ForbiddenError"
    assert answers(south, share.pk) == answers(south, 999_999) == "InvalidError"
    assert answers(north, share.pk) == "ConflictError", "it was not recalled"
    recall_share(actor=on.lead, share=share, reason="wrong")
    assert answers(south, share.pk) == "InvalidError"
    assert answers(north, share.pk) == answers(north, share.pk) == "kept"
    target = ShareTarget.objects.get(share=share, partner=on.partners[0])
    assert (target.recall_state, target.disabled) == ("acknowledged", 2)
    page = _at(on.lead).get(f"/sharing/shares/{share.pk}/").content.decode()
    assert "<script>alert(1)" not in page


def test_a_later_answer_takes_the_place_of_the_earlier_one(on: Sharing) -> None:
    share = STATES["recalled"](on)
    target = ShareTarget.objects.select_related("share__case").filter(share=share)[0]
    record_answer(actor=on.lead, target=target, answer="acknowledged", disabled=3, note="by mail")
    record_answer(actor=on.lead, target=target, answer="refused")
    target.refresh_from_db()
    assert (target.answer, target.disabled, target.answer_note) == ("refused", None, "")
    kept = AuditEntry.objects.filter(verb="share.receipt").order_by("pk")
    assert [one.data["answer"] for one in kept] == ["acknowledged", "refused"]


@pytest.mark.parametrize(
    ("type", "value", "found"),
    [
        ("email", "eve.mule@mail.example", True),
        ("email", "  EVE.MULE@mail.example ", True),
        ("email", "eve.mule[at]mail[.]example", True),
        ("domain", "refund-desk[.]example", True),
        ("domain", "REFUND-DESK.example.", True),
        ("ip", "198.51.100.77", True),
        ("ip", "198.51.100.78", False),
        ("domain", "other-desk.example", False),
        ("email", "mule@mail.example", False),
        ("email", "\x00", False),
        ("domain", "%", False),
        ("domain", "' or 1=1 --", False),
    ],
)
def test_the_ledger_is_asked_in_any_spelling_and_answers_for_that_value_alone(
    on: Sharing, type: str, value: str, found: bool
) -> None:
    share = desk.shared(on)
    hand_over(actor=on.lead, share=share, partner=on.partners[0], way=WayOut.BUNDLE)
    told = handovers_by_subject(type, value, on.lead)
    assert bool(told) is found
    assert handovers_by_subject(type, value, on.reviewer) == []
    answer = _at(on.lead).get(f"{API}ledger/", {"type": type, "value": value})
    assert answer.status_code == 200
    assert len(answer.json()["results"]) == len(told)


def test_the_ledger_tells_of_what_left_and_not_of_what_was_only_prepared(on: Sharing) -> None:
    share = desk.shared(on)
    assert handovers_by_subject("email", desk.MAIL, on.lead) == []
    hand_over(actor=on.lead, share=share, partner=on.partners[0], way=WayOut.BUNDLE)
    (line,) = handovers_by_subject("email", desk.MAIL, on.lead)
    assert line.handover.partner == on.partners[0]
    assert [how for _, how in line.objects] == ["hmac"]


def test_who_asks_the_ledger_is_kept_without_the_value_and_who_may_not_is_told(
    on: Sharing,
) -> None:
    for person, status in ((on.lead, 200), (on.admin, 200)):
        asked = {"type": "email", "value": desk.MAIL}
        assert _at(person).get(f"{API}ledger/", asked).status_code == status
    kept = list(AuditEntry.objects.filter(verb="ledger.searched"))
    assert {one.actor_id for one in kept} == {on.lead.pk, on.admin.pk}
    assert desk.MAIL not in str([one.data for one in kept])
    with pytest.raises(ForbiddenError):
        search_ledger(actor=on.reviewer, type="email", value=desk.MAIL)
    assert AuditEntry.objects.filter(verb="ledger.searched").count() == 2


def test_pages_of_shares_and_of_the_ledger_give_each_line_once(on: Sharing) -> None:
    share = desk.shared(on)
    for _ in range(7):
        hand_over(actor=on.lead, share=share, partner=on.partners[0], way=WayOut.TABLE)
    lead, found, path = _at(on.lead), [], f"{API}ledger/?limit=3"
    while path:
        page = lead.get(path).json()
        found += [one["id"] for one in page["results"]]
        path = page["next"]
    assert found == sorted(found, reverse=True)
    assert len(found) == len(set(found)) == 7


@pytest.mark.parametrize("state", ["", *ShareState.values, "gone", "\x00"])
def test_shares_are_listed_by_state_and_an_unknown_state_is_named(on: Sharing, state: str) -> None:
    desk.asked(on)
    answer = _at(on.reviewer).get(f"{API}shares/", {"state": state})
    if state and state not in ShareState.values:
        assert answer.status_code == 422
        assert "draft, waiting, shared, recalled" in answer.content.decode()
        return
    assert len(answer.json()["results"]) == (state in ("", "waiting"))


@pytest.mark.parametrize(
    ("path", "said", "field"),
    [
        ("partners/", {"slug": "x"}, "title"),
        ("partners/", {"slug": "x y", "title": "X"}, "slug"),
        ("partners/", {"slug": "x", "title": "X", "types": ["soul"]}, "types"),
        ("partners/", {"slug": "x", "title": "X", "tlp_cap": "red"}, "tlp_cap"),
        ("partners/", {"slug": "x", "title": "X", "retention_days": 0}, "retention_days"),
        ("partners/", {"slug": "x", "title": "X", "ends_on": "soon"}, "ends_on"),
        ("partners/cert-north/tokens/", {"name": "x", "days": 366}, "days"),
        ("partners/cert-north/tokens/", {"days": 1}, "name"),
        ("circles/", {"slug": "x", "members": []}, "title"),
        ("circles/", {"slug": "x", "title": "X"}, "members"),
        ("circles/", {"slug": "x", "title": "X", "members": ["nobody"]}, "members"),
        ("circles/", {"slug": "x", "title": "X", "members": "cert-north"}, "members"),
    ],
)
def test_a_request_that_cannot_be_is_answered_with_the_name_of_the_field(
    on: Sharing, path: str, said: dict[str, Any], field: str
) -> None:
    answer = _post(on.admin, path, said)
    assert answer.status_code in (400, 422)
    assert field in json.dumps(answer.json())
    assert Partner.objects.count() == 3
    assert Circle.objects.count() == 1
    assert not ApiToken.objects.exists()


def test_what_differs_from_the_revision_before_is_told_line_by_line(on: Sharing) -> None:
    share = desk.shared(on)
    first = share.renditions.get()
    assert changes_for(first, on.reviewer) == [], "there is nothing before it"
    change_share(actor=on.reviewer, share=share, said=desk.said(on, title="Refund scam, winter"))
    share.refresh_from_db()
    lines = changes_for(renditions_of(share, on.reviewer).get(), on.reviewer)
    gone = [one for one in lines if one.startswith("-") and "autumn" in one]
    new = [one for one in lines if one.startswith("+") and "winter" in one]
    assert len(gone) == len(new) > 0
    assert not any("winter" in one for one in lines if one.startswith("-"))


def test_hostile_words_of_an_author_leave_as_text_in_every_format(on: Sharing) -> None:
    formula = '=HYPERLINK("http://x.example","y")'
    share = desk.shared(on, title=formula, summary=EVIL)
    bundle, table = (
        hand_over(actor=on.lead, share=share, partner=on.partners[0], way=way).body
        for way in (WayOut.BUNDLE, WayOut.TABLE)
    )
    assert bundle.isascii()
    names = {one.get("description") for one in json.loads(bundle)["objects"]}
    assert EVIL in names
    cells = [cell for row in csv.reader(io.StringIO(table.decode())) for cell in row]
    assert not any(cell.startswith(("=", "+", "@", "-")) for cell in cells)
    page = _at(on.lead).get(f"/sharing/shares/{share.pk}/for/cert-north/").content.decode()
    assert "<script>alert(1)" not in page


def test_a_share_that_ends_is_handed_over_until_then_and_not_after(on: Sharing) -> None:
    share = desk.shared(on)
    Share.objects.filter(pk=share.pk).update(valid_until=clock.now() + timedelta(minutes=5))
    STEPS["bundle"](on, share)
    Share.objects.filter(pk=share.pk).update(valid_until=clock.now())
    with pytest.raises(ConflictError, match="Its time is over"):
        STEPS["bundle"](on, share)


def test_a_partner_outside_the_share_is_told_apart_from_one_that_was_left_out(on: Sharing) -> None:
    share = desk.shared(on, partners=["cert-north", "bank-south"])
    row = change_share(actor=on.reviewer, share=share, said=desk.said(on, partners=["cert-north"]))
    ask_approval(actor=on.reviewer, share=row)
    approve_share(actor=on.lead, share=row, digest=row.digest)
    for partner, words in ((2, "Host-West is not named in this share"), (1, "named in what is")):
        with pytest.raises(ConflictError, match=words):
            hand_over(actor=on.lead, share=row, partner=on.partners[partner], way=WayOut.BUNDLE)
    assert not Handover.objects.exists()
