"""Programs of a desk: `start` becomes one, `up` starts all, `prepare` does what comes before."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection, connections
from django.test import override_settings

from abusedesk import env
from abusedesk.core import programs
from abusedesk.core.management.commands import prepare


@pytest.mark.parametrize("name", programs.PROGRAMS)
def test_start_becomes_the_program(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    became: list[object] = []
    monkeypatch.setattr(os, "execv", lambda *call: became.append(call))
    monkeypatch.chdir("/")
    call_command("start", name)
    argv = programs.PROGRAMS[name]()
    assert became == [(argv[0], argv)]
    assert Path.cwd() == settings.BASE_DIR


def test_every_queue_has_exactly_one_kind_of_worker() -> None:
    served = [*programs.LONG_WORK.split(","), *programs.SHORT_WORK.split(",")]
    assert sorted(served) == sorted(settings.QUEUES)


def test_a_host_name_in_ipv6_stands_in_brackets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ABUSEDESK_HOST", "::1")
    monkeypatch.setattr(env, "current", env.load)
    assert "[::1]:8000" in programs.web()


@pytest.mark.parametrize(
    ("host", "reached"),
    [("0.0.0.0", "127.0.0.1"), ("::", "::1"), ("10.1.2.3", "10.1.2.3"), ("desk", "desk")],
)
def test_a_server_on_every_address_is_reached_here(host: str, reached: str) -> None:
    assert programs.reached(host) == reached


# prepare


@pytest.fixture
def static(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A place for static files of this test alone, and few of them."""
    root = tmp_path / "static"
    monkeypatch.setattr(prepare, "STATIC_STAMP", root / ".made-from")
    own = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    with override_settings(STATIC_ROOT=root, STATICFILES_FINDERS=own):
        yield root


def _prepare(*words: str) -> str:
    said = StringIO()
    call_command("prepare", *words, stdout=said)
    return said.getvalue()


def test_static_files_are_collected_once_and_again_when_they_change(
    static: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Collecting" in _prepare("--static-only")
    assert list(static.glob("css/base.*.css.br"))
    assert _prepare("--static-only") == ""
    monkeypatch.setattr(prepare, "_static_fingerprint", lambda: "another release")
    assert "Collecting" in _prepare("--static-only")


def test_the_fingerprint_follows_what_is_in_the_files_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fresh checkout or image has other times; that is no reason to collect again."""
    monkeypatch.setattr(settings, "BASE_DIR", tmp_path)
    for folder in ("static", "deploy"):
        (tmp_path / folder).mkdir()
    (tmp_path / "deploy" / "requirements.lock").write_text("django==5\n")
    style = tmp_path / "static" / "a.css"
    style.write_text("a {}")
    first = prepare._static_fingerprint()
    os.utime(style, (1, 1))
    assert prepare._static_fingerprint() == first
    style.write_text("b {}")
    assert prepare._static_fingerprint() != first


@pytest.mark.parametrize(("wait", "tries"), [("0", 1), ("1", 2)])
def test_a_database_that_does_not_answer_is_waited_for_and_then_named(
    wait: str, tries: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[None] = []

    def refuse() -> None:
        asked.append(None)
        message = "connection refused"
        raise OperationalError(message)

    monkeypatch.setattr(connection, "ensure_connection", refuse)
    with pytest.raises(CommandError, match=r"cannot be reached: connection refused\."):
        _prepare("--wait", wait)
    assert len(asked) == tries


@pytest.mark.django_db(transaction=True)
def test_an_extension_that_only_a_superuser_may_make_is_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(prepare, "EXTENSIONS", ("pg_trgm", "pageinspect"))
    with connection.cursor() as cursor:
        cursor.execute("CREATE ROLE owner_of_little; SET ROLE owner_of_little")
        try:
            with pytest.raises(CommandError, match=r"denied .* run: CREATE .* pageinspect;$"):
                prepare._make_extensions()
        finally:
            cursor.execute("RESET ROLE; DROP ROLE owner_of_little")


@pytest.mark.django_db(transaction=True)
def test_two_machines_do_not_migrate_at_once(static: Path) -> None:
    static.mkdir()
    (static / ".made-from").write_text(prepare._static_fingerprint())
    done = threading.Event()

    def other_machine() -> None:
        _prepare()
        done.set()
        connections.close_all()

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [prepare.LOCK])
        thread = threading.Thread(target=other_machine)
        thread.start()
        assert not done.wait(1)
        cursor.execute("SELECT pg_advisory_unlock(%s)", [prepare.LOCK])
    thread.join(60)
    assert done.is_set()
