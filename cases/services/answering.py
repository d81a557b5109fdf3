"""Tells other desks what became of what they shared: sightings as counts, receipts of recalls."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

import structlog
from django.db import transaction

from abusedesk.core import audit, clock, outbound, sealing
from abusedesk.core.audit import Verb
from abusedesk.core.errors import ConflictError
from abusedesk.core.models import User
from abusedesk.core.outbound import OutboundError, Reply
from cases import policy
from cases.choices import RecallAnswer
from cases.models import Feed, HeldKey, ImportedObject, ImportedValue, Organisation
from cases.previewing import organisation
from cases.services.circle_keys import fetch_keys, join_hashed
from cases.services.feed import PURPOSE
from cases.sharing import egress, hmacs, outcomes, signing, stix
from cases.sharing.outcomes import Seen
from cases.taking import taxii
from detectors.intel.stix.marks import marks_of
from detectors.selectors.uses import accounts_by_digest, met_items_by_source

log = structlog.get_logger(__name__)

WEEK: Final = timedelta(days=7)
AT_ONCE: Final = 20
MAX_ANSWER: Final = 1024 * 1024
TIMEOUT_S: Final = 30.0


@transaction.atomic
def answer_feed(*, actor: User, feed: Feed) -> int:
    """Tell the feed's desk how many accounts used its indicators since the last time.

    Counts are floors of steps; under five accounts nothing is told, and no window is told twice.
    Returns how many sightings left. Raises ForbiddenError, ConflictError where there is nowhere to
    send them, OutboundError when they did not arrive.
    """
    policy.require(actor, "feed.answer")
    row = Feed.objects.select_for_update(no_key=True, of=("self",)).get(pk=feed.pk)
    _require_desk(row)
    since, until = row.answered_to or row.created_at, clock.now()
    maker = organisation()
    own = stix.identity(id=f"identity--{maker.identity}", name=maker.name, at=maker.since)
    told = outcomes.sightings(
        _seen(actor, row, since, until), maker=own, since=since, until=until, name=row.slug
    )
    if told:
        post_to_inbox(feed=row, objects=told)
    row.answered_to = until
    row.save(update_fields=["answered_to"])
    count = max(0, len(told) - 1)
    audit.append(
        actor=actor,
        verb=Verb.FEED_ANSWERED,
        target=row,
        slug=row.slug,
        count=count,
        sha256=egress.digest(json.dumps(told, sort_keys=True).encode()),
    )
    return count


def post_to_inbox(*, feed: Feed, objects: Sequence[dict[str, Any]]) -> None:
    """Hand objects to the desk of a feed. Raises ConflictError for none, or OutboundError."""
    _require_desk(feed)
    url = f"{feed.desk_url}/taxii2/{feed.circle}/collections/inbox/objects/"
    _sent(feed, url, {"objects": [*objects]}, taxii.MEDIA)


def finish_run(*, feed_id: int) -> None:
    """After a feed was read: keys of its circle, own things compared, receipts, weekly counts.

    What cannot be sent now is sent after the next run.
    """
    feed = Feed.objects.select_related("owner").get(pk=feed_id)
    if not feed.desk_url or not feed.circle:
        return
    for step in (_keys, _receipts, _weekly):
        try:
            step(feed)
        except (OutboundError, ConflictError, sealing.LostError) as error:
            log.warning("Another desk could not be told", feed=feed.slug, why=str(error))


def _require_desk(feed: Feed) -> None:
    if not feed.desk_url or not feed.circle:
        message = "Say first which desk this feed is of, and which circle there."
        raise ConflictError(message)


def _keys(feed: Feed) -> None:
    held = HeldKey.objects.filter(feed=feed)
    named = ImportedValue.objects.filter(imported__feed=feed).exclude(key_id="")
    lacks = named.exclude(key_id__in=held.values("key_id")).exists()
    newest = held.first()
    if lacks or newest is None or newest.began_at + hmacs.EPOCH < clock.now():
        fetch_keys(feed=feed)
    join_hashed(feed=feed)


def _receipts(feed: Feed) -> None:
    """Acknowledge each recall once, signed."""
    gone = ImportedObject.objects.filter(
        feed=feed, type="grouping", revoked=True, receipt_at=None, body__revoked=True
    )
    for row in gone.order_by("pk")[:AT_ONCE]:
        out = ImportedObject.objects.filter(
            source=row.source, stix_id__in=[*row.refs, row.stix_id], revoked=True
        )
        said = receipt_of(object=row.stix_id, disabled=out.count())
        url = f"{feed.desk_url}/api/v1/sharing/receipts/"
        _sent(feed, url, said, "application/json")
        ImportedObject.objects.filter(pk=row.pk).update(receipt_at=clock.now())


def receipt_of(*, object: str, disabled: int) -> dict[str, Any]:
    """What a desk says when it took its copies out of use, with its signature."""
    said: dict[str, Any] = {
        "object": object,
        "answer": RecallAnswer.ACKNOWLEDGED.value,
        "disabled": disabled,
        "note": "",
    }
    maker = Organisation.objects.first()
    if maker is None:
        return said
    sign = signing.signature(maker.signing_secret, signing.receipt(said))
    return said | {"signature": base64.b64encode(sign).decode()}


def _weekly(feed: Feed) -> None:
    if feed.answers and (feed.answered_to or feed.created_at) + WEEK <= clock.now():
        answer_feed(actor=feed.owner, feed=feed)


def _seen(actor: User, feed: Feed, since: Any, until: Any) -> Sequence[Seen]:
    items = met_items_by_source(feed.slug, since, actor)
    uses = accounts_by_digest([bytes(one.digest) for one in items], since, until, actor)
    live = ImportedObject.objects.filter(
        source=feed.slug, revoked=False, type="indicator", stix_id__in=[one.uid for one in items]
    )
    marks = {row.stix_id: tuple(marks_of(row.body)) for row in live}
    most: dict[str, int] = {}
    for one in items:
        if one.uid in marks:
            most[one.uid] = max(most.get(one.uid, 0), uses.get(bytes(one.digest), 0))
    return [Seen(uid, marks[uid], count) for uid, count in sorted(most.items())]


def _sent(feed: Feed, url: str, said: dict[str, Any], kind: str) -> Reply:
    """Raises OutboundError when it was not taken."""
    secret = sealing.unseal(feed.secret, purpose=PURPOSE)
    headers = taxii.headers_for("bearer", "", secret) | {"Accept": kind, "Content-Type": kind}
    body = json.dumps(said).encode()
    reply = outbound.post_json(
        url, body, headers=headers, timeout_s=TIMEOUT_S, max_bytes=MAX_ANSWER
    )
    if reply.status not in range(200, 300):
        message = f"The other desk answered {reply.status}."
        raise OutboundError(message)
    return reply
