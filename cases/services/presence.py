"""Notes who has the desk open and which case they look at, as their page tells."""

from __future__ import annotations

from typing import Final

from django.db import connection

from abusedesk.core import clock
from abusedesk.core.models import User
from cases import policy
from cases.models import Case

# A page asks every four seconds; a row that says the same is written every ten.
_NOTE: Final = """
INSERT INTO cases_presence AS known (user_id, case_id, seen_at) VALUES (%s, %s, %s)
ON CONFLICT (user_id) DO UPDATE SET case_id = excluded.case_id, seen_at = excluded.seen_at
WHERE known.case_id IS DISTINCT FROM excluded.case_id
    OR known.seen_at < excluded.seen_at - interval '10 seconds'
"""


def note_presence(*, actor: User, case: Case | None) -> None:
    """One row a person, without history: nobody is to be measured by it. Others leave none."""
    if not policy.allowed(actor, "case.view"):
        return
    with connection.cursor() as cursor:
        cursor.execute(_NOTE, [actor.pk, case.pk if case else None, clock.now()])
