"""STIX 2.1 observed-data and the cyber-observable objects it refers to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

from detectors import normalise
from detectors.adapters.base import Item, Meta, Outcome, UnfitError, attempt
from detectors.adapters.kit.bounds import Budget, name_of, one_line, within_bytes
from detectors.adapters.kit.documents import JSON, NDJSON, JsonAdapter
from detectors.adapters.kit.draft import Draft, slug
from detectors.adapters.kit.moments import moment
from detectors.adapters.kit.record import Record
from detectors.schema import MAX_TEXT_BYTES, Kind

STIX: Final = "application/stix+json"
OBSERVED: Final = "observed-data"
CONTEXT: Final = frozenset(
    {"identity", "marking-definition", "extension-definition", "language-content"}
)
"""Objects that only explain others; they are read past."""
DOMAIN_OBJECTS: Final = frozenset(
    {
        *("attack-pattern", "campaign", "course-of-action", "grouping", "incident", "indicator"),
        *("infrastructure", "intrusion-set", "location", "malware", "malware-analysis", "note"),
        *("opinion", "report", "threat-actor", "tool", "vulnerability", "relationship"),
        "sighting",
    }
)
REST_BYTES: Final = 1_000
MAX_NAME: Final = 100
MAX_VALUE: Final = 400
MAX_LINK: Final = 4_000
MAX_RECIPIENTS: Final = 100
OLD: Final = "is 2.0; only STIX 2.1 is read, convert it first"
HASHES: Final = ("MD5", "SHA-1", "SHA-256")
VALUES: Final[Mapping[str, tuple[str, str]]] = {
    "domain-name": ("domain", "value"),
    "ipv4-addr": ("ip", "value"),
    "ipv6-addr": ("ip", "value"),
    "email-addr": ("email", "value"),
    "mac-addr": ("mac", "value"),
    "autonomous-system": ("asn", "number"),
    "software": ("software", "name"),
    "mutex": ("mutex", "name"),
    "directory": ("directory", "path"),
    "process": ("process", "command_line"),
    "windows-registry-key": ("registry-key", "key"),
    "x509-certificate": ("certificate", "serial_number"),
}
"""Type of a cyber-observable -> type of the object it becomes, and the field that holds it."""


@dataclass(slots=True)
class Seen:
    """A cyber-observable, read once however many observations refer to it.

    refs: ids of others whose values are here.
    """

    type: str
    links: list[str] = field(default_factory=list)
    marks: list[tuple[str, str]] = field(default_factory=list)
    text: str = ""
    sender: str = ""
    refs: list[str] = field(default_factory=list)
    rest: dict[str, Any] = field(default_factory=dict)


class Stix(JsonAdapter):
    """Each observed-data of a bundle is a signal."""

    meta = Meta(
        slug="stix",
        title="STIX 2.1 observed-data",
        doc="A bundle, or a TAXII envelope, with observed-data objects and the cyber-observables"
        " that they refer to. One that holds an email-message is a `mail` of its sender; one with"
        " links or domains of a single host is a `site`, the host being the actor; everything else"
        " is a `report` without actor. url is a link, every other observable an object (`domain:`,"
        " `ip:`, `email:`, `hash:`, ...), user-account an `account:` of its account_type."
        " Identities and markings are read past; other domain objects, and observables that no"
        " observed-data refers to, are refused one by one, because nothing says when they"
        " happened. STIX 2.0, whose observed-data holds the observables inside, is refused.",
        media_types=(JSON, STIX, NDJSON),
        suffixes=(".json", ".stix"),
        spec="STIX 2.1, sections 4.14 and 6 (https://docs.oasis-open.org/cti/stix/v2.1/)",
        kinds=(Kind.MAIL, Kind.SITE, Kind.REPORT),
        platforms="`email` for mail, `web` for sites, else `stix`",
        time="`first_observed`",
        external_id="id of the observed-data",
    )

    def signals(self, record: Record) -> Iterator[Outcome]:
        """Signals of a bundle."""
        if record.data.get("spec_version") == "2.0":
            raise UnfitError(record.at("spec_version"), "choice", OLD)
        objects = record.need_children("objects")
        if "objects" not in record:
            raise UnfitError(record.at("objects"), "required", "is required")
        by_id = {one.data["id"]: one for one in objects if isinstance(one.data.get("id"), str)}
        seen: dict[str, Seen] = {}
        for one in objects:
            if one.data.get("type") == OBSERVED:
                yield from attempt(_observed(one, by_id, seen), one.raw)
        read = {*seen, *(name for one in seen.values() for name in one.refs)}
        for one in objects:
            if problem := _unread(one, read):
                yield problem.refusal(one.raw())


def _observed(record: Record, by_id: Mapping[str, Record], seen: dict[str, Seen]) -> Iterator[Item]:
    if isinstance(record.data.get("objects"), dict):
        raise UnfitError(record.at("objects"), "choice", f"makes this STIX 2.0, which {OLD}")
    names = list(dict.fromkeys(record.texts("object_refs")))
    if not names:
        raise UnfitError(record.at("object_refs"), "required", "must be a list of ids")
    for name in names:
        if name in by_id and name not in seen:
            seen[name] = _read(by_id[name], by_id)
    found = [seen[name] for name in names if name in seen]
    if not found:
        raise UnfitError(record.at("object_refs"), "missing", "refers to no object of this bundle")
    draft = Draft(
        kind=Kind.REPORT,
        platform="stix",
        external_id=record.need("id"),
        at=moment(record, "first_observed"),
        spill=True,
    )
    _classify(draft, found)
    for one in found:
        draft.link(*one.links)
        for type, value in one.marks:
            draft.about(type, value)
    record.drop("type", "spec_version")
    draft.keep(
        "stix",
        record.rest(),
        author=_author(record, by_id),
        missing=[name for name in names if name not in seen],
        observables=[{"type": one.type, **one.rest} for one in found if one.rest],
    )
    yield from draft.items()


def _author(record: Record, by_id: Mapping[str, Record]) -> str:
    author = by_id.get(str(record.data.get("created_by_ref")))
    name = author.data.get("name") if author else ""
    return name[:MAX_VALUE] if isinstance(name, str) else ""


def _classify(draft: Draft, found: list[Seen]) -> None:
    """Kind, platform and actor by what was observed."""
    mail = next((one for one in found if one.type == "email-message"), None)
    hosts = {host for one in found for host in _hosts(one)}
    if mail is not None:
        draft.kind, draft.platform = Kind.MAIL, "email"
        draft.actor, draft.text = mail.sender.lower(), mail.text
    elif len(hosts) == 1:
        draft.kind, draft.platform, draft.actor = Kind.SITE, "web", hosts.pop()


def _hosts(one: Seen) -> Iterator[str]:
    urls = one.links or [value for type, value in one.marks if type == "domain"]
    for url in urls:
        if canonical := normalise.canonical_url(url):
            yield urlsplit(canonical).hostname or ""


def _unread(record: Record, read: set[str]) -> UnfitError | None:
    """Why no signal was made of an object; None where one was, or none can be missed."""
    type = record.text("type")
    if type == OBSERVED or type in CONTEXT or record.text("id") in read:
        return None
    if type in DOMAIN_OBJECTS:
        sentence = f"is {type}; only observed-data and what it refers to is read"
        return UnfitError(record.at("type"), "choice", sentence)
    sentence = "is in no observed-data, so nothing says when it was seen"
    return UnfitError(record.place, "required", sentence)


def _read(record: Record, by_id: Mapping[str, Record]) -> Seen:
    """One cyber-observable, bounded: many observations may refer to it."""
    found = Seen(record.need("type")[:MAX_NAME])
    READERS.get(found.type, _other)(found, record, by_id)
    record.drop("type", "id", "spec_version")
    found.marks = [(type, name_of(one_line(value), MAX_VALUE)) for type, value in found.marks]
    found.links = [link[:MAX_LINK] for link in found.links]
    found.text = within_bytes(found.text, MAX_TEXT_BYTES)
    budget = Budget(REST_BYTES)
    found.rest = budget.fit(record.rest(), found.type)
    if budget.cuts:
        found.rest["truncated"] = list(budget.cuts)
    return found


def _value(found: Seen, record: Record, _: Mapping[str, Record]) -> None:
    type, name = VALUES[found.type]
    found.marks.append((type, record.text(name)))


def _url(found: Seen, record: Record, _: Mapping[str, Record]) -> None:
    found.links.append(record.need("value"))


def _file(found: Seen, record: Record, _: Mapping[str, Record]) -> None:
    found.marks.append(("file-name", record.text("name")))
    hashes = record.child("hashes")
    found.marks += [("hash", hashes.text(kind)) for kind in HASHES]


def _account(found: Seen, record: Record, _: Mapping[str, Record]) -> None:
    """Named as the platform would name it: by login, else by id."""
    platform = slug(record.text("account_type"), "unknown")
    login = record.text("account_login") or record.text("user_id")
    found.marks.append(("account", f"{platform}:{login}" if login else ""))


def _message(found: Seen, record: Record, by_id: Mapping[str, Record]) -> None:
    subject, body = record.text("subject"), record.text("body")
    found.text = "\n\n".join(one for one in (subject, body) if one)
    found.marks.append(("subject", subject))
    found.sender = _address(found, record.text("from_ref", "sender_ref"), by_id)
    for name in ("to_refs", "cc_refs"):
        for one in record.texts(name)[:MAX_RECIPIENTS]:
            found.marks.append(("target", _address(found, one, by_id)))


def _address(found: Seen, name: str, by_id: Mapping[str, Record]) -> str:
    """The value of another observable."""
    if name not in by_id:
        return ""
    found.refs.append(name)
    value = by_id[name].data.get("value")
    return value[:MAX_LINK] if isinstance(value, str) else ""


def _traffic(found: Seen, record: Record, by_id: Mapping[str, Record]) -> None:
    for name, type in (("src_ref", "ip"), ("dst_ref", "target-ip")):
        found.marks.append((type, _address(found, record.text(name), by_id)))


def _other(found: Seen, record: Record, _: Mapping[str, Record]) -> None:
    found.marks.append((slug(found.type, "other"), record.text("value", "name")))


READERS: Final[Mapping[str, Callable[[Seen, Record, Mapping[str, Record]], None]]] = {
    **dict.fromkeys(VALUES, _value),
    "url": _url,
    "file": _file,
    "artifact": _file,
    "user-account": _account,
    "email-message": _message,
    "network-traffic": _traffic,
}
