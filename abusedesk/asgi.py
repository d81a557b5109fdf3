"""ASGI entry point, for servers that speak nothing else."""

from __future__ import annotations

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "abusedesk.settings")

application = get_asgi_application()
