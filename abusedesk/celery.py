"""The Celery app and the base of every task: actor and request id from the message."""

from __future__ import annotations

import os
import signal
from typing import Any, Final

from celery import Celery, Task
from celery.signals import worker_init
from django.db import close_old_connections

from abusedesk.core import context

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "abusedesk.settings")

ABANDONED: Final = signal.SIGUSR2  # sent to a worker whose supervisor was killed


class DeskTask(Task):  # type: ignore[type-arg] # not generic at run time
    """Runs in the context of the request that woke it, on a connection that works.

    A process keeps its connection from task to task, as the web server does from request to
    request. Nothing but this asks whether Postgres was restarted in between: without it, who was
    idle then fails every task from then on.
    """

    abstract = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if not (self.request.called_directly or self.request.is_eager):  # in a worker
            close_old_connections()
        with context.bound(context.Context.from_headers(self.request.headers or {})):
            return super().__call__(*args, **kwargs)

    def apply_async(self, *args: Any, **options: Any) -> Any:
        headers = context.current().as_headers() | (options.pop("headers", None) or {})
        return super().apply_async(*args, headers=headers, **options)


app = Celery("abusedesk", task_cls=DeskTask)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_init.connect
def end_when_abandoned(**_: Any) -> None:
    """End at once with all pool processes; tasks are safe to be cut anywhere.

    Celery's own quick shutdown hangs here: it first writes to a pipe that nobody reads any more.
    """
    signal.signal(ABANDONED, lambda *_: os.killpg(0, signal.SIGKILL))
