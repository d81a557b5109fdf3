"""Counts of outcomes: a floor of five, buckets, each week once, counts and dates alone."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from abusedesk.core.errors import ConflictError, ForbiddenError, InvalidError
from abusedesk.core.models import User
from cases import catalogue
from cases.choices import PatternState, ReceivedState, WayOut
from cases.models import Organisation, OutcomeSent, OutcomeTold, Partner, Pattern, ReceivedPattern
from cases.selectors.pattern import fares_of
from cases.services.pattern_out import hand_over_pattern
from cases.services.pattern_outcome import hand_outcomes, make_outcomes
from cases.services.received import accept_pattern, set_tells_back
from cases.services.receiving import receive_file, receive_pattern
from cases.sharing import stix
from detectors.choices import Outcome
from tests import cast
from tests.cases import build
from tests.sharing import packs
from tests.sharing.packs import Author, Importer
from tests.sharing.test_stix import _wrong

pytestmark = pytest.mark.django_db
MONDAY = datetime(2026, 11, 2, 9, tzinfo=UTC)
LATER = MONDAY + timedelta(days=8)


@pytest.fixture
def week() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(MONDAY, tick=False) as clock:
        yield clock


def let_out(author: Author) -> Pattern:
    row = author.drafted()
    catalogue.release(row, author.partners, author.second)
    row.state, row.live = PatternState.SHARED, row.revision
    row.save()
    return row


def taken_in(on: Importer, body: bytes) -> ReceivedPattern:
    """It runs here, and its author is told."""
    row = accept_pattern(actor=on.lead, received=on.take(body))
    row = set_tells_back(actor=on.lead, received=row, tells=True)
    row.state, row.shadow_at = ReceivedState.ENABLED, MONDAY
    row.save()
    return row


def decide(row: ReceivedPattern, who: User, number: int, outcome: Outcome, first: int = 0) -> None:
    """So many campaigns with its findings were decided so."""
    for place in range(first, first + number):
        names = build.accounts(8, first=1_000 * place + 1)
        found = [
            build.finding(subjects=names, detector=row.slug, anchor=("ip", f"{place}.x")),
            build.finding(subjects=names, anchor=("device", f"d-{place}"), signal_ids=(1, 2)),
            build.finding(subjects=names, family="content", anchor=("url", f"u-{place}")),
        ]
        _, case = build.opened(members=names, findings=found)
        build.decided(who, case, outcome)


@pytest.mark.row(91)
def test_three_confirmed_tell_nothing_and_nine_tell_their_bucket(
    week: time_machine.Traveller,
) -> None:
    author = Author()
    shared = let_out(author)
    files = [_file(author, shared, partner) for partner in author.partners]
    own = Organisation.objects.values().get()
    keys = author.keys()
    reviewer = cast.reviewer()
    on = Importer(keys, author.admin)
    told: list[bytes] = []
    for body, confirmed in zip(files, (3, 9), strict=True):
        row = taken_in(on, body)
        decide(row, reviewer, confirmed, Outcome.ABUSE, first=100 * confirmed)
        week.move_to(LATER)
        make_outcomes()
        told.append(_counts(on))
        ReceivedPattern.objects.all().delete()
        week.move_to(MONDAY)
    week.move_to(LATER)
    assert told[0] == b""
    assert _wrong(told[1]) == []
    sightings = [one for one in json.loads(told[1])["objects"] if one["type"] == "sighting"]
    (sighting,) = sightings
    assert sighting["count"] == 5
    assert _words(sighting) <= {
        "sighting", "2.1", "property-extension", "abuse-outcome/1", "confirmed",
    }  # fmt: skip
    Organisation.objects.filter(pk=own["id"]).update(**own)
    bank = author.partners[1]
    taken = receive_file(actor=author.lead, partner=bank, body=told[1])
    assert taken.outcomes == 1
    (fares,) = fares_of(shared, author.lead)
    assert (fares.imported, fares.enabled, fares.confirmed, fares.false) == (2, 1, 5, 0)
    browser = Client()
    browser.force_login(author.lead)
    page = browser.get(f"/sharing/patterns/{shared.pk}/").content.decode()
    assert "5 or more" in page
    assert "disputed" not in page
    again = receive_file(actor=author.lead, partner=bank, body=told[1])
    assert (again.outcomes, again.known) == (0, 1)
    assert OutcomeTold.objects.count() == 1


def _file(author: Author, row: Pattern, partner: Partner) -> bytes:
    return hand_over_pattern(
        actor=author.lead, pattern=row, partner=partner, way=WayOut.SIGNED
    ).body


def _counts(on: Importer) -> bytes:
    try:
        return hand_outcomes(actor=on.lead, partner=on.partner).body
    except ConflictError as nothing:
        return b"" if "nothing to tell" in nothing.message else b"another refusal"


def _words(told: Any) -> set[str]:
    """Strings in an object that are neither moments nor ids."""
    if isinstance(told, dict):
        return {word for one in told.values() for word in _words(one)}
    if isinstance(told, list):
        return {word for one in told for word in _words(one)}
    if not isinstance(told, str) or re.fullmatch(r"[a-z-]+--[0-9a-f-]{36}|[\d-]+T[\d:.]+Z", told):
        return set()
    return {told}


@pytest.mark.row(91)
def test_a_week_is_counted_once_and_what_is_decided_later_belongs_to_its_own_week(
    week: time_machine.Traveller,
) -> None:
    author = Author()
    body = _file(author, let_out(author), author.partners[0])
    on = Importer(author.keys(), author.admin)
    row, reviewer = taken_in(on, body), cast.reviewer()
    decide(row, reviewer, 4, Outcome.ABUSE)
    assert make_outcomes() == 0, "the week is not over"
    week.move_to(LATER)
    assert make_outcomes() == 2
    decide(row, reviewer, 5, Outcome.ABUSE, first=50)
    decide(row, reviewer, 6, Outcome.LEGITIMATE, first=80)
    assert make_outcomes() == 0
    week.move_to(LATER + timedelta(days=7))
    assert make_outcomes() == 2
    told = OutcomeSent.objects.order_by("monday", "kind").values_list("kind", "floor")
    assert list(told) == [
        ("confirmed", 0), ("false_positive", 0), ("confirmed", 5), ("false_positive", 5),
    ]  # fmt: skip
    first = hand_outcomes(actor=on.lead, partner=on.partner).body
    assert hand_outcomes(actor=on.lead, partner=on.partner).body == first


def test_nothing_is_counted_unless_somebody_chose_it(week: time_machine.Traveller) -> None:
    author = Author()
    body = _file(author, let_out(author), author.partners[0])
    on = Importer(author.keys(), author.admin)
    row = taken_in(on, body)
    decide(row, cast.reviewer(), 6, Outcome.ABUSE)
    set_tells_back(actor=on.lead, received=row, tells=False)
    week.move_to(LATER)
    assert make_outcomes() == 0


def sighting(pattern: Pattern, **changes: Any) -> dict[str, Any]:
    """A count of the week of MONDAY, as a partner makes it."""
    extension = {
        "extension_type": "property-extension", "format": "abuse-outcome/1",
        "kind": changes.pop("kind", "confirmed"), "revision": changes.pop("revision", 1),
        **changes.pop("extension", {}),
    }  # fmt: skip
    return {
        "type": "sighting", "spec_version": "2.1",
        "id": "sighting--00000000-0000-4000-8000-000000000001",
        "created_by_ref": packs.FAR.id, "created": "2026-11-09T00:00:00.000Z",
        "modified": "2026-11-09T00:00:00.000Z", "first_seen": "2026-11-02T00:00:00.000Z",
        "last_seen": "2026-11-08T23:59:59.000Z", "count": 5, "sighting_of_ref": pattern.stix_id,
        "extensions": {stix.EXTENSION: extension}, **changes,
    }  # fmt: skip


@pytest.mark.row(91)
def test_more_false_than_confirmed_shows_disputed(week: time_machine.Traveller) -> None:
    author = Author()
    shared = let_out(author)
    for partner in author.partners:
        _file(author, shared, partner)
    week.move_to(LATER)
    south, bank = author.partners
    receive_pattern(actor=None, partner=south, objects=[sighting(shared)])
    assert [one.disputed for one in fares_of(shared, author.lead)] == [False]
    wrong = sighting(shared, kind="false_positive", count=20)
    assert receive_pattern(actor=None, partner=bank, objects=[wrong]).outcomes == 1
    (fares,) = fares_of(shared, author.lead)
    assert (fares.enabled, fares.confirmed, fares.false, fares.disputed) == (2, 5, 20, True)
    browser = Client()
    browser.force_login(author.lead)
    assert "disputed" in browser.get(f"/sharing/patterns/{shared.pk}/").content.decode()
    told = browser.get(f"/api/v1/sharing/patterns/{shared.pk}/").json()["fares"]
    assert told[0]["disputed"] is True


@pytest.mark.row(91)
@pytest.mark.parametrize(
    "changes",
    [
        {"count": 7},
        {"count": 0},
        {"kind": "seen"},
        {"revision": 9},
        {"first_seen": "2026-11-03T00:00:00.000Z"},
        {"first_seen": "2026-11-09T00:00:00.000Z"},
        {"first_seen": "never"},
        {"sighting_of_ref": "indicator--00000000-0000-4000-8000-000000000000"},
        {"sighting_of_ref": "nothing"},
        {"where_sighted_refs": ["identity--00000000-0000-4000-8000-000000000000"]},
        {"description": "Morgan did it"},
    ],
)
def test_a_count_that_tells_more_than_it_should_is_refused(
    week: time_machine.Traveller, changes: dict[str, Any]
) -> None:
    author = Author()
    shared = let_out(author)
    _file(author, shared, author.partners[0])
    week.move_to(LATER)
    told = sighting(shared, **changes)
    taken = receive_pattern(actor=None, partner=author.partners[0], objects=[told])
    assert (len(taken.refused), taken.outcomes) == (1, 0)
    assert not OutcomeTold.objects.exists()


def test_a_week_told_twice_with_another_count_is_refused_and_so_is_a_stranger(
    week: time_machine.Traveller,
) -> None:
    author = Author()
    shared = let_out(author)
    _file(author, shared, author.partners[0])
    week.move_to(LATER)
    south, bank = author.partners
    receive_pattern(actor=None, partner=south, objects=[sighting(shared)])
    more = sighting(shared, count=20)
    assert receive_pattern(actor=None, partner=south, objects=[more]).refused
    assert receive_pattern(actor=None, partner=bank, objects=[sighting(shared)]).refused
    body = json.dumps({"type": "bundle", "objects": [more]}).encode()
    with pytest.raises(InvalidError):
        receive_file(actor=author.lead, partner=south, body=body)
    assert OutcomeTold.objects.get().floor == 5


def test_counts_leave_by_the_gate_too(week: time_machine.Traveller) -> None:
    author = Author()
    body = _file(author, let_out(author), author.partners[0])
    on = Importer(author.keys(), author.admin)
    row = taken_in(on, body)
    decide(row, cast.reviewer(), 6, Outcome.ABUSE)
    week.move_to(LATER)
    make_outcomes()
    with pytest.raises(ForbiddenError):
        hand_outcomes(actor=cast.reviewer(), partner=on.partner)
    Partner.objects.filter(pk=on.partner.pk).update(tlp_cap="clear")
    with pytest.raises(ConflictError, match="not cleared"):
        hand_outcomes(actor=on.lead, partner=Partner.objects.get(pk=on.partner.pk))
