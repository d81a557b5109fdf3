"""The programs of a desk, and the command line that becomes each of them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from ipaddress import ip_address
from typing import Final

from abusedesk import env

CELERY: Final = (sys.executable, "-m", "celery", "--quiet", "-A", "abusedesk")
HERE: Final = {4: "127.0.0.1", 6: "::1"}  # by IP version
# Two workers, so that a case never waits behind three months of imported signals.
LONG_WORK: Final = "ingest,detect,backtest"
SHORT_WORK: Final = "cases,share"
WORKER_STOP_S: Final = 20  # tasks are safe to be cut anywhere, so a long one is not waited for


def web() -> tuple[str, ...]:
    here = env.current()
    options = {
        "--worker-class": "gthread",
        "--workers": str(here.web_workers),
        "--threads": str(here.web_threads),
        "--bind": f"{bracketed(here.host)}:{here.port}",
        "--log-level": "warning",
    }
    flags = ["--no-control-socket", *(part for option in options.items() for part in option)]
    return (sys.executable, "-m", "gunicorn", *flags, "abusedesk.wsgi")


def worker() -> tuple[str, ...]:
    """Long work."""
    return _worker("worker", LONG_WORK, env.current().worker_concurrency)


def cases() -> tuple[str, ...]:
    """Short work."""
    return _worker("cases", SHORT_WORK, 1)


def beat() -> tuple[str, ...]:
    """The clock; exactly one for a desk, however many machines it has."""
    return (*CELERY, "beat", "--pidfile=", "--loglevel", "WARNING")


def url() -> str:
    """Where people on this machine open the desk."""
    here = env.current()
    return f"http://{bracketed(reached(here.host))}:{here.port}/"


def reached(host: str) -> str:
    """Where a server that listens on `host` can be reached from this machine."""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    return HERE[address.version] if address.is_unspecified else host


def bracketed(host: str) -> str:
    """`host` as it stands before a port."""
    return f"[{host}]" if ":" in host else host


def _worker(name: str, queues: str, concurrency: int) -> tuple[str, ...]:
    return (
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


PROGRAMS: Final[dict[str, Callable[[], tuple[str, ...]]]] = {
    "web": web,
    "worker": worker,
    "cases": cases,
    "beat": beat,
}
