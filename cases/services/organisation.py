"""Says whose desk this is, and makes the keys that it signs with."""

from __future__ import annotations

from django.db import transaction

from abusedesk.core import audit, ids, sealing
from abusedesk.core.audit import Verb
from abusedesk.core.models import User
from cases import fields, policy
from cases.models import Organisation
from cases.models.partner import CURSOR, SIGNING
from cases.services.circle_keys import ensure_seal_key
from cases.sharing import signing

NAME_LIMIT = 120


@transaction.atomic
def save_organisation(*, actor: User, name: str) -> Organisation:
    """Name the organisation. Its id and its keys are made with the first name and stay.

    Where the desk's secret key is another one by now, pages of TAXII are marked with a new one from
    here on, and clients begin anew.
    """
    policy.require(actor, "partner.save")
    name = fields.text(name, field="name", limit=NAME_LIMIT)
    row = Organisation.objects.select_for_update(no_key=True).first()
    if row is None:
        secret = signing.new_key()
        row = Organisation(
            identity=ids.new_uuid(),
            signing_key=sealing.seal(secret.hex(), purpose=SIGNING),
            key_id=signing.key_id(signing.public_of(secret)),
        )
    if not _opens(row.cursor_key):
        row.cursor_key = sealing.seal(ids.random_token(), purpose=CURSOR)
    row.name = name
    row.save()
    ensure_seal_key(organisation=row)
    audit.append(actor=actor, verb=Verb.ORGANISATION_SAVED, target=row, name=name)
    return row


def _opens(sealed: str) -> bool:
    try:
        return bool(sealing.unseal(sealed, purpose=CURSOR))
    except sealing.LostError:
        return False
