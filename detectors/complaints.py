"""Which report is a complaint about somebody: whom it reports, who complains, of what. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final, NamedTuple

from detectors import normalise
from detectors.base import Signal
from detectors.schema import Kind

ADAPTERS: Final = frozenset({"arf", "bluesky", "mastodon", "thehive", "xarf"})
"""Those whose reports open cases unless somebody says otherwise."""
MAX_TARGETS: Final = 20
MAX_NAME: Final = 200
MAX_VALUE: Final = 4_200
MAX_REASON: Final = 80
ORDER: Final = ("url", "domain", "email", "phone", "wallet", "ip", "hash", "source")
"""Where no report-target is named, the complaint is about the first of these that it names."""
BY_PEOPLE: Final = frozenset({"bluesky", "mastodon"})
"""Here somebody acts in each complaint; a report without actor says what moderators did."""
REPORTERS: Final = (
    ("arf", "reporter"),
    ("xarf", "reporter.contact"),
    ("xarf", "reporter.org"),
    ("thehive", "source"),
)
REASONS: Final = (
    ("arf", "feedback_type"),
    ("report_type", ""),
    ("mastodon", "category"),
    ("bluesky", "reportType"),
    ("bluesky", "event.reportType"),
    ("thehive", "type"),
)


class Target(NamedTuple):
    """What is reported, by the type and canonical value of its entity."""

    type: str
    value: str


@dataclass(frozen=True, slots=True)
class Complaint:
    """One report. reporter, reason: empty where it says none."""

    targets: tuple[Target, ...]
    reporter: str
    reason: str


def opens_cases(report_cases: str, adapters: Iterable[str]) -> bool:
    """Whether reports of a source open cases: as somebody said, else by the adapters it uses."""
    if report_cases == "auto":
        return not ADAPTERS.isdisjoint(adapters)
    return report_cases == "on"


def complaint_of(signal: Signal) -> Complaint | None:
    """None: the signal complains of nobody. At most `MAX_TARGETS` targets, each once."""
    if not _complains(signal):
        return None
    found = (one for one in _targets(signal) if len(one.value) <= MAX_VALUE)
    targets = tuple(islice(dict.fromkeys(found), MAX_TARGETS))
    return Complaint(
        targets=targets or (Target("report", f"signal {signal.id}"),),
        reporter=signal.account or _said(signal.attributes, REPORTERS)[:MAX_NAME],
        reason=_said(signal.attributes, REASONS).rpartition("#")[2][:MAX_REASON],
    )


def _complains(signal: Signal) -> bool:
    """Not what moderators did or found, and not the further parts of one large report."""
    if signal.kind != Kind.REPORT or {"group", "part"} <= signal.attributes.keys():
        return False
    if isinstance(signal.attributes.get("upheld"), bool):
        return False
    return bool(signal.actor) or BY_PEOPLE.isdisjoint(signal.attributes)


def _targets(signal: Signal) -> list[Target]:
    """The accounts that are reported; else other things that are; else what it is about first."""
    named = _objects(signal)
    reported = [_reported(one, signal, named) for one in named.get("report-target", ())]
    accounts = [one for one in reported if one.type == "account"]
    if accounts or reported:
        return accounts or reported
    urls = [normalise.canonical_url(one) or "" for one in signal.raw_urls]
    about = {**named, "url": [*filter(None, urls), *named.get("url", ())]}
    for type in ORDER:
        if found := about.get(type):
            return [Target(type, normalise.canonical(type, one) or one) for one in found]
    return []


def _objects(signal: Signal) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for item in signal.objects:
        type, _, value = item.partition(":")
        if value:
            found.setdefault(type, []).append(value)
    return found


def _reported(value: str, signal: Signal, named: Mapping[str, list[str]]) -> Target:
    """An account under the name that detectors give it, a link, or what else it is."""
    accounts = named.get("account", ())
    for account in (value, f"{signal.platform}:{_did(value)}"):
        if account in accounts:
            return Target("account", account)
    if "://" in value and (url := normalise.canonical_url(value)):
        return Target("url", url)
    if value.startswith(f"{signal.platform}:"):
        return Target("account", value)
    return Target("report-target", normalise.canonical("report-target", value) or value)


def _did(value: str) -> str:
    """The account in an address such as `at://did:plc:a/app.bsky.feed.post/1`."""
    return value.removeprefix("at://").partition("/")[0]


def _said(attributes: Mapping[str, Any], places: tuple[tuple[str, str], ...]) -> str:
    """The first of these places that holds words, in one line."""
    return next(_words(attributes, places), "")


def _words(attributes: Mapping[str, Any], places: tuple[tuple[str, str], ...]) -> Iterator[str]:
    for first, rest in places:
        value: Any = attributes.get(first)
        for name in filter(None, rest.split(".")):
            value = value.get(name) if isinstance(value, dict) else None
        if isinstance(value, str) and (words := " ".join(value.split())):
            yield words
