"""Pins public keys of partners after a person compared the fingerprint, and withdraws them."""

from __future__ import annotations

import base64
import binascii
import json
import re
from typing import Any

from django.db import transaction

from abusedesk.core import audit, clock, ids
from abusedesk.core.audit import Verb
from abusedesk.core.errors import ConflictError, InvalidError
from abusedesk.core.models import User
from cases import policy
from cases.choices import KeyState, KeyUse
from cases.models import Partner, PartnerKey
from cases.services.pattern_watch import check_patterns
from cases.sharing import signing

KEY_BYTES = 32
FINGERPRINT = 64
ALGS = {KeyUse.SIGN: signing.ED25519, KeyUse.SEAL: signing.X25519}
_HEX = re.compile(r"[0-9a-fA-F]{64}")


@transaction.atomic
def pin_key(
    *, actor: User, partner: Partner, public: str, fingerprint: str, use: str = KeyUse.SIGN
) -> PartnerKey:
    """Trust a key for what this partner signs, or for what is sealed to it.

    public: the key as base64 or hex, or the file `/.well-known/abusedesk-keys.json`, of which the
    key of this use is taken. fingerprint: as the partner told it on another way; it has to be that
    of the key. Raises ForbiddenError, InvalidError naming the field, or ConflictError for a key
    that is known already.
    """
    policy.require(actor, "key.pin")
    if use not in KeyUse.values:
        message = f"Choose what the key is for: {' or '.join(KeyUse.values)}."
        raise InvalidError(message, field="use")
    raw = _read_public(public, KeyUse(use))
    typed = re.sub(r"[^0-9a-f]", "", fingerprint.casefold().removeprefix("sha256:"))
    if len(typed) != FINGERPRINT or not ids.same(typed, signing.fingerprint(raw)):
        message = (
            "This is not the fingerprint of that key. Ask the partner for all 64 digits on another"
            " way than the one on which the key came."
        )
        raise InvalidError(message, field="fingerprint")
    row = _unknown(partner, PartnerKey(use=use, key_id=ALGS[KeyUse(use)].key_id(raw)))
    row.public, row.compared, row.pinned_by, row.pinned_at = raw.hex(), True, actor, clock.now()
    row.save()
    audit.append(actor=actor, verb=Verb.KEY_PINNED, target=row, key=row.key_id, slug=partner.slug)
    return row


@transaction.atomic
def withdraw_key(*, actor: User, key: PartnerKey) -> PartnerKey:
    """Trust it no more, for whatever it was pinned. It cannot be pinned again.

    Patterns that it signed are paused, receipts signed with it are refused, and no key of a circle
    is sealed to it.
    """
    policy.require(actor, "key.pin")
    row = PartnerKey.objects.select_for_update(no_key=True, of=("self",))
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


def _unknown(partner: Partner, key: PartnerKey) -> PartnerKey:
    """The row of a key that may be pinned. Raises ConflictError for one that is known.

    One of the same partner that nobody compared becomes one that somebody did.
    """
    known = PartnerKey.objects.select_for_update(no_key=True, of=("self",))
    row = known.select_related("partner").filter(key_id=key.key_id).first()
    if row is None:
        key.partner = partner
        return key
    waits = row.state == KeyState.PINNED and not row.compared
    if row.partner_id == partner.pk and waits:
        return row
    message = f"This key is known: of {row.partner}, {row.get_state_display().lower()}."
    raise ConflictError(message, field="public")


def _read_public(told: str, use: KeyUse) -> bytes:
    """32 bytes of a key that was pasted. Raises InvalidError."""
    text = told.strip()
    if text.startswith("{"):
        text = _of_file(text, use)
    try:
        raw = bytes.fromhex(text) if _HEX.fullmatch(text) else base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) != KEY_BYTES:
        message = "A key is 32 bytes as base64, or 64 hexadecimal digits."
        raise InvalidError(message, field="public")
    return raw


def _of_file(text: str, use: KeyUse) -> str:
    """The key of this use in a file of keys. Raises InvalidError."""
    try:
        keys: list[dict[str, Any]] = json.loads(text)["keys"]
        return str(next(one["public"] for one in keys if one.get("alg") == ALGS[use].name))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        message = "This is no file of keys."
        raise InvalidError(message, field="public") from error
    except StopIteration as error:
        message = f"There is no {ALGS[use].name} key in this file."
        raise InvalidError(message, field="public") from error
