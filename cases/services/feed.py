"""Saves feeds: what is read of other servers, and what becomes of it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final

from django.db import IntegrityError, transaction

from abusedesk.core import audit, clock, outbound, sealing
from abusedesk.core.audit import Verb
from abusedesk.core.errors import ConflictError, InvalidError
from abusedesk.core.models import User
from abusedesk.core.queueing import wake
from cases import fields, policy
from cases.choices import FeedAuth, FeedKind, FeedMode, Tlp
from cases.models import Feed, FeedEvent, Partner
from detectors.choices import BatchState, Opinion
from detectors.intel import terms as rules
from detectors.intel.terms import BatchTerms
from detectors.models import IndicatorBatch
from detectors.services.indicator_batch import accept_batch

PURPOSE: Final = "feed"
SLUG_LIMIT: Final = 60
MAX_SECRET: Final = 1_000
EVERY_MIN: Final = (5, 10_080)
_RESTART: Final = {"cursor": "", "after": "", "ran_to": "", "stuck": 0}
_CHOICES: Final = (
    ("auth", FeedAuth.values),
    ("mode", FeedMode.values),
    ("kind", FeedKind.values),
)
# Field -> most characters, and whether it must be said.
TEXTS: Final = {
    "title": (120, True),
    "username": (120, False),
    "circle": (60, False),
}


@dataclass(frozen=True, slots=True)
class FeedText:
    """What is said of a feed; the fields are those of `Feed`. secret: empty keeps the old one."""

    title: str
    url: str
    auth: str = FeedAuth.BEARER.value
    username: str = ""
    secret: str = ""
    partner: str = ""
    trust: float = rules.TRUST
    confidence: int = rules.CONFIDENCE
    tlp: str = Tlp.CLEAR.value
    licence: str = ""
    days: int = rules.DAYS
    mode: str = FeedMode.HOLD.value
    every_min: int = 60
    active: bool = True
    desk_url: str = ""
    circle: str = ""
    answers: bool = False
    kind: str = FeedKind.TAXII.value


@transaction.atomic
def save_feed(*, actor: User, said: FeedText, slug: str = "", feed: Feed | None = None) -> Feed:
    """Make a feed, or change `feed`; another address begins at its beginning.

    Raises ForbiddenError, ConflictError for a name that is taken, or InvalidError.
    """
    policy.require(actor, "feed.save")
    values = _checked(said)
    if feed is None:
        slug = fields.slug(slug, field="slug", limit=SLUG_LIMIT)
        if not slug:
            message = "Give the feed a short name."
            raise InvalidError(message, field="slug")
        row = Feed(slug=slug)
    else:
        row = Feed.objects.select_for_update(no_key=True, of=("self",)).get(pk=feed.pk)
    rules.check(terms_of(row=Feed(**{**values, "slug": row.slug, "owner": actor})))
    if (row.url, row.kind) != (values["url"], values["kind"]):
        values |= _RESTART
        FeedEvent.objects.filter(feed=row.pk).delete()
    if said.secret:
        values["secret"] = sealing.seal(said.secret, purpose=PURPOSE)
    for name, value in values.items():
        setattr(row, name, value)
    row.owner, row.due_at = actor, clock.now()
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        message = f"There is a feed {row.slug} already."
        raise ConflictError(message, field="slug") from None
    host = outbound.parse(row.url).host
    what = f"{host}, {FeedMode(row.mode).label.lower()}, {'on' if row.active else 'off'}"
    audit.append(actor=actor, verb=Verb.FEED_SAVED, target=row, slug=row.slug, what=what)
    wake("cases.share_poll", row.pk)
    return row


@transaction.atomic
def resume_feed(*, actor: User, feed: Feed) -> Feed:
    """Read it now, also when it was paused. Raises ForbiddenError, ConflictError when it is off."""
    policy.require(actor, "feed.save")
    row = Feed.objects.select_for_update(no_key=True, of=("self",)).get(pk=feed.pk)
    if not row.active:
        message = "This feed is switched off."
        raise ConflictError(message)
    row.paused, row.fault, row.failures, row.stuck = "", "", 0, 0
    row.due_at = clock.now()
    row.save(update_fields=["paused", "fault", "failures", "stuck", "due_at"])
    audit.append(actor=actor, verb=Verb.FEED_RESUMED, target=row, slug=row.slug)
    wake("cases.share_poll", row.pk)
    return row


@transaction.atomic
def accept_feed(*, actor: User, feed: Feed) -> int:
    """Accept all that waits of a feed, as a person who looked at it. Returns how many imports."""
    policy.require(actor, "feed.save")
    waiting = IndicatorBatch.objects.filter(source=feed.slug, state=BatchState.PREVIEW)
    batches = list(waiting.order_by("pk"))
    for batch in batches:
        accept_batch(actor=actor, batch=batch)
    if batches:
        audit.append(
            actor=actor,
            verb=Verb.FEED_ACCEPTED,
            target=feed,
            slug=feed.slug,
            batches=len(batches),
        )
    return len(batches)


def terms_of(*, row: Feed) -> BatchTerms:
    """What counts where an object of the feed does not say otherwise."""
    seed = row.mode == FeedMode.SEED
    return BatchTerms(
        source=row.slug,
        trust=row.trust,
        confidence=min(row.confidence, rules.SEED_CONFIDENCE) if seed else row.confidence,
        opinion=Opinion.SEED.value if seed else Opinion.POSITIVE.value,
        tlp=row.tlp,
        licence=row.licence,
        reference=row.url,
        days=row.days,
    )


def _checked(said: FeedText) -> dict[str, Any]:
    values = asdict(said)
    del values["secret"]
    for name, (limit, required) in TEXTS.items():
        values[name] = fields.text(values[name], field=name, limit=limit, required=required)
    for name, allowed in _CHOICES:
        if values[name] not in allowed:
            message = f"Choose one of: {', '.join(allowed)}."
            raise InvalidError(message, field=name)
    values["url"] = _address(said.url, "url")
    values["desk_url"] = _address(said.desk_url, "desk_url").rstrip("/") if said.desk_url else ""
    if len(said.secret) > MAX_SECRET or "\x00" in said.secret:
        message = f"A secret has at most {MAX_SECRET:,} characters."
        raise InvalidError(message, field="secret")
    least, most = EVERY_MIN
    if not least <= said.every_min <= most:
        message = f"Choose {least} to {most:,} minutes."
        raise InvalidError(message, field="every_min")
    values["partner"] = _partner(said.partner)
    return values


def _address(url: str, field: str) -> str:
    url = fields.text(url, field=field, limit=outbound.MAX_URL)
    try:
        target = outbound.parse(url)
    except outbound.RefusedError as error:
        raise InvalidError(str(error), field=field) from error
    if "?" in target.path or "#" in url:
        message = "The address ends with its path."
        raise InvalidError(message, field=field)
    return url


def _partner(slug: str) -> Partner | None:
    if not slug:
        return None
    row = Partner.objects.filter(slug=slug).first()
    if row is None:
        message = f"There is no partner {slug}."
        raise InvalidError(message, field="partner")
    return row
