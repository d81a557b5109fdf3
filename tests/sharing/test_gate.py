"""The gate and its parts: who is refused and why, what holds a share up, what refers to what."""

from __future__ import annotations

import base64
import json
import random
import re
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.sharing import checks, egress, hmacs, recalling, signing, stix, tlp
from cases.sharing.closure import closed
from cases.sharing.conflicts import whole_conflicts
from cases.sharing.egress import REFUSALS, Audience, refusals, render
from cases.sharing.facts import OPINIONS, NoteFacts
from cases.sharing.minimise import ACTOR, Thing
from tests.sharing import made
from tests.sharing.made import NOON

TODAY = date(2026, 11, 27)
WIDE: dict[str, Any] = {"cap": "red", "circle_cap": "red", "community": True}
levels = st.sampled_from(tlp.LEVELS)


@pytest.mark.parametrize(
    ("level", "said", "why"),
    [
        ("clear", {}, []),
        ("amber+strict", {}, []),
        ("red", {}, ["red"]),
        ("clear", {"active": False}, ["inactive"]),
        ("clear", {"circle_active": False}, ["circle-inactive"]),
        ("clear", {"agreed": False}, ["no-agreement"]),
        ("clear", {"ends_on": TODAY}, []),
        ("clear", {"ends_on": TODAY - timedelta(days=1)}, ["agreement-ended"]),
        ("amber", {"cap": "green"}, ["cap"]),
        ("amber", {"circle_cap": "green"}, ["circle-cap"]),
        ("green", {"community": False}, ["not-community"]),
        ("clear", {"community": False}, []),
        ("amber", {"community": False}, []),
        ("amber+strict", {"knows_tlp_2": False}, ["tlp-1"]),
        ("amber", {"knows_tlp_2": False}, []),
        ("amber", {"named": False}, ["not-named"]),
        ("amber", {"member": False}, ["left"]),
        ("amber", {"joined_later": True}, ["joined-later"]),
        ("red", {"active": False, "cap": "clear"}, ["red", "inactive", "cap"]),
    ],
)
def test_each_reason_keeps_it_from_a_partner_alone_and_with_others(
    level: str, said: dict[str, Any], why: list[str]
) -> None:
    assert refusals(level, Audience(**WIDE | said), TODAY) == why
    assert set(why) <= REFUSALS.keys()


@given(level=levels, cap=levels, circle=levels)
def test_nobody_gets_what_is_above_the_narrower_of_two_clearances(
    level: str, cap: str, circle: str
) -> None:
    found = refusals(level, Audience(cap, circle, community=True), TODAY)
    narrow = min(tlp.rank(cap), tlp.rank(circle))
    assert (found == []) == (tlp.rank(level) <= narrow and level != tlp.RED)


@pytest.mark.parametrize("level", ["", "AMBER", "purple", "tlp:red"])
def test_a_level_that_nobody_knows_is_an_error_and_never_wide(level: str) -> None:
    with pytest.raises(ValueError, match="not in tuple"):
        refusals(level, Audience(**WIDE), TODAY)
    with pytest.raises(KeyError):
        tlp.definition(level)
    with pytest.raises(ValueError, match="not in tuple"):
        tlp.strictest(["clear", level])


@given(st.lists(levels, min_size=1))
def test_the_strictest_of_marks_is_one_of_them_and_none_is_stricter(found: list[str]) -> None:
    thing = {"object_marking_refs": [tlp.MARKING[one] for one in found]}
    strict = tlp.level_of(thing)
    assert strict in found
    assert all(tlp.rank(one) <= tlp.rank(strict or "") for one in found)
    assert tlp.foreign_level_of(thing) == strict


@pytest.mark.parametrize(
    "thing",
    [
        {},
        {"object_marking_refs": []},
        {"object_marking_refs": None, "granular_markings": None},
        {"object_marking_refs": ["marking-definition--00000000-0000-4000-8000-000000000000"]},
        {"granular_markings": [{"selectors": ["name"]}]},
    ],
)
def test_an_object_without_a_known_mark_is_not_ours_to_share_and_amber_when_foreign(
    thing: dict[str, Any],
) -> None:
    assert tlp.level_of(thing) is None
    assert tlp.foreign_level_of(thing) == "amber"


@pytest.mark.parametrize(
    ("case", "level", "days", "receivers", "rules"),
    [
        ("amber", "amber", 90, 1, []),
        ("clear", "amber+strict", 90, 1, []),
        ("amber", "green", 90, 1, ["tlp"]),
        ("amber+strict", "amber", 90, 1, ["tlp"]),
        ("red", "red", 90, 1, ["tlp"]),
        ("red", "amber", 90, 1, ["tlp"]),
        ("clear", "red", 90, 1, ["tlp"]),
        ("clear", "clear", 0, 1, ["valid-until"]),
        ("clear", "clear", -1, 1, ["valid-until"]),
        ("clear", "clear", 400, 1, []),
        ("clear", "clear", 401, 1, ["valid-until"]),
        ("clear", "clear", 90, 0, ["audience"]),
        ("red", "clear", 500, 0, ["tlp", "valid-until", "audience"]),
    ],
)
def test_what_holds_up_the_whole_share_is_named_by_its_rule(
    case: str, level: str, days: int, receivers: int, rules: list[str]
) -> None:
    until = NOON + timedelta(days=days)
    offer = made.offer(level, case=made.case(level=case), valid_until=until)
    found = list(whole_conflicts(offer, NOON, receivers))
    assert [one.rule for one in found] == rules
    assert all(one.sentence.endswith(".") for one in found)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("Write to jo@victim.example.", ["jo@victim.example"]),
        ("Write to jo[at]victim[.]example.", ["jo@victim.example"]),
        ("Call +49 151 12345678 now", ["+4915112345678"]),
        ("They sell refunds on refund.example.", []),
        ("Ask @crew on any platform", []),
        ("", []),
    ],
)
def test_a_person_that_a_text_names_holds_it_up_once_wherever_it_is_written(
    text: str, named: list[str]
) -> None:
    empty = made.case(things=(), findings=(), notes=())
    note = made.case(things=(), findings=(), notes=(NoteFacts("note 1", text, "clear", NOON),))
    offers = [
        made.offer(case=empty, title=text or "x"),
        made.offer(case=empty, summary=text),
        made.offer(case=note if text else empty),
    ]
    for offer in offers:
        found = render(offer, made.profile()).conflicts
        assert [one.what for one in found if one.rule == "personal-data"] == named
        assert {one.rule for one in found} <= {"personal-data"}


@pytest.mark.parametrize("number", range(40))
def test_whatever_is_left_out_nothing_in_a_bundle_leads_nowhere(number: int) -> None:
    offer, profile = made.varied(number)
    objects = list(render(offer, profile).objects)
    dice = random.Random(number)
    some = closed([one for one in objects if dice.random() < 0.7])
    known = {one["id"] for one in some}
    for one in some:
        for name, value in one.items():
            refs = value if name.endswith("_refs") else [value] if name.endswith("_ref") else []
            if name != "object_marking_refs":
                assert set(refs) <= known, one["id"]
    assert closed(some) == some, "a second pass finds nothing more"
    assert closed(objects) == objects, "what the gate made is closed"


def test_what_is_left_out_changes_no_object_that_was_given() -> None:
    objects = [dict(one) for one in render(made.offer(), made.profile()).objects]
    before = json.dumps(objects)
    closed(objects[:-5])
    assert json.dumps(objects) == before


@pytest.mark.parametrize(
    ("type", "changes", "fault"),
    [
        ("campaign", {"spec_version": "2.0"}, "it is not STIX 2.1"),
        ("campaign", {"id": "campaign--1"}, "its id is not one of its type"),
        ("campaign", {"type": "malware"}, "malware is no type that leaves this desk"),
        ("campaign", {"name": ""}, "name is missing"),
        ("campaign", {"created": "2026-11-03"}, "created is no moment in milliseconds"),
        ("campaign", {"first_seen": "2999-01-01T00:00:00.000Z"}, "first_seen is after last_seen"),
        ("campaign", {"granular_markings": []}, "granular markings are not written"),
        ("campaign", {"object_marking_refs": []}, "it bears no TLP"),
        ("campaign", {"created_by_ref": "identity--x"}, "created_by_ref leads to identity--x"),
        ("indicator", {"valid_until": ""}, "valid_until is missing"),
        ("indicator", {"valid_from": "2999-01-01T00:00:00.000Z"}, "valid_from is after"),
        ("note", {"object_refs": []}, "object_refs is missing"),
        ("note", {"object_refs": ["note--x"]}, "object_refs leads to note--x"),
        ("domain-name", {"value": "other.example"}, "its id is not the one of what it says"),
        ("observed-data", {"number_observed": None}, "number_observed is missing"),
        ("relationship", {"source_ref": "x"}, "source_ref leads to x"),
    ],
)
def test_an_object_that_is_wrong_is_named_with_what_is_wrong_with_it(
    type: str, changes: dict[str, Any], fault: str
) -> None:
    objects = [dict(one) for one in render(made.offer(), made.profile()).objects]
    wrong = next(one for one in objects if one["type"] == type)
    wrong |= changes
    found = list(checks.faults(objects, "amber"))
    assert any(one.startswith(f"{wrong['id']}: {fault}") for one in found), found


@pytest.mark.parametrize("number", range(30))
def test_the_last_version_of_an_object_says_only_that_it_is_taken_back(number: int) -> None:
    offer, profile = made.varied(number)
    later = offer.at + timedelta(days=1)
    for one in render(offer, profile).objects:
        if not recalling.can_be_revoked(one):
            assert one["type"] in (
                stix.CONTRIBUTING.keys()
                | {"identity", "marking-definition", "extension-definition"}
            )
            continue
        stub = recalling.revoked(one, later)
        assert (stub["id"], stub["created"]) == (one["id"], one["created"])
        assert (stub["revoked"], stub["modified"]) == (True, stix.moment(later))
        assert tlp.level_of(stub) == tlp.level_of(one)
        assert stub.keys().isdisjoint({"description", "labels", "confidence", "extensions"})
        assert {stub.get("name"), stub.get("content")} <= {None, recalling.RECALLED}
        assert all(stub.get(name) for name in checks.REQUIRED[one["type"]])


@pytest.mark.parametrize("outcome", OPINIONS)
@pytest.mark.parametrize("sure", [-1.0, 0.0, 0.284, 0.3, 0.999, 7.0])
def test_only_confirmed_abuse_leaves_with_more_than_the_confidence_of_a_lead(
    outcome: str, sure: float
) -> None:
    case = made.case(decision=made.decision(outcome), sure=sure)
    objects = render(made.offer(case=case), made.profile()).objects
    grouping = next(one for one in objects if one["type"] == "grouping")
    whole = round(100 * min(1.0, max(0.0, sure)))
    confirmed = outcome == "abuse"
    assert grouping["confidence"] == (whole if confirmed else min(whole, 29))
    assert grouping.get("labels") == (None if confirmed else ["investigation-seed"])
    opinion = next(one for one in objects if one["type"] == "opinion")
    assert opinion["opinion"] == OPINIONS[outcome][1]


@pytest.mark.parametrize(("signals", "told"), [(0, 1), (1, 1), (5, 5), (10**12, 999_999_999)])
def test_counts_stay_within_what_the_standard_allows(signals: int, told: int) -> None:
    case = made.case(findings=(made.finding(signals=signals),))
    objects = render(made.offer(case=case), made.profile()).objects
    observed = next(one for one in objects if one["type"] == "observed-data")
    sighting = next(one for one in objects if one["type"] == "sighting")
    assert (observed["number_observed"], sighting["count"]) == (told, told)


@pytest.mark.parametrize("level", ["clear", "green", "amber", "amber+strict"])
@pytest.mark.parametrize("note", ["clear", "green", "amber", "amber+strict", "red"])
def test_a_note_leaves_with_a_share_that_is_as_narrow_and_is_a_secret_of_a_wider_one(
    level: str, note: str
) -> None:
    body = "The informant Quillfeather rang."
    case = made.case(notes=(NoteFacts("note 1", body, note, NOON),))
    found = render(made.offer(level, case=case), made.profile(level))
    assert (body in found.bundle.decode()) == (tlp.rank(note) <= tlp.rank(level))
    slip = render(made.offer(level, case=case, summary=f"Hm. {body}"), made.profile(level))
    leak = [one.what for one in slip.conflicts if one.rule == "leak"]
    assert leak == ([] if tlp.rank(note) <= tlp.rank(level) else [body])


@given(st.text(max_size=30))
def test_a_quoted_value_ends_the_comparison_nowhere_but_at_its_end(value: str) -> None:
    told = stix.pattern("url", "value", value)
    assert told.startswith("[url:value = '")
    inner = told[len("[url:value = '") : -len("']")]
    assert re.fullmatch(r"(?:[^'\\]|\\['\\])*", inner), "no quote is left alone"
    assert re.sub(r"\\(['\\])", r"\1", inner) == value


@given(st.binary(max_size=200), st.lists(st.text(max_size=10), max_size=3))
def test_a_signed_file_opens_to_the_same_bytes_with_its_own_key_alone(
    bundle: bytes, recipients: list[str]
) -> None:
    secret, other = bytes(range(32)), bytes(range(1, 33))
    file = signing.signed_bundle(bundle, recipients=recipients, share="share-1", secret=secret)
    assert signing.opened(file, signing.public_of(secret)) == bundle
    assert signing.opened(file, signing.public_of(other)) is None
    read = json.loads(file)
    assert read["recipients"] == recipients
    read["payload"] = base64.b64encode(bundle + b" ").decode()
    assert signing.opened(json.dumps(read).encode(), signing.public_of(secret)) is None


@pytest.mark.parametrize(
    "file",
    [
        b"", b"1", b"null", b"[]", b"{}", b"\xff", b'{"payload": 1}', b'{"payload": "!"}',
        b'{"payload": "", "signatures": []}', b'{"payload": "", "signatures": {}}',
        b'{"payload": "", "signatures": [1]}', b'{"payload": "", "signatures": [{"sig": ""}]}',
        b'{"payload": "\\u00e9", "signatures": [{"sig": ""}]}', b"[" * 100_000,
    ],
)  # fmt: skip
def test_a_file_that_is_none_is_not_opened_and_not_an_error(file: bytes) -> None:
    assert signing.opened(file, signing.public_of(bytes(32))) is None
    assert signing.opened(file, b"too short") is None


@given(st.text(max_size=20), st.text(max_size=20), st.sampled_from(("email", "handle", "account")))
def test_two_values_have_one_hash_only_when_they_are_one_value(
    left: str, right: str, type: str
) -> None:
    same = hmacs.sealed(made.KEY, type, left) == hmacs.sealed(made.KEY, type, right)
    assert same == (
        hmacs.account_value(left) == hmacs.account_value(right)
        if type == "account"
        else left == right
    )
    later = hmacs.Key("ring-2", bytes(32))
    assert hmacs.sealed(later, type, left) != hmacs.sealed(made.KEY, type, left)


def test_each_wider_level_tells_no_more_things_than_the_next() -> None:
    things = (*made.THINGS, Thing("account", "x:other", ACTOR))
    sent = [
        {
            (type, value)
            for type, value, how, _ in render(
                made.offer(level, case=made.case(things=things)), made.profile(level)
            ).subjects
            if how == "sent"
        }
        for level in ("clear", "green", "amber", "amber+strict")
    ]
    assert all(wider <= narrower for wider, narrower in pairwise(sent))
    assert sent[0] < sent[2]


def test_bytes_of_one_partner_differ_from_those_of_another_only_by_profile() -> None:
    first = render(made.offer(), made.profile())
    assert (
        first.sha256 == egress.digest(first.bundle) == render(made.offer(), made.profile()).sha256
    )
    hidden = render(made.offer(), made.profile(hide=True))
    assert hidden.sha256 != first.sha256
    assert "crew_77" in first.bundle.decode()
    assert "crew_77" not in hidden.bundle.decode() + hidden.table.decode()
