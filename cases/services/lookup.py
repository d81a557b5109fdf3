"""Answers partners who ask by hash what the desk knows, and keeps the hashes to answer from."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final

from django.db import connection, transaction
from django.db.models import Count, Q, QuerySet

from abusedesk.core import clock
from abusedesk.core.errors import InvalidError, NotFoundError, SpentError
from abusedesk.core.models import User
from abusedesk.core.queueing import wake
from cases.models import (
    Case,
    Circle,
    CircleKey,
    Decision,
    Inbox,
    LookupEntry,
    LookupState,
    Organisation,
    Partner,
)
from cases.offering import case_facts
from cases.selectors.taxii import levels_by_partner
from cases.services.circle import key_in_force
from cases.sharing import buckets, hmacs, minimise, tlp
from cases.sharing.minimise import DROPPED, TYPES, Profile
from detectors.choices import Outcome

A_DAY: Final = 1_000
BUDGET_S: Final = 240.0
"""After that the next sweep goes on."""
OVERLAP: Final = timedelta(days=14)
"""For so long after an epoch began members are answered under the key before too."""
CASES: Final = 50
"""Cases whose hashes are made in one transaction."""
SETTLES: Final = timedelta(seconds=10)
"""A change that is younger may have others before it that are not committed yet."""
_BEST: Final = (buckets.ABUSE, buckets.OPEN, buckets.HARMLESS)
_CLASSES: Final = {
    Outcome.ABUSE.value: buckets.ABUSE,
    Outcome.LEGITIMATE.value: buckets.HARMLESS,
    Outcome.NO_ABUSE.value: buckets.HARMLESS,
}
_COUNT: Final = """
INSERT INTO cases_lookupcount (partner_id, day, count) VALUES (%s, %s, 1)
ON CONFLICT (partner_id, day) DO UPDATE SET count = cases_lookupcount.count + 1
    WHERE cases_lookupcount.count < %s
RETURNING count
"""


def describe_lookups(*, actor: User, circle_slug: str, key_id: str = "") -> dict[str, Any]:
    """With which key to ask, and how long the prefix of each type is.

    key_id: of the key that the caller has; else the newest whose hashes are made. Raises
    NotFoundError, or InvalidError for a key under which nobody is answered any more.
    """
    inbox, _ = _asked_of(actor, circle_slug)
    keys = _answered(inbox.circle)
    key = _key(keys, key_id)
    counts = _permitted(key, inbox.circle, actor).values("type")
    known = dict(counts.annotate(all=Count("mac", distinct=True)).values_list("type", "all"))
    return {
        "key_id": key.key_id,
        "keys": [one.key_id for one in keys],
        "size": buckets.SIZE,
        "digits": {type: buckets.digits_for(known.get(type, 0)) for type in TYPES},
    }


def answer_lookup(
    *, actor: User, circle_slug: str, type: str, prefix: str, key_id: str = ""
) -> bytes:
    """The bucket of a prefix: of one shape and length, whatever is in it.

    key_id: under which the prefix was made; else the one that `describe_lookups` names. Raises
    NotFoundError, InvalidError for a prefix of another length or a key that is over, SpentError
    above the limit of a day.
    """
    inbox, partner = _asked_of(actor, circle_slug)
    if type not in TYPES:
        message = f"Choose a type of: {', '.join(TYPES)}."
        raise InvalidError(message, field="type")
    key = _key(_answered(inbox.circle), key_id)
    rows = _permitted(key, inbox.circle, actor).filter(type=type)
    digits = buckets.digits_for(rows.values("mac").distinct().count())
    if not buckets.is_prefix(prefix, digits):
        said = f"{digits} hexadecimal digits" if digits else f"the word {buckets.ANY}"
        message = f"The prefix of this type is {said} at the moment."
        raise InvalidError(message, field="prefix")
    _count(partner)
    maker = Organisation.objects.first()
    found = rows if prefix == buckets.ANY else rows.filter(mac__startswith=prefix)
    return buckets.bucket(
        _known(found),
        prefix=prefix,
        contact=inbox.contact or (maker.name if maker else ""),
        secret=maker.cursor_secret if maker else "",
        about=f"{key.key_id} {type}",
    )


def index_lookups() -> int:
    """Make the hashes of cases that changed, for every circle that may ask. Returns how many."""
    done, ends = 0, time.monotonic() + BUDGET_S
    for key in _keys():
        while time.monotonic() < ends and (step := _index(key)):
            done += step
    return done


def wake_index() -> None:
    """Wake a worker where a case changed since the hashes were made."""
    if any(_changed(key, _state(key)).exists() for key in _keys()):
        wake("cases.share_index")


def _asked_of(actor: User, circle_slug: str) -> tuple[Inbox, Partner]:
    partner = Partner.objects.filter(user=actor, active=True).first()
    boxes = Inbox.objects.select_related("circle")
    boxes = boxes.filter(circle__slug=circle_slug, circle__active=True, lookups=True)
    inbox = boxes.filter(circle__members__partner=partner).first()
    if partner is None or inbox is None:
        message = "Nobody may ask here."
        raise NotFoundError(message)
    return inbox, partner


def _permitted(key: CircleKey, circle: Circle, actor: User) -> QuerySet[LookupEntry]:
    """Hashes of cases that this partner might be told of, by their TLP at this moment."""
    return LookupEntry.objects.filter(
        key=key, case__tlp__in=levels_by_partner(circle, actor), case__merged_into=None
    )


def _known(rows: QuerySet[LookupEntry]) -> dict[str, str]:
    """Hash -> what is known of it: the strongest of all its cases."""
    pairs = list(rows.values_list("mac", "case"))
    standing = Decision.objects.filter(
        case__in={case for _, case in pairs}, undone_at=None, held=False, replaced_by=None
    ).exclude(case__closed_at=None)
    decided = dict(standing.order_by("pk").values_list("case", "outcome"))
    found: dict[str, str] = {}
    for mac, case in pairs:
        said = _CLASSES.get(decided.get(case, ""), buckets.OPEN)
        found[mac] = min(found.get(mac, said), said, key=_BEST.index)
    return found


def _count(partner: Partner) -> None:
    """Another look-up of this day. Raises SpentError."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [partner.pk, clock.now().date(), A_DAY])
        if cursor.fetchone() is None:
            message = f"{A_DAY:,} look-ups a day are all there are."
            raise SpentError(message)


def _keys() -> list[CircleKey]:
    """The keys of each circle whose members may ask."""
    circles = Circle.objects.filter(active=True, inbox__lookups=True)
    return [key for one in circles for key in _answered(one)]


def _answered(circle: Circle) -> list[CircleKey]:
    """Keys under which members are answered: the newest and, for a while, the one before."""
    newest = key_in_force(circle=circle)
    before = CircleKey.objects.filter(circle=circle, epoch=newest.epoch - 1).first()
    if before is None or clock.now() >= newest.begins_at + OVERLAP:
        return [newest]
    return [newest, before]


def _key(keys: list[CircleKey], key_id: str) -> CircleKey:
    """The one that is asked for, or the newest whose hashes are made. Raises InvalidError."""
    if not key_id:
        return next((one for one in keys if _is_made(one)), keys[0])
    found = next((one for one in keys if one.key_id == key_id), None)
    if found is None:
        message = f"Nobody is answered under this key. Ask with {keys[0].key_id}."
        raise InvalidError(message, field="key")
    return found


def _is_made(key: CircleKey) -> bool:
    """Whether the cases that there were when it began can be found under it."""
    return not _changed(key, _state(key)).filter(updated_at__lt=key.begins_at).exists()


def _state(key: CircleKey) -> LookupState:
    row, _ = LookupState.objects.get_or_create(key=key)
    return row


def _changed(key: CircleKey, state: LookupState) -> QuerySet[Case]:
    rows = Case.objects.filter(only_for=None, updated_at__lt=clock.now() - SETTLES)
    if state.changed_at is not None:
        later = Q(updated_at=state.changed_at, pk__gt=state.case_id)
        rows = rows.filter(later | Q(updated_at__gt=state.changed_at))
    return rows.order_by("updated_at", "pk")


@transaction.atomic
def _index(key: CircleKey) -> int:
    state = LookupState.objects.select_for_update(no_key=True).get(pk=_state(key).pk)
    some = list(_changed(key, state)[:CASES])
    if not some:
        return 0
    LookupEntry.objects.filter(key=key, case__in=some).delete()
    entries = (entry for case in some for entry in _entries(key, case))
    LookupEntry.objects.bulk_create(entries, ignore_conflicts=True, batch_size=2_000)
    state.changed_at, state.case_id = some[-1].updated_at, some[-1].pk
    state.save(update_fields=["changed_at", "case_id"])
    return len(some)


def _entries(key: CircleKey, case: Case) -> Iterator[LookupEntry]:
    """What of a case may leave at all: no victim, no unclear role, no well-known host."""
    if case.tlp == tlp.RED:
        return
    secret = key.plain
    own = hmacs.Key(key.key_id, secret)
    profile = Profile(case.tlp, frozenset(TYPES), hide_accounts=False, key=own)
    for thing in case_facts(case).things:
        if minimise.fate_of(thing, profile).how != DROPPED:
            mac = hmacs.mac_of(secret, thing.type, thing.value)
            yield LookupEntry(key=key, case=case, type=thing.type, mac=mac)
