"""Hands own patterns to partners, writes the ledger, takes patterns back."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from abusedesk.core import clock
from abusedesk.core.audit import Verb
from abusedesk.core.errors import ConflictError
from abusedesk.core.models import ApiToken, User
from cases import catalogue, fields, packing, previewing
from cases.choices import PatternState, WayOut
from cases.models import Partner, Pattern, PatternHandover, PatternRelease
from cases.pattern_rows import REASON_LIMIT, locked, log
from cases.services.handover import Handed
from cases.sharing import egress
from cases.sharing.patterns import opening

WAYS = (WayOut.SIGNED, WayOut.BUNDLE)


@transaction.atomic
def hand_over_pattern(*, actor: User, pattern: Pattern, partner: Partner, way: WayOut) -> Handed:
    """The file of what is out for this partner: the live revision, or that it was revoked.

    Raises ForbiddenError, or ConflictError that says why the partner may not have it now.
    """
    row = locked(actor, "pattern.deliver", pattern)
    if way not in WAYS:
        message = "A pattern leaves as a signed file or as a bundle."
        raise ConflictError(message)
    release = _release_for(row, partner)
    bundle = release.bundle.encode()
    if egress.digest(bundle) != release.sha256:
        message = "The stored bytes are not those that were approved. Nothing was handed over."
        raise ConflictError(message)
    body = bundle
    if way == WayOut.SIGNED:
        maker = previewing.organisation()
        told = f"{row.key} r{release.revision}"
        secret = packing.secret_of(maker)
        body = opening.written(bundle, recipient=partner.title, share=told, secret=secret)
    line = _ledger(actor, release, partner, way, body)
    log(
        actor,
        Verb.PATTERN_HANDED_OVER,
        row,
        partner=partner.title,
        way=way.label.lower(),
        sha256=line.sha256,
    )
    suffix = "signed.json" if way == WayOut.SIGNED else "json"
    name = f"pattern-{row.key.replace('/', '-')}-r{release.revision}-{partner.slug}.{suffix}"
    return Handed(body, name, "application/json")


def record_pattern_page(
    *, actor: User, token: ApiToken | None, partner: Partner, releases: Sequence[PatternRelease]
) -> None:
    """Note what a partner fetched over TAXII: a line for each revision."""
    with transaction.atomic():
        for one in releases:
            _ledger(actor, one, partner, WayOut.TAXII, one.body.encode(), token)


@transaction.atomic
def revoke_pattern(*, actor: User, pattern: Pattern, reason: str) -> Pattern:
    """Take it back from everybody; a partner's desk pauses its copy when it hears of it.

    Raises ForbiddenError, InvalidError, or ConflictError when nothing of it is out.
    """
    row = locked(actor, "pattern.revoke", pattern)
    reason = fields.text(reason, field="reason", limit=REASON_LIMIT)
    if not row.live or row.state == PatternState.REVOKED:
        message = "Nothing of it is out." if not row.live else "It was revoked already."
        raise ConflictError(message, state=row.state)
    now = clock.now()
    catalogue.take_back(row, now, reason, actor)
    row.state, row.revoked_at, row.revoke_reason = PatternState.REVOKED, now, reason
    row.save(update_fields=["state", "revoked_at", "revoke_reason"])
    log(actor, Verb.PATTERN_REVOKED, row, reason=reason)
    return row


def _release_for(row: Pattern, partner: Partner) -> PatternRelease:
    """What this partner may have now. Raises ConflictError."""
    releases = PatternRelease.objects.filter(pattern=row, partners=partner).order_by("-pk")
    found = releases.first()
    if found is None or (not found.revoked and found.revision != row.live):
        message = f"Nothing of it was approved for {partner}."
        raise ConflictError(message)
    if found.revoked:
        return found
    if found.valid_until <= clock.now():
        message = "Its time is over."
        raise ConflictError(message)
    named = set(found.partners.values_list("pk", flat=True))
    refused = packing.refusals_at(found.tlp, row.circle, named)[partner.pk]
    if refused:
        message = f"{partner} {egress.REFUSALS[refused[0]]}."
        raise ConflictError(message)
    return found


def _ledger(
    actor: User,
    release: PatternRelease,
    partner: Partner,
    way: WayOut,
    body: bytes,
    token: ApiToken | None = None,
) -> PatternHandover:
    return PatternHandover.objects.create(
        partner=partner,
        release=release,
        way=way,
        actor=actor,
        token=token,
        size=len(body),
        sha256=egress.digest(body),
        tlp=release.tlp,
        purpose=release.purpose,
        legal_basis=partner.legal_basis,
        agreement=partner.agreement,
    )
