"""What the desk finds in real data, and what colleagues' benches measure there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Final

from bench.evaluation import comments
from bench.evaluation.desk import Outcome, run_desk
from bench.evaluation.measures import share
from bench.evaluation.score import DESK, compare
from bench.evaluation.table import Row
from bench.worlds import archives, real
from bench.worlds.baselines import data_dir
from bench.worlds.real import Loaded
from detectors import registry
from detectors.base import Family
from detectors.scoring import MIN_ACCOUNTS

REAL_TICK_S: Final = 12 * 3_600
LEAST_PRECISION: Final = 0.98
LEAST_FOUND: Final = 130
"""Release gate: so many of io-accounts in opened cases, and nobody of benign-social."""
SHOWN_CLASSES: Final = 8
HARMLESS: Final = "harmless"
SOCIAL: Final = "io-accounts + benign-social"


def measure_comments() -> list[Row]:
    """Spam comments that stand in content findings of three accounts, and rings of them."""
    if gone := real.missing(real.COMMENTS):
        return [Row("comments-labelled", f"missing: {gone[0]}")]
    loaded = real.comments()
    outcome = run_desk(loaded.world.signals, tick_floor_s=REAL_TICK_S)
    cited: set[int] = set()
    for (slug, _), draft in outcome.standing.items():
        family = draft.family or registry.get(slug).meta.family
        if family == Family.CONTENT and len(draft.subjects) >= MIN_ACCOUNTS:
            cited.update(draft.signal_ids)
    ham = {one.id for one in loaded.world.signals} - loaded.spam
    told = (
        f"{share(len(cited & loaded.spam), len(loaded.spam)):.1%} of {len(loaded.spam)};"
        f" {_ham(len(cited & ham), len(ham))}; {loaded.undated} rows without time left out"
    )
    return [
        Row("comments-labelled: spam in content findings of 3 accounts", told),
        *_rings(loaded, len(ham)),
    ]


def measure_social(limit: int | None = None) -> list[Row]:
    """Operation accounts and harmless accounts in opened cases. limit: rows of each file."""
    if gone := real.missing(real.IO_ACCOUNTS, real.BENIGN_SOCIAL):
        return [Row(SOCIAL, f"missing: {', '.join(gone)}")]
    loaded = real.social(limit)
    outcome = run_desk(loaded.world.signals, tick_floor_s=REAL_TICK_S)
    return social_rows(loaded, outcome, f", first {limit:,} rows of each" if limit else "")


def social_rows(loaded: Loaded, outcome: Outcome, part: str = "") -> list[Row]:
    """The mixed world: accounts of each kind, the gate, recall by what the data say of accounts."""
    score = compare(loaded.world, outcome)
    operation = loaded.world.truth.operations[0].accounts
    named = outcome.cases.named()
    right, wrong = len(named & operation), len(named - operation)
    precision = share(right, right + wrong, empty=1.0)
    recall = share(right, len(operation))
    passed = right >= LEAST_FOUND and not wrong
    everybody = {one.account for one in loaded.world.signals}
    told = (
        f"{right} of {len(operation)}; harmless {wrong} of {len(everybody - operation):,};"
        f" {score.cases} cases, {score.signals:,} signals"
    )
    gate = f"{'passed' if passed else 'FAILED'}: {LEAST_FOUND} of the operation, 0 harmless"
    limit = "reaches" if precision >= LEAST_PRECISION else "BELOW"
    metrics = {
        "social_precision": precision, "social_recall": recall, "social_harmless_named": wrong,
    }  # fmt: skip
    return [
        Row(f"{SOCIAL}{part}: accounts in opened cases", told, metrics),
        Row(f"{SOCIAL}: gate of a release", gate),
        Row(
            f"{SOCIAL}: account precision; recall",
            f"{precision:.3f}, {limit} {LEAST_PRECISION}; {recall:.3f}",
        ),
        *(
            Row(f"{SOCIAL}: {_subject(name)}", _by_class(named, classes))
            for name, classes in loaded.categories.items()
        ),
        Row(
            f"{SOCIAL}: named by a finding, operation + harmless", _by_detector(outcome, operation)
        ),
        Row(f"{SOCIAL}: on the watch list only", _watched(outcome, operation)),
    ]


def measure_archive(path: Path, limit: int | None = None) -> list[Row]:
    """Accounts of one published archive in opened cases."""
    if not path.exists():
        return [Row(f"archive {path.name}", f"missing: {path}")]
    archive = archives.load(path, limit=limit)
    score = compare(archive.world, run_desk(archive.world.signals, tick_floor_s=REAL_TICK_S))
    named = score.named[DESK]
    told = (
        f"{named.right} of {score.abusive}; harmless {named.benign};"
        f" {score.signals:,} signals, {archive.refused} rows refused"
    )
    return [Row(f"archive {path.name}: accounts in opened cases", told)]


def measure_elsewhere() -> list[Row]:
    """Links and prompts: by `measure(path) -> dict` of their own benches, where there are such."""
    rows = []
    for bench, name in (("urls", real.URLS), ("prompts", real.PROMPTS)):
        if gone := real.missing(name):
            rows.append(Row(name, f"missing: {gone[0]}"))
            continue
        measure = _measure_of(bench)
        if measure is None:
            rows.append(Row(name, f"bench/{bench}.py has no measure(path)"))
            continue
        figures = measure(data_dir() / name)
        rows += [Row(f"{name}: {label}", f"{value}") for label, value in figures.items()]
    return rows


def _measure_of(bench: str) -> Callable[[Path], dict[str, object]] | None:
    try:
        module = import_module(f"bench.{bench}")
    except ModuleNotFoundError:
        return None
    found: Callable[[Path], dict[str, object]] | None = getattr(module, "measure", None)
    return found


def _rings(loaded: Loaded, ham: int) -> list[Row]:
    """Rings found with the parameters as they are, and with those that other videos ask for."""
    parts = comments.by_target(loaded.world.signals)
    as_is = comments.added(comments.judge_as_set(one, loaded.spam) for one in parts.values())
    chosen = comments.held_out(parts, loaded.spam)
    return [
        Row(
            f"comments-labelled: spam rings of 3 accounts found, {how}",
            f"{one.found} of {one.rings}; {one.spam} spam comments cited; {_ham(one.ham, ham)}",
            {f"comments_rings_{key}": share(one.found, one.rings)},
        )
        for how, key, one in (
            ("as rules are set", "default", as_is),
            ("D2 alone, set by the other videos", "held_out", chosen),
        )
    ]


def _ham(cited: int, ham: int) -> str:
    part = share(cited, ham)
    verdict = "within" if part <= comments.HAM_LIMIT else "ABOVE"
    return f"ham {part:.2%}, {verdict} {comments.HAM_LIMIT:.0%}"


def _subject(name: str) -> str:
    return "harmless accounts flagged, by platform" if name == HARMLESS else f"recall by {name}"


def _by_class(named: frozenset[str], classes: Mapping[str, str]) -> str:
    """`English 100/277 (0.361)`, the largest classes first."""
    sizes, hits = Counter(classes.values()), Counter(classes[one] for one in named & classes.keys())
    ordered = sorted(sizes, key=lambda one: (-sizes[one], one))
    told = [
        f"{one} {hits[one]}/{sizes[one]} ({share(hits[one], sizes[one]):.3f})"
        for one in ordered[:SHOWN_CLASSES]
    ]
    if rest := ordered[SHOWN_CLASSES:]:
        told.append(f"others {_sum(hits, rest)}/{_sum(sizes, rest)}")
    return ", ".join(told)


def _sum(counts: Counter[str], names: Iterable[str]) -> int:
    return sum(counts[name] for name in names)


def _by_detector(outcome: Outcome, operation: frozenset[str]) -> str:
    """Accounts in findings of three or more, ever told, whether or not a case came of them."""
    found: dict[str, set[str]] = {}
    for (slug, _), draft in outcome.told.items():
        if len(draft.subjects) >= MIN_ACCOUNTS:
            found.setdefault(slug, set()).update(draft.subjects)
    told = [
        f"{slug} {len(names & operation)} + {len(names - operation)}"
        for slug, names in sorted(found.items())
    ]
    return ", ".join(told) or "nobody"


def _watched(outcome: Outcome, operation: frozenset[str]) -> str:
    """Whom campaigns hold at the end that never opened a case."""
    names = frozenset().union(*outcome.cases.watched()) - outcome.cases.named()
    return f"operation {len(names & operation)}, harmless {len(names - operation)}"
