"""Finds a Chromium for the browser tests; run as a program it also installs one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
VARIABLE = "CHROMIUM"
APT = (["apt-get", "update", "-q"], ["apt-get", "install", "-y", "-q", "chromium"])
PLAYWRIGHT = [sys.executable, "-m", "playwright", "install", "--with-deps", "chromium"]


def executable() -> str | None:
    """The browser to start: named by a variable, found on the system, or Playwright's own."""
    named = os.environ.get(VARIABLE)
    return named or next((path for name in NAMES if (path := shutil.which(name))), None) or _own()


def main() -> int:
    """Make sure that there is a browser; say what to type when that cannot be done here."""
    found = executable() or _installed()
    if found:
        sys.stdout.write(f"Browser tests use {found}.\n")
        return 0
    sys.stderr.write(
        "There is no Chromium and none could be installed. Type one of these and try again:\n"
        "  sudo apt-get install chromium\n"
        f"  {' '.join(PLAYWRIGHT)}\n"
        "or name one: CHROMIUM=/path/to/chromium make test\n"
    )
    return 1


def _own() -> str | None:
    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def _installed() -> str | None:
    if os.geteuid() == 0 and shutil.which("apt-get"):
        for command in APT:
            subprocess.run(
                command, check=False, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
            )
    if not executable():
        subprocess.run(PLAYWRIGHT, check=False)
    return executable()


if __name__ == "__main__":
    sys.exit(main())
