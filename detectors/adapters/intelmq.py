"""IntelMQ events."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from detectors import normalise
from detectors.adapters.base import Item, Meta
from detectors.adapters.kit.bounds import digest
from detectors.adapters.kit.documents import JSON, NDJSON, JsonAdapter
from detectors.adapters.kit.draft import Draft
from detectors.adapters.kit.moments import moment
from detectors.adapters.kit.record import Record
from detectors.schema import Kind

GROUPS: Final = {
    *("classification", "destination", "event_description", "extra", "feed", "malware", "misp"),
    *("protocol", "source", "time"),
}
MAX_DEPTH: Final = 3
MAX_NAME: Final = 100
OMITTED: Final = frozenset({"raw", "__type"})
UNSTABLE: Final = OMITTED | {"time.observation"}
SITES: Final = frozenset({"phishing", "malware-distribution", "malware-configuration", "c2-server"})
"""classification.type of what a host serves; with a host or link it is an act of that site."""
MAIL: Final = frozenset({"spam"})
OBJECTS: Final[Mapping[str, str]] = {
    "source.ip": "ip",
    "source.fqdn": "domain",
    "source.asn": "asn",
    "source.reverse_dns": "domain",
    "destination.ip": "target-ip",
    "destination.fqdn": "target-domain",
    "malware.name": "malware",
    "malware.hash.md5": "hash",
    "malware.hash.sha1": "hash",
    "malware.hash.sha256": "hash",
}
"""Field -> type of the object that it becomes."""


class IntelMq(JsonAdapter):
    """One event is one signal."""

    meta = Meta(
        slug="intelmq",
        title="IntelMQ event",
        doc="An event of the IntelMQ data format, flat (`source.ip`) or nested (`source: {ip}`)."
        " Phishing, malware and command-and-control hosts become `site`: the host is the actor,"
        " source.ip and source.asn are its identifiers. Everything else becomes a `report` without"
        " actor, because a sensor is no account. source.url and destination.url are links; hosts,"
        " addresses, hashes and malware names are objects. All fields stay as they are in"
        " `attributes.intelmq`, `extra.*` among them, except `raw`, the feed's own line in base64,"
        " which is left out.",
        media_types=(JSON, NDJSON),
        suffixes=(".json", ".ndjson", ".jsonl"),
        spec="https://docs.intelmq.org/latest/user/event/",
        kinds=(Kind.SITE, Kind.REPORT),
        platforms="`web` for sites, `email` for spam, else `network`",
        time="`time.source`; where the feed says none, `time.observation`, as IntelMQ itself does",
        external_id="digest of the event without `raw` and `time.observation`, so that a line"
        " collected again is known where `time.source` dates it",
    )

    def signals(self, record: Record) -> Iterator[Item]:
        """The signal of one event."""
        event = Record(_flat(record.data), record.place)
        stable = {name: value for name, value in event.data.items() if name not in UNSTABLE}
        type = event.text("classification.type")
        host = _host(event)
        is_site = type in SITES and bool(host)
        draft = Draft(
            kind=Kind.SITE if is_site else Kind.REPORT,
            platform="web" if is_site else "email" if type in MAIL else "network",
            external_id=f"event-{digest(stable)}",
            at=moment(event, "time.source", "time.observation"),
            actor=host if is_site else "",
            text=event.text("event_description.text"),
        )
        _describe(draft, event, is_site=is_site)
        kept = {name: value for name, value in event.data.items() if name not in OMITTED}
        draft.keep("intelmq", kept)
        yield from draft.items()


def _describe(draft: Draft, event: Record, *, is_site: bool) -> None:
    draft.link(*(url for name in ("source.url", "destination.url") if (url := event.text(name))))
    for field, type in OBJECTS.items():
        draft.about(type, event.text(field))
    if is_site:
        for type in ("ip", "asn"):
            draft.identify(type, event.text(f"source.{type}"))
    if account := event.text("source.account"):
        draft.about("email" if normalise.canonical_email(account) else "handle", account)


def _host(event: Record) -> str:
    """The name of the site: its host, else the address it is reached at."""
    url = normalise.canonical_url(event.text("source.url"))
    named = event.text("source.fqdn") or (urlsplit(url).hostname if url else "") or ""
    return named.lower() or event.text("source.ip")


def _flat(event: Mapping[str, Any]) -> dict[str, Any]:
    """Nested groups as dotted names; `extra` may also be JSON in text."""
    return {
        path: leaf
        for name, value in event.items()
        for path, leaf in (_leaves(name, value) if name in GROUPS else ((name, value),))
    }


def _leaves(name: str, value: Any, depth: int = 0) -> Iterator[tuple[str, Any]]:
    """Names and levels are bounded: a path is written anew for every field below it."""
    if name == "extra" and isinstance(value, str):
        value = _json(value)
    names = value if isinstance(value, dict) and depth < MAX_DEPTH else {}
    if not names or any(len(one) > MAX_NAME for one in names):
        yield name, value
        return
    for key, one in names.items():
        yield from _leaves(f"{name}.{key}", one, depth + 1)


def _json(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return text
