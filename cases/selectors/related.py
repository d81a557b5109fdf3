"""Reads which cases rest on the same evidence, and which a person called related."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.db import connection
from django.db.models import Prefetch, Q, QuerySet

from abusedesk.core.models import User
from cases import golden, policy
from cases.blind import unveiled
from cases.choices import State
from cases.models import Case, CaseLink, Decision
from cases.selectors.case import cases_for
from detectors.choices import EntityType
from detectors.entities import digest_of
from detectors.models import Entity

SHOWN: Final = 10
LISTED: Final = 12
# Work is bounded whatever the size of the case: at most 60 x 10 signals are looked up in findings.
ENTITIES: Final = 60
SIGNALS_EACH: Final = 10
CITED: Final = 600
ACCOUNTS: Final = 500

_ACCOUNTS = """
WITH own AS (
    SELECT member.account FROM cases_casecampaign link
    JOIN detectors_campaignmember member ON member.campaign_id = link.campaign_id
    WHERE link.case_id = %(case)s
    UNION
    SELECT target FROM cases_casereport WHERE case_id = %(case)s AND target_type = 'account'
    UNION
    SELECT value FROM cases_caseaddition WHERE case_id = %(case)s AND type = 'account'
    LIMIT %(accounts)s
)
SELECT link.case_id, own.account FROM own
JOIN detectors_campaignmember member ON member.account = own.account
JOIN cases_casecampaign link ON link.campaign_id = member.campaign_id
WHERE link.case_id <> %(case)s
UNION
SELECT report.case_id, mine.target FROM cases_casereport mine
JOIN cases_casereport report ON report.digest = mine.digest
WHERE mine.case_id = %(case)s AND report.case_id <> %(case)s AND mine.target_type = 'account'
UNION
SELECT added.case_id, own.account FROM own
JOIN cases_caseaddition added ON added.type = 'account' AND added.value = own.account
WHERE added.case_id <> %(case)s
"""
# Entities of what the case cites, the least frequent first: what is rare says most. Of each, the
# newest signals that the case does not cite, then the findings that cite those. A signal happened
# when its finding says; a sender's clock may run ten minutes ahead.
_THINGS = """
WITH own AS MATERIALIZED (
    SELECT finding.signal_ids, finding.first_at, finding.last_at FROM cases_casecampaign link
    JOIN detectors_campaignfinding evidence ON evidence.campaign_id = link.campaign_id
    JOIN detectors_finding finding ON finding.id = evidence.finding_id
    WHERE link.case_id = %(case)s AND finding.status = 'current'
), cited AS MATERIALIZED (
    SELECT DISTINCT signal FROM own, unnest(signal_ids) AS signal
    ORDER BY signal DESC LIMIT %(cited)s
), things AS MATERIALIZED (
    SELECT mention.entity_id FROM detectors_signalentity mention
    JOIN detectors_entity entity ON entity.id = mention.entity_id
    WHERE mention.signal_id IN (SELECT signal FROM cited)
        AND mention.occurred_at >= (SELECT min(first_at) FROM own) - interval '10 minutes'
        AND mention.occurred_at <= (SELECT max(last_at) FROM own) + interval '10 minutes'
        AND entity.type <> 'account'
    GROUP BY mention.entity_id ORDER BY count(*), mention.entity_id LIMIT %(entities)s
)
SELECT DISTINCT link.case_id, things.entity_id
FROM things
CROSS JOIN LATERAL (
    SELECT mention.signal_id FROM detectors_signalentity mention
    WHERE mention.entity_id = things.entity_id
        AND mention.signal_id NOT IN (SELECT signal FROM cited)
    ORDER BY mention.occurred_at DESC LIMIT %(each)s
) elsewhere
JOIN detectors_finding finding ON finding.signal_ids @> ARRAY[elsewhere.signal_id]
JOIN detectors_campaignfinding evidence ON evidence.finding_id = finding.id
JOIN cases_casecampaign link ON link.campaign_id = evidence.campaign_id
WHERE link.case_id <> %(case)s
"""


@dataclass(frozen=True, slots=True)
class Thing:
    """Something that two cases share. entity_id: of its page, None when it has none."""

    type: str
    value: str
    entity_id: int | None


@dataclass(frozen=True, slots=True)
class Similar:
    """A case with some of the same evidence. shared: the rarest twelve things; counts: of all.

    outcome: label of its decision in force, "" without one.
    """

    case: Case
    outcome: str
    counts: Mapping[str, int]
    shared: list[Thing]


def similar_to(case: Case, viewer: User) -> list[Similar]:
    """The ten cases that share most with this one; what more cases have counts less."""
    if not policy.can_see(viewer, case):
        return []
    by_case = _shared(case)
    common = Counter(thing for things in by_case.values() for thing in things)
    weight = {pk: sum(1 / common[thing] for thing in things) for pk, things in by_case.items()}
    made = Decision.objects.filter(unveiled(viewer), undone_at=None)
    rows = cases_for(viewer).exclude(state=State.MERGED).filter(golden.seen_as(weight))
    rows = rows.prefetch_related(Prefetch("decisions", made))
    first = sorted(rows, key=lambda one: (-weight[one.rests_on], -one.pk))[:SHOWN]
    return [
        Similar(
            case=one,
            outcome=next((made.get_outcome_display() for made in one.decisions.all()), ""),
            counts=_counted(by_case[one.rests_on]),
            shared=sorted(
                by_case[one.rests_on], key=lambda thing: (common[thing], thing.type, thing.value)
            )[:LISTED],
        )
        for one in first
    ]


def case_links_of(case: Case, viewer: User) -> QuerySet[CaseLink]:
    """Links that people made, as far as the viewer may see the case at the other end."""
    seen = cases_for(viewer).values("pk")
    rows = CaseLink.objects.filter(Q(case=case) | Q(other=case), case__in=seen, other__in=seen)
    return rows.select_related("case", "other", "added_by")


def _shared(case: Case) -> dict[int, set[Thing]]:
    """Case -> what it shares with this one."""
    bounds = {
        "case": case.rests_on,
        "accounts": ACCOUNTS,
        "entities": ENTITIES,
        "each": SIGNALS_EACH,
        "cited": CITED,
    }
    accounts, mentions = _rows(_ACCOUNTS, bounds), _rows(_THINGS, bounds)
    known = Entity.objects.in_bulk({entity for _, entity in mentions})
    digests = {digest_of(EntityType.ACCOUNT, account) for _, account in accounts}
    pages = dict(Entity.objects.filter(digest__in=digests).values_list("value", "pk"))
    found: dict[int, set[Thing]] = defaultdict(set)
    for pk, account in accounts:
        found[pk].add(Thing(EntityType.ACCOUNT.value, account, pages.get(account)))
    for pk, entity_id in mentions:
        entity = known[entity_id]
        found[pk].add(Thing(entity.type, entity.value, entity_id))
    return found


def _counted(things: Iterable[Thing]) -> dict[str, int]:
    """Type -> how many, the most first."""
    return dict(Counter(thing.type for thing in things).most_common())


def _rows(statement: str, values: Mapping[str, int]) -> list[tuple[int, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())
