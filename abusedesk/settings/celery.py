"""Broker, queues, limits and the one beat entry."""

from __future__ import annotations

from kombu import Queue

from abusedesk import env
from abusedesk.core import broker

ENV = env.current()
TASK_LIMIT_S = 1800  # the longest limit any task may have

_broker = broker.choose(
    url=ENV.broker_url.get_secret_value() if ENV.broker_url else None,
    dsn=ENV.dsn,
    visibility_timeout_s=2 * TASK_LIMIT_S,
)

CELERY_BROKER_URL = _broker.url
CELERY_BROKER_TRANSPORT_OPTIONS = _broker.options
CELERY_BROKER_POOL_LIMIT = 2
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # a worker waits for its broker as long as it takes
CELERY_RESULT_BACKEND = None  # results are rows
CELERY_TASK_IGNORE_RESULT = True

# A message is only a wake-up: a task that dies is woken again, and runs twice without harm.
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
# PGMQ fetches again only when it polls: with one message in hand it would do one task a poll.
CELERY_WORKER_PREFETCH_MULTIPLIER = 8
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_SEND_TASK_EVENTS = False
# On PGMQ every worker start would leave reply queues, which are tables.
CELERY_WORKER_ENABLE_REMOTE_CONTROL = not _broker.is_pgmq
CELERY_TASK_SOFT_TIME_LIMIT = 60
CELERY_TASK_TIME_LIMIT = 90
CELERY_DB_REUSE_MAX = 1000  # tasks; before each one DeskTask asks whether the connection works

QUEUES = ("ingest", "detect", "cases", "share", "backtest")
CELERY_TASK_DEFAULT_QUEUE = "cases"
CELERY_TASK_CREATE_MISSING_QUEUES = False
CELERY_TASK_QUEUES = [
    Queue(name, routing_key=name, queue_arguments=_broker.queue_arguments) for name in QUEUES
]
# The first pattern that fits counts.
CELERY_TASK_ROUTES = (
    [
        ("*.backtest*", {"queue": "backtest"}),
        ("detectors.link*", {"queue": "ingest"}),
        ("detectors.count*", {"queue": "ingest"}),
        ("detectors.ingest*", {"queue": "ingest"}),
        ("detectors.run_letter_job", {"queue": "ingest"}),
        # short, and must not wait behind a detector that catches up
        ("detectors.sweep", {"queue": "cases"}),
        ("detectors.fuse", {"queue": "cases"}),
        ("detectors.forget*", {"queue": "cases"}),
        ("detectors.watch_rates", {"queue": "cases"}),
        ("detectors.*", {"queue": "detect"}),
        # long, and must not stand before what a person waits for
        ("cases.purge", {"queue": "detect"}),
        ("cases.share*", {"queue": "share"}),
        ("cases.*", {"queue": "cases"}),
        ("core.*", {"queue": "cases"}),
    ],
)

CELERY_BEAT_SCHEDULER = "celery.beat:Scheduler"  # one entry, so nothing to keep on disk
CELERY_BEAT_SCHEDULE = {
    "tick": {
        "task": "core.tick",
        "schedule": float(ENV.tick_s),
        "options": {"expires": ENV.tick_s},
    },
}
# Gets over connections that a restart of Postgres cut; beyond that the sweep is the retry.
CELERY_TASK_PUBLISH_RETRY_POLICY = {
    "max_retries": 2,
    "interval_start": 0,
    "interval_step": 0.1,
    "interval_max": 0.2,
}
