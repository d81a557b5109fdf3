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
    accounts = {one.value: one.pk for one in _accounts(names, viewer)}
    asked = list(dict.fromkeys((*expand, around)))[: EXPANDED + 1] if expand or around else []
    known = entities_for(viewer).in_bulk(asked)
    centre = known.get(around)
    opened = [known[one] for one in asked if one in known and one in expand]
    if centre is not None and centre.type != EntityType.ACCOUNT and centre not in opened:
        opened.append(centre)
    return CaseGraph(
        members={name: chances.get(name) == 0.0 for name in sorted(names)},
        ties=ties,
        connectors=_connectors(ties, names, viewer),
        ids=accounts,
        additions=additions,
        by_hand=by_hand.difference(chances),
        added=_added(additions, names, viewer),
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


def _accounts(names: Collection[str], viewer: User) -> list[Entity]:
    digests = [digest_of(EntityType.ACCOUNT, name) for name in names]
    return list(entities_for(viewer).filter(digest__in=digests))


def _connectors(
    ties: Sequence[CampaignEdge], names: Collection[str], viewer: User
) -> list[Connector]:
    """Those that most accounts share first."""
    families = [name for name in scoring.WEIGHTS if scoring.is_infra(name)]
    rows = findings_for(viewer).filter(pk__in=_cited(ties)[:CITED], family__in=families)
    shared: dict[tuple[str, str], tuple[set[str], int]] = {}
    told = rows.order_by("pk").values_list("anchor_type", "anchor_value", "subjects", "pk")
    for kind, value, subjects, finding_id in told:
        shared.setdefault((kind, value), (set(), finding_id))[0].update(subjects)
    kept = sorted(
        (
            (key, sorted(subjects.intersection(names)), finding_id)
            for key, (subjects, finding_id) in shared.items()
        ),
        key=lambda one: (-len(one[1]), one[0]),
    )[:CONNECTORS]
    ids = _ids((key for key, _, _ in kept), viewer)
    return [
        Connector(*key, accounts, finding_id, ids.get(digest_of(*key)))
        for key, accounts, finding_id in kept
        if accounts
    ]


def _added(additions: Iterable[CaseAddition], names: Collection[str], viewer: User) -> list[Added]:
    things = [one for one in additions if one.type != EntityType.ACCOUNT]
    ids = _ids(((one.type, one.value) for one in things), viewer)
    sharers = sharers_by_thing(ids.values(), viewer)
    found = []
    for one in things:
        entity_id = ids.get(bytes(one.digest))
        accounts = [name for name in sharers.get(entity_id or 0, ()) if name in names]
        found.append(Added(one, entity_id, accounts))
    return found


def _ids(things: Iterable[tuple[str, str]], viewer: User) -> dict[bytes, int]:
    """Digest -> id, of those that signals mention; asks for nothing where there is none."""
    digests = [digest_of(kind, value) for kind, value in things]
    rows = entities_for(viewer).filter(digest__in=digests) if digests else ()
    return {bytes(one.digest): one.pk for one in rows}


def _cited(ties: Sequence[CampaignEdge]) -> list[int]:
    """Ids of the findings behind ties, of the strongest first; 0 stands for no finding."""
    found = (int(part[1]) for one in ties for part in one.parts.values())
    return list(dict.fromkeys(number for number in found if number))
