"""Pictures of a page on request, and that it is accessible and keeps the policy."""

from __future__ import annotations

import os
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import ViewportSize

from tests.ui.conftest import Visitor

SHOTS = os.environ.get("SCREENSHOTS", "")
PHONE: ViewportSize = {"width": 390, "height": 844}
WIDE: ViewportSize = {"width": 1440, "height": 900}


def shoot(visitor: Visitor, name: str) -> None:
    """Wide and on a phone, dark and light, where SCREENSHOTS names a directory."""
    if not SHOTS:
        return
    for size, width in (("wide", WIDE), ("phone", PHONE)):
        visitor.page.set_viewport_size(width)
        for theme in ("dark", "light"):
            visitor.page.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
            path = str(Path(SHOTS) / f"{name}-{size}-{theme}.png")
            visitor.page.screenshot(path=path, full_page=True)
    visitor.page.set_viewport_size(WIDE)


def is_accessible(visitor: Visitor) -> None:
    """Nothing for axe to find, nothing for the policy to report."""
    found = Axe().run(visitor.page)
    assert found.violations_count == 0, found.generate_report()
    assert visitor.violations() == []
