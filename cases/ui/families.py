"""Families of evidence in words."""

from __future__ import annotations

FAMILY_NAMES = {
    "prior": "Before any evidence",
    "timing": "Timing",
    "content": "Content",
    "infra-hard": "Infrastructure, hard",
    "infra-soft": "Infrastructure, soft",
    "identity": "Identity",
    "ai": "AI services",
    "behaviour": "Behaviour",
    "list": "Lists",
    "declared": "Declared relationship",
    "established": "A known operation, and a group that holds together",
}
