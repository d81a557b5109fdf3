"""Columns of lists of cases: which there are, and which of them a person sees. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

LIST: Final = "cases"
"""Under this name a person's own columns are kept."""


class Column(NamedTuple):
    """sort: what its head sorts by (`cases/ordering.py`). roomy: left out on narrow screens.

    usual: whether who chose nothing sees it.
    """

    id: str
    title: str
    sort: str = ""
    num: bool = False
    usual: bool = True
    roomy: bool = False
    hint: str = ""


SURE: Final = "Probability that reviewers confirm it; ~ marks one that is uncalibrated"
COLUMNS: Final = (
    Column("bad", "How bad", "bad"),
    Column("case", "Case"),
    Column("platforms", "Platforms"),
    Column("accounts", "Accounts", "accounts", num=True),
    Column("hits", "Hits", "hits", num=True),
    Column("days", "14 days", roomy=True, hint="Hits of each of the last 14 days, in UTC"),
    Column("sure", "How sure", "sure", num=True, hint=SURE),
    Column("due", "Due", "due"),
    Column("priority", "Priority", "priority", num=True, usual=False),
    Column("opened", "Opened", "opened", usual=False),
    Column("changed", "Last change", "changed", usual=False),
    Column("queue", "Queue", usual=False),
    Column("state", "State", usual=False),
    Column("assignee", "Assigned to", usual=False),
    Column("reports", "Reports", "reports", num=True, usual=False),
    Column("labels", "Labels", usual=False),
    Column("tlp", "TLP", usual=False),
    Column("providers", "AI services", usual=False),
    Column("languages", "Languages", usual=False),
)
BY_ID: Final = {column.id: column for column in COLUMNS}
USUAL: Final = tuple(column.id for column in COLUMNS if column.usual)
FIXED: Final = "case"
"""The one that leads to the case: no list goes without it."""


def ids_of(own: Mapping[str, Any]) -> list[str]:
    """Columns that somebody sees, in their order; what a later version took away is left out."""
    kept = own.get(LIST)
    ids = [one for one in kept if one in BY_ID] if isinstance(kept, list) else list(USUAL)
    return ids if FIXED in ids else [FIXED, *ids]


def columns_of(own: Mapping[str, Any]) -> list[Column]:
    """The same as columns."""
    return [BY_ID[one] for one in ids_of(own)]
