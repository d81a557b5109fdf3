"""Reads the configuration of all detectors as one document."""

from __future__ import annotations

from abusedesk.core import clock
from abusedesk.core.models import User
from detectors.configuration.document import Configuration, Quiet, Setting
from detectors.selectors.config import configs_for
from detectors.selectors.suppression import suppressions_for


def configuration_for(viewer: User) -> Configuration:
    """Mode and parameters in force of every detector that has some, and what is kept quiet."""
    settings = tuple(
        Setting(slug, config.mode, config.params)
        for slug, config in sorted(configs_for(viewer).items())
    )
    quiet = suppressions_for(viewer).filter(ended_at=None, expires_at__gt=clock.now())
    told = sorted(
        Quiet(one.detector, one.type, one.value, one.reason, one.expires_at) for one in quiet
    )
    return Configuration(settings, tuple(told))
