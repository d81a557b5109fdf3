"""Ozone's moderation events and reports, read for the Bluesky adapter."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from detectors.adapters.base import Item, Outcome, UnfitError, attempt
from detectors.adapters.kit.draft import Draft
from detectors.adapters.kit.moments import moment
from detectors.adapters.kit.record import Record
from detectors.schema import Kind

PLATFORM: Final = "bluesky"
LISTS: Final = ("events", "reports")
EVENTS: Final = "tools.ozone.moderation.defs#"
REPORT: Final = f"{EVENTS}modEventReport"
UPDATES: Final = (f"{EVENTS}accountEvent", f"{EVENTS}identityEvent")
"""Events that Ozone itself took from the network."""


def is_ozone(record: Record) -> bool:
    """Whether the object is an answer of Ozone, one of its events, or one of its reports."""
    return any(name in record for name in (*LISTS, "event", "reportType"))


def signals(record: Record) -> Iterator[Outcome]:
    """Signals of an event or report, or of each in a list."""
    lists = [name for name in LISTS if name in record]
    for name in lists:
        for one in record.need_children(name):
            yield from attempt(_one(one), one.raw)
    if not lists:
        yield from _one(record)


def _one(record: Record) -> Iterator[Item]:
    yield from (_report(record) if "reportType" in record else _event(record))


def _event(view: Record) -> Iterator[Item]:
    """A modEventView."""
    event = view.child("event")
    type = event.need("$type")
    author = view.need("createdBy")
    draft = Draft(
        kind=Kind.REPORT,
        platform=PLATFORM,
        external_id=f"ozone-event-{view.need('id')}",
        at=moment(view, "createdAt"),
        text=event.text("comment"),
    )
    subject = _subject(view.child("subject"))
    if type == REPORT:
        draft.actor = author
        draft.profile["handle"] = view.text("creatorHandle")
        draft.about("report-target", subject)
    elif type in UPDATES:
        draft.kind, draft.actor = Kind.ACCOUNT_UPDATED, _did(subject)
        draft.profile["handle"] = event.text("handle") or view.text("subjectHandle")
    else:
        draft.about("moderated", subject)
    _speak_of(draft, subject)
    draft.keep(PLATFORM, view.rest(), type=type.removeprefix(EVENTS), createdBy=author)
    yield from draft.items()


def _report(view: Record) -> Iterator[Item]:
    """A reportView; its subject comes with profile and status, which stay in the attributes."""
    subject = view.child("subject")
    uri = subject.child("record").text("uri")
    name = uri or subject.child("repo").text("did") or subject.child("profile").text("did")
    if not name:
        name = _subject(subject.child("status").child("subject"))
    draft = Draft(
        kind=Kind.REPORT,
        platform=PLATFORM,
        external_id=f"ozone-report-{view.need('id')}",
        at=moment(view, "createdAt"),
        actor=view.need("reportedBy"),
        text=view.text("comment"),
    )
    draft.about("report-target", name)
    _speak_of(draft, name)
    draft.keep(PLATFORM, view.rest(), type="report")
    yield from draft.items()


def _subject(subject: Record) -> str:
    """A repository (did), a record (uri) or a message (did of its author)."""
    found = subject.text("uri") or subject.text("did")
    if not found:
        raise UnfitError(subject.place, "required", "must have a uri or a did")
    return found


def _did(subject: str) -> str:
    return subject.removeprefix("at://").partition("/")[0]


def _speak_of(draft: Draft, subject: str) -> None:
    if (did := _did(subject)) != draft.actor:
        draft.account(PLATFORM, did)
