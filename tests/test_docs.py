"""The documentation against the code."""

from __future__ import annotations

import re
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command, get_commands

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)")
COMMAND = re.compile(r"manage\.py ([a-z_]+)")
TARGET = re.compile(r"`make ([a-z-]+)")
JOURNEY = re.compile(r"^@pytest\.mark\.journey\((\d+)\)", re.MULTILINE)


def test_reference_pages_are_what_the_code_says() -> None:
    call_command("docs", "--check", stdout=StringIO())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    found = LINK.findall(page.read_text(encoding="utf-8"))
    assert [link for link in found if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_and_targets_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    commands = set(COMMAND.findall(text)) - set(get_commands())
    targets = {
        name
        for name in TARGET.findall(text)
        if not re.search(rf"^{name}[^\n]*:", makefile, re.MULTILINE)
    }
    assert (commands, targets) == (set(), set())


def test_every_own_command_is_documented() -> None:
    own = {
        name
        for name, app in get_commands().items()
        if str(app) in {"abusedesk.core", "detectors", "cases"}
    }
    told = " ".join(page.read_text(encoding="utf-8") for page in PAGES)
    assert {name for name in own if f"manage.py {name}" not in told} == set()


def test_every_picture_is_shown_somewhere_and_small() -> None:
    shown = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    for picture in sorted((ROOT / "docs/img").iterdir()):
        assert f"img/{picture.name}" in shown, picture.name
        assert picture.stat().st_size <= 150 * 1024, f"{picture.name}: make screenshots smaller"


def test_every_journey_of_the_console_is_played_by_a_test() -> None:
    page = (ROOT / "docs" / "console.md").read_text(encoding="utf-8").partition("## Journeys")[2]
    told = [int(number) for number in re.findall(r"^\| (\d+) \|", page, re.MULTILINE)]
    tests = (path.read_text(encoding="utf-8") for path in ROOT.glob("tests/**/test_*.py"))
    played = {int(number) for text in tests for number in JOURNEY.findall(text)}
    assert told == sorted(played)
