"""How often every page and every answer asks the database: a ratchet that only gets tighter."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from django.db import connection, transaction
from django.http import FileResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from abusedesk.core.models import Role, Scope
from cases.ui.panels import TABS
from detectors.partitions import forget_partitions
from tests import make
from tests.addresses import Furnished, all_addresses, furnish

FILE: Final = Path(__file__).with_name("query_counts.json")
WRITES: Final = os.environ.get("QUERY_COUNTS") == "write"  # `make counts`
FEW, MANY = 5, 15  # after five decisions the first-run card is gone
VARIANTS: Final = {
    "cases:case-detail": ("", *(f"?tab={tab}" for tab in TABS[1:])),
    "cases:queue": ("", "?state=closed"),
}
# What a page may ask at most, whatever the file says.
BUDGETS: Final = {
    "cases:queue": 12,
    "cases:case-detail": 20,
    "cases:case-list": 10,
    "cases:operations": 16,
    "detectors:entity-detail": 16,
    "detectors:signal-list": 10,
    "detectors:detector-list": 14,
    "detectors:detector-detail": 16,
}


@pytest.mark.django_db
def test_no_page_asks_more_often_than_it_did_nor_more_often_for_more_rows() -> None:
    few, many = _measured(FEW), _measured(MANY)
    wrong = [
        f"{name}: {few[name]} queries with few rows, {many[name]} with three times as many."
        " Join, prefetch or count in one query."
        for name in few
        if few[name] != many[name]
    ]
    wrong += [
        f"{name}: {count} queries, its budget is {BUDGETS[page]}. Fetch less, or together."
        for name, count in few.items()
        if (page := name.partition("?")[0]) in BUDGETS and count > BUDGETS[page]
    ]
    if WRITES and not wrong:
        FILE.write_text(json.dumps(few, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    wrong += _differences(few, json.loads(FILE.read_text(encoding="utf-8")))
    assert wrong == [], "\n".join(wrong)


def _differences(found: dict[str, int], known: dict[str, int]) -> Iterator[str]:
    for name in sorted({*found, *known}):
        now, before = found.get(name), known.get(name)
        if now is None or before is None:
            yield f"{name} is new or gone. Run `make counts` and review the diff."
        elif now > before:
            yield f"{name}: {now} queries, {before} before. A page only gets cheaper: ask less."
        elif now < before:
            yield f"{name}: {now} queries, {before} before. Run `make counts` to keep it so."


def _measured(rows: int) -> dict[str, int]:
    """Name -> queries, for everything that answers a GET of an admin; nothing of it stays."""
    with transaction.atomic():
        on = furnish(rows, keeper=Role.ADMIN)
        browser = Client()
        browser.force_login(on.people[Role.ADMIN])
        program = Client(headers=make.bearer(Scope.READ, user=on.people[Role.ADMIN]))
        found = dict(_counts(on, browser, program))
        transaction.set_rollback(True)
    forget_partitions()
    return found


def _counts(on: Furnished, browser: Client, program: Client) -> Iterator[tuple[str, int]]:
    for name in all_addresses():
        client = program if name.startswith("api-") else browser
        for variant in VARIANTS.get(name, ("",)):
            path = f"{on.path_of(name)}{variant}"
            first = client.get(path)
            if isinstance(first, FileResponse):
                list(first)  # bytes, not a page; at its end the file is closed
                continue
            if first.status_code != 200:
                continue
            # The second time: what a process or a minute remembers is there.
            with CaptureQueriesContext(connection) as queries:
                client.get(path)
            yield f"{name}{variant}", len(queries)
