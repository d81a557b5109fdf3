"""Pins keys of partners after a person compared the fingerprint, and withdraws them."""

from __future__ import annotations

import base64
import binascii
import json
import re

from django.db import transaction

from abusedesk.core import audit, clock, ids
from abusedesk.core.audit import Verb
from abusedesk.core.errors import ConflictError, InvalidError
from abusedesk.core.models import User
from cases import policy
from cases.choices import KeyState
from cases.models import Partner, SigningKey
from cases.services.pattern_watch import check_patterns
from cases.sharing import signing

KEY_BYTES = 32
FINGERPRINT = 64


@transaction.atomic
def pin_key(*, actor: User, partner: Partner, public: str, fingerprint: str) -> SigningKey:
    """Trust a key for what this partner signs.

    public: the key as base64, or the file `/.well-known/abusedesk-keys.json`. fingerprint: as the
    partner told it on another way; it has to be that of the key. Raises ForbiddenError,
    InvalidError naming the field, or ConflictError for a key that is known already.
    """
    policy.require(actor, "key.pin")
    raw = _read_public(public)
    typed = re.sub(r"[^0-9a-f]", "", fingerprint.casefold().removeprefix("sha256:"))
    if len(typed) != FINGERPRINT or not ids.same(typed, signing.fingerprint(raw)):
        message = (
            "This is not the fingerprint of that key. Ask the partner for all 64 digits on another"
            " way than the one on which the key came."
        )
        raise InvalidError(message, field="fingerprint")
    if (known := SigningKey.objects.filter(key_id=signing.key_id(raw)).first()) is not None:
        message = f"This key is known: of {known.partner}, {known.get_state_display().lower()}."
        raise ConflictError(message, field="public")
    row = SigningKey.objects.create(
        partner=partner, key_id=signing.key_id(raw), public=raw.hex(), pinned_by=actor
    )
    audit.append(actor=actor, verb=Verb.KEY_PINNED, target=row, key=row.key_id, slug=partner.slug)
    return row


@transaction.atomic
def withdraw_key(*, actor: User, key: SigningKey) -> SigningKey:
    """Trust it no more; everything that it signed is paused. It cannot be pinned again."""
    policy.require(actor, "key.pin")
    row = SigningKey.objects.select_for_update(no_key=True, of=("self",))
    found = row.select_related("partner").get(pk=key.pk)
    if found.state == KeyState.WITHDRAWN:
        message = "This key was withdrawn already."
        raise ConflictError(message)
    found.state, found.withdrawn_at = KeyState.WITHDRAWN, clock.now()
    found.save(update_fields=["state", "withdrawn_at"])
    slug = found.partner.slug
    check_patterns(key_id=found.key_id)
    audit.append(actor=actor, verb=Verb.KEY_WITHDRAWN, target=found, key=found.key_id, slug=slug)
    return found


def _read_public(told: str) -> bytes:
    """32 bytes of a key that was pasted. Raises InvalidError."""
    text = told.strip()
    if text.startswith("{"):
        try:
            keys = json.loads(text)["keys"]
            text = next(one["public"] for one in keys if one.get("alg") == "Ed25519")
        except (ValueError, KeyError, TypeError, AttributeError, StopIteration,
                RecursionError) as error:  # fmt: skip
            message = "This is no file of keys."
            raise InvalidError(message, field="public") from error
    try:
        raw = base64.b64decode(str(text), validate=True)
    except (binascii.Error, ValueError) as error:
        message = "A key is 32 bytes as base64."
        raise InvalidError(message, field="public") from error
    if len(raw) != KEY_BYTES:
        message = "A key is 32 bytes as base64."
        raise InvalidError(message, field="public")
    return raw
