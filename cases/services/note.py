"""Writes notes on cases."""

from __future__ import annotations

from django.db import transaction

from abusedesk.core import audit
from abusedesk.core.audit import Verb
from abusedesk.core.models import User
from cases import fields, lineage, notices, policy
from cases.choices import NoticeKind
from cases.mentions import mentioned_in
from cases.models import Case, Note

BODY_LIMIT = 20_000


@transaction.atomic
def add_note(*, actor: User, case: Case, body: str) -> Note:
    """An internal note in Markdown. It needs no claim: all reviewers read and note.

    Whom it names with `@` is told, if the case exists for them; `mentioned_in` says who.
    """
    policy.require(actor, "case.note", case)
    body = fields.text(body, field="body", limit=BODY_LIMIT)
    named = mentioned_in(body, case)
    note = Note.objects.create(case=case, author=actor, body=body)
    people = {*named.told} - {actor}
    notices.give(case, NoticeKind.MENTION, people, actor=actor, note=note)
    lineage.touch(case)
    audit.append(actor=actor, verb=Verb.CASE_NOTED, target=case, note=note.pk)
    return note
