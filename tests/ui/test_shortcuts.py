"""The registry of keys holds together."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from abusedesk.core import shortcuts
from abusedesk.core.shortcuts import SHORTCUTS, TOGETHER, KeyScope
from cases.ui.pages import RAIL

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = "".join(
    path.read_text(encoding="utf-8") for path in (ROOT / "templates").rglob("*.html")
)
# Bound by a table (tabs, verdicts, many cases) or by a script (list.js, masks.js, graph.js).
INDIRECT = re.compile(r"^(verdict-\d|tab-\w+|item-[\w-]+|label|graph-\w+|submit.*|peek|translate)$")


@pytest.mark.row(31)
@pytest.mark.parametrize("scopes", TOGETHER)
def test_keys_that_are_active_together_do_not_clash(scopes: tuple[KeyScope, ...]) -> None:
    active = [one for one in SHORTCUTS if one.scope in scopes]
    used = Counter(one.keys for one in active)
    assert {keys: count for keys, count in used.items() if count > 1} == {}
    first = {one.keys[0] for one in active if len(one.keys) > 1}
    assert not first & {one.keys[0] for one in active if len(one.keys) == 1}


def test_ids_are_unique() -> None:
    assert len(shortcuts.BY_ID) == len(SHORTCUTS)


@pytest.mark.parametrize("shortcut", SHORTCUTS, ids=lambda one: one.id)
def test_every_key_is_bound_to_something(shortcut: shortcuts.Shortcut) -> None:
    if INDIRECT.match(shortcut.id):
        return
    of_rail = {page.key for page in RAIL}
    assert shortcut.id in of_rail or f'{{% hotkey "{shortcut.id}" %}}' in TEMPLATES


def test_one_key_means_one_thing_on_every_page() -> None:
    """`n` is "go on" everywhere: the next case from the queue, submit and next on a case."""
    meanings: dict[tuple[str, ...], set[str]] = {}
    for one in SHORTCUTS:
        if one.scope != KeyScope.SNOOZE:  # an open menu has the keys to itself
            meanings.setdefault(one.keys, set()).add(one.id)
    shared = {keys: ids for keys, ids in meanings.items() if len(ids) > 1}
    assert shared == {("n",): {"queue-next", "submit-next"}}


def test_what_is_printed_is_what_works() -> None:
    assert shortcuts.shown(shortcuts.BY_ID["submit-stay"]) == ["⇧N"]
    assert shortcuts.aria(shortcuts.BY_ID["submit"]) == "Control+Enter"
    assert shortcuts.aria(shortcuts.BY_ID["tab-why"]) == ""


def test_modules_import_nothing_by_a_name_that_hashing_changes() -> None:
    """Static files are served under hashed names only; an import by the plain one is a 404."""
    modules = (ROOT / "static" / "js").glob("*.js")
    assert [path.name for path in modules if re.search(r"^import ", path.read_text(), re.M)] == []
