"""Structured logs on standard error, for people or as JSON."""

from __future__ import annotations

import structlog

from abusedesk import env

ENV = env.current()

_shared: list[structlog.typing.Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.stdlib.PositionalArgumentsFormatter(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
    *([structlog.processors.format_exc_info] if ENV.log_json else []),
]
_renderer: structlog.typing.Processor = (
    structlog.processors.JSONRenderer()
    if ENV.log_json
    else structlog.dev.ConsoleRenderer(colors=False)
)

structlog.configure(
    processors=[*_shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
    logger_factory=structlog.stdlib.LoggerFactory(),
    wrapper_class=structlog.stdlib.BoundLogger,
    cache_logger_on_first_use=True,
)

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "desk": {
            "()": structlog.stdlib.ProcessorFormatter,
            "foreign_pre_chain": _shared,
            "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, _renderer],
        },
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "desk"}},
    "root": {"handlers": ["stderr"], "level": ENV.log_level},
    "loggers": {
        "django": {"handlers": [], "level": ENV.log_level, "propagate": True},
        "django.request": {"level": "ERROR"},  # 4xx are the client's matter
        # Two lines a task would bury the rest.
        "celery.worker.strategy": {"level": "WARNING"},
        "celery.app.trace": {"level": "WARNING"},
        # A sweep that came too late is dropped, and PGMQ's URL names no server: nothing to tell.
        "celery.worker.request": {"level": "WARNING"},
        "celery.worker.consumer.connection": {"level": "WARNING"},
        "kombu": {"level": "WARNING"},
        "pgmq": {"level": "WARNING"},
    },
}
