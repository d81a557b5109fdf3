"""Whom published methods of equal semantics flag on the rows of a world."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
from scipy import sparse

from bench.worlds import baselines
from bench.worlds.baselines import Shares
from detectors.base import Signal

TOOLKIT_S, TOOLKIT_WEIGHT = 60, 5
COORTWEET_S, COORTWEET_QUANTILE = 3_600, 0.99
TFIDF_ACTIONS, TFIDF_TOP = 10, 0.005


def shares_of(signals: Sequence[Signal]) -> Shares:
    """A row for each link and object of each signal."""
    objects, accounts, contents, at = [], [], [], []
    for one in signals:
        for number, name in enumerate((*one.urls, *one.objects) if one.actor else ()):
            objects.append(name)
            accounts.append(one.account)
            contents.append(f"{one.id}.{number}")
            at.append(one.at)
    return Shares(objects, accounts, contents, np.array(at))


def toolkit(shares: Shares) -> set[str]:
    """coordination-network-toolkit: edges of weight 5 or more within 60 s."""
    edges = baselines.toolkit(shares, TOOLKIT_S, TOOLKIT_WEIGHT)
    return {name for a, b, _ in edges for name in (a, b)}


def coortweet(shares: Shares) -> set[str]:
    """CooRTweet: edges above the 0.99 quantile of weights within an hour."""
    weight = baselines.coortweet(shares, COORTWEET_S, 1).weight
    if not weight:
        return set()
    limit = np.quantile(list(weight.values()), COORTWEET_QUANTILE)
    return {name for edge, count in weight.items() if count > limit for name in edge}


def tfidf(shares: Shares) -> set[str]:
    """The most alike 0.5 % of pairs by cosine of TF-IDF over objects, among the active."""
    active = {name for name, count in Counter(shares.accounts).items() if count >= TFIDF_ACTIONS}
    kept = [k for k, name in enumerate(shares.accounts) if name in active]
    if not kept:
        return set()
    names, row = np.unique([shares.accounts[k] for k in kept], return_inverse=True)
    _, column = np.unique([shares.objects[k] for k in kept], return_inverse=True)
    counts = sparse.coo_array((np.ones(len(kept)), (row, column))).tocsr()
    counts.sum_duplicates()
    spread = np.log(len(names) / np.bincount(counts.indices, minlength=counts.shape[1]))
    weighted = counts.multiply(spread[None, :]).tocsr()
    norm = np.sqrt(weighted.multiply(weighted).sum(axis=1))
    unit = weighted.multiply(1 / np.maximum(norm, 1e-12)[:, None]).tocsr()
    alike = sparse.triu(unit @ unit.T, k=1).tocoo()
    pairs = len(names) * (len(names) - 1) // 2
    top = np.argsort(-alike.data, kind="stable")[: int(pairs * TFIDF_TOP)]
    return set(names[np.union1d(alike.row[top], alike.col[top])].tolist())


METHODS: dict[str, Callable[[Shares], set[str]]] = {
    f"toolkit {TOOLKIT_S} s, weight >= {TOOLKIT_WEIGHT}": toolkit,
    f"CooRTweet {COORTWEET_S} s, > {COORTWEET_QUANTILE} quantile": coortweet,
    f"TF-IDF cosine, top {TFIDF_TOP:.1%}": tfidf,
}
