"""Shares a case with a circle: draft with its preview, approval by a second person, out."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction

from abusedesk.core import audit, clock, ids
from abusedesk.core.audit import Verb
from abusedesk.core.errors import ConflictError, ForbiddenError, InvalidError
from abusedesk.core.models import User
from cases import collection, fields, lineage, policy, previewing
from cases.choices import Pap, ShareState, Tlp
from cases.models import Case, Circle, CircleMember, Partner, Share, ShareTarget
from cases.sharing import tlp as levels

TITLE_LIMIT: Final = 120
SUMMARY_LIMIT: Final = 5_000
PURPOSE_LIMIT: Final = 300
REASON_LIMIT: Final = 500
LASTS: Final = timedelta(days=90)
OPEN: Final = (ShareState.DRAFT, ShareState.WAITING)


@dataclass(frozen=True, slots=True)
class ShareText:
    """What the author says. partners: short names of those who are to get it."""

    title: str
    tlp: str
    purpose: str
    valid_until: datetime
    summary: str = ""
    pap: str = Pap.AMBER.value
    partners: Collection[str] = ()


@transaction.atomic
def draft_share(*, actor: User, case: Case, circle: Circle, said: ShareText) -> Share:
    """Begin to share a case with a circle; the preview is made, and nothing leaves.

    Raises ForbiddenError, InvalidError, or ConflictError when it is shared with them already.
    """
    policy.require(actor, "share.write", case)
    Case.objects.select_for_update(no_key=True).get(pk=case.pk)  # one draft at a time
    if case.merged_into_id is not None:
        message = f"{case.ref} is part of another case now; share that one."
        raise ConflictError(message)
    before = Share.objects.filter(case=case, circle=circle).exclude(state=ShareState.RECALLED)
    if (known := before.first()) is not None:
        message = f"{case.ref} is shared with {circle} already. Change that share."
        raise ConflictError(message, field="circle", share=known.pk)
    previewing.organisation()
    share = Share(case=case, circle=circle, author=actor, changed_by=actor)
    _take(share, said)
    share.save()
    _name_partners(share, said.partners)
    _preview(share, actor)
    lineage.touch(case)
    return share


@transaction.atomic
def change_share(*, actor: User, share: Share, said: ShareText) -> Share:
    """Write the draft anew, or begin the next revision of what is out. An approval asked is void.

    Raises ForbiddenError, InvalidError, or ConflictError after a recall.
    """
    row = _locked(actor, "share.write", share)
    if row.state == ShareState.RECALLED:
        message = "This was recalled. Share the case anew."
        raise ConflictError(message, state=row.state)
    if row.state == ShareState.SHARED:
        row.revision += 1
    narrower = bool(row.live_tlp) and levels.rank(said.tlp) > levels.rank(row.live_tlp)
    row.era = row.live_era + 1 if narrower else max(row.live_era, 1)
    row.changed_by = actor
    _take(row, said)
    row.save()
    _name_partners(row, said.partners)
    _preview(row, actor)
    return row


@transaction.atomic
def ask_approval(*, actor: User, share: Share) -> Share:
    """Ask a second person for this preview. Raises ConflictError while anything holds it up."""
    row = _locked(actor, "share.write", share)
    _require(row, ShareState.DRAFT)
    _require_no_conflicts(row)
    row.state = ShareState.WAITING
    row.save(update_fields=["state"])
    _log(actor, Verb.SHARE_ASKED, row)
    return row


@transaction.atomic
def refuse_share(*, actor: User, share: Share, reason: str) -> Share:
    """Send it back to its author."""
    row = _locked(actor, "share.approve", share)
    reason = fields.text(reason, field="reason", limit=REASON_LIMIT)
    _require(row, ShareState.WAITING)
    row.state = ShareState.DRAFT
    row.save(update_fields=["state"])
    _log(actor, Verb.SHARE_REFUSED, row, reason=reason)
    return row


@transaction.atomic
def approve_share(*, actor: User, share: Share, digest: str) -> Share:
    """Let out exactly the bytes of the preview with this digest.

    Raises ForbiddenError for who wrote any of it, and ConflictError when the preview is another
    one by now, or the case, a partner or the circle has changed since.
    """
    row = _locked(actor, "share.approve", share)
    _require(row, ShareState.WAITING)
    if actor.pk in (row.author_id, row.changed_by_id):
        message = "Who wrote a share does not approve it: a second person does."
        raise ForbiddenError(message)
    named = ShareTarget.objects.filter(share=row, dropped=False)
    targets = list(named.select_related("partner"))
    fresh = previewing.render_all(row, targets)
    if not ids.same(digest, row.digest) or not ids.same(fresh.digest_of(row), row.digest):
        message = "What would leave has changed since this preview. It has to be made again."
        raise ConflictError(message, digest=row.digest)
    if fresh.conflicts:
        message = fresh.conflicts[0].sentence
        raise ConflictError(message)
    getting = collection.let_out(row, targets)
    row.state, row.live, row.live_tlp = ShareState.SHARED, row.revision, row.tlp
    row.live_era = row.era
    row.approved_by, row.approved_at = actor, clock.now()
    row.shared_at = row.approved_at
    row.save()
    _log(actor, Verb.SHARE_APPROVED, row, receivers=getting, digest=row.digest)
    return row


def _take(share: Share, said: ShareText) -> None:
    """What the author says, checked (not saved)."""
    share.title = fields.text(said.title, field="title", limit=TITLE_LIMIT)
    share.summary = fields.text(said.summary, field="summary", limit=SUMMARY_LIMIT, required=False)
    share.purpose = fields.text(said.purpose, field="purpose", limit=PURPOSE_LIMIT)
    if said.tlp not in Tlp.values:
        message = f"Choose a TLP: {', '.join(Tlp.values)}."
        raise InvalidError(message, field="tlp")
    if said.pap not in Pap.values:
        message = f"Choose a PAP: {', '.join(Pap.values)}."
        raise InvalidError(message, field="pap")
    if said.valid_until <= clock.now():
        message = "It must end in the future."
        raise InvalidError(message, field="valid_until")
    share.tlp, share.pap = said.tlp, said.pap
    share.valid_until = _whole_ms(said.valid_until)
    share.state = ShareState.DRAFT
    # `modified` grows with every preview of every revision
    share.at = max(_whole_ms(clock.now()), share.at + timedelta(milliseconds=1))


def _whole_ms(at: datetime) -> datetime:
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def _name_partners(share: Share, slugs: Collection[str]) -> None:
    """Who is named in it. Members that join later are not, until somebody names them."""
    members = CircleMember.objects.filter(circle=share.circle)
    found = list(Partner.objects.filter(slug__in=slugs, memberships__in=members))
    if unknown := sorted(set(slugs) - {one.slug for one in found}):
        message = f"{unknown[0]} is not in the circle {share.circle}."
        raise InvalidError(message, field="partners")
    if not found:
        message = "Choose at least one partner."
        raise InvalidError(message, field="partners")
    rows = ShareTarget.objects.filter(share=share)
    rows.filter(approved=None).exclude(partner__in=found).delete()
    known = set(rows.values_list("partner", flat=True))
    ShareTarget.objects.bulk_create(
        ShareTarget(share=share, partner=one) for one in found if one.pk not in known
    )
    rows.exclude(partner__in=found).update(dropped=True)
    rows.filter(partner__in=found).update(dropped=False)


def _preview(share: Share, actor: User) -> None:
    previewing.keep(share)
    share.save(update_fields=["digest", "conflicts"])
    _log(actor, Verb.SHARE_WRITTEN, share, tlp=Tlp(share.tlp).label)


def _locked(actor: User, verb: str, share: Share) -> Share:
    policy.require(actor, verb, share.case)
    row = Share.objects.select_for_update(no_key=True, of=("self",))
    return row.select_related("case__queue", "circle").get(pk=share.pk)


def _require(share: Share, state: ShareState) -> None:
    if share.state != state:
        message = f"This share is: {share.get_state_display().lower()}."
        raise ConflictError(message, state=share.state)


def _require_no_conflicts(share: Share) -> None:
    if share.conflicts:
        message = str(share.conflicts[0]["sentence"])
        raise ConflictError(message, conflicts=len(share.conflicts))


def _log(actor: User, verb: Verb, share: Share, **data: object) -> None:
    told: dict[str, Any] = {
        "share": share.pk,
        "circle": share.circle.title,
        "revision": share.revision,
        **data,
    }
    audit.append(actor=actor, verb=verb, target=share.case, **told)
