"""Reads the graph of a case: members, ties, what connects them, what a node touches."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from abusedesk.core.errors import NotFoundError
from abusedesk.core.models import User
from cases import policy
from cases.models import Case, CaseAddition
from cases.selectors.addition import additions_of
from cases.selectors.lineage import members_of, ties_of
from cases.selectors.reach import Reach, reaches_of
from detectors import scoring
from detectors.choices import EntityType
from detectors.entities import digest_of
from detectors.models import CampaignEdge, Entity, Finding
from detectors.selectors.entity import entities_for
from detectors.selectors.finding import findings_for
from detectors.selectors.neighbour import sharers_by_thing

MEMBERS: Final = 5_000
TIES: Final = 2_000
CONNECTORS: Final = 20
CITED: Final = 200
EXPANDED: Final = 6
"""Nodes that are expanded at a time; more cannot be told apart."""


@dataclass(frozen=True, slots=True)
class Connector:
    """Infrastructure that accounts of the case share, such as a host or a VPN's address.

    entity_id: of its page, None when it has none.
    """

    type: str
    value: str
    accounts: Sequence[str]
    finding_id: int
    entity_id: int | None = None


@dataclass(frozen=True, slots=True)
class Added:
    """Something that a person added, which is no account. accounts: of the case that share it."""

    row: CaseAddition
    entity_id: int | None
    accounts: Sequence[str]


@dataclass(frozen=True, slots=True)
class CaseGraph:
    """members: account -> whether its evidence has faded. ids: account -> its entity.

    additions: what people added: by_hand are the accounts of it that no evidence ties, added is all
    that is no account. reaches: nodes that were asked for, with what they touch. around: the node
    whose neighbours alone were asked for.
    """

    members: Mapping[str, bool] = field(default_factory=dict)
    ties: Sequence[CampaignEdge] = ()
    connectors: Sequence[Connector] = ()
    ids: Mapping[str, int] = field(default_factory=dict)
    additions: Sequence[CaseAddition] = ()
    by_hand: Collection[str] = ()
    added: Sequence[Added] = ()
    reaches: Sequence[Reach] = ()
    around: Entity | None = None


def graph_for(
    case: Case, viewer: User, *, expand: Sequence[int] = (), around: int = 0
) -> CaseGraph:
    """All of it; nothing for who cannot see the case. expand, around: ids of entities."""
    if not policy.can_see(viewer, case):
        return CaseGraph()
    members = members_of(case).order_by("-p", "account")
    chances = dict(members.values_list("account", "p")[:MEMBERS])
    ties = list(ties_of(case).order_by("-score", "a", "b")[:TIES])
    additions = list(additions_of(case, viewer))
    by_hand = {one.value for one in additions if one.type == EntityType.ACCOUNT}
    names = {*chances, *(name for one in ties for name in (one.a, one.b)), *by_hand}
    things = [one for one in additions if one.type != EntityType.ACCOUNT]
    shared = _shared(ties, names, viewer)
    ids = _ids(names, [*shared, *((one.type, one.value) for one in things)], viewer)
    asked = list(dict.fromkeys((*expand, around)))[: EXPANDED + 1] if expand or around else []
    known = entities_for(viewer).in_bulk(asked)
    centre = known.get(around)
    opened = [known[one] for one in asked if one in known and one in expand]
    if centre is not None and centre.type != EntityType.ACCOUNT and centre not in opened:
        opened.append(centre)
    return CaseGraph(
        members={name: chances.get(name) == 0.0 for name in sorted(names)},
        ties=ties,
        connectors=[
            Connector(*key, accounts, finding_id, ids.get(key))
            for key, (accounts, finding_id) in shared.items()
        ],
        ids={value: number for (kind, value), number in ids.items() if kind == EntityType.ACCOUNT},
        additions=additions,
        by_hand=by_hand.difference(chances),
        added=_added(things, ids, names, viewer),
        reaches=reaches_of(opened, case, viewer, names, additions),
        around=centre,
    )


def tie_by_id(case: Case, edge_id: int, viewer: User) -> CampaignEdge:
    """One tie of the case. Raises NotFoundError, also for what the viewer may not see."""
    row = ties_of(case).filter(pk=edge_id).first() if policy.can_see(viewer, case) else None
    if row is None:
        message = "There is no such link in this case."
        raise NotFoundError(message)
    return row


def findings_by_tie(tie: CampaignEdge, viewer: User) -> dict[int, Finding]:
    """The evidence that a tie cites, by id."""
    return findings_for(viewer).in_bulk(_cited([tie]))


def _ids(
    accounts: Iterable[str], things: Iterable[tuple[str, str]], viewer: User
) -> dict[tuple[str, str], int]:
    """Type and value -> id, of those that signals mention."""
    keys = [*((EntityType.ACCOUNT.value, name) for name in accounts), *things]
    rows = entities_for(viewer).filter(digest__in=[digest_of(*key) for key in keys])
    return {(one.type, one.value): one.pk for one in rows}


def _shared(
    ties: Sequence[CampaignEdge], names: Collection[str], viewer: User
) -> dict[tuple[str, str], tuple[list[str], int]]:
    """Infrastructure -> accounts that share it and a finding of it; what most share first."""
    families = [name for name in scoring.WEIGHTS if scoring.is_infra(name)]
    rows = findings_for(viewer).filter(pk__in=_cited(ties)[:CITED], family__in=families)
    shared: dict[tuple[str, str], tuple[set[str], int]] = {}
    told = rows.order_by("pk").values_list("anchor_type", "anchor_value", "subjects", "pk")
    for kind, value, subjects, finding_id in told:
        shared.setdefault((kind, value), (set(), finding_id))[0].update(subjects)
    found = [
        (key, sorted(subjects.intersection(names)), finding_id)
        for key, (subjects, finding_id) in shared.items()
    ]
    found.sort(key=lambda one: (-len(one[1]), one[0]))
    kept = [one for one in found if one[1]][:CONNECTORS]
    return {key: (accounts, finding_id) for key, accounts, finding_id in kept}


def _added(
    things: Sequence[CaseAddition],
    ids: Mapping[tuple[str, str], int],
    names: Collection[str],
    viewer: User,
) -> list[Added]:
    known = {one.pk: ids.get((one.type, one.value)) for one in things}
    sharers = sharers_by_thing([number for number in known.values() if number], viewer)
    return [
        Added(
            one, known[one.pk], [who for who in sharers.get(known[one.pk] or 0, ()) if who in names]
        )
        for one in things
    ]


def _cited(ties: Sequence[CampaignEdge]) -> list[int]:
    """Ids of the findings behind ties, of the strongest first; 0 stands for no finding."""
    found = (int(part[1]) for one in ties for part in one.parts.values())
    return list(dict.fromkeys(number for number in found if number))
