"""A case as one MISP event for one profile: what the bundle tells, told as attributes.

It is made of what the gate has let pass already: values with their fate, and notes of the bundle.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from cases.sharing import csvtable, minimise, stix
from cases.sharing.facts import Offer
from cases.sharing.minimise import HMAC, SENT, Fate, Profile, Thing
from cases.sharing.pieces import SEED, SEED_AT_MOST
from cases.sharing.stix import Object
from detectors.choices import Opinion
from detectors.intel.misp.names import HASHED, VALID_UNTIL
from detectors.intel.misp.writing import Event, Organisation, Said, event_of

EVENT: Final = "misp-event"
ATTRIBUTE: Final = "misp-attribute"
_AS_THEY_ARE: Final = frozenset({"account", "domain", "ip", "url"})
_LEAD: Final = f'abusedesk:label="{SEED}"'


def event_for(
    rows: Sequence[tuple[Thing, Fate]], objects: Sequence[Object], offer: Offer, profile: Profile
) -> dict[str, Any]:
    """The event. rows: what leaves, as in the table; objects: of the bundle.

    Raises TooConfidentialError at TLP:RED.
    """
    case = offer.case
    said = [_said(thing, fate, offer, profile) for thing, fate in rows]
    if offer.summary:
        said.append(_words("summary", offer.summary, "summary", offer))
    said += [
        _words(one["id"], str(one["content"]), str(one["abstract"]), offer)
        for one in objects
        if one["type"] == "note"
    ]
    until = stix.moment(offer.valid_until)
    said.append(Said(_uuid("until", offer), "text", until, Opinion.SEED.value, comment=VALID_UNTIL))
    day, _ = minimise.time_of(case.opened_at, profile.level)
    return event_of(
        Event(
            uuid=offer.name_of(EVENT, case.key).id.partition("--")[2],
            info=offer.title,
            day=day.date(),
            at=offer.at,
            by=Organisation(offer.maker.name, offer.maker.id.partition("--")[2]),
            tlp=profile.level,
            said=tuple({one.uuid: one for one in said}.values()),  # ranges of many addresses
            tags=(f"PAP:{offer.pap.upper()}", *(() if case.confirmed else (_LEAD,))),
            group=offer.group,
            done=case.closed_at is not None,
            before=offer.before,
        )
    )


def _said(thing: Thing, fate: Fate, offer: Offer, profile: Profile) -> Said:
    """One value. What nobody confirmed, and what was cut or hashed, is for looking only."""
    kind, value, comment = _told(thing, fate)
    confirmed = offer.case.confirmed
    sure = round(100 * min(1.0, max(0.0, offer.case.sure)))
    first, last = csvtable.seen(offer, profile.level)
    acts = confirmed and kind != "text" and not (thing.type == "ip" and fate.how != SENT)
    return Said(
        uuid=_uuid(f"{thing.type} {stix.named(fate.value)}", offer),
        type=kind,
        value=value,
        opinion=(Opinion.POSITIVE if acts else Opinion.SEED).value,
        confidence=sure if confirmed else min(sure, SEED_AT_MOST),
        comment=comment,
        first_seen=_moment(first),
        last_seen=_moment(last),
        tags=() if confirmed else (_LEAD,),
    )


def _told(thing: Thing, fate: Fate) -> tuple[str, str, str]:
    """Type of the mapping, value and comment; a keyed hash is a text that says of what."""
    if fate.how == HMAC:
        return "text", fate.value, f"{thing.type}{HASHED}"
    if thing.type == "hash":
        name = stix.HASH_OF_LENGTH[len(fate.value)].replace("-", "").lower()
        return "hash", f"{name}:{fate.value}", ""
    if thing.type in _AS_THEY_ARE:
        return thing.type, fate.value, ""
    return "text", fate.value, thing.type


def _words(source: str, text: str, comment: str, offer: Offer) -> Said:
    return Said(_uuid(source, offer), "comment", text, Opinion.SEED.value, comment=comment)


def _uuid(source: str, offer: Offer) -> str:
    """The id of one attribute, which stays as long as what it tells does."""
    return offer.name_of(ATTRIBUTE, source).id.partition("--")[2]


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
