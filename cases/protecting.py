"""Whom the desk never acts on by itself, and why; building blocks for services."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final

from abusedesk.core import clock
from cases import gates
from cases.choices import GateKind
from cases.models import Decision, ProtectedEntity
from detectors.choices import EntityType
from detectors.selectors.declared import declared_accounts_of

PROTECTED: Final = "protected"
ALLOWED: Final = "on the allow-list"
DECLARED: Final = "a declared relationship"


def bars_on(accounts: Collection[str]) -> dict[str, str]:
    """Account -> why no automated action may touch it; those that may be touched are missing."""
    found: dict[str, str] = {}
    for why, names in _bars(accounts):
        for name in names:
            found.setdefault(name, why)
    return found


def is_protected(account: str) -> bool:
    """Whether an account is on the list now."""
    return bool(protected_among(EntityType.ACCOUNT, [account]))


def names_protected(decision: Decision) -> bool:
    """Whether a decision acts on something that takes two people."""
    by_type: dict[str, list[str]] = {}
    for type_, value in decision.actions.values_list("entity_type", "value"):
        by_type.setdefault(type_, []).append(value)
    return any(protected_among(type_, values) for type_, values in by_type.items())


def protected_among(type_: str, values: Collection[str]) -> set[str]:
    """Those of these entities of one type that are on the list now."""
    rows = ProtectedEntity.objects.filter(type=type_, value__in=values, ended_at=None)
    return set(rows.values_list("value", flat=True))


def _bars(accounts: Collection[str]) -> Iterator[tuple[str, set[str]]]:
    """The weightiest first."""
    yield PROTECTED, protected_among(EntityType.ACCOUNT, accounts)
    allowed = gates.in_force().filter(kind=GateKind.ALLOW, account__in=accounts)
    yield ALLOWED, set(allowed.values_list("account", flat=True))
    yield DECLARED, declared_accounts_of(accounts, clock.now())
