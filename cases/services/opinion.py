"""Tells another desk what this one thinks of something that it shared, when a person says so."""

from __future__ import annotations

from typing import Final

from django.db import transaction

from abusedesk.core import audit, clock
from abusedesk.core.audit import Verb
from abusedesk.core.errors import ConflictError, InvalidError
from abusedesk.core.models import User
from cases import policy
from cases.choices import OpinionWord, Pap
from cases.models import ImportedObject
from cases.previewing import organisation
from cases.services.answering import post_to_inbox
from cases.sharing import outcomes, stix
from cases.sharing.outcomes import Told
from detectors.intel.stix.marks import marks_of

FRAME: Final = frozenset({"identity", "marking-definition", "extension-definition"})
"""Nobody has an opinion of these."""


@transaction.atomic
def give_opinion(*, actor: User, imported: ImportedObject, opinion: str) -> ImportedObject:
    """Say it to the desk of the feed that brought the object; empty takes back what was said.

    Raises ForbiddenError, InvalidError for another word, ConflictError where nobody can be told or
    nothing may be said, OutboundError when it did not arrive.
    """
    policy.require(actor, "feed.answer")
    if opinion and opinion not in OpinionWord.values:
        message = f"Choose one of: {', '.join(OpinionWord.values)}."
        raise InvalidError(message, field="opinion")
    rows = ImportedObject.objects.select_for_update(no_key=True, of=("self",))
    row = rows.select_related("feed").get(pk=imported.pk)
    if row.feed is None:
        message = "It came by no feed, so there is no desk to tell."
        raise ConflictError(message)
    if refused := _refusal(row, opinion):
        raise ConflictError(refused)
    now = clock.now()
    row.opinion, row.opined_at = opinion, row.opined_at or now
    maker = organisation()
    objects = outcomes.opinion(
        row.stix_id,
        opinion,
        maker=stix.identity(id=f"identity--{maker.identity}", name=maker.name, at=maker.since),
        told=Told(row.opined_at, now, tuple(marks_of(row.body))),
        name=row.feed.slug,
    )
    row.save(update_fields=["opinion", "opined_at"])
    audit.append(
        actor=actor,
        verb=Verb.OPINION_GIVEN,
        target=row,
        slug=row.feed.slug,
        object=row.stix_id,
        what=OpinionWord(opinion).label.lower() if opinion else "taken back",
    )
    post_to_inbox(feed=row.feed, objects=objects)
    return row


def _refusal(row: ImportedObject, opinion: str) -> str:
    if row.type in FRAME:
        return "Nobody has an opinion of this."
    if row.revoked:
        return "Its source took it back."
    if row.pap == Pap.RED:
        return "It came as PAP:RED: nothing may be done with it that somebody could notice."
    if opinion == row.opinion:
        return "That was said already." if opinion else "Nothing was said of it."
    return ""
