"""Asks others, by name, whether settings of a detector may come into force."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string


def obstacle_to_mode(slug: str, mode: str, params: Mapping[str, Any]) -> str:
    """Why not, in a sentence; empty where nobody minds."""
    for name in settings.DETECTOR_GUARDS:
        if said := str(import_string(name)(slug=slug, mode=mode, params=params)):
            return said
    return ""
