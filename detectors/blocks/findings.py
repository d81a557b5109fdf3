"""What is said about a dense block."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from detectors.base import DAY_S, Condition, FindingDraft, Key, Tier
from detectors.blocks.graph import Block, Chance, Graph, Ints
from detectors.emission import counted, lasting, neighbour_links
from detectors.synchrony.tables import Table

BLOCK_LLR = 4.0
EVENT_LLR = 1.0
EVENT_SHARE = 0.8
"""Share of a block's acts within one day from which an event explains it."""
MAX_ACCOUNTS = 1_000
MAX_NAMED = 50
WORDS = {
    "follow": ("follow", "account"),
    "reaction": ("reaction", "item"),
    "report": ("report", "target"),
    "payment": ("payment", "payee"),
}


@dataclass(frozen=True, slots=True)
class Limits:
    """What a block is measured against. own: share of its objects' acts that are the block's."""

    accounts: int
    objects: int
    fill: float
    own: float


@dataclass(frozen=True, slots=True)
class Found:
    """One block of a week's graph. places: where each edge of the graph stands in the table."""

    table: Table
    graph: Graph
    block: Block
    places: Ints
    sampled: bool

    @property
    def rows(self) -> Ints:
        """Places of its acts in the table."""
        rows: Ints = self.places[self.block.edges]
        return rows

    @property
    def accounts(self) -> list[str]:
        """Its accounts, sorted."""
        names = self.table.accounts
        return sorted({names[account] for account in self.table.account[self.rows].tolist()})

    @property
    def objects(self) -> list[str]:
        """Its objects, sorted."""
        things = self.table.objects
        return sorted({things[place].value for place in self.table.object[self.rows].tolist()})

    @property
    def own(self) -> float:
        """Share of all acts on its objects that are the block's own."""
        degree = np.bincount(self.graph.column)
        return len(self.block.edges) / float(degree[self.block.columns].sum())

    @property
    def one_day(self) -> float:
        """Largest share of its acts within 24 h."""
        moments = np.sort(self.table.at[self.rows])
        ends = np.searchsorted(moments, moments + DAY_S)
        return float((ends - np.arange(len(moments))).max()) / len(moments)

    def holds(self, limits: Limits) -> bool:
        """Whether it is large, full and apart enough to be judged."""
        block = self.block
        return (
            len(block.rows) >= limits.accounts
            and len(block.columns) >= limits.objects
            and block.fill >= limits.fill
            and self.own >= limits.own
        )


def draft(
    found: Found, chance: Chance, limits: Limits, constants: Mapping[str, Any]
) -> FindingDraft:
    """One block as a finding; it never opens by itself."""
    accounts, objects = found.accounts[:MAX_ACCOUNTS], found.objects
    moments = found.table.at[found.rows].tolist()
    event = found.one_day >= EVENT_SHARE
    llr = EVENT_LLR if event else BLOCK_LLR
    flags = [
        *(["one-day"] if event else []),
        *(["sampled"] if found.sampled else []),
        *(["truncated"] if len(found.accounts) > MAX_ACCOUNTS else []),
    ]
    return FindingDraft(
        anchor=Key(f"{found.table.kind}-block", objects[0]),
        subjects=tuple(accounts),
        signal_ids=tuple(sorted(set(found.table.signal[found.rows].tolist()))),
        llr=llr,
        links=neighbour_links(range(len(accounts)), lambda _a, _b: llr),
        score=round(found.block.density / chance.density, 4) if chance.density else None,
        sentence=_sentence(found, chance, max(moments) - min(moments), event=event),
        first_at=min(moments),
        last_at=max(moments),
        tier=Tier.EVENT_EXPLAINED if event else Tier.SUPPORTING,
        values=_values(found, objects),
        constants={
            **constants,
            "chance_density": round(chance.density, 6),
            "shuffles": chance.shuffles,
        },
        conditions=_conditions(found, chance, limits),
        flags=tuple(flags),
    )


def _sentence(found: Found, chance: Chance, seconds: float, *, event: bool) -> str:
    act, thing = WORDS[found.table.kind]
    block = found.block
    cells = len(block.rows) * len(block.columns)
    times = block.density / chance.density if chance.density else 0.0
    denser = f"{times:.1f} times as dense as" if times else "none in"
    told = (
        f"{counted(len(block.rows), 'account')} made {len(block.edges)} of {cells} possible {act}s"
        f" of {counted(len(block.columns), thing)} in {lasting(seconds)}, {denser} the densest"
        f" block of {counted(chance.shuffles, 'shuffle')}"
    )
    return f"{told}; most of them within one day, as an event explains" if event else told


def _values(found: Found, objects: list[str]) -> dict[str, Any]:
    block = found.block
    return {
        "accounts": len(block.rows),
        "objects": len(block.columns),
        "acts": len(block.edges),
        "fill": round(block.fill, 4),
        "density": round(block.density, 6),
        "own_share": round(found.own, 4),
        "one_day_share": round(found.one_day, 4),
        "named_objects": objects[:MAX_NAMED],
    }


def _conditions(found: Found, chance: Chance, limits: Limits) -> tuple[Condition, ...]:
    block = found.block
    density, highest = round(block.density, 6), round(chance.density, 6)
    one_day, own, fill = (round(one, 4) for one in (found.one_day, found.own, block.fill))
    return (
        Condition("accounts", len(block.rows), ">=", limits.accounts, "accounts", met=True),
        Condition("objects", len(block.columns), ">=", limits.objects, "objects", met=True),
        Condition("share of possible acts", fill, ">=", limits.fill, "share", met=True),
        Condition("share that is the block's", own, ">=", limits.own, "share", met=True),
        Condition("density above chance", density, ">", highest, "weight per node", met=True),
        Condition("acts within one day", one_day, "<", EVENT_SHARE, "share", one_day < EVENT_SHARE),
    )
