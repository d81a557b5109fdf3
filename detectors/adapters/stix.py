"""STIX 2.1 observed-data and the cyber-observable objects it refers to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import urlsplit

from detectors import normalise
from detectors.adapters.base import Item, Meta, Outcome, UnfitError, attempt
from detectors.adapters.kit.documents import JSON, NDJSON, JsonAdapter
from detectors.adapters.kit.draft import Draft
from detectors.adapters.kit.moments import moment
from detectors.adapters.kit.observables import Seen, read
from detectors.adapters.kit.record import Record
from detectors.schema import Kind

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
MAX_VALUE: Final = 400
OLD: Final = "is 2.0; only STIX 2.1 is read, convert it first"


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
        used = {*seen, *(name for one in seen.values() for name in one.refs)}
        for one in objects:
            if problem := _unread(one, used):
                yield problem.refusal(one.raw())


def _observed(record: Record, by_id: Mapping[str, Record], seen: dict[str, Seen]) -> Iterator[Item]:
    if isinstance(record.data.get("objects"), dict):
        raise UnfitError(record.at("objects"), "choice", f"makes this STIX 2.0, which {OLD}")
    names = list(dict.fromkeys(record.texts("object_refs")))
    if not names:
        raise UnfitError(record.at("object_refs"), "required", "must be a list of ids")
    for name in names:
        if name in by_id and name not in seen:
            seen[name] = read(by_id[name], by_id)
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


def _unread(record: Record, used: set[str]) -> UnfitError | None:
    """Why no signal was made of an object; None where one was, or none can be missed."""
    type = record.text("type")
    if type == OBSERVED or type in CONTEXT or record.text("id") in used:
        return None
    if type in DOMAIN_OBJECTS:
        sentence = f"is {type}; only observed-data and what it refers to is read"
        return UnfitError(record.at("type"), "choice", sentence)
    sentence = "is in no observed-data, so nothing says when it was seen"
    return UnfitError(record.place, "required", sentence)
