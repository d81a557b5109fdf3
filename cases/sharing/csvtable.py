"""What leaves as a table: one row for each thing, addresses defanged, no cell a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Final

from abusedesk.core.text import csv_cell
from cases.sharing import minimise, stix
from cases.sharing.facts import Offer
from cases.sharing.minimise import Fate, Profile, Thing

COLUMNS: Final = (
    "type", "value", "first_seen", "last_seen", "confidence", "opinion", "tlp", "pap",
    "valid_until", "source", "case", "pattern",
)  # fmt: skip
POSITIVE, SEED = "POSITIVE", "INVESTIGATION_SEED"


def written(rows: Sequence[tuple[Thing, Fate]], offer: Offer, profile: Profile) -> bytes:
    """The table as UTF-8 with CRLF, as spreadsheets read it."""
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(COLUMNS)
    first, last = seen(offer, profile.level)
    confirmed = offer.case.confirmed
    sure = round(100 * offer.case.sure)
    for thing, fate in rows:
        told = (
            thing.type,
            fate.value,
            first,
            last,
            str(sure if confirmed else min(sure, 29)),
            POSITIVE if confirmed else SEED,
            profile.level,
            offer.pap,
            stix.moment(offer.valid_until),
            offer.maker.name,
            offer.title,
            "",
        )
        table.writerow([csv_cell(one) for one in told])
    return text.getvalue().encode()


def seen(offer: Offer, level: str) -> tuple[str, str]:
    """From the first to the last moment of its campaigns; a case without any: when it opened."""
    firsts = [one.first_at for one in offer.case.campaigns] or [offer.case.opened_at]
    lasts = [one.last_at for one in offer.case.campaigns] or [offer.case.opened_at]
    first, _ = minimise.time_of(min(firsts), level)
    last, _ = minimise.time_of(max(lasts), level)
    return stix.moment(first), stix.moment(last)
