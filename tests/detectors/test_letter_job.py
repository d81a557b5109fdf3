"""Replay and discard of many refused items: each once, in bounded steps, the rest stays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from django.db import connections

from abusedesk.core import audit, clock
from abusedesk.core.errors import InvalidError
from abusedesk.core.models import AuditEntry, User
from detectors.choices import DeadLetterState, JobState
from detectors.models import DeadLetter, LetterJob, Signal
from detectors.selectors.dead_letter import LetterFilter, letter_count_for, reasons_for
from detectors.services import letter_job
from detectors.services.dead_letter import discard_letter
from tests import cast, letters, make

pytestmark = pytest.mark.django_db
ALL = LetterFilter()


@pytest.fixture
def admin() -> User:
    return cast.admin()


def states() -> dict[str, str]:
    return dict(DeadLetter.objects.values_list("external_id", "state"))


def test_what_is_good_now_is_stored_and_what_fails_again_stays_with_the_new_reason(
    admin: User,
) -> None:
    source = make.source()
    letters.mended(1, source)
    bad = letters.refuse_item(source, 2, kind="shout")
    DeadLetter.objects.filter(pk=bad.pk).update(errors=[{"field": "old", "code": "old"}])
    job = letter_job.start_job(actor=admin, action="replay", wanted=ALL)
    assert (job.state, job.total, job.done, job.failed) == ("done", 2, 1, 1)
    assert states() == {"s-1": "replayed", "s-2": "open"}
    bad.refresh_from_db()
    assert [one["field"] for one in bad.errors] == ["kind"]
    assert Signal.objects.get().external_id == "s-1"
    stored = DeadLetter.objects.get(external_id="s-1")
    assert (stored.settled_by, stored.settled_at is not None) == (admin, True)


def test_items_of_several_sources_are_stored_under_their_own(admin: User) -> None:
    for number, slug in enumerate(("acme", "other")):
        letters.mended(number, make.source(slug))
    letter_job.start_job(actor=admin, action="replay", wanted=ALL)
    found = Signal.objects.values_list("source__slug", "external_id")
    assert set(found) == {("acme", "s-0"), ("other", "s-1")}


def test_an_item_that_is_known_already_is_settled_and_not_stored_twice(admin: User) -> None:
    source = make.source()
    letters.mended(1, source)
    letters.mended(1, source)
    letter_job.start_job(actor=admin, action="replay", wanted=ALL)
    assert Signal.objects.count() == 1
    assert set(DeadLetter.objects.values_list("state", flat=True)) == {"replayed"}


def test_pieces_of_foreign_payloads_and_cut_items_stay_with_their_reason(admin: User) -> None:
    source = make.source()
    piece = letters.piece(source)
    cut = letters.mended(1, source)
    DeadLetter.objects.filter(pk=cut.pk).update(truncated=True)
    job = letter_job.start_job(actor=admin, action="replay", wanted=ALL)
    assert (job.done, job.failed) == (0, 2)
    piece.refresh_from_db()
    assert (piece.state, piece.errors[0]["field"]) == ("open", "Report")


def test_only_what_matches_is_touched(admin: User) -> None:
    acme, other = make.source(), make.source("other")
    letters.mended(1, acme)
    letters.mended(2, other)
    letter_job.start_job(actor=admin, action="replay", wanted=LetterFilter(source="other"))
    assert states() == {"s-1": "open", "s-2": "replayed"}


def test_only_what_was_ticked_is_touched(admin: User) -> None:
    source = make.source()
    one, _ = letters.mended(1, source), letters.mended(2, source)
    letter_job.start_job(actor=admin, action="replay", wanted=ALL, chosen=[one.pk])
    assert states() == {"s-1": "replayed", "s-2": "open"}


def test_what_came_after_the_count_is_left_alone(admin: User) -> None:
    source = make.source()
    seen = letters.mended(1, source)
    letters.mended(2, source)
    job = letter_job.start_job(actor=admin, action="replay", wanted=ALL, newest=seen.pk)
    assert (job.total, states()) == (1, {"s-1": "replayed", "s-2": "open"})


def test_a_discard_of_many_needs_a_reason_and_keeps_it(admin: User) -> None:
    letters.mended(1, make.source())
    with pytest.raises(InvalidError, match="Say why") as refused:
        letter_job.start_job(actor=admin, action="discard", wanted=ALL, reason="  ")
    assert refused.value.field == "reason"
    letter_job.start_job(actor=admin, action="discard", wanted=ALL, reason="a test run")
    letter = DeadLetter.objects.get()
    assert (letter.state, letter.reason, letter.settled_by) == ("discarded", "a test run", admin)
    assert not Signal.objects.exists()


def test_nothing_to_do_is_said(admin: User) -> None:
    with pytest.raises(InvalidError, match="No waiting item matches"):
        letter_job.start_job(actor=admin, action="replay", wanted=ALL)
    assert not LetterJob.objects.exists()


def test_an_integration_settles_only_what_its_own_sources_sent() -> None:
    token, _ = make.token()
    letters.mended(1, make.source(token=token))
    letters.mended(2, make.source("other"))
    letter_job.start_job(actor=cast.integration(), action="replay", wanted=ALL)
    assert states() == {"s-1": "replayed", "s-2": "open"}


def test_asking_and_ending_stand_in_the_audit_chain(admin: User) -> None:
    letters.mended(1, make.source())
    letter_job.start_job(actor=admin, action="discard", wanted=ALL, reason="noise")
    said = [audit.sentence(entry) for entry in AuditEntry.objects.order_by("pk")]
    assert said == [
        "asked to discard 1 refused items. Reason: noise",
        "ended the discard of refused items: 1 done, 0 stay",
    ]
    assert {entry.actor for entry in AuditEntry.objects.all()} == {admin}


@pytest.fixture
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(letter_job, "STEP", 2)
    monkeypatch.setattr(letter_job, "AT_ONCE", 0)


def test_many_are_left_to_a_worker_that_works_in_steps(
    admin: User,
    small_steps: None,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> None:
    woken: list[tuple[str, int]] = []
    monkeypatch.setattr(letter_job, "wake", lambda name, pk: woken.append((name, pk)))
    source = make.source()
    for number in range(5):
        letters.mended(number, source)
    job = letter_job.start_job(actor=admin, action="replay", wanted=ALL)
    assert (job.state, job.done) == (JobState.RUNNING, 0)
    assert woken == [("detectors.run_letter_job", job.pk)]
    taken = [letter_job.step_job(job_id=job.pk) for _ in range(4)]
    assert taken == [2, 2, 1, 0]
    job.refresh_from_db()
    assert (job.state, job.done, Signal.objects.count()) == (JobState.DONE, 5, 5)
    assert letter_job.step_job(job_id=job.pk) == 0


def test_the_sweep_wakes_what_a_lost_message_forgot(
    admin: User, small_steps: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    letters.mended(1, make.source())
    job = letter_job.start_job(actor=admin, action="replay", wanted=ALL)
    woken: list[tuple[str, int]] = []
    monkeypatch.setattr(letter_job, "wake", lambda name, pk: woken.append((name, pk)))
    letter_job.wake_jobs()
    assert woken == [("detectors.run_letter_job", job.pk)]
    letter_job.run_letter_job(job_id=job.pk)
    woken.clear()
    letter_job.wake_jobs()
    assert woken == []


def test_a_job_that_a_worker_has_is_left_to_it_until_its_lease_ends(
    admin: User, small_steps: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    letters.mended(1, make.source())
    job = letter_job.start_job(actor=admin, action="replay", wanted=ALL)
    with time_machine.travel(clock.now(), tick=False) as at:
        LetterJob.objects.filter(pk=job.pk).update(busy_until=clock.now() + letter_job.LEASE)
        woken: list[tuple[str, int]] = []
        monkeypatch.setattr(letter_job, "wake", lambda name, pk: woken.append((name, pk)))
        letter_job.wake_jobs()
        letter_job.run_letter_job(job_id=job.pk)
        assert (woken, states()) == ([], {"s-1": "open"})
        at.shift(letter_job.LEASE)
        letter_job.wake_jobs()
        letter_job.run_letter_job(job_id=job.pk)
        assert (woken, states()) == (
            [("detectors.run_letter_job", job.pk)],
            {"s-1": "replayed"},
        )


def test_an_item_that_somebody_settles_meanwhile_is_not_settled_again(
    admin: User, small_steps: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = make.source()
    first, _ = letters.mended(1, source), letters.mended(2, source)
    job = letter_job.start_job(actor=admin, action="replay", wanted=ALL)
    reading = letter_job._read

    def slow(found: Any) -> Any:
        read = reading(found)
        discard_letter(actor=admin, letter=first, reason="mine")
        return read

    monkeypatch.setattr(letter_job, "_read", slow)
    letter_job.step_job(job_id=job.pk)
    job.refresh_from_db()
    assert (job.done, job.failed, states()) == (1, 0, {"s-1": "discarded", "s-2": "replayed"})
    assert list(Signal.objects.values_list("external_id", flat=True)) == ["s-2"]


@pytest.mark.django_db(transaction=True)
def test_two_workers_on_one_job_do_nothing_twice(
    small_steps: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin, source = cast.admin(), make.source()
    for number in range(4):
        letters.mended(number, source)
    job = letter_job.start_job(actor=admin, action="replay", wanted=ALL)
    writing = letter_job._write

    def overtaken(one: LetterJob, found: Any, read: Any) -> int:
        monkeypatch.setattr(letter_job, "_write", writing)
        letter_job.step_job(job_id=job.pk)  # the other worker ends this very step first
        return writing(one, found, read)

    monkeypatch.setattr(letter_job, "_write", overtaken)
    assert letter_job.step_job(job_id=job.pk) == 0
    letter_job.run_letter_job(job_id=job.pk)
    job.refresh_from_db()
    assert (job.done, job.failed, Signal.objects.count()) == (4, 0, 4)
    connections.close_all()


def test_reasons_are_counted_once_an_item_and_most_frequent_first(admin: User) -> None:
    source = make.source()
    letters.refuse_item(source, 1, kind="shout")
    letters.refuse_item(source, 2, kind="shout", urls=[1])
    letters.refuse(source, b'{"urls": ["\\u0000", "\\u0000"], "kind": "post"}')
    found = {(one.field, one.code): one.letters for one in reasons_for(admin, ALL)}
    assert found["kind", "choice"] == 2
    assert found["external_id", "required"] == 1
    assert list(found.values()) == sorted(found.values(), reverse=True)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({}, 4),
        ({"field": "kind"}, 2),
        ({"code": "type"}, 1),
        ({"field": "kind", "code": "type"}, 0),
        ({"source": "other"}, 1),
        ({"adapter": "xarf"}, 1),
        ({"adapter": "none"}, 3),
        ({"state": "discarded"}, 0),
        ({"since": "2020-01-01T00:00"}, 4),
        ({"until": "2020-01-01T00:00+02:00"}, 0),
        ({"source": "acme\x00"}, 3),
    ],
)
def test_filters_find_what_they_say(admin: User, wanted: dict[str, str], found: int) -> None:
    acme, other = make.source(), make.source("other")
    letters.refuse_item(acme, 1, kind="shout")
    letters.refuse_item(acme, 2, actor=5)
    letters.refuse_item(other, 3, kind="shout")
    letters.piece(acme)
    assert letter_count_for(admin, LetterFilter.read(wanted)) == found


@pytest.mark.parametrize("wanted", [{"since": "yesterday"}, {"state": "lost"}])
def test_a_filter_that_means_nothing_is_refused_by_name(wanted: dict[str, str]) -> None:
    with pytest.raises(InvalidError) as refused:
        LetterFilter.read(wanted)
    assert refused.value.field in wanted


def test_a_filter_survives_being_kept() -> None:
    wanted = LetterFilter.read({"source": "a", "since": "2026-01-01T10:00", "state": "open"})
    assert LetterFilter.read(wanted.words()) == wanted
    assert wanted.state == DeadLetterState.OPEN
