"""What desks give each other: sealed keys, buckets of hashes, signed receipts, counts, files."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from abusedesk.core import clock, outbound, sealing
from abusedesk.core.audit import Verb
from abusedesk.core.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from abusedesk.core.models import AuditEntry, Role
from abusedesk.core.outbound import OutboundError, Reply
from cases.choices import RecallAnswer
from cases.models import (
    Case,
    CircleKey,
    Feed,
    HeldKey,
    ImportedObject,
    LookupEntry,
    PartnerOutcome,
    SealKey,
    Share,
)
from cases.services import lookup
from cases.services.asking import ask_partners
from cases.services.bundle import BROKEN, HOLDS, UNKNOWN, UNSIGNED, read_bundle
from cases.services.circle import renew_key
from cases.services.circle_keys import fetch_keys, hand_out_keys
from cases.services.feed import FeedText, save_feed
from cases.services.inbox import set_inbox
from cases.services.lookup import answer_lookup, describe_lookups, index_lookups
from cases.services.outcome import receive_outcomes
from cases.services.override import override_conflict
from cases.services.partner import issue_partner_token
from cases.services.partner_key import withdraw_key
from cases.services.recall import Receipt, acknowledge_recall, recall_share
from cases.services.share import approve_share, ask_approval
from cases.sharing import boxes, buckets, hmacs, outcomes, signing, stix
from cases.sharing.conflicts import OVERRIDABLE
from detectors.choices import BatchState
from detectors.entities import digest_of
from detectors.intel.terms import BatchTerms
from detectors.models import Entity, IndicatorBatch, WatchItem
from tests.cases import build
from tests.sharing import desk, objects
from tests.sharing.desk import Sharing

EVIL = "<img src=x onerror=alert(1)>\u202e"


@pytest.fixture
def on(db: None) -> Sharing:
    return desk.desk()


def _partner_user(on: Sharing, at: int = 0) -> Any:
    issue_partner_token(actor=on.admin, partner=on.partners[at], name="T", days=9)
    on.partners[at].refresh_from_db()
    return on.partners[at].user


def _asked(on: Sharing, **said: Any) -> None:
    values: dict[str, Any] = {"mode": "none", "takes": "hold", "trust": 0.5, "lookups": True}
    set_inbox(actor=on.admin, circle=on.circle, **values | said)


@given(plain=st.binary(max_size=64), about=st.text(max_size=20))
def test_a_box_opens_for_its_receiver_and_its_matter_alone(plain: bytes, about: str) -> None:
    (secret, public), (other, _) = boxes.new_pair(), boxes.new_pair()
    box = boxes.sealed_for(public, plain, about=about)
    assert boxes.opened_with(secret, box, about=about) == plain
    assert boxes.opened_with(other, box, about=about) is None
    assert boxes.opened_with(secret, box, about=about + "x") is None
    raw = bytearray(base64.b64decode(box))
    raw[-1] ^= 1
    assert boxes.opened_with(secret, base64.b64encode(raw).decode(), about=about) is None
    assert boxes.opened_with(secret, "no box", about=about) is None


@given(plain=st.text(max_size=200))
def test_a_stored_secret_opens_for_its_purpose_alone(plain: str) -> None:
    stored = sealing.seal(plain, purpose="a")
    assert sealing.unseal(stored, purpose="a") == plain
    if plain:
        assert sealing.seal(plain, purpose="a") != stored
        with pytest.raises(sealing.LostError):
            sealing.unseal(stored, purpose="b")


@given(count=st.integers(0, 10**7))
def test_a_prefix_is_as_long_as_twenty_real_hashes_allow(count: int) -> None:
    digits = buckets.digits_for(count)
    assert digits == 0 or count / 16**digits >= buckets.LEAST
    assert count / 16 ** (digits + 1) < buckets.LEAST


@given(real=st.dictionaries(st.integers(0, 2**60), st.sampled_from("aoh"), max_size=320))
def test_every_answer_has_one_length_and_tells_what_is_known(real: dict[int, str]) -> None:
    known = {f"a{number:063x}": said for number, said in real.items()}
    said: dict[str, Any] = {"prefix": "a", "contact": "Ines", "secret": "s", "about": "k"}
    body, empty = buckets.bucket(known, **said), buckets.bucket({}, **said)
    assert len(body) == len(empty)
    for mac, word in known.items():
        assert buckets.found_in(body, mac, 1) == (word, "Ines")
        assert buckets.found_in(empty, mac, 1) is None
    assert body == buckets.bucket(known, **said), "asked twice, nothing tells the made up from real"


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"entries": [[]], "contact": 1}', b"7"])
def test_what_is_no_answer_is_an_error_that_is_told(body: bytes) -> None:
    with pytest.raises(ValueError, match="cannot be read"):
        buckets.found_in(body, "a" * 64, 1)


@given(counts=st.lists(st.integers(0, 5_000), max_size=9))
def test_no_count_under_five_leaves_and_none_but_as_a_floor(counts: list[int]) -> None:
    maker = stix.identity(id=objects.MAKER, name="x", at=objects.NOON)
    seen = [outcomes.Seen(objects.uid("indicator", n), (), one) for n, one in enumerate(counts)]
    told = outcomes.sightings(
        seen, maker=maker, since=objects.NOON, until=objects.NOON + timedelta(days=7), name="f"
    )
    sent = [one["count"] for one in told[1:]]
    assert set(sent) <= {*outcomes.STEPS}
    assert len(sent) == len([one for one in counts if one >= 5])
    assert all("T00:00:00" in one["first_seen"] for one in told[1:]), "moments are days"


def test_keys_go_to_members_with_a_pinned_key_and_hold_the_last_two_epochs(on: Sharing) -> None:
    person, stranger = _partner_user(on), _partner_user(on, 1)
    on.circle.members.filter(partner=on.partners[1]).delete()
    with pytest.raises(ConflictError, match="pinned"):
        hand_out_keys(actor=person, circle_slug="ring")
    with pytest.raises(NotFoundError):
        hand_out_keys(actor=stranger, circle_slug="ring")
    with pytest.raises(NotFoundError):
        hand_out_keys(actor=on.admin, circle_slug="ring")
    secret, public = boxes.new_pair()
    key = desk.pinned(on.admin, on.partners[0], public, "seal")
    for _ in range(2):
        renew_key(actor=on.admin, circle=on.circle)
    told = hand_out_keys(actor=person, circle_slug="ring")
    assert [one["key_id"] for one in told["keys"]] == ["ring-3", "ring-2"]
    assert told["epoch_days"] == 90
    for one in told["keys"]:
        plain = boxes.opened_with(secret, one["sealed"], about=one["key_id"])
        assert plain is not None
        assert CircleKey.objects.get(key_id=one["key_id"]).plain == plain
        assert plain.hex() not in json.dumps(told)
    withdraw_key(actor=on.admin, key=key)
    with pytest.raises(ConflictError, match="pinned"):
        hand_out_keys(actor=person, circle_slug="ring")


def test_both_keys_of_a_desk_are_public_and_neither_secret_is(on: Sharing) -> None:
    told = Client().get("/.well-known/abusedesk-keys.json").json()["keys"]
    assert [one["use"] for one in told] == ["sign", "seal"]
    own = SealKey.objects.get()
    assert told[1]["hex"] == own.public
    secret = sealing.unseal(own.secret, purpose="seal-key")
    assert secret not in json.dumps(told)
    assert own.secret != secret


def _feed(on: Sharing, **said: Any) -> Feed:
    text = FeedText(
        title="North",
        url="https://north.example/taxii2/ring/collections/1/",
        desk_url="https://north.example",
        circle="ring",
        **said,
    )
    return save_feed(actor=on.admin, slug="north", said=text)


def _replies(monkeypatch: pytest.MonkeyPatch, *replies: Reply | Exception) -> list[str]:
    asked: list[str] = []
    left = list(replies)

    def fetch(url: str, **_: Any) -> Reply:
        asked.append(url)
        reply = left.pop(0)
        if isinstance(reply, Exception):
            raise reply
        return reply

    monkeypatch.setattr(outbound, "fetch", fetch)
    return asked


def _given_keys(on: Sharing) -> bytes:
    """What another desk would answer: one key sealed to this desk, and rubbish."""
    public = bytes.fromhex(SealKey.objects.get().public)
    now = stix.moment(clock.now())
    good = boxes.sealed_for(public, b"k" * 32, about="ring-9")
    short = boxes.sealed_for(public, b"k", about="ring-8")
    rows: list[Any] = [
        {"key_id": "ring-9", "begins_at": now, "sealed": good},
        {"key_id": "ring-8", "begins_at": now, "sealed": short},
    ]
    return json.dumps({"keys": rows}).encode()


def test_keys_of_another_desk_are_kept_sealed(on: Sharing, monkeypatch: pytest.MonkeyPatch) -> None:
    feed = _feed(on)
    body = _given_keys(on)
    wrong = json.dumps({"keys": [7, {"key_id": "x y"}]}).encode()
    asked = _replies(
        monkeypatch, Reply(200, body), Reply(200, body), Reply(200, b"[]"), Reply(200, wrong),
        Reply(403, b""),
    )  # fmt: skip
    assert [one.key_id for one in fetch_keys(feed=feed)] == ["ring-9"]
    assert fetch_keys(feed=feed) == [], "known already"
    assert fetch_keys(feed=feed) == []
    assert fetch_keys(feed=feed) == []
    with pytest.raises(OutboundError, match="403"):
        fetch_keys(feed=feed)
    held = HeldKey.objects.get()
    assert (b"k" * 32).hex() not in held.secret
    assert asked[0] == "https://north.example/api/v1/sharing/keys/ring/"


def _entity(type: str = "domain", value: str = "odd.example") -> Entity:
    now = clock.now()
    return Entity.objects.create(
        type=type, value=value, digest=digest_of(type, value), first_seen_at=now, last_seen_at=now
    )


def test_trouble_with_a_desk_that_is_asked_is_told_and_no_error(
    on: Sharing, monkeypatch: pytest.MonkeyPatch
) -> None:
    _feed(on)
    entity = _entity()
    about = json.dumps({"key_id": "ring-9", "digits": {"domain": 1}}).encode()
    odd = json.dumps({"key_id": "ring-9", "digits": {"domain": 64}}).encode()
    keys = Reply(200, _given_keys(on))
    _replies(
        monkeypatch,
        Reply(404, b""),
        Reply(200, b"nothing"),
        Reply(200, b"7"),
        *(Reply(200, odd), keys),
        *(Reply(200, about), Reply(429, b"")),
        *(Reply(200, about), Reply(200, b"{}")),
        OutboundError("no way"),
    )  # fmt: skip
    faults = [ask_partners(actor=on.reviewer, entity=entity)[0].fault for _ in range(7)]
    assert all(faults)
    assert "429" in faults[4]
    assert "no way" in faults[6]
    entry = AuditEntry.objects.filter(verb=Verb.LOOKUP_ASKED).latest("pk")
    assert "odd.example" not in json.dumps(entry.data), "the audit keeps that somebody asked"


def test_what_came_as_pap_red_is_never_asked_for(
    on: Sharing, monkeypatch: pytest.MonkeyPatch
) -> None:
    feed = _feed(on)
    entity = _entity()
    asked = _replies(monkeypatch)
    one = objects.of_domain(1, "odd.example", extensions=stix.own_fields(pap="red"))
    _received(on, [one])
    with pytest.raises(ConflictError, match="PAP:RED"):
        ask_partners(actor=on.reviewer, entity=entity)
    with pytest.raises(InvalidError):
        ask_partners(actor=on.reviewer, entity=_entity("cookie", "c-1"))
    for role in (Role.PARTNER, Role.INTEGRATION):
        with pytest.raises(ForbiddenError):
            ask_partners(actor=build.user(role, role.value), entity=entity)
    assert asked == []
    assert feed.slug == "north"


def _received(on: Sharing, some: list[dict[str, Any]], **terms: Any) -> None:
    raw = json.dumps({"type": "bundle", "objects": some}).encode()
    read_bundle(actor=on.admin, raw=raw, terms=BatchTerms(source="file", **terms))


def test_a_look_up_tells_only_of_cases_that_the_partner_may_know(
    on: Sharing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookup, "SETTLES", timedelta(0))
    person = _partner_user(on)
    with pytest.raises(NotFoundError):
        describe_lookups(actor=person, circle_slug="ring")
    _asked(on)
    index_lookups()
    assert describe_lookups(actor=person, circle_slug="ring")["digits"]["domain"] == 0
    secret = on.circle.keys.get().plain
    mac = hmacs.mac_of(secret, "domain", desk.DOMAIN)

    def known() -> str:
        body = answer_lookup(actor=person, circle_slug="ring", type="domain", prefix="any")
        found = buckets.found_in(body, mac, 0)
        return found[0] if found else ""

    assert known() == buckets.ABUSE
    Case.objects.filter(pk=on.case.pk).update(tlp="amber+strict")
    on.partners[0].tlp_cap = "amber"
    on.partners[0].save()
    assert known() == "", "not cleared for it"
    Case.objects.filter(pk=on.case.pk).update(tlp="green", closed_at=None)
    assert known() == buckets.OPEN
    Case.objects.filter(pk=on.case.pk).update(tlp="red", updated_at=clock.now())
    index_lookups()
    assert LookupEntry.objects.count() == 0, "TLP:RED is not even hashed"
    for wrong in ({"type": "colour"}, {"prefix": "a"}, {"prefix": "zz"}):
        said = {"type": "domain", "prefix": "any", **wrong}
        with pytest.raises(InvalidError):
            answer_lookup(actor=person, circle_slug="ring", **said)


@pytest.mark.row(98)
def test_the_thousand_and_first_look_up_of_a_day_is_429(on: Sharing) -> None:
    _asked(on)
    _, plain = issue_partner_token(actor=on.admin, partner=on.partners[0], name="T", days=9)
    door = Client(headers={"Authorization": f"Bearer {plain}"})
    path = "/api/v1/sharing/lookup/ring/domain/any/"
    assert door.get(path).status_code == 200
    person = _partner_user(on)
    for _ in range(999):
        answer_lookup(actor=person, circle_slug="ring", type="domain", prefix="any")
    answer = door.get(path)
    assert (answer.status_code, answer["Retry-After"]) == (429, "3600")
    _, other = issue_partner_token(actor=on.admin, partner=on.partners[1], name="T", days=9)
    south = Client(headers={"Authorization": f"Bearer {other}"})
    assert south.get(path).status_code == 200, "each partner has its own"


def test_a_receipt_of_a_partner_with_a_pinned_key_needs_its_signature(on: Sharing) -> None:
    share = desk.shared(on)
    person = _partner_user(on)
    secret = signing.new_key()
    desk.pinned(on.admin, on.partners[0], signing.public_of(secret))
    recall_share(actor=on.lead, share=share, reason="wrong")
    grouping = share.renditions.get().let_out.filter(type="grouping").first()
    assert grouping is not None
    told: dict[str, Any] = {
        "object": grouping.stix_id,
        "answer": "acknowledged",
        "disabled": 7,
        "note": "",
    }
    sign = base64.b64encode(signing.signature(secret, signing.receipt(told))).decode()
    for bad in ({"signature": ""}, {"signature": sign, "disabled": 8}, {"signature": "x"}):
        with pytest.raises(InvalidError) as wrong:
            acknowledge_recall(actor=person, said=Receipt(**{**told, **bad}))
        assert wrong.value.field == "signature"
    target = acknowledge_recall(actor=person, said=Receipt(**told, signature=sign))
    assert (target.answer, target.disabled) == (RecallAnswer.ACKNOWLEDGED, 7)
    _, plain = issue_partner_token(actor=on.admin, partner=on.partners[0], name="R", days=9)
    door = Client(headers={"Authorization": f"Bearer {plain}"})
    body = {**told, "signature": sign}
    answer = door.post("/api/v1/sharing/receipts/", body, content_type="application/json")
    assert answer.status_code == 200
    for odd in ({}, {"share": 1, "object": "x"}):
        said = {"answer": "acknowledged", **odd}
        answer = door.post("/api/v1/sharing/receipts/", said, content_type="application/json")
        assert answer.status_code == 400


@pytest.mark.row(65)
@pytest.mark.parametrize(
    ("fields", "kind", "words"),
    [
        ({"type": "sighting", "count": 20}, "sighting", "seen, at least 20 times"),
        (
            {"type": "sighting", "extensions": stix.own_fields(kind="false_positive")},
            "false_positive",
            "false positive",
        ),
        ({"type": "opinion", "opinion": "strongly-disagree"}, "disagree", "disagrees"),
        ({"type": "opinion", "opinion": "agree"}, "agree", "agrees"),
        ({"type": "opinion", "opinion": "neutral"}, "neutral", "cannot tell"),
    ],
)
def test_what_a_partner_says_of_a_share_returns_to_the_case(
    on: Sharing, fields: dict[str, Any], kind: str, words: str
) -> None:
    share = desk.shared(on)
    about = share.renditions.get().let_out.get(type="campaign").stix_id
    one = objects.made("sighting", 1, sighting_of_ref=about, object_refs=[about]) | fields
    partner = on.partners[0]
    assert receive_outcomes(actor=on.admin, partner=partner, objects=[one]) == 1
    row = PartnerOutcome.objects.get()
    assert (row.share, row.kind, row.about) == (share, kind, about)
    entry = AuditEntry.objects.get(verb=Verb.SHARE_OUTCOME)
    assert (entry.target_id, entry.data["what"]) == (str(on.case.pk), words)
    gone = objects.revoked(one)
    receive_outcomes(actor=on.admin, partner=partner, objects=[gone])
    assert PartnerOutcome.objects.count() == 0, "it may take it back"


def test_what_is_said_of_something_that_a_partner_never_got_is_not_counted(on: Sharing) -> None:
    share = desk.shared(on, partners=["cert-north"])
    about = share.renditions.get().let_out.get(type="campaign").stix_id
    one = objects.made("sighting", 1, sighting_of_ref=about)
    odd = objects.made("sighting", 2, sighting_of_ref=objects.uid("campaign", 3))
    assert receive_outcomes(actor=on.admin, partner=on.partners[1], objects=[one, odd]) == 0
    assert receive_outcomes(actor=on.admin, partner=None, objects=[one]) == 0
    assert PartnerOutcome.objects.count() == 0


def test_a_file_always_waits_and_its_signature_is_told(on: Sharing) -> None:
    one = objects.of_domain(1, "a.example")
    bundle = json.dumps({"type": "bundle", "id": "bundle--1", "objects": [one]}).encode()
    secret = signing.new_key()
    signed = signing.signed_bundle(bundle, recipients=["x"], share="1", secret=secret)
    north = on.partners[0]
    terms = BatchTerms(source="post")
    assert read_bundle(actor=on.admin, raw=bundle, terms=terms)[1] == UNSIGNED
    assert read_bundle(actor=on.admin, raw=signed, terms=terms, partner=north)[1] == UNKNOWN
    key = desk.pinned(on.admin, north, signing.public_of(secret))
    assert read_bundle(actor=on.admin, raw=signed, terms=terms, partner=north)[1] == HOLDS
    withdraw_key(actor=on.admin, key=key)
    desk.pinned(on.admin, north, signing.public_of(signing.new_key()))
    with pytest.raises(InvalidError, match="does not hold"):
        read_bundle(actor=on.admin, raw=signed, terms=terms, partner=north)
    assert BROKEN
    assert WatchItem.objects.count() == 0
    assert {one.state for one in IndicatorBatch.objects.all()} == {BatchState.PREVIEW}
    for raw in (b"", b"nothing", b"{}", b'{"objects": [1]}', b"\xff\xfe" * 9):
        with pytest.raises(InvalidError) as wrong:
            read_bundle(actor=on.admin, raw=raw, terms=terms)
        assert wrong.value.field == "file"
    with pytest.raises(ForbiddenError):
        read_bundle(actor=on.lead, raw=bundle, terms=terms)
    with pytest.raises(InvalidError, match="source of its own"):
        read_bundle(actor=on.admin, raw=bundle, terms=BatchTerms(source="inbox:cert-north"))


def test_hostile_objects_are_shown_harmlessly_on_every_page(on: Sharing) -> None:
    browser = Client()
    browser.force_login(on.admin)
    campaign = objects.made("campaign", 1, name=EVIL, description=EVIL)
    odd = objects.made("x-odd-" + "a" * 20, 2, name=EVIL, x_ref=campaign["id"])
    raw = json.dumps({"objects": [campaign, odd]}).encode()
    said = {"source": EVIL[:20], "trust": 0.5, "confidence": 90, "tlp": "clear", "days": 9}
    file = SimpleUploadedFile("e.json", raw)
    answer = browser.post("/sharing/imported/", {**said, "file": file}, follow=True)
    assert answer.status_code == 200, answer.context["form"].errors
    pages = [browser.get(f"/sharing/imported/{one.pk}/") for one in ImportedObject.objects.all()]
    for page in (answer, *pages):
        assert "<img src=x" not in page.content.decode()
        assert "\u202e" not in page.content.decode()
    told = browser.get("/api/v1/sharing/imported/").json()["results"]
    assert {one["type"] for one in told} == {"campaign", odd["type"]}


def test_a_refused_file_says_why_and_keeps_what_was_typed(on: Sharing) -> None:
    browser = Client()
    browser.force_login(on.admin)
    said = {"source": "the post", "trust": 0.5, "confidence": 90, "tlp": "clear", "days": 9}
    file = SimpleUploadedFile("e.json", b"nothing")
    answer = browser.post("/sharing/imported/", {**said, "file": file})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "It is no STIX 2.1 bundle" in page
    assert 'value="the post"' in page


def _narrow(on: Sharing, **fields: Any) -> Share:
    """A draft that tells a domain which somebody sent under narrower terms."""
    one = objects.of_domain(1, desk.DOMAIN, extensions=stix.own_fields(pap="red"))
    _received(on, [one], **fields)
    return desk.drafted(on)


@pytest.mark.row(61)
def test_pap_and_licence_of_a_source_hold_a_share_up_until_a_lead_weighs_them(
    on: Sharing,
) -> None:
    share = _narrow(on, licence="CC-BY-NC-4.0")
    rules = [one["rule"] for one in share.conflicts]
    assert rules == ["pap", "licence"]
    with pytest.raises(ConflictError):
        ask_approval(actor=on.reviewer, share=share)
    said: dict[str, Any] = {"what": desk.DOMAIN, "reason": "agreed by mail", "days": 9}
    with pytest.raises(ForbiddenError):
        override_conflict(actor=on.reviewer, share=share, rule="pap", **said)
    for rule in rules:
        override_conflict(actor=on.lead, share=share, rule=rule, **said)
    share.refresh_from_db()
    assert share.conflicts == []
    asked = ask_approval(actor=on.reviewer, share=share)
    late = clock.now() + timedelta(days=10)
    share.overrides.update(until=clock.now() - timedelta(seconds=1))
    with pytest.raises(ConflictError, match="PAP:RED"):
        approve_share(actor=on.lead, share=asked, digest=asked.digest)
    share.overrides.update(until=late)
    approve_share(actor=on.lead, share=asked, digest=asked.digest)
    entry = AuditEntry.objects.filter(verb=Verb.SHARE_OVERRIDDEN).earliest("pk")
    assert entry.data["reason"] == "agreed by mail"


def test_tlp_and_leaks_cannot_be_overridden(on: Sharing) -> None:
    share = desk.drafted(on, summary=f"Write to {desk.MAIL}.", tlp="clear")
    rules = {one["rule"] for one in share.conflicts}
    assert {"tlp", "leak", "personal-data"} <= rules
    assert not {"tlp", "leak", "audience", "valid-until"} & OVERRIDABLE
    for one in share.conflicts:
        said = {"rule": one["rule"], "what": one["what"], "reason": "because", "days": 3}
        if one["rule"] in OVERRIDABLE:
            override_conflict(actor=on.lead, share=share, **said)
            continue
        with pytest.raises(ConflictError, match="Nobody can override"):
            override_conflict(actor=on.lead, share=share, **said)
    share.refresh_from_db()
    assert {"tlp", "leak"} <= {one["rule"] for one in share.conflicts}
    with pytest.raises(ConflictError, match="no such conflict"):
        override_conflict(
            actor=on.lead, share=share, rule="pap", what="x", reason="because", days=3
        )
    for days in (0, 91):
        with pytest.raises(InvalidError):
            override_conflict(
                actor=on.lead, share=share, rule="pap", what="x", reason="because", days=days
            )
