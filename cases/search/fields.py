"""The tokens that lists of cases and routing rules know, and the canonical form of their values."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Final

from abusedesk.core.query import UNITS, Field, ValueFaultError, one_of
from cases.choices import Severity

FLAGS: Final = (
    "open", "escalated", "snoozed", "closed", "regressed", "escalating", "late", "at-risk",
    "claimed", "free", "assigned", "reported", "held",
)  # fmt: skip
SEVERITIES: Final = tuple(str(one.label) for one in Severity)
ME: Final = "me"
NOBODY: Final = "none"
MOST: Final = 2_000_000_000  # what a number of the database holds

_SPAN: Final = re.compile(r"(\d{1,4})([mhdw])")
_COUNT: Final = re.compile(r"\d{1,10}")


def span(value: str) -> timedelta:
    """`2d` as a time. Raises ValueFaultError."""
    found = _SPAN.fullmatch(value.lower())
    if found is None:
        message = "takes a time such as 30m, 4h, 2d or 1w"
        raise ValueFaultError(message)
    return int(found[1]) * UNITS[found[2]]


def _span(value: str) -> str:
    span(value)
    return value.lower()


def _count(value: str) -> str:
    if not _COUNT.fullmatch(value) or int(value) > MOST:
        message = "takes a whole number"
        raise ValueFaultError(message)
    return str(int(value))


_ALL: Final = (
    Field("is", f"one of {', '.join(FLAGS)}", "is:regressed", one_of(FLAGS)),
    Field("queue", "slug of a queue", "queue:inbox", str.lower),
    Field("platform", "where it happened", "platform:x,telegram", str.lower),
    Field("provider", "AI service in the evidence", "provider:openai", str.lower),
    Field("source", "which integration sent it", "source:acme", str.lower),
    Field("lang", "language of the posts", "lang:de", str.lower),
    Field(
        "detector",
        "detector behind a finding in force",
        "detector:shared-infrastructure",
        str.lower,
    ),
    Field("sev", "severity, compared", "sev:>=high", one_of(SEVERITIES), compares=True),
    Field("hits", "signals and reports", "hits:>10", _count, compares=True),
    Field("accounts", "accounts in it", "accounts:>=20", _count, compares=True),
    Field("reports", "reports in it", "reports:>0", _count, compares=True),
    Field("age", "since it opened; alone: at least", "age:>2d", _span, compares=True),
    Field("sla", "time left; alone: at most", "sla:<1h", _span, compares=True),
    Field("assignee", "for whom it waits: a name, me or none", "assignee:me"),
    Field("policy", "policy that its decision in force names", "policy:phishing", str.lower),
    Field("entity", "account, domain, device or the like that it is about", "entity:x:ada"),
    Field("label", "word that people marked it with", "label:ring", str.casefold),
)
FIELDS: Final[dict[str, Field]] = {one.name: one for one in _ALL}
# What is known of a case in the moment it opens; the rest would never match, or always.
ROUTING: Final[dict[str, Field]] = {
    name: FIELDS[name]
    for name in (
        "platform", "provider", "source", "lang", "detector", "sev", "hits", "accounts", "reports",
    )
}  # fmt: skip
