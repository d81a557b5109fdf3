"""Keeping a detector quiet: limits to the second, pages of the list, roles, repeats and races."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from abusedesk.core import clock
from abusedesk.core.errors import ConflictError, ForbiddenError, InvalidError
from abusedesk.core.models import AuditEntry, Scope, User
from detectors.grouping import JOINT
from detectors.models import Entity, Suppression
from detectors.pairs import Evidence
from detectors.quiet import Quiet, is_about, without
from detectors.reasons import REASON_CHARS
from detectors.selectors.suppression import (
    stale_suppressions,
    suppressions_by_entity,
    suppressions_for,
    suppressions_in_force,
)
from detectors.services.suppression import (
    MAX_DAYS,
    MAX_VALUE,
    end_suppression,
    suppress_detector,
)
from tests import cast, make

pytestmark = pytest.mark.django_db
EVIL = "<img src=x onerror=alert(1)>\u202e"
PATH = "/api/v1/suppressions/"


def quiet(actor: User | None = None, **about: Any) -> Suppression:
    told: dict[str, Any] = {
        "slug": "velocity", "type": "ip", "value": "203.0.113.7", "reason": "our own office",
        "expires_at": clock.now() + timedelta(days=7),
    } | about  # fmt: skip
    return suppress_detector(actor=actor or cast.lead(), **told)


def entity(value: str = "203.0.113.7", kind: str = "ip") -> Entity:
    now = clock.now()
    digest = value.encode().ljust(16)[:16]
    return Entity.objects.create(
        type=kind, value=value, digest=digest, first_seen_at=now, last_seen_at=now
    )


def sent(
    method: str, path: str = PATH, body: Any = None, *scopes: Scope, user: User | None = None
) -> Any:
    headers = make.bearer(*(scopes or (Scope.READ, Scope.ADMIN)), user=user or cast.lead())
    return Client().generic(
        method, path, b"" if body is None else body, content_type="application/json",
        headers=headers,
    )  # fmt: skip


def as_json(**about: Any) -> bytes:
    until: datetime = clock.now() + timedelta(days=7)
    told = {
        "detector": "velocity", "type": "ip", "value": "203.0.113.7", "reason": "our own office",
        "expires_at": until.isoformat(),
    }  # fmt: skip
    return json.dumps(told | about).encode()


@pytest.mark.parametrize(
    ("seconds", "is_taken"),
    [(-1, False), (0, False), (1, True), (MAX_DAYS * 86_400, True), (MAX_DAYS * 86_400 + 1, False)],
)
def test_it_ends_in_the_future_and_within_ninety_days_to_the_second(
    seconds: int, is_taken: bool
) -> None:
    with time_machine.travel(make.MOMENT, tick=False):
        until = clock.now() + timedelta(seconds=seconds)
        if is_taken:
            assert quiet(expires_at=until).expires_at == until
            return
        with pytest.raises(InvalidError) as caught:
            quiet(expires_at=until)
        assert caught.value.field == "expires_at"
        assert not Suppression.objects.exists()


@pytest.mark.parametrize(
    ("field", "good", "bad"),
    [
        ("reason", "r" * REASON_CHARS, "r" * (REASON_CHARS + 1)),
        ("reason", "  r  ", " \n\t "),
        ("reason", EVIL, "a\0b"),
        ("value", "v" * MAX_VALUE, "v" * (MAX_VALUE + 1)),
        ("value", " 203.0.113.7 ", "   "),
        ("value", EVIL, "\0"),
    ],
)
def test_a_text_is_kept_without_its_edges_or_refused_by_its_name(
    field: str, good: str, bad: str
) -> None:
    taken: dict[str, Any] = {field: good}
    refused: dict[str, Any] = {"type": "device", field: bad}
    assert getattr(quiet(**taken), field) == good.strip()
    with pytest.raises(InvalidError) as caught:
        quiet(**refused)
    assert caught.value.field == field
    assert Suppression.objects.count() == 1


def test_once_it_is_over_or_ended_the_same_can_be_said_again() -> None:
    with time_machine.travel(make.MOMENT, tick=False) as when:
        first = quiet(expires_at=clock.now() + timedelta(days=1))
        with pytest.raises(ConflictError):
            quiet()
        quiet(slug="sequence")
        quiet(type="device")
        quiet(value="203.0.113.8")
        when.shift(timedelta(days=1))
        second = quiet()
        end_suppression(actor=cast.admin(), suppression=second)
        third = quiet()
    assert {first.pk, second.pk, third.pk} < {one.pk for one in suppressions_for(cast.reviewer())}
    second.refresh_from_db()
    assert second.ended_by == cast.admin()


def test_what_is_over_by_itself_is_not_ended_by_anybody() -> None:
    with time_machine.travel(make.MOMENT, tick=False) as when:
        row = quiet(expires_at=clock.now() + timedelta(days=1))
        when.shift(timedelta(days=1))
        with pytest.raises(ConflictError, match="ended already"):
            end_suppression(actor=cast.lead(), suppression=row)
    row.refresh_from_db()
    assert (row.ended_at, row.ended_by) == (None, None)
    assert not AuditEntry.objects.filter(verb="suppression.ended").exists()


def test_who_looks_sees_at_each_moment_what_holds_then() -> None:
    with time_machine.travel(make.MOMENT, tick=False) as when:
        thing, now = entity(), clock.now()
        row = quiet(expires_at=now + timedelta(days=2))
        quiet(type="account")
        assert list(suppressions_by_entity(thing, cast.reviewer())) == [row]
        assert list(suppressions_by_entity(thing, cast.partner())) == []
        assert row in stale_suppressions(now)
        Suppression.objects.update(applied=True)
        assert not stale_suppressions(now).exists()
        last = now + timedelta(days=2) - timedelta(microseconds=1)
        assert row in suppressions_in_force(last)
        assert row not in suppressions_in_force(now + timedelta(days=2))
        when.shift(timedelta(days=2))
        assert list(suppressions_by_entity(thing, cast.reviewer())) == []
        assert list(stale_suppressions(clock.now())) == [row]


@pytest.mark.django_db(transaction=True)
def test_two_who_say_the_same_at_once_say_it_once() -> None:
    people, start = (cast.lead(), cast.admin()), threading.Barrier(2)
    outcomes: list[str] = []

    def say(who: User) -> None:
        try:
            start.wait(20)
            quiet(who)
            outcomes.append("done")
        except ConflictError:
            outcomes.append("late")
        finally:
            connection.close()

    threads = [threading.Thread(target=say, args=(who,)) for who in people]
    for one in threads:
        one.start()
    for one in threads:
        one.join(30)
    assert sorted(outcomes) == ["done", "late"]
    assert Suppression.objects.count() == 1


# --- over REST -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "reads", "writes"),
    [
        (cast.admin, 200, 201),
        (cast.lead, 200, 201),
        (cast.reviewer, 200, 403),
        (cast.partner, 200, 403),
        (cast.outsider, 401, 401),
    ],
)
def test_who_may_read_and_who_may_keep_a_detector_quiet(
    who: Callable[[], User], reads: int, writes: int
) -> None:
    row = quiet(value="198.51.100.1")
    told = sent("GET", user=who())
    assert told.status_code == reads
    if reads == 200:
        assert len(told.json()["results"]) == (who is not cast.partner)
    assert sent("POST", PATH, as_json(), user=who()).status_code == writes
    assert Suppression.objects.count() == 1 + (writes == 201)
    ended = sent("DELETE", f"{PATH}{row.pk}/", user=who()).status_code
    assert ended == {201: 200, 401: 401}.get(writes, 404 if who is cast.partner else 403)
    row.refresh_from_db()
    assert (row.ended_at is not None) is (writes == 201)


def test_a_token_that_only_reads_writes_nothing() -> None:
    row = quiet()
    assert sent("POST", PATH, as_json(), Scope.READ).status_code == 403
    assert sent("DELETE", f"{PATH}{row.pk}/", None, Scope.READ).status_code == 403
    assert sent("GET", f"{PATH}{row.pk}/", None, Scope.READ).json()["reason"] == "our own office"


@pytest.mark.parametrize(
    ("about", "status", "field"),
    [
        ({"reason": ""}, 400, "reason"),
        ({"reason": "r" * 501}, 400, "reason"),
        ({"value": "a\0"}, 400, "value"),
        ({"value": "v" * 4_201}, 400, "value"),
        ({"type": "t" * 41}, 400, "type"),
        ({"expires_at": "tomorrow"}, 400, "expires_at"),
        ({"expires_at": None}, 400, "expires_at"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, 422, "expires_at"),
        ({"detector": "no such"}, 400, "detector"),
    ],
)
def test_a_body_that_cannot_be_taken_names_the_field(
    about: dict[str, Any], status: int, field: str
) -> None:
    told = sent("POST", PATH, as_json(**about))
    assert told.status_code == status, told.content
    assert field in told.content.decode()
    assert not Suppression.objects.exists()


def test_a_detector_or_suppression_that_is_none_is_not_found() -> None:
    assert sent("POST", PATH, as_json(detector="nothing")).status_code == 404
    for method in ("GET", "DELETE"):
        assert sent(method, f"{PATH}999999/").status_code == 404


def test_saying_it_twice_is_a_conflict_and_ending_it_twice_too() -> None:
    made = sent("POST", PATH, as_json())
    assert made.status_code == 201
    assert sent("POST", PATH, as_json()).status_code == 409
    one = f"{PATH}{made.json()['id']}/"
    assert sent("DELETE", one).status_code == 200
    ended = Suppression.objects.get().ended_at
    assert sent("DELETE", one).status_code == 409
    assert Suppression.objects.get().ended_at == ended
    assert sent("GET", one).json()["ended_at"]
    verbs = AuditEntry.objects.filter(target_type="suppression").values_list("verb", flat=True)
    assert sorted(verbs) == ["detector.suppressed", "suppression.ended"]


def test_the_list_is_paged_newest_first_and_loses_nothing_while_rows_come_in() -> None:
    rows = [quiet(value=f"203.0.113.{n}").pk for n in range(7)]
    told = sent("GET", f"{PATH}?page_size=3").json()
    seen = [one["id"] for one in told["results"]]
    late = quiet(value="late").pk
    while told["next"]:
        told = sent("GET", told["next"].partition("testserver")[2]).json()
        assert 0 < len(told["results"]) <= 3
        seen += [one["id"] for one in told["results"]]
    assert seen == rows[::-1]
    assert late not in seen


# --- on the page -----------------------------------------------------------------------------


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.mark.parametrize(
    ("days", "kept"), [("1", 1), ("90", 90), ("91", 7), ("-1", 7), ("", 7), ("\u0661", 7)]
)
def test_a_length_that_the_form_does_not_offer_is_a_week(days: str, kept: int) -> None:
    thing = entity()
    with time_machine.travel(make.MOMENT, tick=False):
        address = reverse("detectors:entity-suppress", args=[thing.type, thing.pk])
        browser(cast.lead()).post(address, {"detector": "velocity", "days": days, "reason": "r"})
        assert Suppression.objects.get().expires_at == clock.now() + timedelta(days=kept)


def test_what_the_page_refuses_is_told_in_words_and_nothing_is_kept() -> None:
    thing = entity(EVIL)
    address = reverse("detectors:entity-suppress", args=[thing.type, thing.pk])
    client = browser(cast.lead())
    for body in ({"detector": "velocity", "reason": " "}, {"detector": EVIL, "reason": "r"}):
        told = client.post(address, body, follow=True).content.decode()
        assert "Say why" in told or "no detector" in told.lower() or "no such" in told.lower()
        assert "<img src=x" not in told
    assert not Suppression.objects.exists()
    wrong = reverse("detectors:entity-suppress", args=["device", thing.pk])
    assert client.post(wrong, {"detector": "velocity", "reason": "r"}).status_code == 404


@pytest.mark.parametrize(
    ("who", "status"), [(cast.reviewer, 403), (cast.partner, 404), (cast.lead, 302)]
)
def test_ending_from_the_page_is_for_leads(who: Callable[[], User], status: int) -> None:
    row = quiet()
    address = reverse("detectors:suppression-end", args=[row.pk])
    assert browser(who()).post(address).status_code == status
    assert browser(who()).get(address).status_code == 405
    row.refresh_from_db()
    assert (row.ended_at is not None) is (status == 302)


def test_a_refusal_to_others_comes_before_anything_is_looked_up() -> None:
    for who in (cast.reviewer, cast.partner, cast.integration, cast.outsider):
        with pytest.raises(ForbiddenError):
            quiet(who(), slug="nothing", value="", reason="")


# --- pure ------------------------------------------------------------------------------------

names = st.sampled_from(("x:a", "x:b", "x:c", "x:d"))


@st.composite
def evidence(draw: st.DrawFn) -> Evidence:
    subjects = tuple(sorted(draw(st.sets(names, min_size=2))))
    pairs = [(a, b) for a in range(len(subjects)) for b in range(a + 1, len(subjects))]
    links = tuple((a, b, 1.0 + a + 10 * b) for a, b in draw(st.sets(st.sampled_from(pairs))))
    anchor = f"ip:{draw(st.sampled_from(('p', 'P', 'q', JOINT.join('pq'))))}"
    detector = draw(st.sampled_from(("velocity", "sequence")))
    return Evidence(1, detector, "behaviour", anchor, subjects, links, 2.0, 0.0)


rules = st.builds(
    Quiet, st.sampled_from(("velocity", "other")), st.sampled_from(("ip", "account")),
    st.sampled_from(("p", "q", "x:a", "x:b", "nobody")),
)  # fmt: skip


@given(told=st.lists(evidence(), max_size=6), quiet=st.lists(rules, max_size=4))
def test_what_is_left_names_nobody_quiet_and_other_detectors_lose_nothing(
    told: list[Evidence], quiet: list[Quiet]
) -> None:
    left = list(without(told, quiet))
    for one in left:
        if one.detector == "velocity" and any(rule.detector == "velocity" for rule in quiet):
            mine = [rule for rule in quiet if rule.detector == "velocity"]
            assert not {rule.value for rule in mine if rule.type == "account"} & {*one.subjects}
            assert not any(is_about(one.anchor[3:], rule.value) for rule in mine)
        assert all(first < second < len(one.subjects) for first, second, _ in one.links)
        assert len(one.subjects) >= 2
    others = [one for one in told if one.detector == "sequence"]
    assert [one for one in left if one.detector == "sequence"] == others
    assert list(without(left, quiet)) == left


@given(told=st.lists(evidence(), max_size=5), quiet=st.lists(rules, max_size=4))
def test_a_link_that_is_left_still_joins_the_accounts_that_it_joined(
    told: list[Evidence], quiet: list[Quiet]
) -> None:
    def named(one: Evidence) -> set[tuple[str, str, float]]:
        return {(one.subjects[a], one.subjects[b], llr) for a, b, llr in one.links}

    every = {link for one in told for link in named(one)}
    assert {link for one in without(told, quiet) for link in named(one)} <= every
