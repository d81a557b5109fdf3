"""Makes the signal store fit the server that a dump was loaded into."""

from __future__ import annotations

from typing import Final

from django.db import connection, transaction

from abusedesk.core import audit
from abusedesk.core.health import is_store_ahead
from abusedesk.core.models import User

# Signals that were stored here before anybody noticed: numbered after all that came in the dump.
# Where every restored transaction is one this server had too, nothing tells them apart.
_STORED_HERE: Final = """
UPDATE detectors_signal SET epoch = epoch + 1
FROM detectors_epoch
WHERE epoch = number AND tx < pg_snapshot_xmax(pg_current_snapshot())
  AND id > (SELECT max(id) FROM detectors_signal
            WHERE epoch = number AND tx >= pg_snapshot_xmax(pg_current_snapshot()))
"""
_ADVANCE: Final = "UPDATE detectors_epoch SET number = number + 1"


@transaction.atomic
def begin_epoch_after_restore(*, actor: User | None) -> bool:
    """Begin a new epoch if the store came from another server. Returns whether it did.

    Transaction ids of that server mean nothing here: new signals would sort before the place that
    the detectors have reached, and never be read. Nothing else may write meanwhile.
    """
    if not is_store_ahead():
        return False
    with connection.cursor() as cursor:
        cursor.execute(_STORED_HERE)
        stored_here = cursor.rowcount
        cursor.execute(_ADVANCE)
    audit.append(
        actor=actor,
        verb=audit.Verb.STORE_RESTORED,
        target_type="store",
        target_id="signals",
        stored_here=stored_here,
    )
    return True
