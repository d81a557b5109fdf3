"""Takes a share back from everybody who got it, and keeps what they answer."""

from __future__ import annotations

import base64
import binascii
from dataclasses import asdict, dataclass
from typing import Final

from django.db import transaction

from abusedesk.core import audit, clock
from abusedesk.core.audit import Verb
from abusedesk.core.errors import ConflictError, ForbiddenError, InvalidError
from abusedesk.core.models import User
from cases import collection, fields, keyring, misp_events, policy
from cases.choices import RecallAnswer, ShareState
from cases.models import Partner, Rendition, Share, ShareTarget
from cases.sharing import signing

REASON_LIMIT: Final = 500
NOTE_LIMIT: Final = 300
MOST: Final = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a partner says of a recall. share: its number; object: or an object of it."""

    answer: str
    share: int = 0
    object: str = ""
    disabled: int | None = None
    note: str = ""
    signature: str = ""


@transaction.atomic
def recall_share(*, actor: User, share: Share, reason: str) -> Share:
    """Revoke every object on every way that carried it; each partner is told when it comes by.

    Raises ForbiddenError, InvalidError, or ConflictError when nothing of it is out.
    """
    policy.require(actor, "share.recall", share.case)
    reason = fields.text(reason, field="reason", limit=REASON_LIMIT)
    rows = Share.objects.select_for_update(no_key=True, of=("self",))
    row = rows.select_related("case", "circle").get(pk=share.pk)
    if not row.live or row.state == ShareState.RECALLED:
        message = "Nothing of it is out." if not row.live else "It was recalled already."
        raise ConflictError(message, state=row.state)
    now = clock.now()
    circle = collection.locked(row.circle)
    out = Rendition.objects.filter(targets__share=row).select_related("share").distinct()
    for one in out:
        one.revocation = collection.take_back(circle, one, now).decode()
        misp_events.take_back(one, now)
        one.save(update_fields=["revocation"])
    circle.save(update_fields=["last_seq", "last_added"])
    row.state, row.recalled_at, row.recall_reason = ShareState.RECALLED, now, reason
    row.save(update_fields=["state", "recalled_at", "recall_reason"])
    audit.append(
        actor=actor,
        verb=Verb.SHARE_RECALLED,
        target=row.case,
        share=row.pk,
        circle=row.circle.title,
        reason=reason,
    )
    return row


def acknowledge_recall(*, actor: User, said: Receipt) -> ShareTarget:
    """What a partner says itself, with its token. What is not shared with it does not exist.

    Where its key is pinned, its signature must hold. Raises ForbiddenError for who is no partner,
    InvalidError, or ConflictError without a recall.
    """
    partner = Partner.objects.filter(user=actor, active=True).first()
    if partner is None:
        message = "Only partners answer a recall here."
        raise ForbiddenError(message)
    _require_signature(partner, said)
    share_id = said.share
    if said.object:
        share = collection.share_by_object(said.object, partner)
        share_id = share.pk if share else 0
    found = ShareTarget.objects.filter(share=share_id, partner=partner).exclude(approved=None)
    target = found.select_related("share").first()
    if target is None:
        message = "No such share was given to you."
        raise InvalidError(message, field="object" if said.object else "share")
    return _answered(actor, target, said.answer, said.disabled, said.note)


def _require_signature(partner: Partner, said: Receipt) -> None:
    if not keyring.must_sign(partner):
        return
    try:
        signed = base64.b64decode(said.signature, validate=True)
    except (binascii.Error, ValueError):
        signed = b""
    told = signing.receipt(asdict(said) | {"share": said.share or None})
    keys = [bytes.fromhex(one.public) for one in keyring.signing_keys_of(partner)]
    if not any(signing.holds(key, told, signed) for key in keys):
        message = "The signature is not that of a pinned key of yours over this receipt."
        raise InvalidError(message, field="signature")


def record_answer(
    *,
    actor: User,
    target: ShareTarget,
    answer: str,
    disabled: int | None = None,
    note: str = "",
) -> ShareTarget:
    """What a partner said by mail or on the telephone. Raises as `acknowledge_recall` does."""
    policy.require(actor, "share.recall", target.share.case)
    return _answered(actor, target, answer, disabled, note)


@transaction.atomic
def _answered(
    actor: User, target: ShareTarget, answer: str, disabled: int | None, note: str
) -> ShareTarget:
    if answer not in RecallAnswer.values:
        message = f"Answer with {' or '.join(RecallAnswer.values)}."
        raise InvalidError(message, field="answer")
    if disabled is not None and not 0 <= disabled <= MOST:
        message = "Say how many copies are out of use."
        raise InvalidError(message, field="disabled")
    rows = ShareTarget.objects.select_for_update(no_key=True, of=("self",))
    row = rows.select_related("share__case", "partner").get(pk=target.pk)
    if row.share.state != ShareState.RECALLED:
        message = "It was not recalled."
        raise ConflictError(message, state=row.share.state)
    row.answer, row.answered_at, row.disabled = answer, clock.now(), disabled
    row.answer_note = fields.text(note, field="note", limit=NOTE_LIMIT, required=False)
    row.save(update_fields=["answer", "answered_at", "disabled", "answer_note"])
    audit.append(
        actor=actor,
        verb=Verb.SHARE_RECEIPT,
        target=row.share.case,
        share=row.share_id,
        partner=str(row.partner),
        answer=answer,
        disabled=disabled,
    )
    return row
