"""The filter language of cases: tokens, and what they mean in the database."""

from __future__ import annotations

from cases.search.fields import FIELDS, ROUTING
from cases.search.where import where

__all__ = ["FIELDS", "ROUTING", "where"]
