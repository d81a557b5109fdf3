"""What a purge takes: which rule counts, what is counted, how it is deleted."""

from __future__ import annotations
