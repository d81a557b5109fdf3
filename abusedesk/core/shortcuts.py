"""The registry of keys: dialog, hints and `hotkeys.js` are made from it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum


class KeyScope(StrEnum):
    """Where a key works. Scopes of one entry of `TOGETHER` are active at the same time."""

    GLOBAL = "global"
    ITEMS = "items"
    QUEUE = "queue"
    CASE = "case"
    GRAPH = "graph"
    EDITOR = "editor"
    SNOOZE = "snooze"


SCOPE_TITLES = {
    KeyScope.GLOBAL: "Everywhere",
    KeyScope.ITEMS: "Rows and evidence",
    KeyScope.QUEUE: "Queue",
    KeyScope.CASE: "Case",
    KeyScope.GRAPH: "Graph, with the focus inside",
    KeyScope.EDITOR: "Settings of detectors, rules",
    KeyScope.SNOOZE: "Open snooze menu",
}
TOGETHER = (
    (KeyScope.GLOBAL, KeyScope.ITEMS, KeyScope.QUEUE),
    (KeyScope.GLOBAL, KeyScope.ITEMS, KeyScope.CASE, KeyScope.GRAPH),
    (KeyScope.GLOBAL, KeyScope.ITEMS, KeyScope.EDITOR),
    (KeyScope.SNOOZE,),  # an open menu goes before the page behind it
)


@dataclass(frozen=True, slots=True)
class Shortcut:
    """One key. `id` is what elements carry as `data-hotkey`; pressing the key clicks the element.

    keys: one chord, or two for a sequence. Shift is written for letters only.
    typing: whether it also works inside text fields.
    """

    id: str
    scope: KeyScope
    keys: tuple[str, ...]
    label: str
    typing: bool = False


SHORTCUTS = (
    Shortcut("help", KeyScope.GLOBAL, ("?",), "Show the keys"),
    Shortcut("search", KeyScope.GLOBAL, ("/",), "Search this list"),
    Shortcut("palette", KeyScope.GLOBAL, ("Ctrl+k",), "Jump to anything", typing=True),
    Shortcut("back", KeyScope.GLOBAL, ("Escape",), "Close, or back to the list"),
    Shortcut("undo", KeyScope.GLOBAL, ("u",), "Undo the last decision, or a job on its page"),
    Shortcut("tray", KeyScope.GLOBAL, ("w",), "Put it, or what is selected, in the tray"),
    Shortcut("copy-link", KeyScope.GLOBAL, (".",), "Copy the link of this page"),
    Shortcut("decoded", KeyScope.GLOBAL, ("d",), "Code points of the text of a signal"),
    Shortcut("peek", KeyScope.GLOBAL, ("b",), "Hold: see the covered evidence of this row"),
    Shortcut("translate", KeyScope.GLOBAL, ("Shift+T",), "Translate this row, held if covered"),
    Shortcut("cover", KeyScope.GLOBAL, ("0",), "Cover the page at once"),
    Shortcut("go-work", KeyScope.GLOBAL, ("g", "m"), "My work"),
    Shortcut("go-inbox", KeyScope.GLOBAL, ("g", "i"), "Notices: what you were told"),
    Shortcut("go-search", KeyScope.GLOBAL, ("g", "w"), "Search for words in everything"),
    Shortcut("go-queues", KeyScope.GLOBAL, ("g", "q"), "Queues"),
    Shortcut("go-cases", KeyScope.GLOBAL, ("g", "c"), "Cases"),
    Shortcut("go-entities", KeyScope.GLOBAL, ("g", "e"), "Entities"),
    Shortcut("go-tray", KeyScope.GLOBAL, ("g", "t"), "Tray: what you put aside"),
    Shortcut("go-signals", KeyScope.GLOBAL, ("g", "f"), "Signals"),
    Shortcut("go-detectors", KeyScope.GLOBAL, ("g", "d"), "Detectors"),
    Shortcut("go-sharing", KeyScope.GLOBAL, ("g", "s"), "Sharing"),
    Shortcut("go-quality", KeyScope.GLOBAL, ("g", "r"), "Quality"),
    Shortcut("go-dashboards", KeyScope.GLOBAL, ("g", "o"), "Operations dashboard"),
    Shortcut("go-settings", KeyScope.GLOBAL, ("g", "a"), "Tokens"),
    Shortcut("go-personal", KeyScope.GLOBAL, ("g", "p"), "Personal settings"),
    Shortcut("item-next", KeyScope.ITEMS, ("j",), "Next row"),
    Shortcut("item-previous", KeyScope.ITEMS, ("k",), "Previous row"),
    Shortcut("item-open", KeyScope.ITEMS, ("o",), "Open the row (also Enter)"),
    Shortcut("item-preview", KeyScope.ITEMS, (" ",), "Preview the case of the row"),
    Shortcut("item-select", KeyScope.ITEMS, ("x",), "Select the row"),
    Shortcut("item-extend", KeyScope.ITEMS, ("Shift+J",), "Select it and the next row"),
    Shortcut("item-extend-back", KeyScope.ITEMS, ("Shift+K",), "Select it and the previous row"),
    Shortcut("filter", KeyScope.ITEMS, ("f",), "Filter"),
    Shortcut("show-new", KeyScope.ITEMS, ("r",), "Show new rows"),
    Shortcut("queue-next", KeyScope.QUEUE, ("n",), "Start review: claim the next case"),
    Shortcut("verdict-1", KeyScope.CASE, ("1",), "Abuse confirmed"),
    Shortcut("verdict-2", KeyScope.CASE, ("2",), "Coordinated, legitimate"),
    Shortcut("verdict-3", KeyScope.CASE, ("3",), "No abuse"),
    Shortcut("verdict-4", KeyScope.CASE, ("4",), "Cannot tell"),
    Shortcut("reason", KeyScope.CASE, ("y",), "Write the reason"),
    Shortcut("ask-second", KeyScope.CASE, ("q",), "Ask for a second opinion first"),
    Shortcut("submit-next", KeyScope.CASE, ("n",), "Submit and take the next case"),
    Shortcut("submit-stay", KeyScope.CASE, ("Shift+N",), "Submit and stay"),
    Shortcut("submit", KeyScope.CASE, ("Ctrl+Enter",), "Submit, also while typing", typing=True),
    Shortcut("claim", KeyScope.CASE, ("a",), "Claim, also what a preview shows"),
    Shortcut("skip", KeyScope.CASE, ("z",), "Skip: give it back, take the next one"),
    Shortcut("release", KeyScope.CASE, ("Shift+Z",), "Give it back and stay"),
    Shortcut("escalate", KeyScope.CASE, ("e",), "Escalate, also what a preview shows"),
    Shortcut("snooze", KeyScope.CASE, ("h",), "Snooze, also what is selected"),
    Shortcut("note", KeyScope.CASE, ("c",), "Write a note"),
    Shortcut("shared-note", KeyScope.CASE, ("Shift+C",), "Write a note that partners read"),
    Shortcut("policy", KeyScope.CASE, ("p",), "Choose the policy"),
    Shortcut("checklist", KeyScope.CASE, ("t",), "Checklist: write a task"),
    Shortcut("label", KeyScope.CASE, ("l",), "Label, also what is selected"),
    Shortcut("merge", KeyScope.CASE, ("m",), "Merge or cut"),
    Shortcut("share", KeyScope.CASE, ("s",), "Share with partners"),
    Shortcut("case-previous", KeyScope.CASE, ("<",), "Previous case of the queue"),
    Shortcut("case-next", KeyScope.CASE, (">",), "Next case of the queue"),
    Shortcut("tab-summary", KeyScope.CASE, ("v", "s"), "Summary"),
    Shortcut("tab-evidence", KeyScope.CASE, ("v", "e"), "Evidence"),
    Shortcut("tab-why", KeyScope.CASE, ("v", "w"), "Why"),
    Shortcut("tab-graph", KeyScope.CASE, ("v", "g"), "Graph"),
    Shortcut("tab-files", KeyScope.CASE, ("v", "f"), "Files"),
    Shortcut("tab-related", KeyScope.CASE, ("v", "r"), "Related cases"),
    Shortcut("tab-timeline", KeyScope.CASE, ("v", "t"), "Timeline"),
    Shortcut("tab-precedents", KeyScope.CASE, ("v", "p"), "Precedents"),
    Shortcut("assign", KeyScope.CASE, ("Shift+A",), "Assign, also what is selected"),
    Shortcut("graph-up", KeyScope.GRAPH, ("ArrowUp",), "Neighbour above"),
    Shortcut("graph-down", KeyScope.GRAPH, ("ArrowDown",), "Neighbour below"),
    Shortcut("graph-left", KeyScope.GRAPH, ("ArrowLeft",), "Neighbour to the left"),
    Shortcut("graph-right", KeyScope.GRAPH, ("ArrowRight",), "Neighbour to the right"),
    Shortcut("graph-in", KeyScope.GRAPH, ("+",), "Zoom in"),
    Shortcut("graph-out", KeyScope.GRAPH, ("-",), "Zoom out"),
    Shortcut("graph-fit", KeyScope.GRAPH, ("Home",), "Show the whole graph"),
    Shortcut("graph-open", KeyScope.GRAPH, ("Enter",), "Open the node or link beside the graph"),
    Shortcut("graph-expand", KeyScope.GRAPH, ("Shift+E",), "Show what the node touches"),
    Shortcut("graph-isolate", KeyScope.GRAPH, ("i",), "Show only the node and what it touches"),
    Shortcut("graph-cut", KeyScope.GRAPH, ("Delete",), "Preview a cut of the link"),
    Shortcut("save-draft", KeyScope.EDITOR, ("Ctrl+s",), "Save, also while typing", typing=True),
    Shortcut("snooze-day", KeyScope.SNOOZE, ("1",), "For a day"),
    Shortcut("snooze-week", KeyScope.SNOOZE, ("w",), "For a week"),
    Shortcut("snooze-date", KeyScope.SNOOZE, ("d",), "Until a date"),
    Shortcut("snooze-escalates", KeyScope.SNOOZE, ("e",), "Until it escalates"),
)
BY_ID = {shortcut.id: shortcut for shortcut in SHORTCUTS}
SIGNS = {
    " ": "Space",
    "ArrowUp": "↑",
    "ArrowDown": "↓",
    "ArrowLeft": "←",
    "ArrowRight": "→",
    "Delete": "Del",
    "Escape": "Esc",
    "Shift+A": "⇧A",
    "Shift+C": "⇧C",
    "Shift+E": "⇧E",
    "Shift+J": "⇧J",
    "Shift+K": "⇧K",
    "Shift+N": "⇧N",
    "Shift+T": "⇧T",
    "Shift+Z": "⇧Z",
    "Ctrl+Enter": "Ctrl ↵",
    "Ctrl+k": "Ctrl K",
    "Ctrl+s": "Ctrl S",
}


# One printable character; Shift is written for letters only.
KEY = re.compile(r"[!-@\[-~]|Shift\+[A-Z]")


def rebindable(shortcut: Shortcut) -> bool:
    """Single keys can be changed or switched off; chords, sequences and Escape stay."""
    return len(shortcut.keys) == 1 and bool(KEY.fullmatch(shortcut.keys[0]))


def rebound(own: Mapping[str, str]) -> list[Shortcut]:
    """The registry with somebody's own keys, by id; an empty one switches a key off."""
    changed = (
        replace(one, keys=(own[one.id],)) if one.id in own and rebindable(one) else one
        for one in SHORTCUTS
    )
    return [one for one in changed if all(one.keys)]


def in_force(own: Mapping[str, str]) -> Sequence[Shortcut]:
    """What works for somebody; the defaults where own keys clash with one that is new."""
    entries = rebound(own)
    return SHORTCUTS if any(clashes(entries)) else entries


def clashes(entries: Iterable[Shortcut]) -> Iterator[tuple[Shortcut, Shortcut]]:
    """Pairs that want the same key while both are active; the start of a sequence is a key too."""
    listed = list(entries)
    for scopes in TOGETHER:
        active = [one for one in listed if one.scope in scopes]
        firsts = Counter(one.keys[0] for one in active)
        for at, one in enumerate(active):
            if firsts[one.keys[0]] > 1:
                yield from ((one, other) for other in active[at + 1 :] if _alike(one, other))


def shown(shortcut: Shortcut) -> list[str]:
    """The keys as they are printed."""
    return [SIGNS.get(key, key) for key in shortcut.keys]


def aria(shortcut: Shortcut) -> str:
    """Value of `aria-keyshortcuts`; sequences have no notation there."""
    if len(shortcut.keys) > 1:
        return ""
    return shortcut.keys[0].replace("Ctrl", "Control").replace(" ", "Space")


def groups(entries: Iterable[Shortcut] = SHORTCUTS) -> list[tuple[str, list[Shortcut]]]:
    """The dialog: title of each scope with its keys."""
    listed = list(entries)
    return [
        (SCOPE_TITLES[scope], [entry for entry in listed if entry.scope == scope])
        for scope in KeyScope
    ]


def as_json(entries: Iterable[Shortcut] = SHORTCUTS) -> list[dict[str, object]]:
    """What `hotkeys.js` reads."""
    return [asdict(shortcut) for shortcut in entries]


def _alike(one: Shortcut, other: Shortcut) -> bool:
    shorter = min(len(one.keys), len(other.keys))
    return one.keys[:shorter] == other.keys[:shorter]
