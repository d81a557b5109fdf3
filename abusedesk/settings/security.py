"""Keys, cookies, headers and the content security policy."""

from __future__ import annotations

from csp.constants import NONE, SELF

from abusedesk import env

ENV = env.current()

SECRET_KEY = ENV.secret("secret_key")
TOKEN_PEPPER = ENV.secret("token_pepper")
ALLOWED_HOSTS = list(ENV.allowed_hosts)
CSRF_TRUSTED_ORIGINS = [
    f"https://{host}" for host in ENV.allowed_hosts if ENV.https and host != "*"
]

AUTH_USER_MODEL = "core.User"
AUTHENTICATION_BACKENDS = ["abusedesk.core.backends.PeopleBackend"]
LOGIN_URL = "/login/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/login/"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "UserAttributeSimilarityValidator",
    )
]

CSRF_FAILURE_VIEW = "abusedesk.core.views.csrf_failure"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = ENV.https
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if ENV.https else None
SECURE_HSTS_SECONDS = 31_536_000 if ENV.https else 0
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
# Other sites learn nothing, as with no-referrer; but with no-referrer browsers send `Origin: null`
# with our own forms, which the CSRF check rightly refuses.
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

# Chart pages add what Plotly needs by a decorator of their own.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    },
}

# One request of ingest may have 10 MiB after gzip; `detectors.ingest` measures that itself.
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024
