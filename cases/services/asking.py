"""Asks other desks, by hash and only on a click, whether they know a thing."""

from __future__ import annotations

import json
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlencode

from django.db.models import Q

from abusedesk.core import audit, outbound, sealing
from abusedesk.core.audit import Verb
from abusedesk.core.errors import ConflictError, InvalidError
from abusedesk.core.models import User
from abusedesk.core.outbound import OutboundError
from cases import policy
from cases.choices import Pap
from cases.models import Feed, HeldKey, ImportedValue
from cases.services.circle_keys import MATCHED, fetch_keys, key_of
from cases.services.feed import PURPOSE
from cases.sharing import buckets, hmacs
from cases.sharing.minimise import TYPES
from cases.taking import taxii
from detectors.models import Entity

MAX_ANSWER: Final = 256 * 1024
MOST_DIGITS: Final = 8


@dataclass(frozen=True, slots=True)
class Asked:
    """What one desk says. known: in words, empty when it does not know it; fault: why no answer."""

    feed: Feed
    known: str = ""
    contact: str = ""
    fault: str = ""


def ask_partners(*, actor: User, entity: Entity) -> list[Asked]:
    """Ask each desk that the desk reads. Nothing of the value leaves but a piece of its hash.

    Raises ForbiddenError, InvalidError for a type that is not asked for, ConflictError where its
    source allows nothing that could be noticed.
    """
    policy.require(actor, "lookup.ask")
    if entity.type not in TYPES:
        message = f"Nobody is asked for things of type {entity.type}."
        raise InvalidError(message, field="entity")
    told = ImportedValue.objects.filter(
        Q(digest=bytes(entity.digest), key_id="") | Q(entity_id=entity.pk)
    )
    if told.filter(imported__pap=Pap.RED, imported__revoked=False).exists():
        message = "It came as PAP:RED: nothing may be done with it that somebody could notice."
        raise ConflictError(message)
    feeds = Feed.objects.filter(active=True).exclude(desk_url="").exclude(circle="")
    return [_asked(actor, feed, entity) for feed in feeds]


def _asked(actor: User, feed: Feed, entity: Entity) -> Asked:
    audit.append(
        actor=actor,
        verb=Verb.LOOKUP_ASKED,
        target=feed,
        host=outbound.parse(feed.desk_url).host,
        type=entity.type,
    )
    try:
        return _answer(feed, entity)
    except (OutboundError, sealing.LostError, ValueError) as error:
        return Asked(feed, fault=str(error)[:300])


def _answer(feed: Feed, entity: Entity) -> Asked:
    """Raises OutboundError, LostError, or ValueError for what is no answer."""
    base = f"{feed.desk_url}/api/v1/sharing/lookup/{feed.circle}/"
    about = _object(_got(feed, base))
    held = _held(feed, about)
    query = f"?{urlencode({'key': held.key_id})}"
    if held.key_id != about.get("key_id"):
        about = _object(_got(feed, f"{base}{query}"))
    mac = hmacs.mac_of(key_of(held=held).secret, entity.type, entity.value)
    lengths = about.get("digits")
    digits = lengths.get(entity.type) if isinstance(lengths, dict) else None
    if not isinstance(digits, int) or digits not in range(MOST_DIGITS + 1):
        message = "The other desk does not say how it is asked."
        raise ValueError(message)
    body = _got(feed, f"{base}{entity.type}/{buckets.prefix_of(mac, digits)}/{query}")
    found = buckets.found_in(body, mac, digits)
    return Asked(feed, buckets.WORDS[found[0]], found[1]) if found else Asked(feed)


def _held(feed: Feed, about: dict[str, Any]) -> HeldKey:
    """The key that the other desk names, or another under which it answers."""
    named = HeldKey.objects.filter(feed=feed, key_id=str(about.get("key_id", "")))
    held = named.first()
    if held is None:
        other = _other_held(feed, about)
        try:
            fetch_keys(feed=feed)
        except OutboundError:
            if other is None:
                raise
        held = named.first() or other
    if held is None:
        message = "The key of its circle did not reach this desk."
        raise OutboundError(message)
    return held


def _other_held(feed: Feed, about: dict[str, Any]) -> HeldKey | None:
    told = about.get("keys")
    known = [str(one) for one in told[:MATCHED]] if isinstance(told, list) else []
    return HeldKey.objects.filter(feed=feed, key_id__in=known).first()


def _got(feed: Feed, url: str) -> bytes:
    secret = sealing.unseal(feed.secret, purpose=PURPOSE)
    headers = taxii.headers_for("bearer", "", secret) | {"Accept": "application/json"}
    reply = outbound.fetch(url, headers=headers, max_bytes=MAX_ANSWER)
    if reply.status != HTTPStatus.OK:
        message = f"It answered {reply.status}."
        raise OutboundError(message)
    return reply.body


def _object(body: bytes) -> dict[str, Any]:
    try:
        return dict(json.loads(body))
    except (RecursionError, TypeError) as error:
        message = "The answer cannot be read."
        raise ValueError(message) from error
