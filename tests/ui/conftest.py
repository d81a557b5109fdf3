"""A browser, a seeded desk, and a watch that sees what a page must never do."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Dialog,
    Page,
    expect,
    sync_playwright,
)
from pytest_django.live_server_helper import LiveServer

from abusedesk.core.models import User
from tests.ui import world
from tests.ui.browser import executable

# Playwright's sync API keeps an event loop in this thread; Django would refuse the ORM beside it.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
SCRIPT = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) =>
  window.violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`));
"""
# Only a test that fails waits so long; a busy machine may need it.
WAIT_MS = 1_000 * int(os.environ.get("UI_WAIT_S", "30"))
NO_MOUSE = """
for (const kind of ["mousedown", "pointerdown", "mouseup", "pointerup", "dblclick"])
  addEventListener(kind, (event) => {
    event.preventDefault();
    event.stopImmediatePropagation();
  }, true);
"""


@dataclass
class Watch:
    """What one browser did that it must not do. complaints: errors and warnings of its console."""

    off_origin: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


@dataclass
class Visitor:
    """A signed-in person at a browser of their own."""

    page: Page
    base: str
    watch: Watch

    def go(self, path: str) -> None:
        """Open a page and wait until its keys work."""
        self.page.goto(f"{self.base}{path}")
        self.ready()

    def ready(self) -> None:
        """Keys work as soon as app.js ran."""
        self.page.wait_for_selector("html[data-ready]")

    def press(self, *keys: str) -> None:
        """Keys one after the other."""
        for key in keys:
            self.page.keyboard.press(key)

    def violations(self) -> list[str]:
        """Reports of the content policy on the page that is open."""
        found: list[str] = self.page.evaluate("window.violations")
        return found


@pytest.fixture(scope="session", autouse=True)
def static_root() -> None:
    """WhiteNoise warns about a directory that only collectstatic makes."""
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = executable()
    expect.set_options(timeout=WAIT_MS / 2)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield chromium
        chromium.close()


@pytest.fixture
def desk(transactional_db: None) -> world.Desk:
    """Eight cases in the first queue."""
    return world.desk()


@pytest.fixture
def enter(
    browser: Browser, live_server: LiveServer, desk: world.Desk
) -> Iterator[Callable[..., Visitor]]:
    """A function that signs somebody in and returns them at their browser.

    typed: name and password, into the form; else the browser is handed a session, which is faster.
    """
    contexts: list[BrowserContext] = []

    def sign_in(
        name: str = "rita", *, mouse: bool = True, script: bool = True, typed: bool = False
    ) -> Visitor:
        context = browser.new_context(
            viewport={"width": 1440, "height": 900}, java_script_enabled=script
        )
        contexts.append(context)
        if not mouse:
            context.add_init_script(NO_MOUSE)
        if not typed:
            return session_at(context, live_server.url, _session_of(name))
        visitor = visitor_at(context, live_server.url)
        _type_password(visitor.page, live_server.url, name)
        return visitor

    yield sign_in
    for context in contexts:
        context.close()
    _await_quiet()


def visitor_at(context: BrowserContext, url: str) -> Visitor:
    """Somebody at the browser, at the desk of this address."""
    context.add_init_script(SCRIPT)
    page = context.new_page()
    page.set_default_timeout(WAIT_MS)
    return Visitor(page, url, _watch(page, url))


def session_at(context: BrowserContext, url: str, cookie: str) -> Visitor:
    """The same, signed in by a session."""
    key = settings.SESSION_COOKIE_NAME
    context.add_cookies([{"name": key, "value": cookie, "url": url}])
    visitor = visitor_at(context, url)
    visitor.page.goto(f"{url}/")
    return visitor


def _await_quiet(seconds: float = 15) -> None:
    """Pages poll: what is still answered would meet the truncation of its tables."""
    deadline = time.monotonic() + seconds
    with connection.cursor() as cursor:
        while time.monotonic() < deadline:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                " AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
                " AND state <> 'idle'"
            )
            if not cursor.fetchone()[0]:
                return
            time.sleep(0.05)


def _type_password(page: Page, base: str, name: str) -> None:
    page.goto(f"{base}/login/")
    page.keyboard.type(name)
    page.keyboard.press("Tab")
    page.keyboard.type(world.PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{base}/")


def _session_of(name: str) -> str:
    client = Client()
    client.force_login(User.objects.get(username=name))
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def _watch(page: Page, base: str) -> Watch:
    watch = Watch()

    def on_request(url: str) -> None:
        if not url.startswith((base, "data:", "blob:")):
            watch.off_origin.append(url)

    def on_console(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            watch.complaints.append(message.text)

    def on_dialog(dialog: Dialog) -> None:
        watch.dialogs.append(dialog.message)
        dialog.dismiss()

    page.on("request", lambda request: on_request(request.url))
    page.on("pageerror", lambda error: watch.errors.append(str(error)))
    page.on("console", on_console)
    page.on("dialog", on_dialog)
    return watch
