"""Keeps which columns somebody sees in lists of cases."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from abusedesk.core import audit
from abusedesk.core.audit import Verb
from abusedesk.core.errors import InvalidError
from abusedesk.core.models import User
from cases import policy
from cases.columns import BY_ID, LIST, USUAL, ids_of


@transaction.atomic
def save_columns(*, actor: User, columns: Sequence[str]) -> None:
    """From now on `actor` sees these, in this order; the usual ones are kept as no choice.

    Raises ForbiddenError, InvalidError.
    """
    policy.require(actor, "columns.own")
    if unknown := [one for one in columns if one not in BY_ID]:
        message = f"There is no column {unknown[0][:40]!r}; there are {', '.join(BY_ID)}."
        raise InvalidError(message, field="columns")
    if len(set(columns)) < len(columns):
        message = "A column stands in a list once."
        raise InvalidError(message, field="columns")
    chosen = ids_of({LIST: list(columns)})
    if chosen == ids_of(actor.own_columns):
        return
    own = {name: kept for name, kept in actor.own_columns.items() if name != LIST}
    actor.own_columns = own if chosen == list(USUAL) else own | {LIST: chosen}
    actor.save(update_fields=["own_columns"])
    audit.append(actor=actor, verb=Verb.COLUMNS_CHOSEN, target=actor, columns=", ".join(chosen))
