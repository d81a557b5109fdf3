"""Reads what a node of a case's graph touches: things, accounts that share them, other cases."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from abusedesk.core.errors import NotFoundError
from abusedesk.core.models import User
from cases import policy
from cases.involved import accounts_of_case
from cases.models import Case, CaseAddition
from cases.selectors.addition import additions_of
from cases.selectors.entity import refs_by_account
from detectors.choices import EntityType
from detectors.models import Entity
from detectors.selectors.entity import entity_by_id, links_of, recent_of
from detectors.selectors.neighbour import sharers_by_thing

SHOWN: Final = 30


@dataclass(frozen=True, slots=True)
class Touched:
    """Something in the same signals. signals: in how many of the newest 500 of the node.

    accounts: how many share it, of them `inside` are in the case; None for an account. member: an
    account of the case. addition: of what a person added it by. refs: other cases that name it.
    """

    id: int
    type: str
    value: str
    signals: int
    reason: str
    accounts: int | None
    inside: int
    member: bool
    addition: CaseAddition | None
    refs: Sequence[str]

    @property
    def belongs(self) -> bool:
        """Whether it is in the case already."""
        return self.member or self.addition is not None


@dataclass(frozen=True, slots=True)
class Reach:
    """One node and the first 30 things that it touches. total: of the first 50; more: signals."""

    entity: Entity
    member: bool
    addition: CaseAddition | None
    things: Sequence[Touched]
    total: int
    more: bool

    @property
    def belongs(self) -> bool:
        """Whether it is in the case already."""
        return self.member or self.addition is not None


def reach_for(case: Case, entity_id: int, viewer: User) -> Reach:
    """One node. Raises NotFoundError, also for what the viewer may not see."""
    entity = entity_by_id(entity_id, viewer)
    additions = list(additions_of(case, viewer))
    found = reaches_of([entity], case, viewer, set(accounts_of_case(case)), additions)
    if not found:
        message = "There is no such case."
        raise NotFoundError(message)
    return found[0]


def reaches_of(
    entities: Sequence[Entity],
    case: Case,
    viewer: User,
    members: Collection[str],
    additions: Sequence[CaseAddition],
) -> list[Reach]:
    """What each touches, the most frequent first; nothing for who cannot see the case."""
    if not entities or not policy.can_see(viewer, case):
        return []
    told = [(one, recent_of(one)) for one in entities]
    linked = [(one, recent, links_of(recent, one)) for one, recent in told]
    shown = [thing for _, _, things in linked for thing in things[:SHOWN]]
    sharers = sharers_by_thing({one.id for one in shown if not _is_account(one.type)}, viewer)
    strangers = {one.value for one in shown if _is_account(one.type)}.difference(members)
    elsewhere = refs_by_account(strangers, viewer, but=case) if strangers else {}
    by_hand = {(one.type, one.value): one for one in additions}
    named = set(members).difference(one.value for one in additions if _is_account(one.type))
    return [
        Reach(
            entity=entity,
            member=_is_account(entity.type) and entity.value in named,
            addition=by_hand.get((entity.type, entity.value)),
            things=[
                Touched(
                    id=one.id,
                    type=one.type,
                    value=one.value,
                    signals=one.signals,
                    reason=one.reason,
                    accounts=None if _is_account(one.type) else len(sharers.get(one.id, ())),
                    inside=len(set(members).intersection(sharers.get(one.id, ()))),
                    member=_is_account(one.type) and one.value in named,
                    addition=by_hand.get((one.type, one.value)),
                    refs=elsewhere.get(one.value, ()) if _is_account(one.type) else (),
                )
                for one in things[:SHOWN]
            ],
            total=len(things),
            more=recent.more,
        )
        for entity, recent, things in linked
    ]


def _is_account(kind: str) -> bool:
    return kind == EntityType.ACCOUNT
