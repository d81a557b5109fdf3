"""The official SQLite backend of pySigma, this desk's SQL and its own matching select alike."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from importlib import import_module
from typing import Any, NamedTuple

import pytest
from sigma.collection import SigmaCollection

from abusedesk.core.models import User
from detectors.base import Signal
from detectors.selectors.rule_hits import Hits, rule_hits_for
from detectors.services.source import live_stream
from detectors.sigma.compiling import compile_rule
from detectors.sigma.matching import meets
from detectors.sigma.windows import alerts_of
from tests import cast, make
from tests.detectors.sigma import world
from tests.detectors.sigma.rules import COUNTED, PLAIN

pytestmark = pytest.mark.django_db


class World(NamedTuple):
    """The same signals here and there."""

    viewer: User
    signals: list[Signal]
    db: sqlite3.Connection


@pytest.fixture(scope="module")
def backend() -> Any:
    official: Any = import_module("sigma.backends.sqlite")  # carries no types
    return official.sqliteBackend(
        timestamp_field="ts", timestamp_format="unix", event_id_field="eid", collate_nocase=False,
        fulltext_field="text",
    )  # fmt: skip


@pytest.fixture
def both() -> Iterator[World]:
    signals = world.store(world.generated(seed=7))
    db = world.in_sqlite(signals)
    yield World(cast.reviewer(), signals, db)
    db.close()


def here(both: World, text: str) -> Hits:
    return rule_hits_for(
        both.viewer,
        compile_rule(text),
        stream_id=live_stream().pk,
        since=make.MOMENT - timedelta(days=1),
        until=make.MOMENT + timedelta(days=400),
    )


def test_there_are_enough_rules() -> None:
    assert len(PLAIN) + len(COUNTED) >= 80


def test_plain_rules_select_the_same_signals(both: World, backend: Any) -> None:
    sizes = {}
    for name, text in PLAIN.items():
        (query,) = backend.convert(SigmaCollection.from_yaml(text))
        theirs = {row[0] for row in both.db.execute(query)}
        expr = compile_rule(text).slots[0].base.expr
        ours = {one.id for one in both.signals if meets(one, expr)}
        assert ours == theirs, name
        acting = {one.id for one in both.signals if one.id in theirs and one.account}
        assert set(here(both, text).signal_ids) == acting, name
        sizes[name] = len(theirs)
    barren = {name for name, size in sizes.items() if not 0 < size < len(both.signals)}
    assert barren == {"underscore is no wildcard"}


def test_counted_rules_select_the_same_windows_and_signals(both: World, backend: Any) -> None:
    barren = []
    for name, text in COUNTED.items():
        theirs, cited = _official(both.db, backend, text)
        hits, rule = here(both, text), compile_rule(text)
        told = alerts_of(rule, both.signals)
        assert sorted((one.group, one.at, one.number) for one in told) == theirs, name
        assert sorted((one.group, one.at, one.number) for one in hits.alerts) == theirs, name
        assert {id_ for one in told for id_ in one.signal_ids} == cited, name
        assert set(hits.signal_ids) == cited, name
        if not theirs:
            barren.append(name)
    assert not barren


def _official(
    db: sqlite3.Connection, backend: Any, text: str
) -> tuple[list[tuple[tuple[str, ...], float, int]], set[int]]:
    """Windows as group, end and number, and the signals in them."""
    (query,) = backend.convert(SigmaCollection.from_yaml(text))
    found, cited = [], set()
    group_by = compile_rule(text).group_by
    for _, keys, end, _, _, _, number, _, ids, _ in db.execute(query):
        told = json.loads(keys)
        found.append((tuple(told[name] for name in group_by), end, number))
        cited |= {int(one.partition(":")[2]) for one in json.loads(ids)}
    return sorted(found), cited
