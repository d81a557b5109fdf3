"""The rows of imported objects: what is known, kept, taken back; building blocks for services."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db import connection
from django.db.models import QuerySet

from abusedesk.core import clock
from cases.models import Feed, ImportedObject, ImportedValue, Partner
from cases.taking.kinds import name_of, pap_of
from cases.taking.limits import Object, refs_of, version_of
from cases.taking.misp import EVENT, event_values
from detectors.entities import digest_of
from detectors.intel.stix.marks import tlp_of
from detectors.intel.stix.reading import values_of
from detectors.intel.stix.values import OBSERVABLES

# One statement for a page: through the ORM it takes three times as long.
_PUT: Final = """
INSERT INTO cases_importedobject (
    source, feed_id, partner_id, licence, received_at,
    stix_id, type, version, name, tlp, pap, body, refs, revoked
)
SELECT %(source)s, %(feed)s, %(partner)s, %(licence)s, %(now)s, one.*
FROM jsonb_to_recordset(%(rows)s::jsonb) AS one (
    stix_id text, type text, version timestamptz, name text, tlp text, pap text, body jsonb,
    refs text[], revoked boolean
)
ON CONFLICT (source, stix_id) DO UPDATE SET
    feed_id = EXCLUDED.feed_id, partner_id = EXCLUDED.partner_id, licence = EXCLUDED.licence,
    received_at = EXCLUDED.received_at, version = EXCLUDED.version, name = EXCLUDED.name,
    tlp = EXCLUDED.tlp, pap = EXCLUDED.pap, body = EXCLUDED.body, refs = EXCLUDED.refs,
    revoked = EXCLUDED.revoked
RETURNING stix_id, id
"""
_VALUES: Final = "COPY cases_importedvalue (imported_id, type, digest, key_id, mac) FROM STDIN"


@dataclass(frozen=True, slots=True)
class Known:
    """What a source sent before. marks: ids of its markings that are no TLP. digests: of values."""

    by_id: dict[str, ImportedObject]
    marks: list[str]
    digests: set[bytes]


def known_objects(source: str, ids: Sequence[str]) -> Known:
    """Rows of these ids, locked until commit, the markings of the source, and what they told."""
    own = ImportedObject.objects.filter(source=source)
    rows = own.filter(stix_id__in=ids).select_for_update(no_key=True).order_by("pk")
    by_id = {row.stix_id: row for row in rows}
    marks = own.filter(type="marking-definition").values_list("stix_id", flat=True)
    values = ImportedValue.objects.filter(imported__in=[row.pk for row in by_id.values()])
    return Known(by_id, list(marks), digests_of(values))


def digests_of(values: QuerySet[ImportedValue]) -> set[bytes]:
    """Of values that are told in the clear."""
    return {bytes(one) for one in values.filter(key_id="").values_list("digest", flat=True)}


def keep(
    objects: Sequence[Object],
    source: str,
    feed: Feed | None,
    partner: Partner | None,
    licence: str,
    marks: Collection[str],
) -> None:
    """Put objects in place of their older versions."""
    ids = [one["id"] for one in objects]
    before = ImportedObject.objects.filter(source=source, stix_id__in=ids)
    ImportedValue.objects.filter(imported__in=before).delete()
    told = {
        "source": source,
        "feed": feed.pk if feed else None,
        "partner": partner.pk if partner else None,
        "licence": licence,
        "now": clock.now(),
        "rows": json.dumps([_row(one, marks) for one in objects]),
    }
    with connection.cursor() as cursor:
        cursor.execute(_PUT, told)
        pks = dict(cursor.fetchall())
        with cursor.copy(_VALUES) as copy:
            for one in objects:
                if one.get("revoked") is not True:
                    for value in _values(one):
                        copy.write_row((pks[one["id"]], *value))


def drop_orphans(source: str, led: Collection[str]) -> tuple[set[str], set[bytes]]:
    """Observables around which nothing stands any more; their ids, and digests of their values.

    led: ids to which objects led that were revoked.
    """
    own = ImportedObject.objects.filter(source=source)
    loose = own.filter(stix_id__in=led, type__in=OBSERVABLES, revoked=False)
    orphans = {
        row.stix_id
        for row in loose
        if not own.filter(refs__contains=[row.stix_id], revoked=False).exists()
    }
    rows = [row for row in loose if row.stix_id in orphans]
    digests = digests_of(ImportedValue.objects.filter(imported__in=rows))
    revoke(rows)
    return orphans, digests


def revoke(rows: Sequence[ImportedObject]) -> None:
    """Their maker, or who sent them, took them back."""
    ImportedValue.objects.filter(imported__in=rows).delete()
    pks = [row.pk for row in rows]
    ImportedObject.objects.filter(pk__in=pks).update(revoked=True, received_at=clock.now())


def still_said(source: str, digests: Collection[bytes], ended: Collection[str]) -> set[bytes]:
    """Of these values, those that the source tells in other objects than the ended ones."""
    rows = ImportedValue.objects.filter(imported__source=source, imported__revoked=False)
    return digests_of(rows.filter(digest__in=digests).exclude(imported__stix_id__in=ended))


def _row(one: Object, marks: Collection[str]) -> dict[str, Any]:
    version = version_of(one)
    return {
        "stix_id": one["id"],
        "type": one["type"],
        "version": version.isoformat() if version else None,
        "name": name_of(one),
        "tlp": tlp_of(one, marks),
        "pap": pap_of(one),
        "body": one,
        "refs": refs_of(one),
        "revoked": one.get("revoked") is True,
    }


def _values(one: Object) -> Iterator[tuple[str, bytes, str, str]]:
    """Type, digest, and key and hash where it is hidden, of each value that an object tells."""
    values = event_values(one) if one["type"] == EVENT else values_of(one)
    for kind, value in values.things:
        yield kind, digest_of(kind, value), "", ""
    for kind, key_id, mac in values.hashed:
        yield kind, digest_of(kind, f"hmac:{key_id}:{mac}"), key_id, mac
