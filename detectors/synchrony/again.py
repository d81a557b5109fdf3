"""The synchrony of recorded pairs again, from their cited signals and the recorded rates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from detectors.base import Score, Told
from detectors.synchrony.findings import ANCHORS, TIERS
from detectors.synchrony.judge import judge, newest_tested
from detectors.synchrony.model import Floats, Settings
from detectors.synchrony.pairs import Clock, Shares, meetings, shares_of
from detectors.synchrony.rows import Rows, first_shares
from detectors.synchrony.tables import Table, pooled


def weakest_again(told: Told, tables: Mapping[str, Table], settings: Settings) -> Score | None:
    """The largest p of the recorded pairs. tables: the cited shares of the recorded objects.

    The weight is 0 when that p would not pass. None when a pair has nothing in common any more.
    """
    table = _table(told, tables)
    if table is None:
        return None
    found = _p_by_pair(told, table, settings)
    names = told.subjects
    edges = told.values["edges"]
    pairs = [(names[int(row[0])], names[int(row[1])]) for row in edges]
    if not all(pair in found for pair in pairs):
        return None
    p = max(found[pair] for pair in pairs)
    return Score(p, _llr(told) if p <= told.constants["p_threshold"] else 0.0, told.subjects)


def _table(told: Told, tables: Mapping[str, Table]) -> Table | None:
    kind = told.values["object_type"]
    if kind in tables:
        return tables[kind]
    return next(pooled(tables), next(iter(tables.values()), None))


def _p_by_pair(told: Told, table: Table, settings: Settings) -> dict[tuple[str, str], float]:
    constants = told.constants
    rows = first_shares(table.postings(constants["clock_step_s"]))
    if not len(rows):
        return {}
    clock = Clock.of(rows, tuple(constants["windows_s"]))
    # pairs of fewer objects than the record are looked at too, so that what is missing shows
    shares = newest_tested(shares_of(rows, clock, meetings(rows, 1), 1), rows)
    rates = _rates(constants, table)
    verdict = judge(shares, rows.object[shares.i], rates, clock, settings, shares.pairs)
    return dict(zip(_pairs(shares, rows, table), verdict.p.tolist(), strict=True))


def _rates(constants: Mapping[str, Any], table: Table) -> Floats:
    """(objects, windows) recorded chances."""
    rates = constants["object_q"]
    return np.array([rates[":".join(key)] for key in table.objects])


def _pairs(shares: Shares, rows: Rows, table: Table) -> list[tuple[str, str]]:
    head = np.flatnonzero(np.diff(shares.pair, prepend=-1))
    ends = (rows.account[side[head]].tolist() for side in (shares.i, shares.j))
    return [(table.accounts[a], table.accounts[b]) for a, b in zip(*ends, strict=True)]


def _llr(told: Told) -> float:
    name = told.anchor.value.partition(":")[0]
    return next(TIERS[tier][1] for tier, anchor in ANCHORS.items() if anchor == name)
