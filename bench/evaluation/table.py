"""Scores of many worlds added up into the rows of one table, and the numbers that a gate reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean, median
from typing import NamedTuple

from bench.evaluation.flags import METHODS
from bench.evaluation.measures import average_precision, f1, precision_at, share
from bench.evaluation.score import DESK, Found, Named, Score
from bench.worlds.campaigns import RECIPES
from bench.worlds.campaigns.plot import VARIANTS

NONE = "-"
COLUMNS = (DESK, *METHODS)
PER = 100_000
REVIEWED = 50
"""Accounts that a team looks at in a day."""
_KINDS = {
    "mixed": "campaigns among benign life",
    "benign": "no campaign",
    "shock": "no campaign, events with loyal crowds",
    "viral": "viral link: 6,000 shares in 10 min",
}


class Row(NamedTuple):
    """One line of the table. metrics: the numbers of it that a gate reads."""

    measure: str
    value: str
    metrics: Mapping[str, float] = {}


@dataclass(slots=True)
class Table:
    """rows: measure, then one cell for each of COLUMNS. metrics: for --json."""

    rows: list[tuple[str, ...]] = field(default_factory=list)
    metrics: dict[str, float | None] = field(default_factory=dict)

    def add(self, measure: str, *cells: str) -> None:
        """One row; columns without a cell show a dash."""
        self.rows.append((measure, *cells, *[NONE] * (len(COLUMNS) - len(cells))))

    def take(self, row: Row) -> None:
        """One row about the desk alone."""
        self.add(row.measure, row.value)
        self.metrics |= row.metrics

    def text(self) -> str:
        """Markdown."""
        lines = [f"| {' | '.join(('measure', *COLUMNS))} |", "|---" * (len(COLUMNS) + 1) + "|"]
        return "\n".join(lines + [f"| {' | '.join(row)} |" for row in self.rows])


def tabulate(scores: Sequence[Score]) -> Table:
    """The table of all worlds that were measured."""
    table = Table()
    for kind, title in _KINDS.items():
        worlds = [one for one in scores if one.world == kind]
        if worlds:
            signals = sum(one.signals for one in worlds)
            table.add(f"**{title}**: worlds, signals", f"{len(worlds)}, {signals:,}")
            _accounts(table, kind, worlds)
            _cases(table, kind, worlds)
    mixed = [one for one in scores if one.world == "mixed"]
    if mixed:
        _campaigns(table, mixed)
        _recipes(table, [found for one in mixed for found in one.found])
    if scores:
        _speed(table, scores)
    return table


def _accounts(table: Table, kind: str, worlds: Sequence[Score]) -> None:
    abusive = sum(one.abusive for one in worlds)
    per = PER / max(1, sum(one.benign_signals for one in worlds))
    sums = {name: _added(one.named.get(name) for one in worlds) for name in COLUMNS}
    if abusive:
        for title, measure in (("precision", _precision), ("recall", _recall), ("F1", _f1)):
            cells = [_cell(measure(one, abusive) if one else None) for one in sums.values()]
            table.add(f"{kind}: account {title}", *cells)
            table.metrics[f"{kind}_account_{title.lower()}"] = measure(
                sums[DESK] or Named(0, 0, 0), abusive
            )
    table.add(
        f"{kind}: benign accounts named (per 100k benign signals)",
        *[
            f"{named.benign} ({named.benign * per:.1f})" if named else NONE
            for named in sums.values()
        ],
    )
    coordinated = sum(one.coordinated for one in worlds)
    table.add(
        f"{kind}: harmless groups that act as one, accounts named of {coordinated:,}",
        *[str(named.coordinated) if named else NONE for named in sums.values()],
    )
    table.add(f"{kind}: harmless groups by kind, accounts named", _tight(worlds))
    desk = sums[DESK]
    table.metrics[f"{kind}_benign_named_per_100k"] = desk.benign * per if desk else None


def _cases(table: Table, kind: str, worlds: Sequence[Score]) -> None:
    per = PER / max(1, sum(one.benign_signals for one in worlds))
    wrong = sum(one.false_cases for one in worlds)
    told = sum(one.cases for one in worlds)
    harmless = sum(one.harmless_cases for one in worlds)
    table.add(f"{kind}: false cases (per 100k benign signals)", f"{wrong} ({wrong * per:.1f})")
    table.add(f"{kind}: cases opened; about harmless groups", f"{told}; {harmless}")
    table.metrics[f"{kind}_false_cases_per_100k"] = wrong * per


def _campaigns(table: Table, worlds: Sequence[Score]) -> None:
    found = [one for world in worlds for one in world.found]
    for name, some in (
        ("all", found),
        *((name, [one for one in found if one.variant == name]) for name in VARIANTS),
        ("below every single threshold", [one for one in found if one.faint]),
    ):
        table.add(f"campaigns found, {name} (half of the accounts in one case)", _ratio(some))
    table.metrics["campaign_recall"] = share(sum(one.is_found for one in found), len(found))
    _ranking(table, worlds)
    seen = [one.fragments for one in found if one.fragments]
    table.add("fragmentation: cases for one campaign", f"{fmean(seen):.2f}" if seen else NONE)
    dirt = [one for world in worlds for one in world.contamination]
    table.add("contamination of right cases", f"{fmean(dirt):.3f}" if dirt else NONE)
    for name in worlds[0].quality:
        mean = fmean(one.quality[name] for one in worlds)
        table.add(name, f"{mean:.3f}")
        table.metrics[name.lower().replace(" ", "_")] = mean
    right, told, true = (sum(one.bridges[k] for one in worlds) for k in range(3))
    table.add("cross-platform pairs: precision, recall",
              f"{share(right, told):.3f}, {share(right, true):.3f}")  # fmt: skip
    table.add("time to detect, median: minutes; signals; share of its acts", _times(found))


def _ranking(table: Table, worlds: Sequence[Score]) -> None:
    """Accounts by how sure the desk is of them, whether or not a case was opened."""
    area = fmean(average_precision(one.ranked, one.abusive) for one in worlds)
    first = fmean(precision_at(one.ranked, REVIEWED) for one in worlds)
    table.add(f"accounts by certainty: PR-AUC; precision of the first {REVIEWED}",
              f"{area:.3f}; {first:.3f}")  # fmt: skip
    table.metrics |= {"pr_auc": area, f"precision_at_{REVIEWED}": first}


def _tight(worlds: Sequence[Score]) -> str:
    kinds = sorted({kind for one in worlds for kind in one.tight})
    told = []
    for kind in kinds:
        pairs = [one.tight.get(kind, (0, 0)) for one in worlds]
        told.append(f"{kind} {sum(pair[0] for pair in pairs)}/{sum(pair[1] for pair in pairs)}")
    return ", ".join(told) or NONE


def _recipes(table: Table, found: Sequence[Found]) -> None:
    for recipe in RECIPES:
        of = [one for one in found if one.recipe == recipe.slug]
        cells = []
        for name in VARIANTS:
            some = [one for one in of if one.variant == name]
            cells.append(f"{name} {_ratio(some)}")
        table.add(
            f"{recipe.title}: found; minutes; signals; share", f"{', '.join(cells)}; {_times(of)}"
        )
        if of:
            ratio = share(sum(one.is_found for one in of), len(of))
            table.metrics[f"found_{recipe.slug}"] = ratio


def _speed(table: Table, scores: Sequence[Score]) -> None:
    names = dict.fromkeys(name for one in scores for name in one.seconds)
    signals = sum(one.signals for one in scores)
    for name in names:
        if name not in METHODS:
            spent = sum(one.seconds.get(name, 0.0) for one in scores)
            table.add(
                f"processor time in {name}: microseconds a signal", f"{spent / signals * 1e6:.0f}"
            )


def _added(several: Iterable[Named | None]) -> Named | None:
    there = [one for one in several if one is not None]
    if not there:
        return None
    return Named(
        sum(one.right for one in there),
        sum(one.coordinated for one in there),
        sum(one.benign for one in there),
    )


def _precision(named: Named, _: int) -> float:
    return share(named.right, named.right + named.benign)


def _recall(named: Named, abusive: int) -> float:
    return share(named.right, abusive)


def _f1(named: Named, abusive: int) -> float:
    return f1(_precision(named, abusive), _recall(named, abusive))


def _cell(value: float | None) -> str:
    return NONE if value is None else f"{value:.3f}"


def _ratio(found: Sequence[Found]) -> str:
    return f"{sum(one.is_found for one in found)}/{len(found)}"


def _times(found: Sequence[Found]) -> str:
    """Medians over those that got a case at all."""
    hits = [
        (one.minutes, one.signals, one.done)
        for one in found
        if one.minutes is not None and one.signals is not None and one.done is not None
    ]
    if not hits:
        return "never"
    minutes, signals, done = (median(column) for column in zip(*hits, strict=True))
    return f"{minutes:,.0f}; {signals:,.0f}; {done:.0%}"
