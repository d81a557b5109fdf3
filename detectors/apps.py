"""Registers signals, detectors and campaigns."""

from __future__ import annotations

from django.apps import AppConfig


class DetectorsConfig(AppConfig):
    name = "detectors"
    default_auto_field = "django.db.models.BigAutoField"
