"""Apps, middleware, templates, static files and what is the desk's own."""

from __future__ import annotations

from abusedesk import env

ENV = env.current()
BASE_DIR = env.BASE_DIR
VAR_DIR = ENV.var
DEBUG = ENV.debug

ROOT_URLCONF = "abusedesk.urls"
WSGI_APPLICATION = "abusedesk.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TIME_ZONE = ENV.time_zone
LANGUAGE_CODE = "en"
USE_I18N = False
FORMAT_MODULE_PATH: list[str] = []

INSTALLED_APPS = [
    "cases",
    "detectors",
    "abusedesk.core",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "drf_standardized_errors",
    "django_filters",
    "django_htmx",
    "template_partials",
    "csp",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "abusedesk.core.context.ContextMiddleware",
    "abusedesk.core.signed_out.SignedOutMiddleware",
    "abusedesk.core.problems.ErrorMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "abusedesk.finders.PlotlyFinder",
]
FILE_UPLOAD_HANDLERS = [
    "abusedesk.core.uploads.CappedUploads",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": VAR_DIR / "files"},
    },
    "staticfiles": {"BACKEND": "abusedesk.finders.DeskStaticStorage"},
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
# Source maps are read by nobody but a debugger; compressing them takes longer than all else.
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = ["map", "png", "webp", "gz", "br", "woff", "woff2"]
# Before the first collectstatic (tests, a fresh checkout) files are served from where they are.
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = not (STATIC_ROOT / "staticfiles.json").exists()

# Who wakes what, by name, so that `detectors` never imports `cases`.
TICK_TASKS = ("detectors.sweep", "detectors.forget_answers", "cases.sweep")
ON_CAMPAIGN_TASK = "cases.intake"
ON_SIGNALS_TASK = "cases.take_reports"
ON_FINDING_TASK = "cases.automate"
# What `manage.py doctor` asks besides what core knows.
HEALTH_CHECKS = ("detectors.health.silent_sources", "detectors.health.optional_packages")

# What else has a word on which settings of a detector come into force.
DETECTOR_GUARDS = ("cases.standing.obstacle_to_mode",)

OUTBOUND_ALLOW = ENV.outbound_allow
OLDEST_SIGNAL = ENV.oldest_signal
AUDIT_SAMPLE_PERCENT = ENV.audit_sample_percent
BULK_CAP = ENV.bulk_cap
DETECTOR_SHARDS = ENV.detector_shards
MAX_LAG_SIGNALS = ENV.max_lag_signals
MAX_LAG_S = ENV.max_lag_s
TICK_S = ENV.tick_s
