"""D14: accounts that follow, like, report or pay the same objects as no chance and no fame does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import numpy as np

from detectors.base import (
    DAY_S,
    BaseParams,
    Detector,
    Family,
    FindingDraft,
    Key,
    Meta,
    Signal,
    param,
)
from detectors.blocks.findings import Found, Limits, draft
from detectors.blocks.graph import Graph, beyond_chance, blocks
from detectors.synchrony.rows import keyed_rank
from detectors.synchrony.sharers import MAX_ACCOUNTS, Sharers
from detectors.synchrony.tables import Part, Table, collect_since, merge

MAX_EDGES = 100_000
"""Edges of one kind and window that are looked at."""
MAX_OBJECTS = 5
OBJECTS: dict[str, frozenset[str]] = {
    "follow": frozenset({"follow", "target"}),
    "reaction": frozenset({"media", "post", "reaction", "reply-to", "repost", "subject", "target"}),
    "report": frozenset({"report-target"}),
    "payment": frozenset({"payee", "payment", "target", "wallet"}),
}


class DenseBlockParams(BaseParams):
    """How large and how full a block must be, and against how much chance."""

    min_accounts: int = param(10, ge=5, le=500, step=1, unit="accounts", help="Accounts in a block")
    min_objects: int = param(5, ge=3, le=100, step=1, unit="objects", help="Objects in a block")
    window_d: int = param(
        7, ge=1, le=30, step=1, unit="days", rebuild=True, help="How far back acts are compared"
    )
    shuffles: int = param(
        200,
        ge=50,
        le=1_000,
        step=50,
        unit="shuffles",
        help="Random worlds with the same degrees, none of which may be as dense",
    )
    min_fill: float = param(
        0.33, ge=0.1, le=1, step=0.01, unit="share", help="Share of all possible acts in a block"
    )
    own_share: float = param(
        0.5,
        ge=0.0,
        le=1,
        step=0.05,
        unit="share",
        help="Share of all acts on its objects that must be the block's: fame has others",
    )

    @property
    def limits(self) -> Limits:
        """What a block is measured against."""
        return Limits(self.min_accounts, self.min_objects, self.min_fill, self.own_share)


class DenseBlock(Detector[Sharers, DenseBlockParams]):
    """State per object: who acted upon it on which day."""

    meta = Meta(
        slug="dense-block",
        title="Dense block",
        version=1,
        family=Family.BEHAVIOUR,
        kinds=("follow", "reaction", "report", "payment"),
        lookback_s=30 * DAY_S,
        tick_s=DAY_S,
        doc=(
            "Once a day looks at who followed, reacted to, reported or paid whom in the last week, "
            "one kind at a time, and searches for accounts and objects that are joined far more "
            "densely than their numbers of acts explain. Acts on objects that many act upon weigh "
            "little: 1 / log(degree + 5). A block must be denser than the densest one of 200 "
            "shuffles of the same acts (the shuffles end early where the answer is plain), must "
            "hold a third of all possible acts, and half of what happened to its objects must be "
            "its own, which spares celebrities and crowds. Where four in five acts fall into one "
            "day an event explains it. A block never opens a case by itself. Objects that are "
            "read: `follow:` and `target:` of follows; `target:`, `post:`, `reaction:`, "
            "`repost:`, `reply-to:`, `media:` and `subject:` of reactions; `report-target:`; "
            "`payee:`, `payment:`, `wallet:` and `target:` of payments. Above 100,000 acts of one "
            "kind a keyed sample of accounts is looked at and findings are marked as sampled."
        ),
        falsifiers=(
            "A club, a class or a team follows and likes its own members.",
            "A fan day, a broadcast or a list of suggestions sent people to the same objects.",
            "The accounts are customers of one shop with few payees.",
        ),
        source=(
            "FRAUDAR (Hooi et al. 2016): greedy peeling with column weights against camouflage. "
            "Taking off what the degrees explain and the comparison with shuffles are the "
            "project's own."
        ),
    )
    Params = DenseBlockParams
    State = Sharers

    def keys(self, signal: Signal, p: DenseBlockParams) -> Iterable[Key]:
        """The objects that were acted upon, each kind of act apart."""
        if not signal.actor or not signal.objects:
            return ()
        return islice(_objects(signal), MAX_OBJECTS)

    def keep_s(self, key: Key, p: DenseBlockParams) -> float:
        """An object matters as long as its last act is looked back at."""
        del key
        return float(p.window_d * DAY_S)

    def apply(
        self, key: Key, signal: Signal, state: Sharers, p: DenseBlockParams
    ) -> list[FindingDraft]:
        """Only remembers; what it means is a question over many objects."""
        state.add(signal.account, signal.at, signal.id)
        if len(state.shares) > 2 * MAX_ACCOUNTS:
            state.trim(self.secret)
        return []

    def part(self, clock: float, states: Mapping[Key, Sharers], p: DenseBlockParams) -> Part:
        """First acts of this shard's objects inside the window, by kind."""
        return collect_since(states, clock - p.window_d * DAY_S, self.secret)

    def tick(self, clock: float, parts: Sequence[Part], p: DenseBlockParams) -> list[FindingDraft]:
        """The blocks of each kind."""
        return [one for table in merge(parts).values() for one in self._found(table, p)]

    def _found(self, table: Table, p: DenseBlockParams) -> Iterator[FindingDraft]:
        edges, sampled = self._bounded(table)
        row = np.unique(table.account, return_inverse=True)[1][edges]
        column = table.object[edges]
        order = np.lexsort((column, row))  # so that the order of shards leaves no trace
        row, column, edges = row[order], column[order], edges[order]
        graph = Graph.of(row, column)
        found = [Found(table, graph, block, edges, sampled=sampled) for block in blocks(graph)]
        held = [one for one in found if one.holds(p.limits)]
        if not held:
            return
        chance = beyond_chance(graph, [one.block.density for one in held], p.shuffles)
        constants = {"edges": len(graph), "window_d": p.window_d}
        for one in held:
            if one.block.density > chance.density:
                yield draft(one, chance, p.limits, constants)

    def _bounded(self, table: Table) -> tuple[Any, bool]:
        """Places of the edges that are looked at: all, or those of a keyed sample of accounts."""
        account = table.account
        if len(account) <= MAX_EDGES:
            return np.arange(len(account)), table.sampled
        names = table.accounts
        order = sorted(range(len(names)), key=lambda n: (keyed_rank(names[n], self.secret), n))
        size = np.cumsum(np.bincount(account, minlength=len(names))[order])
        kept = np.zeros(len(names), dtype=np.bool_)
        kept[np.asarray(order)[size <= MAX_EDGES]] = True
        return np.flatnonzero(kept[account]), True


def _objects(signal: Signal) -> Iterator[Key]:
    wanted = OBJECTS[signal.kind]
    for item in signal.objects:
        kind, _, value = item.partition(":")
        if kind in wanted and value:
            yield Key(signal.kind, value)
