"""Whether and how the desk sends mail: not at all unless ABUSEDESK_MAIL_URL says where."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

from abusedesk import env

ENV = env.current()
_SERVER = urlsplit(ENV.mail_url.get_secret_value() if ENV.mail_url else "")

PUBLIC_URL = ENV.public_url.rstrip("/")
MAIL_FROM = ENV.mail_from if _SERVER.hostname else ""
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if _SERVER.hostname else 'dummy'}.EmailBackend"
EMAIL_HOST = _SERVER.hostname or ""
EMAIL_PORT = _SERVER.port or {"smtps": 465, "smtp+tls": 587}.get(_SERVER.scheme, 25)
EMAIL_HOST_USER = unquote(_SERVER.username or "")
EMAIL_HOST_PASSWORD = unquote(_SERVER.password or "")
EMAIL_USE_SSL = _SERVER.scheme == "smtps"
EMAIL_USE_TLS = _SERVER.scheme == "smtp+tls"
EMAIL_TIMEOUT = 10  # seconds
