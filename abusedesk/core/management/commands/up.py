"""`manage.py up`: everything the desk needs on one machine, under one supervisor."""

from __future__ import annotations

import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from functools import partial
from typing import Any, Final

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from abusedesk import env
from abusedesk.celery import ABANDONED
from abusedesk.core import embedded, programs
from abusedesk.core.models import Role, User
from abusedesk.core.people import create_user
from abusedesk.core.pgdata import EmbeddedError, clear_stale_pid
from abusedesk.core.pgpaths import Paths
from abusedesk.core.supervise import Child, ChildError, Supervisor

MANAGE: Final = (sys.executable, settings.BASE_DIR / "manage.py")
# Celery warns on several lines; its reason, pickle, is not used here.
AS_ROOT: Final = {"PYTHONWARNINGS": "ignore:You're running the worker with superuser privileges"}
WEB_ANSWER_S: Final = 10


class Command(BaseCommand):
    """Database, web server, worker and beat; Ctrl-C ends them all."""

    help = "Start everything on this machine: database, migrations, web server, worker, beat."
    requires_system_checks: list[str] = []  # the database may not be up yet

    def handle(self, *_: Any, **__: Any) -> None:
        """Start in order, then watch until a signal comes."""
        _require_free_port()
        try:
            with Supervisor() as desk, _database(desk):
                _prepare(desk)
                desk.start(_web())
                desk.start(_worker("worker"))
                desk.start(_worker("cases"))
                desk.start(Child("beat", programs.beat(), cwd=settings.BASE_DIR))
                desk.say(f"The desk is open at {programs.url()} (Ctrl-C stops it).")
                if env.current().demo:
                    desk.run_once(Child("demo", (*MANAGE, "demo", "--if-empty")))
                desk.watch()
        except (ChildError, EmbeddedError) as error:
            raise CommandError(str(error)) from None


@contextmanager
def _database(desk: Supervisor) -> Iterator[None]:
    """The embedded server when no DATABASE_URL is given; its place on disk is ours meanwhile."""
    if not env.current().embedded:
        yield
        return
    paths = Paths.for_var(settings.VAR_DIR)
    with embedded.acquire(paths):
        if not paths.root.is_relative_to(settings.VAR_DIR):
            desk.say(
                f"The database lies in {paths.root}: Postgres does not run as root, "
                "and the user nobody cannot reach this checkout."
            )
        launch = embedded.prepare(paths)
        desk.start(
            Child(
                "postgres",
                launch.argv,
                account=launch.account,
                cwd=paths.root,
                before=partial(clear_stale_pid, paths),
                ready=partial(embedded.ready, paths),
                stop_signal=signal.SIGINT,
                death_signal=signal.SIGINT,
                stops_last=True,
            )
        )
        embedded.ensure_database(paths)
        yield
        desk.stop_all()


def _prepare(desk: Supervisor) -> None:
    """Migrations, static files, first admin; each does nothing when it is done already."""
    desk.run_once(Child("prepare", (*MANAGE, "prepare")))
    with closing(connection):
        if not User.objects.exists():
            password = create_user(actor=None, name="admin", role=Role.ADMIN)
            desk.say(f"First admin: user name admin, password {password} (shown only now).")


def _web() -> Child:
    return Child("web", programs.web(), ready=_web_answers, cwd=settings.BASE_DIR)


def _worker(name: str) -> Child:
    return Child(
        name,
        programs.PROGRAMS[name](),
        env=AS_ROOT,
        cwd=settings.BASE_DIR,
        stop_timeout_s=programs.WORKER_STOP_S,
        death_signal=ABANDONED,
    )


def _require_free_port() -> None:
    here = env.current()
    family = socket.AF_INET6 if ":" in here.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((here.host, here.port))
        except OSError as error:
            where = f"{here.host}:{here.port}"
            msg = f"Cannot listen on {where} ({error.strerror}). Set ABUSEDESK_PORT to a free port."
            raise CommandError(msg) from None


def _web_answers() -> bool:
    """Whether the web server answers a request with anything; it listens before it can."""
    here = env.current()
    address = (programs.reached(here.host), here.port)
    with suppress(OSError), socket.create_connection(address, timeout=WEB_ANSWER_S) as client:
        client.sendall(b"GET /login/ HTTP/1.0\r\nHost: localhost\r\n\r\n")
        return bool(client.recv(1))
    return False
