"""Pair counting with the semantics of two published tools, written from their description."""

from __future__ import annotations

import csv
import gzip
import os
import sqlite3
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

ORACLE = "coaction-oracle.csv.gz"
Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Shares:
    """Rows of shares as labels; content is the id of the sharing post. at: s."""

    objects: list[str]
    accounts: list[str]
    contents: list[str]
    at: Floats

    def __len__(self) -> int:
        return len(self.objects)


@dataclass(frozen=True, slots=True)
class CooRTweetNetwork:
    """pairs of posts, undirected edges between accounts, accounts; weight by edge."""

    pairs: int
    weight: dict[tuple[str, str], int]

    @property
    def accounts(self) -> set[str]:
        """Everybody with an edge."""
        return {account for edge in self.weight for account in edge}


def data_dir() -> Path:
    """Where the real data lies: beside the repository, or where ABUSEDESK_DATA_DIR says."""
    beside = Path(__file__).resolve().parents[2].parent / "shared" / "data"
    return Path(os.environ.get("ABUSEDESK_DATA_DIR", beside))


def load_oracle() -> Shares:
    """The 35,125 rows of CooRTweet's example. Raises FileNotFoundError."""
    with gzip.open(data_dir() / ORACLE, "rt", encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    return Shares(
        [row["object_id"] for row in rows],
        [row["account_id"] for row in rows],
        [row["content_id"] for row in rows],
        np.array([float(row["timestamp_share"]) for row in rows]),
    )


def coortweet(shares: Shares, window_s: float, min_participation: int) -> CooRTweetNetwork:
    """CooRTweet 2.1.3: post pairs inside the window, by accounts that take part often enough.

    Every object is compared all against all, as the original does.
    """
    rows_of = Counter(shares.accounts)
    rows = [k for k in range(len(shares)) if rows_of[shares.accounts[k]] >= min_participation]
    pairs = _close_pairs(shares, rows, window_s)
    matched = {shares.contents[k] for pair in pairs for k in pair}
    taking_part = [k for k in rows if shares.contents[k] in matched]
    often = Counter(shares.accounts[k] for k in taking_part)
    alive = {
        shares.contents[k] for k in taking_part if often[shares.accounts[k]] >= min_participation
    }
    kept = [pair for pair in pairs if any(shares.contents[k] in alive for k in pair)]
    weight = Counter(_edge(shares.accounts[i], shares.accounts[j]) for i, j in kept)
    return CooRTweetNetwork(len(kept), dict(weight))


def toolkit(
    shares: Shares, window_s: float, min_edge_weight: int = 1
) -> list[tuple[str, str, int]]:
    """coordination-network-toolkit 1.5.2, co_retweet: directed edges (a, b, weight), in SQLite.

    A repeated content id counts once, its first row; nobody is linked with himself.
    """
    base = sqlite3.connect(":memory:")
    base.execute("create table edge (content text primary key, account text, object text, at real)")
    rows = zip(shares.contents, shares.accounts, shares.objects, shares.at.tolist(), strict=True)
    base.executemany("insert or ignore into edge values (?, ?, ?, ?)", rows)
    base.execute("create index by_object on edge (object, at)")
    found = base.execute(
        """
        select one.account, two.account, count(distinct one.content) as weight
        from edge one join edge two on one.object = two.object
            and two.at between one.at - :window and one.at + :window
        where one.account != two.account
        group by one.account, two.account having weight >= :least
        order by one.account, two.account
        """,
        {"window": window_s, "least": min_edge_weight},
    ).fetchall()
    base.close()
    return found


def _close_pairs(shares: Shares, rows: list[int], window_s: float) -> list[tuple[int, int]]:
    by_object: dict[str, list[int]] = {}
    for k in rows:
        by_object.setdefault(shares.objects[k], []).append(k)
    return [
        pair
        for name, group in by_object.items()
        for pair in _within(np.array(group), shares.at, window_s)
        if _counts(shares, name, *pair)
    ]


def _within(group: Ints, at: Floats, window_s: float) -> list[tuple[int, int]]:
    """All pairs of one object with |dt| <= window_s, all against all."""
    near = np.abs(at[group][:, None] - at[group][None, :]) <= window_s
    first, second = np.nonzero(np.triu(near, 1))
    return list(zip(group[first].tolist(), group[second].tolist(), strict=True))


def _counts(shares: Shares, name: str, i: int, j: int) -> bool:
    """Two accounts, two posts, and neither post is the shared object itself."""
    contents = {shares.contents[i], shares.contents[j]}
    return shares.accounts[i] != shares.accounts[j] and len(contents - {name}) == len((i, j))


def _edge(a: str, b: str) -> tuple[str, str]:
    return (a, b) if a < b else (b, a)
