"""`manage.py up`: everything the desk needs on one machine, under one supervisor."""

from __future__ import annotations

import hashlib
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
from abusedesk.core import embedded, ids
from abusedesk.core.models import Role, User
from abusedesk.core.pgdata import EmbeddedError, clear_stale_pid
from abusedesk.core.pgpaths import Paths
from abusedesk.core.supervise import Child, ChildError, Supervisor

MANAGE: Final = (sys.executable, settings.BASE_DIR / "manage.py")
CELERY: Final = (sys.executable, "-m", "celery", "--quiet", "-A", "abusedesk")
# Celery warns on several lines; its reason, pickle, is not used here.
AS_ROOT: Final = {"PYTHONWARNINGS": "ignore:You're running the worker with superuser privileges"}
# Two workers, so that a case never waits behind three months of imported signals.
LONG_WORK: Final = "ingest,detect,backtest"
SHORT_WORK: Final = "cases,share"
WORKER_STOP_S: Final = 20
WEB_ANSWER_S: Final = 10
WILDCARDS: Final = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 -- what to open, not to bind
STATIC_STAMP: Final = settings.STATIC_ROOT / ".made-from"


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
                desk.start(_worker("worker", LONG_WORK, env.current().worker_concurrency))
                desk.start(_worker("cases", SHORT_WORK, 1))
                desk.start(_beat())
                desk.say(f"The desk is open at {_url()} (Ctrl-C stops it).")
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
    desk.run_once(Child("migrate", (*MANAGE, "migrate", "--noinput", "-v", "0")))
    fingerprint = _static_fingerprint()
    if not STATIC_STAMP.exists() or STATIC_STAMP.read_text() != fingerprint:
        desk.say("Collecting and compressing static files.")
        desk.run_once(
            Child(
                "static",
                (
                    *MANAGE,
                    "collectstatic",
                    "--noinput",
                    "--clear",
                    "-v",
                    "0",
                    "-i",
                    "rest_framework",
                ),
            )
        )
        STATIC_STAMP.write_text(fingerprint)
    with closing(connection):
        if not User.objects.exists():
            password = ids.random_token(12)
            User.objects.create_user("admin", password=password, role=Role.ADMIN)
            desk.say(f"First admin: user name admin, password {password} (shown only now).")


def _web() -> Child:
    here = env.current()
    options = {
        "--worker-class": "gthread",
        "--workers": str(here.web_workers),
        "--threads": str(here.web_threads),
        "--bind": f"{_bracketed(here.host)}:{here.port}",
        "--log-level": "warning",
    }
    flags = ["--no-control-socket", *(part for option in options.items() for part in option)]
    argv = (sys.executable, "-m", "gunicorn", *flags, "abusedesk.wsgi")
    return Child("web", argv, ready=_web_answers, cwd=settings.BASE_DIR)


def _worker(name: str, queues: str, concurrency: int) -> Child:
    argv = (
        *CELERY,
        "worker",
        "--hostname",
        f"{name}@%h",
        "--queues",
        queues,
        "--concurrency",
        str(concurrency),
        "--loglevel",
        env.current().log_level,
        "--without-gossip",
        "--without-mingle",
    )
    return Child(
        name,
        argv,
        env=AS_ROOT,
        cwd=settings.BASE_DIR,
        stop_timeout_s=WORKER_STOP_S,
        death_signal=ABANDONED,
    )


def _beat() -> Child:
    return Child(
        "beat", (*CELERY, "beat", "--pidfile=", "--loglevel", "WARNING"), cwd=settings.BASE_DIR
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
    address = (WILDCARDS.get(here.host, here.host), here.port)
    with suppress(OSError), socket.create_connection(address, timeout=WEB_ANSWER_S) as client:
        client.sendall(b"GET /login/ HTTP/1.0\r\nHost: localhost\r\n\r\n")
        return bool(client.recv(1))
    return False


def _static_fingerprint() -> str:
    """Changes when a package or one of our own static files does."""
    files = [
        settings.BASE_DIR / "deploy" / "requirements.lock",
        *sorted((settings.BASE_DIR / "static").rglob("*")),
    ]
    marks = (f"{path}:{path.stat().st_mtime_ns}" for path in files if path.is_file())
    return hashlib.sha256("\n".join(marks).encode()).hexdigest()


def _url() -> str:
    here = env.current()
    return f"http://{_bracketed(WILDCARDS.get(here.host, here.host))}:{here.port}/"


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
