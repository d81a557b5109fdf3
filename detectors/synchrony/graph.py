"""Small graph steps on edge columns: components and the 2-core."""

from __future__ import annotations

import numpy as np

from detectors.synchrony.model import Flags, Ints


def components(a: Ints, b: Ints) -> Ints:
    """Smallest account index of the connected component of each edge."""
    ids, where = np.unique(np.concatenate([a, b]), return_inverse=True)
    left, right = where[: len(a)], where[len(a) :]
    label = np.arange(len(ids))
    while True:
        lowest = np.minimum(label[left], label[right])
        step = label.copy()
        np.minimum.at(step, left, lowest)
        np.minimum.at(step, right, lowest)
        step = step[step]
        if np.array_equal(step, label):
            return ids[label[left]].astype(np.int64)
        label = step


def in_two_core(a: Ints, b: Ints) -> Flags:
    """Which edges lie in the 2-core: accounts with a single edge are peeled off again and again."""
    keep = np.ones(len(a), dtype=np.bool_)
    size = int(max(a.max(initial=-1), b.max(initial=-1))) + 1
    while True:
        degree = np.bincount(a[keep], minlength=size) + np.bincount(b[keep], minlength=size)
        still = keep & (degree[a] > 1) & (degree[b] > 1)
        if np.array_equal(still, keep):
            return keep
        keep = still
