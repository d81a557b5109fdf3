"""From what reviewers said to honest probabilities and weights of evidence; pure numbers."""

from __future__ import annotations
