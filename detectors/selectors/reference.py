"""Reads on which reference lists an entity stands; the lists are public, so everybody may know."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final
from urllib.parse import urlsplit

from django.db import connection

from detectors import entities, normalise
from detectors.choices import ReferenceCategory

# A host that anybody can have a part of: what stands below it is of the same kind. Of a well-known
# host that is not so: name.github.io is not GitHub.
SHARED: Final = (
    ReferenceCategory.SHORTENER,
    ReferenceCategory.DISPOSABLE,
    ReferenceCategory.HOSTING,
)
_KNOWN: Final = """
WITH named AS (
    SELECT asked.n, list.category, list.slug, list.name, list.version, list.dated,
        bool_or(asked.exact) AS exact
    FROM unnest(%(n)s::int[], %(value)s::text[], %(wide)s::bool[], %(exact)s::bool[])
        AS asked (n, value, wide, exact)
    JOIN detectors_referenceentry entry ON entry.value = asked.value AND entry.network IS NULL
    JOIN detectors_referencelist list ON list.id = entry.list_id
    WHERE NOT asked.wide OR list.category = ANY(%(shared)s)
    GROUP BY asked.n, list.id
    UNION
    SELECT asked.n, list.category, list.slug, list.name, list.version, list.dated, TRUE
    FROM unnest(%(ip_n)s::int[], %(ip)s::inet[]) AS asked (n, ip)
    JOIN detectors_referenceentry entry ON entry.network >>= asked.ip
    JOIN detectors_referencelist list ON list.id = entry.list_id
)
SELECT asked.n, entity.id, category, slug, name, version, dated, exact
FROM unnest(%(thing)s::int[], %(digest)s::bytea[]) AS asked (n, digest)
LEFT JOIN detectors_entity entity ON entity.digest = asked.digest
LEFT JOIN named ON named.n = asked.n
ORDER BY 1, 3, 4
"""


@dataclass(frozen=True, slots=True)
class Listed:
    """One list that names an entity. exact: by its own name, not only as part of a listed host."""

    category: ReferenceCategory
    slug: str
    name: str
    version: int
    dated: date | None
    exact: bool = True

    @property
    def age(self) -> str:
        """Which version says so: its day, or its number where its maker only counts."""
        return f"of {self.dated.isoformat()}" if self.dated else f"version {self.version}"


@dataclass(frozen=True, slots=True)
class Known:
    """What the desk knows of a thing. entity_id: None when no signal is linked to it yet."""

    entity_id: int | None
    lists: list[Listed] = field(default_factory=list)


def lists_of(things: Collection[tuple[str, str]]) -> dict[tuple[str, str], list[Listed]]:
    """(type, canonical value) -> the lists that name it, for those that stand on any."""
    hopeful = [thing for thing in things if _can_be_named(*thing)]
    return {thing: known.lists for thing, known in known_of(hopeful).items() if known.lists}


def known_of(things: Collection[tuple[str, str]]) -> dict[tuple[str, str], Known]:
    """(type, canonical value) -> its entity and the lists that name it, for all; one query."""
    asked = list(dict.fromkeys(things))
    if not asked:
        return {}
    known: dict[tuple[str, str], Known] = {}
    with connection.cursor() as cursor:
        cursor.execute(_KNOWN, _columns(asked))
        for n, entity_id, category, *about in cursor.fetchall():
            one = known.setdefault(asked[n], Known(entity_id))
            if category:
                one.lists.append(Listed(ReferenceCategory(category), *about))
    return known


def _can_be_named(kind: str, value: str) -> bool:
    return any(_names(kind, value)) or _address(kind, value) is not None


def _columns(asked: Sequence[tuple[str, str]]) -> dict[str, Any]:
    names = [(n, *one) for n, thing in enumerate(asked) for one in _names(*thing)]
    addresses = [(n, ip) for n, thing in enumerate(asked) if (ip := _address(*thing))]
    return {
        "n": [n for n, _, _ in names],
        "value": [value for _, value, _ in names],
        "wide": [wide for _, _, wide in names],
        "exact": [_is_itself(asked[n], value) for n, value, _ in names],
        "ip_n": [n for n, _ in addresses],
        "ip": [ip for _, ip in addresses],
        "shared": list(SHARED),
        "thing": list(range(len(asked))),
        "digest": [entities.digest_of(*thing) for thing in asked],
    }


def _is_itself(thing: tuple[str, str], name: str) -> bool:
    """Whether a name that was looked for is the thing's own, `www.` aside."""
    return thing[0] == "hash" or name == (_host(*thing) or "").removeprefix("www.")


def _names(kind: str, value: str) -> Iterator[tuple[str, bool]]:
    """What to look for, and whether only lists of shared hosts count."""
    if kind == "hash":
        yield value, False
        return
    host = _host(kind, value)
    if host is None or normalise.canonical_domain(host) != host:
        return
    registered = normalise.registrable_domain(host) or host
    labels = host.split(".")
    for first in range(len(labels) - 1):
        name = ".".join(labels[first:])
        # Of a mailbox only the provider counts: that example.com is popular says nothing of it.
        yield name, kind == "email" or len(name) < len(registered)


def _host(kind: str, value: str) -> str | None:
    match kind:
        case "domain":
            return value
        case "url":
            return urlsplit(value).hostname
        case "email":
            return value.rpartition("@")[2]
        case _:
            return None


def _address(kind: str, value: str) -> str | None:
    host = value if kind == "ip" else _host(kind, value) if kind == "url" else None
    return normalise.canonical_ip(host) if host else None
