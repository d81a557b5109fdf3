"""What receivers can be told of cases: names of events, and the audit verbs behind each."""

from __future__ import annotations

from typing import Final

from abusedesk.core.audit import Verb

EVENTS: Final[dict[str, frozenset[Verb]]] = {
    "opened": frozenset({Verb.CASE_OPENED, Verb.CASE_OPENED_BY_REPORT}),
    "changed": frozenset(
        {
            Verb.CASE_GREW,
            Verb.CASE_REPORTED,
            Verb.CASE_CHANGED,
            Verb.CASE_ESCALATED,
            Verb.CASE_SNOOZED,
            Verb.CASE_RETURNED,
            Verb.CASE_LABELLED,
            Verb.CASE_MARKED,
        }
    ),
    "decided": frozenset({Verb.CASE_DECIDED, Verb.CASE_UNDONE}),
    "reopened": frozenset({Verb.CASE_REGRESSED, Verb.CASE_REOPENED}),
    "merged": frozenset({Verb.CASE_MERGED, Verb.CASE_ABSORBED}),
    # messages that the receiver passes on: deliveries of their own, not made from the audit chain
    "message": frozenset(),
}
EVENT_OF: Final = {verb: name for name, verbs in EVENTS.items() for verb in verbs}
