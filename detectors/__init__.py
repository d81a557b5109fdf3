"""Signals, detectors, findings and campaigns."""

from __future__ import annotations

import os

# Tables of pairs are many and small: threads that wait for each other made joining findings more
# than twice as dear. Before numpy is imported; a desk has a process for each core anyway.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
