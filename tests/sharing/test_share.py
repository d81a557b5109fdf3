"""A share from draft to delivery: what is approved is what leaves, and nothing else does."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from abusedesk.core import clock
from abusedesk.core.errors import ConflictError, ForbiddenError, InvalidError
from abusedesk.core.models import Role
from cases.choices import ShareState, WayOut
from cases.models import (
    Case,
    CaseCampaign,
    CircleMember,
    Handover,
    Organisation,
    Partner,
    Share,
    ShareTarget,
)
from cases.selectors.ledger import handovers_by_subject
from cases.selectors.share import receivers_of, rendition_by_partner
from cases.services.circle import renew_key
from cases.services.decision import undo_decision
from cases.services.handover import hand_over
from cases.services.recall import recall_share, record_answer
from cases.services.share import (
    approve_share,
    ask_approval,
    change_share,
    draft_share,
    refuse_share,
)
from cases.sharing import leaks, signing
from detectors.models import CampaignMember
from tests.cases import build
from tests.sharing import desk
from tests.sharing.desk import Sharing

pytestmark = pytest.mark.django_db


@pytest.fixture
def on() -> Sharing:
    return desk.desk()


def _hand(on: Sharing, share: Share, way: WayOut, partner: Partner | None = None) -> bytes:
    to = partner or on.partners[0]
    return hand_over(actor=on.lead, share=share, partner=to, way=way).body


def _answer(on: Sharing, share: Share, partner: Partner, said: str, **more: Any) -> None:
    target = ShareTarget.objects.select_related("share__case").get(share=share, partner=partner)
    record_answer(actor=on.lead, target=target, answer=said, **more)


@pytest.mark.row(62)
@pytest.mark.row(97)
def test_what_is_downloaded_are_the_bytes_of_the_preview(on: Sharing) -> None:
    share = desk.asked(on)
    preview = rendition_by_partner(share, on.partners[0], on.lead)
    approve_share(actor=on.lead, share=share, digest=share.digest)
    plain = _hand(on, share, WayOut.BUNDLE)
    assert plain == preview.bundle.encode()
    assert hashlib.sha256(plain).hexdigest() == preview.sha256
    assert _hand(on, share, WayOut.TABLE) == preview.table.encode()
    file = _hand(on, share, WayOut.SIGNED)
    assert base64.b64decode(json.loads(file)["payload"]) == plain
    maker = Organisation.objects.get()
    public = signing.public_of(maker.signing_secret)
    assert signing.opened(file, public) == plain
    assert signing.opened(file.replace(b'"payload": "ew', b'"payload": "eW'), public) is None
    assert json.loads(file)["recipients"] == ["Cert-North"]


@pytest.mark.row(97)
def test_nothing_of_the_red_note_and_the_mail_is_in_any_file(on: Sharing) -> None:
    share = desk.shared(on)
    raw = desk.MAIL.encode()
    hidden = [
        desk.MAIL, "Quillfeather", hashlib.md5(raw).hexdigest(), hashlib.sha1(raw).hexdigest(),
        hashlib.sha256(raw).hexdigest(),
        *(one for one in leaks.marks_of("email", desk.MAIL)),
    ]  # fmt: skip
    for way in (WayOut.BUNDLE, WayOut.TABLE, WayOut.SIGNED):
        for partner in on.partners:
            body = _hand(on, share, way, partner)
            if way == WayOut.SIGNED:
                body += base64.b64decode(json.loads(body)["payload"])
            told = body.decode().casefold()
            assert [one for one in hidden if one.casefold() in told] == []
    assert desk.DOMAIN in _hand(on, share, WayOut.BUNDLE).decode()


@pytest.mark.row(97)
def test_a_conflict_keeps_a_share_from_being_asked_for(on: Sharing) -> None:
    share = desk.drafted(on, summary=f"They write from {desk.MAIL}.")
    assert {one["rule"] for one in share.conflicts} == {"leak", "personal-data"}
    with pytest.raises(ConflictError, match="withheld"):
        ask_approval(actor=on.reviewer, share=share)
    share = change_share(actor=on.reviewer, share=share, said=desk.said(on))
    assert share.conflicts == []
    assert ask_approval(actor=on.reviewer, share=share).state == ShareState.WAITING


def test_who_wrote_it_does_not_approve_it(on: Sharing) -> None:
    share = draft_share(actor=on.lead, case=on.case, circle=on.circle, said=desk.said(on))
    ask_approval(actor=on.lead, share=share)
    with pytest.raises(ForbiddenError, match="second person"):
        approve_share(actor=on.lead, share=share, digest=share.digest)
    approve_share(actor=on.admin, share=share, digest=share.digest)


def test_who_changed_it_does_not_approve_it_either(on: Sharing) -> None:
    share = desk.drafted(on)
    change_share(actor=on.lead, share=share, said=desk.said(on, title="Refund scam"))
    share.refresh_from_db()
    ask_approval(actor=on.lead, share=share)
    with pytest.raises(ForbiddenError):
        approve_share(actor=on.lead, share=share, digest=share.digest)


def test_a_reviewer_neither_approves_nor_hands_over_nor_recalls(on: Sharing) -> None:
    share = desk.asked(on)
    other = build.user(Role.REVIEWER)
    with pytest.raises(ForbiddenError):
        approve_share(actor=other, share=share, digest=share.digest)
    approve_share(actor=on.lead, share=share, digest=share.digest)
    with pytest.raises(ForbiddenError):
        hand_over(actor=other, share=share, partner=on.partners[0], way=WayOut.BUNDLE)
    with pytest.raises(ForbiddenError):
        recall_share(actor=other, share=share, reason="wrong")


def test_a_change_after_the_approval_was_asked_for_makes_it_void(on: Sharing) -> None:
    share = desk.asked(on)
    seen = share.digest
    share = change_share(actor=on.reviewer, share=share, said=desk.said(on, summary="Other."))
    assert share.state == ShareState.DRAFT
    ask_approval(actor=on.reviewer, share=share)
    with pytest.raises(ConflictError, match="changed since"):
        approve_share(actor=on.lead, share=share, digest=seen)


@pytest.mark.parametrize("what", ["decision", "member", "note", "partner", "circle", "tlp"])
def test_what_changed_in_the_case_or_around_it_makes_an_approval_void(
    on: Sharing, what: str
) -> None:
    share = desk.asked(on)
    campaign = CaseCampaign.objects.get(case=on.case).campaign
    match what:
        case "decision":
            on.case.refresh_from_db()
            undo_decision(actor=on.lead, decision=on.case.decisions.get())
        case "member":
            CampaignMember.objects.create(campaign=campaign, account="x:new", p=0.9, core=True)
        case "note":
            on.case.shared_notes.filter(tlp="green").delete()
        case "partner":
            Partner.objects.filter(pk=on.partners[1].pk).update(active=False)
        case "circle":
            CircleMember.objects.filter(partner=on.partners[1]).delete()
        case _:
            Case.objects.filter(pk=on.case.pk).update(tlp="red")
    with pytest.raises(ConflictError):
        approve_share(actor=on.lead, share=share, digest=share.digest)
    share.refresh_from_db()
    assert (share.state, share.live) == (ShareState.WAITING, 0)


def test_it_can_be_sent_back_with_a_reason(on: Sharing) -> None:
    share = refuse_share(actor=on.lead, share=desk.asked(on), reason="too much")
    assert share.state == ShareState.DRAFT
    assert build.verbs(on.case)[-1] == "share.refused"


@pytest.mark.row(61)
@pytest.mark.parametrize("level", ["red", "amber+strict", "amber", "green", "clear"])
def test_a_share_is_never_wider_than_its_case(level: str) -> None:
    on = desk.desk(tlp=level)
    wider = {"amber+strict": "amber", "amber": "green", "green": "clear"}
    if level == "red":
        share = desk.drafted(on, tlp="amber+strict")
        assert [one["rule"] for one in share.conflicts] == ["tlp"]
    elif level in wider:
        share = desk.drafted(on, tlp=wider[level])
        assert "tlp" in [one["rule"] for one in share.conflicts]
    else:
        share = desk.drafted(on, tlp="clear")
        assert share.conflicts == []


@pytest.mark.row(64)
def test_only_members_of_the_circle_get_it_and_each_refusal_says_why(on: Sharing) -> None:
    outside = desk.partner(on.admin, "outside")
    with pytest.raises(InvalidError, match="outside is not in the circle"):
        desk.drafted(on, partners=["outside"])
    north, south, west = on.partners
    Partner.objects.filter(pk=south.pk).update(ends_on=clock.now().date() - timedelta(days=1))
    Partner.objects.filter(pk=west.pk).update(tlp_cap="green")
    share = desk.shared(on)
    told = {one.partner.slug: one.refused for one in receivers_of(share, on.lead)}
    assert told == {
        "cert-north": [],
        "bank-south": ["had an agreement that has ended"],
        "host-west": ["is not cleared for this TLP"],
    }
    assert _hand(on, share, WayOut.BUNDLE, north)
    for partner in (south, west, outside):
        with pytest.raises(ConflictError):
            _hand(on, share, WayOut.BUNDLE, partner)


@pytest.mark.row(64)
def test_who_joins_later_gets_nothing_old_until_somebody_names_it(on: Sharing) -> None:
    share = desk.shared(on)
    late = desk.partner(on.admin, "late")
    CircleMember.objects.create(circle=on.circle, partner=late)
    told = {one.partner.slug: one.refused for one in receivers_of(share, on.lead)}
    assert told["late"] == ["joined the circle after it was shared"]
    with pytest.raises(ConflictError, match="not named"):
        _hand(on, share, WayOut.BUNDLE, late)
    named = desk.said(on, partners=["cert-north", "late"])
    share = change_share(actor=on.reviewer, share=share, said=named)
    assert share.revision == 2
    ask_approval(actor=on.reviewer, share=share)
    approve_share(actor=on.lead, share=share, digest=share.digest)
    assert _hand(on, share, WayOut.BUNDLE, late)
    with pytest.raises(ConflictError, match="not named in what is shared now"):
        _hand(on, share, WayOut.BUNDLE, on.partners[1])


@pytest.mark.row(61)
@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"active": False}, "switched off"),
        ({"tlp_cap": "green"}, "not cleared"),
        ({"ends_on": "2020-01-01"}, "has ended"),
        ({"legal_basis": ""}, "no agreement"),
    ],
)
def test_what_was_approved_does_not_leave_once_the_partner_may_not_have_it(
    on: Sharing, change: dict[str, Any], why: str
) -> None:
    share = desk.shared(on)
    Partner.objects.filter(pk=on.partners[0].pk).update(**change)
    with pytest.raises(ConflictError, match=why):
        _hand(on, share, WayOut.BUNDLE)
    assert not Handover.objects.exists()


@pytest.mark.row(61)
def test_what_was_approved_does_not_leave_once_the_case_is_narrower_or_the_time_is_over(
    on: Sharing,
) -> None:
    share = desk.shared(on)
    Case.objects.filter(pk=on.case.pk).update(tlp="red")
    with pytest.raises(ConflictError, match="TLP:RED by now"):
        _hand(on, share, WayOut.SIGNED)
    Case.objects.filter(pk=on.case.pk).update(tlp="green")
    Share.objects.filter(pk=share.pk).update(valid_until=clock.now())
    with pytest.raises(ConflictError, match="time is over"):
        _hand(on, share, WayOut.TABLE)


def test_stored_bytes_that_are_not_those_that_were_approved_do_not_leave(on: Sharing) -> None:
    share = desk.shared(on)
    row = rendition_by_partner(share, on.partners[0], on.lead)
    type(row).objects.filter(pk=row.pk).update(bundle=row.bundle.replace("Refund", "Refine"))
    with pytest.raises(ConflictError, match="not those that were approved"):
        _hand(on, share, WayOut.BUNDLE)


def test_an_open_case_is_shared_as_a_lead_and_without_accounts() -> None:
    on = desk.desk(confirmed=False)
    bundle = _hand(on, desk.shared(on), WayOut.BUNDLE).decode()
    told = json.loads(bundle)["objects"]
    assert "report" not in {one["type"] for one in told}
    accounts = [one for one in told if one["type"] == "user-account"]
    assert {one["account_type"] for one in accounts} == {"email"}
    assert all(one["labels"] == ["investigation-seed"] for one in told if "confidence" in one)


def test_a_case_is_shared_with_a_circle_once(on: Sharing) -> None:
    share = desk.drafted(on)
    with pytest.raises(ConflictError, match="already") as refused:
        desk.drafted(on)
    assert refused.value.data["share"] == share.pk


def test_ids_stay_from_revision_to_revision_and_change_when_the_tlp_is_raised(on: Sharing) -> None:
    share = desk.shared(on)

    def ids() -> set[str]:
        told = json.loads(_hand(on, share, WayOut.BUNDLE))["objects"]
        return {one["id"] for one in told if "modified" in one and one["type"] == "campaign"}

    def again(**changes: Any) -> None:
        change_share(actor=on.reviewer, share=share, said=desk.said(on, **changes))
        share.refresh_from_db()
        ask_approval(actor=on.reviewer, share=share)
        approve_share(actor=on.lead, share=share, digest=share.digest)
        share.refresh_from_db()

    first = ids()
    again(title="Refund scam, winter")
    assert ids() == first
    again(tlp="amber+strict")
    assert ids().isdisjoint(first)
    gone = share.circle.shared_objects.filter(stix_id__in=first, revoked=True)
    assert {one.stix_id for one in gone} == first


@pytest.mark.row(97)
@pytest.mark.row(109)
def test_a_recall_says_of_each_partner_how_far_it_came(on: Sharing) -> None:
    share = desk.shared(on)
    north, south, west = on.partners
    for partner in on.partners:
        _hand(on, share, WayOut.BUNDLE, partner)
    recall_share(actor=on.lead, share=share, reason="one account is a victim")
    share.refresh_from_db()

    def states() -> list[str]:
        return [one.target.recall_state for one in receivers_of(share, on.lead) if one.target]

    assert states() == ["not reached"] * 3
    with pytest.raises(ConflictError, match="recalled"):
        _hand(on, share, WayOut.BUNDLE, north)
    for partner in (north, south):
        told = json.loads(_hand(on, share, WayOut.RECALL, partner))["objects"]
        stubs = [one for one in told if one.get("revoked")]
        assert {"campaign", "report", "indicator", "note"} <= {one["type"] for one in stubs}
        assert "Refund" not in json.dumps(stubs)
    _answer(on, share, south, "acknowledged", disabled=3)
    _answer(on, share, west, "refused")
    assert states() == ["acknowledged", "delivered", "refused"]


@pytest.mark.row(109)
def test_the_ledger_finds_a_mail_that_left_hashed_and_says_what_for(on: Sharing) -> None:
    share = desk.shared(on)
    _hand(on, share, WayOut.BUNDLE)
    _hand(on, share, WayOut.TABLE, on.partners[1])
    found = handovers_by_subject("email", desk.MAIL.upper(), on.lead)
    assert {one.handover.partner.slug for one in found} == {"cert-north", "bank-south"}
    for one in found:
        row = one.handover
        assert (row.revision, row.tlp, row.purpose) == (1, "amber", "stop scams")
        assert (row.legal_basis, row.agreement) == ("legitimate interest", "A-7")
        assert [how for _, how in one.objects] == ["hmac"]
        assert one.objects[0][0].startswith("user-account--")
    assert [one.handover.way for one in handovers_by_subject("domain", desk.DOMAIN, on.lead)] == [
        WayOut.TABLE,
        WayOut.BUNDLE,
    ]
    assert handovers_by_subject("email", "nobody@mail.example", on.lead) == []
    assert handovers_by_subject("email", desk.MAIL, on.reviewer) == []


def test_the_ledger_is_never_changed_or_deleted(on: Sharing) -> None:
    share = desk.shared(on)
    _hand(on, share, WayOut.BUNDLE)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Handover.objects.update(purpose="other")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Handover.objects.all().delete()
    assert Handover.objects.get().purpose == "stop scams"


def test_keys_of_two_epochs_never_match(on: Sharing) -> None:
    first = desk.drafted(on)
    told = {id for _, _, how, id in first.renditions.get().subjects if how == "hmac"}
    renew_key(actor=on.admin, circle=on.circle)
    change_share(actor=on.reviewer, share=first, said=desk.said(on))
    again = {id for _, _, how, id in first.renditions.get().subjects if how == "hmac"}
    assert told
    assert told.isdisjoint(again)


def test_what_cannot_be_said_is_refused_by_name(on: Sharing) -> None:
    wrong: dict[str, dict[str, Any]] = {
        "title": {"title": " "},
        "purpose": {"purpose": ""},
        "tlp": {"tlp": "purple"},
        "pap": {"pap": "purple"},
        "valid_until": {"valid_until": clock.now() - timedelta(days=1)},
        "partners": {"partners": []},
    }
    for field, changes in wrong.items():
        with pytest.raises(InvalidError) as refused:
            desk.drafted(on, **changes)
        assert refused.value.field == field
    far = desk.drafted(on, valid_until=clock.now() + timedelta(days=500))
    assert [one["rule"] for one in far.conflicts] == ["valid-until"]


def test_nothing_is_shared_before_somebody_says_whose_desk_it_is(on: Sharing) -> None:
    Organisation.objects.all().delete()
    with pytest.raises(ConflictError, match="whose desk"):
        desk.drafted(on)
