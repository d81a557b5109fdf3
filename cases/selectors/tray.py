"""Reads the tray of a person, and what its cases and entities have in common."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from django.db import connection
from django.db.models import QuerySet

from abusedesk.core.models import User
from cases import policy
from cases.choices import State
from cases.involved import accounts_of_cases
from cases.models import Case, TrayItem
from cases.selectors.case import cases_for
from cases.selectors.jump import cases_by_text
from cases.tray import CASE, Line
from detectors.choices import EntityType
from detectors.entities import digest_of
from detectors.models import Entity
from detectors.selectors.entity import entities_by_text, entities_by_value, entities_for

LOOKED_AT: Final = 100
"""Things of each sort that are compared; SIGNALS: the newest of each that are read for it."""
SIGNALS: Final = 200
ACCOUNTS: Final = 500
"""Of one case."""
SHOWN: Final = 50

# What each thing touches: itself, what the newest signals about an entity mention, the accounts of
# a case, and what the signals mention that the findings of a case cite.
_COMMON: Final = """
WITH things (item, entity_id) AS (
    SELECT * FROM unnest(%(items)s::int[], %(entities)s::bigint[])
), members (item, entity_id) AS (
    SELECT * FROM unnest(%(owners)s::int[], %(accounts)s::bigint[])
), files (item, case_id) AS (
    SELECT * FROM unnest(%(files)s::int[], %(cases)s::bigint[])
), cited AS (
    SELECT files.item, evidence.signal, evidence.first_at, evidence.last_at
    FROM files CROSS JOIN LATERAL (
        SELECT signal, finding.first_at, finding.last_at FROM cases_casecampaign link
        JOIN detectors_campaignfinding stands ON stands.campaign_id = link.campaign_id
        JOIN detectors_finding finding ON finding.id = stands.finding_id
        CROSS JOIN unnest(finding.signal_ids) AS signal
        WHERE link.case_id = files.case_id AND finding.status = 'current'
        ORDER BY signal DESC LIMIT %(signals)s
    ) evidence
), touched AS (
    SELECT item, entity_id FROM things
    UNION
    SELECT item, entity_id FROM members
    UNION
    SELECT things.item, other.entity_id FROM things
    CROSS JOIN LATERAL (
        SELECT signal_id, occurred_at FROM detectors_signalentity mention
        WHERE mention.entity_id = things.entity_id
        ORDER BY occurred_at DESC, signal_id DESC LIMIT %(signals)s
    ) recent
    JOIN detectors_signalentity other
        ON other.signal_id = recent.signal_id AND other.occurred_at = recent.occurred_at
    UNION
    SELECT cited.item, mention.entity_id FROM cited
    JOIN detectors_signalentity mention ON mention.signal_id = cited.signal
        AND mention.occurred_at >= cited.first_at - interval '10 minutes'
        AND mention.occurred_at <= cited.last_at + interval '10 minutes'
)
SELECT entity_id, array_agg(item ORDER BY item) FROM touched
GROUP BY entity_id HAVING count(*) > 1
ORDER BY count(*) DESC, entity_id LIMIT %(shown)s
"""


@dataclass(frozen=True, slots=True)
class Tray:
    """Cases and entities that were put aside, in that order."""

    cases: list[Case]
    entities: list[Entity]

    def __len__(self) -> int:
        return len(self.cases) + len(self.entities)

    def holding(self, words: str) -> Tray:
        """What has all these words in its reference, title, type or value."""
        wanted = words.casefold().split()

        def fits(*texts: str) -> bool:
            text = " ".join(texts).casefold()
            return all(word in text for word in wanted)

        return Tray(
            [one for one in self.cases if fits(one.ref, one.title)],
            [one for one in self.entities if fits(one.type, one.value)],
        )


@dataclass(frozen=True, slots=True)
class Common:
    """An entity that several things of a tray touch, and which."""

    entity: Entity
    cases: list[Case]
    entities: list[Entity]

    @property
    def count(self) -> int:
        return len(self.cases) + len(self.entities)


@dataclass(slots=True)
class Named:
    """What lines name, as far as the viewer may see it."""

    cases: list[Case] = field(default_factory=list)
    entities: list[Entity] = field(default_factory=list)
    unknown: list[Line] = field(default_factory=list)


def tray_items_for(viewer: User) -> QuerySet[TrayItem]:
    """Rows of the own tray, the first first."""
    rows = TrayItem.objects.filter(user=viewer)
    return rows if policy.allowed(viewer, "tray.own") else rows.none()


def tray_of(viewer: User) -> Tray:
    """What is in it and may still be seen; a merged case is its survivor's matter."""
    items = list(tray_items_for(viewer))
    cases = cases_for(viewer).select_related("claimed_by", "assignee").exclude(state=State.MERGED)
    found = {one.pk: one for one in cases.filter(pk__in=[one.case_id for one in items])}
    digests = [bytes(one.digest) for one in items if one.digest is not None]
    things = {bytes(one.digest): one for one in entities_for(viewer).filter(digest__in=digests)}
    return Tray(
        [found[one.case_id] for one in items if one.case_id in found],
        [things[digest] for digest in digests if digest in things],
    )


def common_of(tray: Tray, viewer: User) -> list[Common]:
    """What several of its things touch, the most widely shared first, at most 50.

    The first hundred cases and the first hundred entities are compared, each by its newest 200
    signals.
    """
    cases, entities = tray.cases[:LOOKED_AT], tray.entities[:LOOKED_AT]
    owners, accounts = _members(cases, len(entities))
    values: dict[str, int | list[int]] = {
        "items": list(range(len(entities))),
        "entities": [one.pk for one in entities],
        "owners": owners,
        "accounts": accounts,
        "files": [len(entities) + place for place in range(len(cases))],
        "cases": [one.rests_on for one in cases],
        "signals": SIGNALS,
        "shown": SHOWN,
    }
    with connection.cursor() as cursor:
        cursor.execute(_COMMON, values)
        found: list[tuple[int, list[int]]] = list(cursor.fetchall())
    known = entities_for(viewer).in_bulk([pk for pk, _ in found])
    split = len(entities)
    return [
        Common(
            known[pk],
            [cases[place - split] for place in places if place >= split],
            [entities[place] for place in places if place < split],
        )
        for pk, places in found
        if pk in known
    ]


def named_for(viewer: User, lines: Sequence[Line]) -> Named:
    """Cases and entities that these lines name; a value alone may be of any type."""
    found = Named()
    for line in lines:
        cases, entities = _meant(viewer, line)
        found.cases += cases
        found.entities += entities
        if not cases and not entities:
            found.unknown.append(line)
    return found


def _meant(viewer: User, line: Line) -> tuple[Iterable[Case], Iterable[Entity]]:
    cases = cases_by_text(line.value, viewer) if line.type in {CASE, ""} else ()
    if whole := [one for one in cases if one.state != State.MERGED]:
        return whole, ()
    if line.type:
        return (), list(entities_by_value(entities_for(viewer), line.type, line.value))
    things = entities_by_text(line.value, viewer)
    return (), [one for one in things if one.type != EntityType.DOMAIN] or things


def _members(cases: Collection[Case], first: int) -> tuple[list[int], list[int]]:
    """Place of a case -> an account of it that has a page; two columns."""
    places: dict[int, list[int]] = defaultdict(list)
    for place, one in enumerate(cases, start=first):
        places[one.rests_on].append(place)
    named = {pk: set(sorted(all_)[:ACCOUNTS]) for pk, all_ in accounts_of_cases(places).items()}
    digests = {
        digest_of(EntityType.ACCOUNT, name): name for names in named.values() for name in names
    }
    pages = dict(Entity.objects.filter(digest__in=list(digests)).values_list("value", "pk"))
    pairs = [
        (place, pages[name])
        for case_id, names in named.items()
        for name in sorted(names & pages.keys())
        for place in places[case_id]
    ]
    return [place for place, _ in pairs], [pk for _, pk in pairs]
