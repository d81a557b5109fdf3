"""The rows of imported objects: what is known, kept, taken back; building blocks for services."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from django.db.models import QuerySet

from abusedesk.core import clock
from cases.models import Feed, ImportedObject, ImportedValue, Partner
from cases.taking.kinds import name_of, pap_of
from cases.taking.limits import Object, refs_of, version_of
from detectors.entities import digest_of
from detectors.intel.stix.marks import tlp_of
from detectors.intel.stix.reading import values_of
from detectors.intel.stix.values import OBSERVABLES

BATCH: Final = 1_000
_CHANGES: Final = (
    "feed", "partner", "version", "name", "tlp", "pap", "licence", "body", "refs", "revoked",
    "received_at",
)  # fmt: skip


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
    own = ImportedObject.objects.filter(source=source, stix_id__in=ids)
    ImportedValue.objects.filter(imported__in=own).delete()
    now = clock.now()
    rows = [
        ImportedObject(
            source=source,
            feed=feed,
            partner=partner,
            stix_id=one["id"],
            type=one["type"],
            version=version_of(one),
            name=name_of(one),
            tlp=tlp_of(one, marks),
            pap=pap_of(one),
            licence=licence,
            body=one,
            refs=refs_of(one),
            revoked=one.get("revoked") is True,
            received_at=now,
        )
        for one in objects
    ]
    ImportedObject.objects.bulk_create(
        rows,
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["source", "stix_id"],
        update_fields=_CHANGES,
    )
    pks = dict(own.values_list("stix_id", "pk"))
    values = (
        value
        for one in objects
        if one.get("revoked") is not True
        for value in _values(pks[one["id"]], one)
    )
    ImportedValue.objects.bulk_create(values, batch_size=BATCH)


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


def _values(pk: int, one: Object) -> Iterator[ImportedValue]:
    values = values_of(one)
    for kind, value in values.things:
        yield ImportedValue(imported_id=pk, type=kind, digest=digest_of(kind, value))
    for kind, key_id, mac in values.hashed:
        hidden = f"hmac:{key_id}:{mac}"
        yield ImportedValue(
            imported_id=pk, type=kind, digest=digest_of(kind, hidden), key_id=key_id, mac=mac
        )
