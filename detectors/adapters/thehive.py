"""TheHive alerts, as thehive4py's InputAlert writes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from detectors.adapters.base import Item, Meta
from detectors.adapters.kit.bounds import digest
from detectors.adapters.kit.documents import JSON, NDJSON, JsonAdapter
from detectors.adapters.kit.draft import Draft, slug
from detectors.adapters.kit.moments import MILLISECONDS, epoch
from detectors.adapters.kit.record import Record
from detectors.schema import Kind

OBJECT_TYPES: Final[Mapping[str, str]] = {
    "ip": "ip",
    "domain": "domain",
    "fqdn": "domain",
    "hostname": "domain",
    "mail": "email",
    "email": "email",
    "hash": "hash",
    "phone": "phone",
    "autonomous-system": "asn",
    "filename": "file-name",
    "file": "file-name",
    "mail-subject": "mail-subject",
    "mail_subject": "mail-subject",
    "user-agent": "user-agent",
}
"""dataType of an observable -> type of the object it becomes; others keep their name."""


class TheHive(JsonAdapter):
    """Alerts become reports that nobody's account acted in."""

    meta = Meta(
        slug="thehive",
        title="TheHive alert",
        doc="An alert as thehive4py sends it: type, source, sourceRef, title and description are"
        " required. It becomes one `report` whose text is title and description. Observables of"
        " type url become links, every other one an object (`ip:`, `domain:`, `email:`, `hash:`,"
        " ...), so that each is an entity; what is above the limits of one signal goes into"
        " further signals of the same group. A report by a tool has no actor: tools would look"
        " like accounts that act together. tlp, pap, tags, customFields, externalLink and the"
        " notes of observables stay in `attributes.thehive`.",
        media_types=(JSON, NDJSON),
        suffixes=(".json", ".ndjson", ".jsonl"),
        spec="https://docs.strangebee.com/thehive/api-docs/ (Create Alert); thehive4py"
        " types/alert.py",
        kinds=(Kind.REPORT,),
        platforms="`thehive`",
        time="`date`, milliseconds since 1970. TheHive itself lets `date` be the moment of creation"
        " when it is missing: over REST that is the time of receipt, and"
        " `attributes.dated` says so; a file without `date` is refused.",
        external_id="digest of (type, source, sourceRef), which name an alert for ever: the same"
        " again is known, whatever its date",
        once=True,
    )

    def signals(self, record: Record) -> Iterator[Item]:
        """The report of one alert, and of what did not fit into it."""
        triple = [record.need(name) for name in ("type", "source", "sourceRef")]
        title, description = record.need("title"), record.need("description")
        draft = Draft(
            kind=Kind.REPORT,
            platform="thehive",
            external_id=f"alert-{digest(triple)}",
            at=_date(record),
            text=f"{title}\n\n{description}",
            spill=True,
        )
        notes = [_observe(draft, one) for one in record.need_children("observables")]
        names = dict(zip(("type", "source", "sourceRef"), triple, strict=True))
        draft.keep("thehive", record.rest(), **names, observables=[one for one in notes if one])
        yield from draft.items()


def _date(record: Record) -> str:
    value = record.take("date")
    return "" if value is None else epoch(value, record.at("date"), MILLISECONDS)


def _observe(draft: Draft, observable: Record) -> dict[str, Any]:
    """Add an observable to the signal; what else was said of it, with its value."""
    type, values = observable.need("dataType"), _values(observable)
    for value in values:
        if type == "url":
            draft.link(value)
        else:
            draft.about(OBJECT_TYPES.get(type) or slug(type, "other"), value)
    said = observable.rest()
    return {"data": values[0], **said} if said else {}


def _values(observable: Record) -> list[str]:
    """An observable holds a value, several, or the name of a file."""
    if found := observable.texts("data"):
        return found
    if "attachment" not in observable:
        return [observable.need("data")]
    attachment = observable.child("attachment")
    return [attachment.need("name") if attachment.data else observable.need("attachment")]
