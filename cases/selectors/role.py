"""Reads who may do what, and who has which role."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from abusedesk.core import policy as core_policy
from abusedesk.core.models import Role, User
from cases import policy, rights
from detectors import policy as detectors_policy

TABLES: Final[tuple[Mapping[str, frozenset[Role]], ...]] = (
    policy.PERMISSIONS,
    detectors_policy.PERMISSIONS,
    core_policy.PERMISSIONS,
)


@dataclass(frozen=True, slots=True)
class Right:
    """One thing that can be allowed. roles: who may. hideable: a queue may take it from all."""

    verb: str
    words: str
    roles: frozenset[Role]
    hideable: bool


@dataclass(frozen=True, slots=True)
class RoleCard:
    """A role and the people who have it."""

    role: Role
    people: list[User] = field(default_factory=list)

    @property
    def active(self) -> int:
        """People who may come in."""
        return sum(person.is_active for person in self.people)


def roles_for(viewer: User) -> list[RoleCard]:
    """Every role with its people, by name; to who may see that."""
    if not policy.allowed(viewer, "role.view"):
        return []
    people = User.objects.prefetch_related("queues").order_by("username")
    found: dict[str, list[User]] = {}
    for person in people:
        found.setdefault(person.role, []).append(person)
    return [RoleCard(role, found.get(role, [])) for role in Role]


def rights_for(viewer: User) -> list[tuple[str, list[Right]]]:
    """The tables of permissions as they are in force, under the headings of `rights.HEADINGS`."""
    if not policy.allowed(viewer, "role.view"):
        return []
    found: dict[str, list[Right]] = {}
    for right in _all_rights():
        found.setdefault(rights.heading_of(right.verb), []).append(right)
    return [(heading, found[heading]) for heading in rights.HEADINGS if heading in found]


def _all_rights() -> Iterator[Right]:
    for table in TABLES:
        for verb, roles in table.items():
            yield Right(verb, rights.WORDS[verb], roles, verb in policy.HIDEABLE)
