"""The one Postgres database: DATABASE_URL, or the embedded server."""

from __future__ import annotations

from typing import Any

from abusedesk import env

_params = env.parse_dsn(env.current().dsn)

# A signal with a very long word makes Postgres send a notice. During COPY nobody reads them, and
# when they fill the connection both ends wait for ever.
_QUIET = "-c client_min_messages=warning"

# Persistent connections and no pool: gunicorn's threads and Celery's processes are few and live
# long, so each keeps one connection; a pool adds threads that do not survive Celery's fork.
DATABASES: dict[str, dict[str, Any]] = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": _params.pop("dbname"),
        "USER": _params.pop("user", ""),
        "PASSWORD": _params.pop("password", ""),
        "HOST": _params.pop("host", ""),
        "PORT": _params.pop("port", ""),
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,  # Postgres may have been restarted between two requests
        "OPTIONS": {
            "application_name": "abusedesk",
            **_params,
            "options": f"{_QUIET} {_params.get('options', '')}".strip(),
        },
    },
}
