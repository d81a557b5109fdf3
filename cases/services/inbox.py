"""What partners post to a circle's inbox: taken object by object, told in a status, taken back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction

from abusedesk.core import audit, clock, ids
from abusedesk.core.audit import Verb
from abusedesk.core.errors import ForbiddenError, InvalidError
from abusedesk.core.models import User
from abusedesk.core.queueing import wake
from cases import fields, policy
from cases.choices import FeedMode, InboxMode, PostState, Tlp
from cases.models import Circle, Inbox, Partner, PostedObject, PostStatus
from cases.services.taking import Origin, Taken, forget_objects, take_objects
from cases.sharing import egress
from cases.taking.limits import Object, cleaned, fault_of, version_of
from detectors.intel.terms import BatchTerms
from detectors.watching.lines import MAX_SOURCE

CONTACT_LIMIT: Final = 120
AT_ONCE: Final = 100
"""Objects that are done while the client waits; more of them by a worker."""
STEP: Final = 500
KEPT: Final = timedelta(days=30)
ANOTHER: Final = "Another partner made this object."
OTHER_BODY: Final = "This version was added before with another body."


@transaction.atomic
def set_inbox(
    *,
    actor: User,
    circle: Circle,
    mode: str,
    takes: str,
    trust: float,
    lookups: bool = False,
    contact: str = "",
) -> Inbox:
    """Say who may post to a circle and what becomes of values.

    Raises ForbiddenError or InvalidError.
    """
    policy.require(actor, "partner.save")
    for value, allowed, name in (
        (mode, InboxMode.values, "mode"),
        (takes, FeedMode.values, "takes"),
    ):
        if value not in allowed:
            message = f"Choose one of: {', '.join(allowed)}."
            raise InvalidError(message, field=name)
    if not 0 <= trust <= 1:
        message = "Trust lies between 0 and 1."
        raise InvalidError(message, field="trust")
    row = Inbox.objects.select_for_update(no_key=True).filter(circle=circle).first()
    row = row or Inbox(circle=circle, collection=ids.new_uuid())
    row.mode, row.takes, row.trust, row.owner = mode, takes, trust, actor
    row.lookups = lookups
    row.contact = fields.text(contact, field="contact", limit=CONTACT_LIMIT, required=False)
    row.save()
    said = f"{InboxMode(row.mode).label.lower()}, look-ups {'on' if lookups else 'off'}"
    audit.append(actor=actor, verb=Verb.INBOX_SET, target=circle, slug=circle.slug, mode=said)
    return row


@transaction.atomic
def post_objects(*, actor: User, inbox: Inbox, objects: Sequence[object]) -> PostStatus:
    """Begin to take what a partner posts; a few objects are done at once.

    Raises ForbiddenError for who is no partner, or where nobody writes.
    """
    partner = _partner(actor, inbox)
    status = PostStatus.objects.create(
        uuid=ids.new_uuid(),
        inbox=inbox,
        partner=partner,
        total=len(objects),
        waiting=cleaned(list(objects)),
    )
    if len(objects) <= AT_ONCE:
        _settle(status, len(objects))
    else:
        wake("cases.share_posted", status.pk)
    return status


def work_posted(*, status_id: int) -> None:
    """Take the rest of one post, step by step; each is committed."""
    while True:
        with transaction.atomic():
            rows = PostStatus.objects.select_for_update(no_key=True, skip_locked=True, of=("self",))
            rows = rows.select_related("inbox__circle", "inbox__owner", "partner")
            status = rows.filter(pk=status_id, state=PostState.PENDING).first()
            if status is None:
                return
            _settle(status, STEP)


def sweep_posted() -> None:
    """Wake what a lost message forgot, and forget statuses that are over."""
    for pk in PostStatus.objects.filter(state=PostState.PENDING).values_list("pk", flat=True)[:20]:
        wake("cases.share_posted", pk)
    over = PostStatus.objects.filter(at__lt=clock.now() - KEPT).values_list("pk", flat=True)
    PostStatus.objects.filter(pk__in=list(over[:STEP])).delete()


@transaction.atomic
def delete_posted(*, actor: User, inbox: Inbox, rows: Sequence[PostedObject]) -> int:
    """Take back what this partner added itself; what was believed of it ends.

    Raises ForbiddenError for what is not its own.
    """
    partner = _partner(actor, inbox)
    if any(row.partner_id != partner.pk for row in rows):
        message = "Only who added an object takes it back."
        raise ForbiddenError(message)
    pks = [row.pk for row in rows]
    names = sorted({row.stix_id for row in rows})
    gone = PostedObject.objects.filter(pk__in=pks, withdrawn=False).update(withdrawn=True)
    own = PostedObject.objects.filter(inbox=inbox, partner=partner, withdrawn=False)
    left = set(own.filter(stix_id__in=names).values_list("stix_id", flat=True))
    ended = [name for name in names if name not in left]
    forget_objects(actor=inbox.owner, source=source_of(partner=partner), ids=ended)
    for name in names:
        audit.append(
            actor=actor,
            verb=Verb.INBOX_TAKEN_BACK,
            target=inbox.circle,
            circle=inbox.circle.title,
            object=name,
        )
    return gone


def source_of(*, partner: Partner) -> str:
    """Under which name what a partner posts counts on the watch list."""
    name = f"inbox:{partner.slug}"
    return name if len(name) <= MAX_SOURCE else f"{name[: MAX_SOURCE - 12]}:{partner.pk}"


def _partner(actor: User, inbox: Inbox) -> Partner:
    partner = Partner.objects.filter(user=actor, active=True).first()
    member = partner and inbox.circle.members.filter(partner=partner).exists()
    if partner is None or not member or inbox.mode != InboxMode.INBOX or not inbox.circle.active:
        message = "Nobody may write here."
        raise ForbiddenError(message)
    return partner


def _settle(status: PostStatus, step: int) -> None:
    """Take the next objects of a post (the caller holds its row)."""
    inbox = Inbox.objects.select_for_update(no_key=True, of=("self",))
    box = inbox.select_related("circle", "owner").get(pk=status.inbox_id)
    some, status.waiting = status.waiting[:step], status.waiting[step:]
    added = [one for raw in some if (one := _add(box, status, raw)) is not None]
    box.save(update_fields=["last_seq", "last_added"])
    said = _taken(box, status.partner, added)
    for one in status.successes:
        if why := said.refused.get(one["id"]) or said.outcomes.get(one["id"]):
            one["message"] = why
    if not status.waiting:
        status.state = PostState.COMPLETE
        audit.append(
            actor=status.partner.user,
            verb=Verb.INBOX_POSTED,
            target=box.circle,
            circle=box.circle.title,
            total=status.total,
            good=len(status.successes),
            bad=len(status.failures),
        )
    status.save(update_fields=["state", "successes", "failures", "waiting"])


def _taken(box: Inbox, partner: Partner, added: list[Object]) -> Taken:
    if not added:
        return Taken()
    terms = BatchTerms(source=source_of(partner=partner), trust=box.trust, tlp=Tlp.CLEAR.value)
    name = f"Inbox of {box.circle.title}, {partner.title}"
    origin = Origin(terms, FeedMode(box.takes), partner=partner, name=name)
    return take_objects(actor=box.owner, origin=origin, objects=added)


def _add(box: Inbox, status: PostStatus, raw: Any) -> Object | None:
    """The object where it is new; the status says what became of it."""
    if fault := fault_of(raw):
        named = str(raw.get("id", ""))[:100] if isinstance(raw, dict) else ""
        when = str(raw.get("modified", ""))[:40] if isinstance(raw, dict) else ""
        status.failures.append(_detail(named, when, fault))
        return None
    one: Object = raw
    version = version_of(one)
    told = str(one.get("modified") or one.get("created") or "")
    body = json.dumps(one, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    if (why := _refusal(box, status.partner, one, version, body)) is not None:
        (status.failures if why else status.successes).append(_detail(one["id"], told, why))
        return None
    _append(box, status.partner, one, version, body)
    status.successes.append(_detail(one["id"], told, ""))
    return one


def _refusal(
    box: Inbox, partner: Partner, one: Object, version: datetime | None, body: str
) -> str | None:
    """Why an object is not added; an empty text where it is there already."""
    rows = PostedObject.objects.filter(inbox=box, stix_id=one["id"], withdrawn=False)
    own = rows.filter(partner=partner)
    before = (own.filter(version=version) if version else own).first()
    if before is not None:
        return "" if before.sha256 == egress.digest(body.encode()) else OTHER_BODY
    # The id of an observable is made of its value: who else has it is nobody's business.
    if version is not None and rows.exclude(partner=partner).exists():
        return ANOTHER
    return None


def _append(box: Inbox, partner: Partner, one: Object, version: datetime | None, body: str) -> None:
    box.last_seq += 1
    now = clock.now()
    later = (box.last_added or now) + timedelta(microseconds=1)
    box.last_added = max(now, later)
    PostedObject.objects.create(
        inbox=box,
        partner=partner,
        seq=box.last_seq,
        added_at=box.last_added,
        stix_id=one["id"],
        type=one["type"],
        version=version or box.last_added,
        body=body,
        sha256=egress.digest(body.encode()),
        revoked=one.get("revoked") is True,
    )


def _detail(id: str, version: str, message: str) -> dict[str, str]:
    return {"id": id, "version": version, "message": message}
