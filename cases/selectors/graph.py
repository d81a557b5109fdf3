"""Reads the graph of a case: members, ties, what connects them, what an account uses."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from abusedesk.core.errors import NotFoundError
from abusedesk.core.models import User
from cases import policy
from cases.models import Case
from cases.selectors.lineage import members_of, ties_of
from detectors import scoring
from detectors.choices import EntityType
from detectors.entities import digest_of
from detectors.models import CampaignEdge, Entity, Finding
from detectors.selectors.entity import entities_for, links_of, recent_of
from detectors.selectors.finding import findings_for

MEMBERS: Final = 5_000
TIES: Final = 2_000
CONNECTORS: Final = 20
CITED: Final = 200
USED: Final = 20


@dataclass(frozen=True, slots=True)
class Connector:
    """Infrastructure that accounts of the case share, such as a host or a VPN's address."""

    type: str
    value: str
    accounts: Sequence[str]
    finding_id: int


@dataclass(frozen=True, slots=True)
class Used:
    """Something that an account's own signals mention. signals: in how many of the newest."""

    id: int
    type: str
    value: str
    signals: int
    reason: str


@dataclass(frozen=True, slots=True)
class CaseGraph:
    """members: account -> whether its evidence has faded. ids: account -> its entity.

    used: what the account that was asked for uses.
    """

    members: Mapping[str, bool] = field(default_factory=dict)
    ties: Sequence[CampaignEdge] = ()
    connectors: Sequence[Connector] = ()
    ids: Mapping[str, int] = field(default_factory=dict)
    used: Sequence[Used] = ()


def graph_for(case: Case, viewer: User, expand: str = "") -> CaseGraph:
    """All of it; nothing for who cannot see the case. expand: a member."""
    if not policy.can_see(viewer, case):
        return CaseGraph()
    members = members_of(case).order_by("-p", "account")
    chances = dict(members.values_list("account", "p")[:MEMBERS])
    ties = list(ties_of(case).order_by("-score", "a", "b")[:TIES])
    names = {*chances, *(name for one in ties for name in (one.a, one.b))}
    accounts = {one.value: one for one in _accounts(names, viewer)}
    chosen = accounts.get(expand)
    return CaseGraph(
        members={name: chances.get(name) == 0.0 for name in sorted(names)},
        ties=ties,
        connectors=_connectors(ties, names, viewer),
        ids={name: one.pk for name, one in accounts.items()},
        used=_used(chosen, names) if chosen else (),
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
    found = [
        Connector(kind, value, sorted(subjects.intersection(names)), finding_id)
        for (kind, value), (subjects, finding_id) in shared.items()
    ]
    found.sort(key=lambda one: (-len(one.accounts), one.type, one.value))
    return [one for one in found if one.accounts][:CONNECTORS]


def _used(account: Entity, members: Collection[str]) -> list[Used]:
    linked = links_of(recent_of(account), account)
    return [
        Used(one.id, one.type, one.value, one.signals, one.reason)
        for one in linked
        if one.type != EntityType.ACCOUNT or one.value not in members
    ][:USED]


def _cited(ties: Sequence[CampaignEdge]) -> list[int]:
    """Ids of the findings behind ties, of the strongest first; 0 stands for no finding."""
    found = (int(part[1]) for one in ties for part in one.parts.values())
    return list(dict.fromkeys(number for number in found if number))
