"""Search over stored signals: tokens, their SQL, and the bounded walk back in time."""

from __future__ import annotations

from detectors.search.fields import FIELDS
from detectors.search.plan import Plan, plan_of
from detectors.search.walker import Found, Goal, Hit, Position, walk

__all__ = ["FIELDS", "Found", "Goal", "Hit", "Plan", "Position", "plan_of", "walk"]
