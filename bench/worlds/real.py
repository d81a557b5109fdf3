"""Real data beside the repository, as worlds: labels go beside a world, never into a signal."""

from __future__ import annotations

import gzip
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import numpy as np

from bench.worlds.baselines import data_dir
from bench.worlds.kit import Operation, Truth, World
from detectors.base import Signal
from detectors.schema import SignalIn

IO_ACCOUNTS = "io-accounts-2016.ndjson.gz"
BENIGN_SOCIAL = "benign-social.ndjson.gz"
COMMENTS = "comments-labelled.ndjson.gz"
URLS, PROMPTS = "urls-labelled.csv.gz", "prompts-labelled.ndjson.gz"
UNTOLD = "not stated"

_decode = msgspec.json.Decoder(SignalIn).decode


@dataclass(frozen=True, slots=True)
class Loaded:
    """A real world; undated: rows that bear no time and so were left out. spam: signal numbers.

    categories: for each way in which the data divide their accounts, account -> its class.
    """

    world: World
    undated: int = 0
    spam: frozenset[int] = frozenset()
    categories: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def missing(*names: str) -> list[str]:
    """Those of the files that are not here."""
    return [str(data_dir() / name) for name in names if not (data_dir() / name).exists()]


def social(limit: int | None = None) -> Loaded:
    """Accounts of an operation and harmless ones, mixed by time. limit: first rows of each.

    Attributes of both sets differ and would tell them apart, so none is kept.
    """
    operation, undated = _read(data_dir() / IO_ACCOUNTS, limit)
    harmless, more = _read(data_dir() / BENIGN_SOCIAL, limit)
    if limit and operation and harmless:
        end = min(operation[-1].occurred_at, harmless[-1].occurred_at)
        operation = [one for one in operation if one.occurred_at <= end]
        harmless = [one for one in harmless if one.occurred_at <= end]
    both = sorted([*operation, *harmless], key=lambda one: (one.occurred_at, one.external_id[-4:]))
    accounts = frozenset(map(_account, operation))
    categories = {
        "language": _classes(operation, "language"),
        "region": _classes(operation, "region"),
        "most of its acts": _commonest((_account(one), one.kind.value) for one in operation),
        "harmless": {_account(one): one.platform for one in harmless},
    }
    world = _world("io-accounts + benign-social", both, accounts)
    return Loaded(world, undated + more, categories=categories)


def comments() -> Loaded:
    """Comments below five videos, half of them spam."""
    rows, undated = _read(data_dir() / COMMENTS, None)
    rows.sort(key=lambda one: one.occurred_at)
    spam = frozenset(
        number for number, one in enumerate(rows, 1) if one.attributes.get("label") == "spam"
    )
    return Loaded(_world("comments", rows, frozenset()), undated, spam)


def _read(path: Path, limit: int | None) -> tuple[list[SignalIn], int]:
    """Signals of an NDJSON file, and how many rows have no time. Raises FileNotFoundError."""
    found: list[SignalIn] = []
    undated = 0
    for line in _lines(path):
        if limit and len(found) >= limit:
            break
        if b'"occurred_at"' not in line:
            undated += 1
            continue
        found.append(_decode(line))
    return found, undated


def _account(one: SignalIn) -> str:
    return f"{one.platform}:{one.actor}"


def _classes(rows: Iterable[SignalIn], attribute: str) -> dict[str, str]:
    """What most rows of each account say of it."""
    told = ((_account(one), str(one.attributes.get(attribute) or UNTOLD)) for one in rows)
    return _commonest(told)


def _commonest(told: Iterable[tuple[str, str]]) -> dict[str, str]:
    counts: dict[str, Counter[str]] = {}
    for account, value in told:
        counts.setdefault(account, Counter())[value] += 1
    return {account: count.most_common(1)[0][0] for account, count in counts.items()}


def _lines(path: Path) -> Iterator[bytes]:
    with gzip.open(path, "rb") as stream:
        yield from stream


def _world(name: str, rows: Sequence[SignalIn], operation: frozenset[str]) -> World:
    bare = [msgspec.structs.replace(one, attributes={}) for one in rows]
    signals = tuple(Signal.of(one, number) for number, one in enumerate(bare, 1))
    places = np.flatnonzero(np.array([one.account in operation for one in signals], dtype=bool))
    truth = Truth((Operation(name, "real", faint=False, accounts=operation, positions=places),))
    return World(name, 0, signals, truth if operation else Truth())
