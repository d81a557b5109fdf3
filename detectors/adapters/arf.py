"""ARF: abuse reports by mail (RFC 5965), as feedback loops send them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from detectors.adapters.base import Meta, Outcome, UnfitError, attempt
from detectors.adapters.kit.addresses import addresses
from detectors.adapters.kit.draft import Draft
from detectors.adapters.kit.mail import (
    MBOX,
    PLAIN,
    PLATFORM,
    RFC822,
    MailAdapter,
    attached,
    author,
    head_of,
    letter_id,
    sent_at,
)
from detectors.adapters.kit.mime import MESSAGE, Part, fields, leaves, parse
from detectors.adapters.kit.moments import mail_date
from detectors.schema import Kind

FEEDBACK: Final = "message/feedback-report"
HEADERS: Final = "text/rfc822-headers"
XARF: Final = "xarf"


class Arf(MailAdapter):
    """One report, and the mail that it is about."""

    meta = Meta(
        slug="arf",
        title="ARF feedback report",
        doc="A mail of type multipart/report with a message/feedback-report part, or an mbox of"
        " them. It becomes a `report`: text is the part for people, Reported-URI are links,"
        " Source-IP, Reported-Domain and Original-Rcpt-To are objects, and the reported sender is a"
        " `report-target:` and an `account:`. A feedback loop is a program, so the report has no"
        " actor; programs would look like accounts that act together. The reported message, or its"
        " headers, becomes a `mail` of its sender, under the id that the `eml` adapter gives it."
        " The fields of the report stay in `attributes.arf.feedback`. Feedback-Type xarf belongs"
        " to the `xarf` adapter.",
        media_types=(RFC822, MBOX),
        suffixes=(".eml", ".mbox", ".mbx"),
        spec="RFC 5965, RFC 6522, RFC 6591",
        kinds=(Kind.REPORT, Kind.MAIL),
        platforms="`email`",
        time="the Date of the report, else its newest Received, else Arrival-Date (Received-Date)"
        " of the feedback",
        external_id="Message-ID and a digest of the body, as for `eml`",
    )

    def letter(self, raw: bytes, place: str) -> Iterator[Outcome]:
        """The report, then the mail it is about."""
        message = parse(raw, place)
        parts = leaves(message)
        told = next((part for part in parts if part.media_type == FEEDBACK), None)
        if told is None:
            raise UnfitError(place, "format", f"has no part of type {FEEDBACK}")
        feedback = Part(told.path, fields(told.content(), f"{place}.part {told.path}"), b"")
        original = next((one for one in parts if one.media_type in {HEADERS, *MESSAGE}), None)
        draft = _report(message, feedback, original, place)
        draft.text = next((part.text().strip() for part in parts if part.media_type == PLAIN), "")
        yield from draft.items()
        if original is not None:
            yield from attempt(attached(original, place, "arf"), original.content)


def _report(message: Part, feedback: Part, original: Part | None, place: str) -> Draft:
    type = feedback.header("feedback-type").lower()
    where = f"{place}.Feedback-Type"
    if not type:
        raise UnfitError(where, "required", "is required")
    if type == XARF:
        raise UnfitError(where, "choice", "is xarf; send it through the adapter xarf")
    draft = Draft(
        kind=Kind.REPORT,
        platform=PLATFORM,
        external_id=f"arf-{letter_id(message)}",
        at=_reported_at(message, feedback, place),
    )
    draft.link(*feedback.all("reported-uri"))
    draft.about("ip", *feedback.all("source-ip"))
    draft.about("domain", *feedback.all("reported-domain"))
    for one in feedback.all("original-rcpt-to"):
        draft.about("target", *(address.mailbox for address in addresses(one)))
    for sender in _senders(feedback, original):
        draft.about("report-target", f"{PLATFORM}:{sender}")
        draft.account(PLATFORM, sender)
    reporter = author(message).mailbox
    lines = {"feedback": head_of(feedback), "headers": head_of(message)}
    draft.keep("arf", lines, feedback_type=type, reporter=reporter)
    return draft


def _reported_at(message: Part, feedback: Part, place: str) -> str:
    try:
        return sent_at(message, place)
    except UnfitError:
        arrival = feedback.header("arrival-date") or feedback.header("received-date")
        if when := mail_date(arrival):
            return when
        raise


def _senders(feedback: Part, original: Part | None) -> list[str]:
    """Who sent what is reported: the envelope and the From of the message."""
    found = [one.mailbox for one in addresses(feedback.header("original-mail-from"))]
    if original is not None:
        inner = Part("", fields(original.content(), "original"), b"")
        found.append(author(inner).mailbox)
    return list(dict.fromkeys(one for one in found if one))
