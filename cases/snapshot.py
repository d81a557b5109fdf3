"""A case as it was: every column as JSON, and the way back."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from cases.models import Case, CaseCampaign

FIXED: Final = ("id", "ref")
MOMENT, NAME = "$datetime", "$uuid"
"""Marks of values that JSON has no type for."""
TOLD: Final = (
    "title", "summary", "severity", "how_sure", "priority", "priority_parts", "platforms",
    "providers", "reasons", "accounts", "reports", "hits", "spread", "spread_s", "daily",
    "daily_to",
)  # fmt: skip
"""Columns that evidence alone decides; all others tell what people and the clock did."""


def taken(case: Case) -> dict[str, Any]:
    """Columns of the case, and its campaigns: id -> [revision in the case, revision by now]."""
    links = CaseCampaign.objects.filter(case=case).select_related("campaign")
    return {
        "columns": columns(case),
        "campaigns": {
            str(link.campaign_id): [link.revision, link.campaign.revision] for link in links
        },
    }


def columns(case: Case) -> dict[str, Any]:
    """Column -> value, as JSON carries it; one that is added tomorrow is among them."""
    return {
        name: _plain(value)
        for name, value in vars(case).items()
        if name not in FIXED and not name.startswith("_")
    }


def put_back(case: Case, before: dict[str, Any]) -> None:
    """All columns as they were (not saved)."""
    _set(case, before)


def put_back_unless_changed(case: Case, before: dict[str, Any], after: dict[str, Any]) -> None:
    """As they were, but what changed since `after` stays (not saved); evidence goes back anyway."""
    now = columns(case)
    same = {name for name in before if name in TOLD or now.get(name) == after.get(name)}
    _set(case, {name: before[name] for name in same})


def is_the_same(case: Case, before: dict[str, Any]) -> bool:
    """Whether its campaigns and reports are those of the snapshot, and none has moved on."""
    found = {key: now for key, (_, now) in taken(case)["campaigns"].items()}
    known = {key: now for key, (_, now) in before["campaigns"].items()}
    return (
        found == known
        and case.report_links.values("signal_id").distinct().count()
        == (before["columns"]["reports"])
    )


def _set(case: Case, values: dict[str, Any]) -> None:
    for name, value in values.items():
        setattr(case, name, _live(value))


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return {MOMENT: value.isoformat()}
    return {NAME: str(value)} if isinstance(value, UUID) else value


def _live(value: Any) -> Any:
    if isinstance(value, dict) and set(value) == {MOMENT}:
        return datetime.fromisoformat(value[MOMENT])
    return UUID(value[NAME]) if isinstance(value, dict) and set(value) == {NAME} else value
