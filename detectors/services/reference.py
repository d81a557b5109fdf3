"""Loads reference lists, set-based, each version once."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from django.db import connection, transaction

from abusedesk.core import audit, clock
from abusedesk.core.errors import NotFoundError
from abusedesk.core.models import User
from detectors import reference_lists
from detectors.choices import ReferenceKind
from detectors.models import ReferenceList
from detectors.reference_lists import CATALOGUE

_COPY: Final = "COPY detectors_referenceentry (list_id, value, network) FROM STDIN"
_FORGET: Final = "DELETE FROM detectors_referenceentry WHERE list_id = %s"


@transaction.atomic
def load_reference_lists(
    *, actor: User | None, slugs: Collection[str] = ()
) -> dict[str, ReferenceList]:
    """Load the lists of the catalogue, or just `slugs`, unless this version of them is loaded.

    Returns what was loaded. Raises NotFoundError for a list that the catalogue does not have.
    """
    source = reference_lists.source()
    wanted = slugs or [slug for slug, listing in CATALOGUE.items() if listing.default]
    if unknown := sorted(set(wanted) - set(CATALOGUE)):
        message = f"There is no list {unknown[0]}. There are: {', '.join(sorted(CATALOGUE))}."
        raise NotFoundError(message)
    have = set(ReferenceList.objects.filter(source=source).values_list("slug", flat=True))
    loaded = {slug: _load(slug, source) for slug in wanted if slug not in have}
    if loaded:
        audit.append(
            actor=actor,
            verb=audit.Verb.REFERENCE_LISTS_LOADED,
            target_type="reference-lists",
            target_id=source,
            lists=len(loaded),
            count=sum(one.count for one in loaded.values()),
        )
    return loaded


def _load(slug: str, source: str) -> ReferenceList:
    """Replace one list; who reads meanwhile sees the old one or the new one."""
    listing, content = CATALOGUE[slug], reference_lists.read(slug)
    entries = reference_lists.entries(listing.kind, content.entries)
    about = {
        "name": content.name[:200],
        "category": listing.category,
        "kind": listing.kind,
        "version": content.version,
        "dated": content.dated,
        "count": len(entries),
        "source": source,
        "loaded_at": clock.now(),
    }
    row, _ = ReferenceList.objects.update_or_create(slug=slug, defaults=about)
    is_network = listing.kind == ReferenceKind.CIDR
    with connection.cursor() as cursor:
        cursor.execute(_FORGET, [row.pk])
        with cursor.copy(_COPY) as copy:
            for value in entries:
                copy.write_row((row.pk, value, value if is_network else None))
    return row
