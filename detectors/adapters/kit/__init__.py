"""What adapters share: bounds, times, JSON, mail, and the draft of a signal."""

from __future__ import annotations
