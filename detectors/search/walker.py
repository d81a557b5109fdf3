"""Walks back in time, slice by slice, until the page is full or the time is up.

One statement over all partitions is either fast or hangs, as the planner happens to guess, so this
walk guesses by itself, and corrects itself: it looks at a window of the newest candidates, learns
from it how rare hits are, and asks the search index only where that can find few enough.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

from django.db import OperationalError, connection, transaction
from psycopg.errors import QueryCanceled

from detectors.search import statements
from detectors.search.plan import Plan
from detectors.search.slices import Slice, slices

WINDOW: Final = 2_000  # candidates in the first look
MAX_WINDOW: Final = 32_000
FEW: Final = 12_000  # hits in one slice that the search index may give; about 80 ms
INDEX_TIME_S: Final = 0.25  # for one look into it
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Position(NamedTuple):
    """A place in the order of all signals; what comes next is older."""

    occurred_at: datetime
    id: int

    def __str__(self) -> str:
        return f"{self.occurred_at.isoformat()}~{self.id}"

    @classmethod
    def read(cls, text: str) -> Position | None:
        """What `str` wrote; None for anything else."""
        moment, _, number = text.partition("~")
        try:
            at = datetime.fromisoformat(moment)
        except ValueError:
            return None
        if at.tzinfo is None or not re.fullmatch(r"[0-9]{1,18}", number):
            return None
        return cls(at, int(number))


class Hit(NamedTuple):
    """One signal found. at_us: microseconds since 1970. provider: "" without AI."""

    at_us: int
    id: int
    platform: str
    kind: str
    source_id: int
    provider: str

    @property
    def position(self) -> Position:
        return Position(EPOCH + timedelta(microseconds=self.at_us), self.id)


@dataclass(frozen=True, slots=True)
class Goal:
    """When to stop: at `most` hits; when `soft_s` are over, at `enough` of them; after `hard_s`."""

    most: int
    enough: int
    soft_s: float
    hard_s: float


@dataclass(slots=True)
class Found:
    """What a walk brought. end: where it stopped; None: it saw everything."""

    hits: list[Hit] = field(default_factory=list)
    end: Position | None = None


def walk(plan: Plan, goal: Goal, start: Position | None = None) -> Found:
    """Hits behind `start`, the newest first."""
    walker = _Walker(plan, goal)
    ends = [plan.until, start.occurred_at if start else None]
    for piece in slices(plan.since, min(filter(None, ends), default=None)):
        walker.cross(piece, start)
        if walker.found.end is not None:
            break
    return walker.found


class _Walker:
    """One walk: what it has found and learnt."""

    def __init__(self, plan: Plan, goal: Goal) -> None:
        self.plan, self.goal, self.found = plan, goal, Found()
        self.began = time.monotonic()
        self.looked, self.met = 0, 0  # candidates seen, hits among them

    def cross(self, piece: Slice, start: Position | None) -> None:
        """Find the hits of one slice; sets `found.end` when the walk stops in it."""
        at = Position(min(filter(None, (piece.end, self.plan.until))), 0)
        if start is not None and start < at:
            at = start
        window = self.goal.most if self.plan.all_match else WINDOW
        by_index = self.plan.selective
        while True:
            if self._is_over():
                self.found.end = at
                return
            if by_index and self._are_few(piece):
                if self._ask_index(piece, at):
                    return
                by_index = False
            step = self._look(piece, at, window)
            if step is None:
                return
            at, window = step, min(2 * window, MAX_WINDOW)

    def _is_over(self) -> bool:
        took = time.monotonic() - self.began
        soft = took > self.goal.soft_s and len(self.found.hits) >= self.goal.enough
        return soft or took > self.goal.hard_s or len(self.found.hits) >= self.goal.most

    def _are_few(self, piece: Slice) -> bool:
        """Whether the slice probably has so few hits that the index beats looking at everything."""
        if self.looked < WINDOW:
            return False
        return (self.met + 1) / self.looked * piece.rows <= FEW

    def _look(self, piece: Slice, at: Position, window: int) -> Position | None:
        """Check the next `window` candidates. Returns where to go on; None at the slice's end."""
        wanted = self.goal.most - len(self.found.hits)
        values = self._values(piece, at) | {"window": window, "wanted": wanted}
        rows = list(map(Hit._make, _fetch(statements.window(self.plan), values)))
        hits = [row for row in rows if row.platform]
        self.found.hits += hits
        if len(hits) == wanted:
            return hits[-1].position
        self.looked += window
        self.met += len(hits)
        return next((row.position for row in rows if not row.platform), None)

    def _ask_index(self, piece: Slice, at: Position) -> bool:
        """All hits of the slice at once; False when they are too many, or take too long."""
        wanted = self.goal.most - len(self.found.hits)
        values = self._values(piece, at) | {"wanted": wanted, "most": FEW + 1}
        rows = _in_time(statements.by_index(self.plan), values)
        too_many = rows is None or (bool(rows) and rows[0][-1] > FEW)
        self.looked += piece.rows
        self.met += FEW + 1 if too_many else rows[0][-1] if rows else 0
        if rows is None or too_many:
            return False
        hits = [Hit(*row[:-1]) for row in rows]
        self.found.hits += hits
        if len(hits) == wanted:
            self.found.end = hits[-1].position
        return True

    def _values(self, piece: Slice, at: Position) -> dict[str, Any]:
        since = max(piece.start, self.plan.since) if self.plan.since else piece.start
        return {
            **self.plan.values,
            "keys": self.plan.keys,
            "since": since,
            "at": at.occurred_at,
            "id": at.id,
            "start": piece.start,
            "end": piece.end,
        }


def _fetch(statement: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())


def _in_time(statement: str, values: dict[str, Any]) -> list[tuple[Any, ...]] | None:
    """Rows, or None when they take longer than they may."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            limits = {"time": f"{round(INDEX_TIME_S * 1000)}ms"}
            cursor.execute(f"{statements.LIMITS};\n{statement}", values | limits)
            cursor.nextset()
            return list(cursor.fetchall())
    except OperationalError as error:
        if not isinstance(error.__cause__, QueryCanceled):
            raise
        return None
