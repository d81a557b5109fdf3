"""Tries detectors on signals that somebody pasted. Nothing is stored."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from django.conf import settings

from abusedesk.core.models import User
from detectors.base import Signal
from detectors.policy import require_sight
from detectors.selectors.config import detector_by_slug, params_of
from detectors.sigma.detector import PREFIX, rule_detector
from detectors.sigma.params import RuleParams
from detectors.trying import Trial, tried

DRAFT: Final = f"{PREFIX}draft"


def sample_tried_for(viewer: User, slug: str, signals: Sequence[Signal]) -> Trial:
    """What a detector with its settings in force makes of them. Raises NotFoundError."""
    kind = detector_by_slug(slug, viewer)
    params = kind.Params.model_validate(params_of(slug))
    return tried(kind(settings.SECRET_KEY.encode()), params, signals)


def draft_tried_for(viewer: User, params: RuleParams, signals: Sequence[Signal]) -> Trial:
    """What a rule that is not saved makes of them. Raises NotFoundError."""
    require_sight(viewer, "signal.view")
    return tried(rule_detector(DRAFT)(), params, signals)
