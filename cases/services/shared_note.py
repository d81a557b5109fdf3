"""Writes notes for partners; internal notes have no way out and stay another thing."""

from __future__ import annotations

from typing import Final

from django.db import transaction

from abusedesk.core import audit
from abusedesk.core.audit import Verb
from abusedesk.core.errors import InvalidError
from abusedesk.core.models import User
from cases import fields, lineage, policy
from cases.choices import Tlp
from cases.models import Case, SharedNote

BODY_LIMIT: Final = 5_000


@transaction.atomic
def add_shared_note(*, actor: User, case: Case, body: str, tlp: str) -> SharedNote:
    """A note for partners, marked with how far it may travel. Nothing leaves by it."""
    policy.require(actor, "share.write", case)
    body = fields.text(body, field="body", limit=BODY_LIMIT)
    if tlp not in Tlp.values:
        message = f"Choose a TLP: {', '.join(Tlp.values)}."
        raise InvalidError(message, field="tlp")
    note = SharedNote.objects.create(case=case, author=actor, body=body, tlp=tlp)
    lineage.touch(case)
    audit.append(
        actor=actor,
        verb=Verb.SHARED_NOTE_WRITTEN,
        target=case,
        note=note.pk,
        tlp=Tlp(tlp).label,
    )
    return note
