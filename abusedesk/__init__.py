"""The project: settings, urls, Celery app and the shared layer `abusedesk.core`."""

from __future__ import annotations
