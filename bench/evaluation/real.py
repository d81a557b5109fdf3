"""What the desk finds in real data, and what colleagues' benches measure there."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from bench.evaluation.desk import run_desk
from bench.evaluation.score import DESK, compare
from bench.worlds import archives, real
from bench.worlds.baselines import data_dir
from detectors import registry
from detectors.base import Family
from detectors.scoring import MIN_ACCOUNTS

REAL_TICK_S = 12 * 3_600
HAM_LIMIT = 0.01

Row = tuple[str, str]


def measure_comments() -> list[Row]:
    """Spam comments that stand in content findings of three accounts, beside ham that does."""
    if gone := real.missing(real.COMMENTS):
        return [("comments-labelled", f"missing: {gone[0]}")]
    loaded = real.comments()
    outcome = run_desk(loaded.world.signals, tick_floor_s=REAL_TICK_S)
    cited: set[int] = set()
    for (slug, _), draft in outcome.standing.items():
        family = draft.family or registry.get(slug).meta.family
        if family == Family.CONTENT and len(draft.subjects) >= MIN_ACCOUNTS:
            cited.update(draft.signal_ids)
    ham = {one.id for one in loaded.world.signals} - loaded.spam
    recall, harm = len(cited & loaded.spam) / len(loaded.spam), len(cited & ham) / len(ham)
    verdict = "within" if harm <= HAM_LIMIT else "ABOVE"
    told = (
        f"{recall:.1%} of {len(loaded.spam)}; ham {harm:.2%}, {verdict} {HAM_LIMIT:.0%};"
        f" {loaded.undated} rows without time left out"
    )
    return [("comments-labelled: spam in content findings of 3 accounts", told)]


def measure_social(limit: int | None = None) -> list[Row]:
    """Operation accounts and harmless accounts in opened cases. limit: rows of each file."""
    if gone := real.missing(real.IO_ACCOUNTS, real.BENIGN_SOCIAL):
        return [("io-accounts + benign-social", f"missing: {', '.join(gone)}")]
    loaded = real.social(limit)
    outcome = run_desk(loaded.world.signals, tick_floor_s=REAL_TICK_S)
    score = compare(loaded.world, outcome)
    harmless = len({one.account for one in loaded.world.signals}) - score.abusive
    named = score.named[DESK]
    part = f", first {limit:,} rows of each" if limit else ""
    told = (
        f"{named.right} of {score.abusive}; harmless {named.benign} of {harmless:,};"
        f" {score.cases} cases, {score.signals:,} signals"
    )
    return [(f"io-accounts + benign-social{part}: accounts in opened cases", told)]


def measure_archive(path: Path, limit: int | None = None) -> list[Row]:
    """Accounts of one published archive in opened cases."""
    if not path.exists():
        return [(f"archive {path.name}", f"missing: {path}")]
    archive = archives.load(path, limit=limit)
    score = compare(archive.world, run_desk(archive.world.signals, tick_floor_s=REAL_TICK_S))
    named = score.named[DESK]
    told = (
        f"{named.right} of {score.abusive}; harmless {named.benign};"
        f" {score.signals:,} signals, {archive.refused} rows refused"
    )
    return [(f"archive {path.name}: accounts in opened cases", told)]


def measure_elsewhere() -> list[Row]:
    """Links and prompts: by `measure(path) -> dict` of their own benches, where there are such."""
    rows = []
    for bench, name in (("urls", real.URLS), ("prompts", real.PROMPTS)):
        if gone := real.missing(name):
            rows.append((name, f"missing: {gone[0]}"))
            continue
        measure = _measure_of(bench)
        if measure is None:
            rows.append((name, f"bench/{bench}.py has no measure(path)"))
            continue
        figures = measure(data_dir() / name)
        rows += [(f"{name}: {label}", f"{value}") for label, value in figures.items()]
    return rows


def _measure_of(bench: str) -> Callable[[Path], dict[str, object]] | None:
    try:
        module = import_module(f"bench.{bench}")
    except ModuleNotFoundError:
        return None
    found: Callable[[Path], dict[str, object]] | None = getattr(module, "measure", None)
    return found
