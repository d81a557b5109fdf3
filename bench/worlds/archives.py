"""Published archives of takedowns: CSV or JSON lines, under the two usual sets of column names."""

from __future__ import annotations

import ast
import csv
import gzip
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import numpy as np

from bench.worlds.kit import Operation, Truth, World
from detectors.base import Signal
from detectors.schema import ActorProfile, Kind, SignalIn

# what it is -> names in archives, the first that a row has
COLUMNS: dict[str, tuple[str, ...]] = {
    "id": ("tweetid", "postid"),
    "account": ("userid", "accountid"),
    "time": ("tweet_time", "post_time"),
    "text": ("tweet_text", "post_text"),
    "urls": ("urls",),
    "hashtags": ("hashtags",),
    "repost": ("retweet_tweetid", "reposted_postid"),
    "reply": ("in_reply_to_tweetid", "in_reply_to_postid", "in_reply_to_userid",
              "in_reply_to_accountid"),
    "bio": ("user_profile_description", "account_profile_description"),
    "created": ("account_creation_date",),
    "control": ("is_control",),
}  # fmt: skip
_EMPTY = frozenset({"", "nan", "none", "null", "[]", "0"})
_MILLISECONDS = 10**11
MAX_FIELD = 1 << 20


@dataclass(frozen=True, slots=True)
class Archive:
    """An archive as a world; refused: rows without id, account or readable time."""

    world: World
    refused: int


def load(path: Path, *, platform: str = "x", limit: int | None = None) -> Archive:
    """Read an archive (.csv, .jsonl, .ndjson, each also .gz).

    Rows whose `is_control` is true are harmless; without that column all accounts are of the
    operation. Raises FileNotFoundError, ValueError for another kind of file.
    """
    rows: list[SignalIn] = []
    operation: set[str] = set()
    refused = 0
    for raw in _rows(path):
        if limit and len(rows) >= limit:
            break
        row = _named(raw)
        signal = _signal(row, platform)
        if signal is None:
            refused += 1
            continue
        rows.append(signal)
        if str(row.get("control", "")).casefold() not in {"true", "1"}:
            operation.add(f"{platform}:{signal.actor}")
    rows.sort(key=lambda one: one.occurred_at)
    signals = tuple(Signal.of(one, number) for number, one in enumerate(rows, 1))
    places = np.array([k for k, one in enumerate(signals) if one.account in operation])
    name = path.name.partition(".")[0]
    found = Operation(
        name, "real", faint=False, accounts=frozenset(operation), positions=places.astype(np.int64)
    )
    return Archive(World(name, 0, signals, Truth((found,))), refused)


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    kind = path.name.removesuffix(".gz").rpartition(".")[2]
    with _opened(path) as stream:
        if kind == "csv":
            csv.field_size_limit(min(MAX_FIELD, sys.maxsize))
            yield from csv.DictReader(stream)
        elif kind in {"jsonl", "ndjson"}:
            yield from (json.loads(line) for line in stream if line.strip())
        else:
            message = f"{path.name} is neither CSV nor JSON lines"
            raise ValueError(message)


def _opened(path: Path) -> IO[str]:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8", newline="")
    return path.open(encoding="utf-8", newline="")


def _named(raw: dict[str, Any]) -> dict[str, Any]:
    """The row under our names; of empty values none."""
    found: dict[str, Any] = {}
    for name, columns in COLUMNS.items():
        for column in columns:
            value = raw.get(column)
            if value is not None and str(value).strip().casefold() not in _EMPTY:
                found[name] = value
                break
    return found


def _signal(row: dict[str, Any], platform: str) -> SignalIn | None:
    at = _moment(row.get("time"))
    if at is None or "id" not in row or "account" not in row:
        return None
    repost, reply = row.get("repost"), row.get("reply")
    kind = Kind.REPOST if repost else Kind.REPLY if reply else Kind.POST
    objects = [f"hashtag:{tag.lower()}" for tag in _listed(row.get("hashtags"))]
    objects += [f"repost:{repost}"] if repost else []
    objects += [f"reply-to:{reply}"] if reply else []
    return SignalIn(
        external_id=str(row["id"])[:200],
        platform=platform,
        kind=kind,
        occurred_at=at,
        actor=str(row["account"])[:200],
        actor_profile=ActorProfile(
            bio=str(row.get("bio", ""))[:4_000], created_at=_moment(row.get("created"))
        ),
        text=str(row.get("text", "")),
        urls=tuple(_listed(row.get("urls"))),
        objects=tuple(dict.fromkeys(objects)),
    )


def _listed(value: object) -> list[str]:
    """A list, or its text form, or names with commas between them."""
    if isinstance(value, str):
        text = value.strip()
        if text.startswith("["):
            try:
                value = ast.literal_eval(text)
            except (ValueError, SyntaxError):
                value = text.strip("[]").split(",")
        else:
            value = text.split(",")
    if not isinstance(value, list):
        return []
    return [name for name in (str(one).strip(" '\"#") for one in value[:100]) if name]


def _moment(value: object) -> datetime | None:
    """A time in one of the forms of archives, UTC; None for what is none."""
    if value is None:
        return None
    text = str(value).strip()
    if text.isdigit():
        seconds = int(text)
        try:
            return datetime.fromtimestamp(
                seconds / 1_000 if seconds > _MILLISECONDS else seconds, UTC
            )
        except (OverflowError, OSError, ValueError):
            return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
