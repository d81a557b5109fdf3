"""Says whose desk this is, and makes the keys that it signs with."""

from __future__ import annotations

from django.db import transaction

from abusedesk.core import audit, ids, sealing
from abusedesk.core.audit import Verb
from abusedesk.core.models import User
from cases import fields, policy
from cases.models import Organisation
from cases.models.partner import SIGNING
from cases.services.circle_keys import ensure_seal_key
from cases.sharing import signing

NAME_LIMIT = 120


@transaction.atomic
def save_organisation(*, actor: User, name: str) -> Organisation:
    """Name the organisation. Its id and its keys are made with the first name and stay."""
    policy.require(actor, "partner.save")
    name = fields.text(name, field="name", limit=NAME_LIMIT)
    row = Organisation.objects.select_for_update(no_key=True).first()
    if row is None:
        secret = signing.new_key()
        row = Organisation(
            identity=ids.new_uuid(),
            signing_key=sealing.seal(secret.hex(), purpose=SIGNING),
            key_id=signing.key_id(signing.public_of(secret)),
            cursor_key=ids.random_token(),
        )
    row.name = name
    row.save()
    ensure_seal_key(organisation=row)
    audit.append(actor=actor, verb=Verb.ORGANISATION_SAVED, target=row, name=name)
    return row
