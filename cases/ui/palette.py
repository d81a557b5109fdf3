"""What the palette offers: pages, saved views, queues, recent cases, and what a value names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from django.urls import reverse

from abusedesk.core import saved
from abusedesk.core.models import User
from abusedesk.core.text import defang
from cases import policy
from cases.models import Case
from cases.selectors.jump import cases_by_text, recent_cases_for
from cases.ui.pages import PAGES, STAFF
from detectors.selectors.entity import entities_by_text

MAX_CHARS: Final = 2_000
SEARCHES: Final = (
    ("cases:search", "Search everything for these words"),
    ("cases:case-list", "Search cases for these words"),
    ("detectors:signal-list", "Search signals for these words"),
)


@dataclass(frozen=True, slots=True)
class Jump:
    """One way to go. label may be written by anybody; hint is the desk's own."""

    href: str
    label: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Jumps of one kind under their title."""

    title: str
    jumps: list[Jump]


def groups_for(typed: str, viewer: User) -> list[Group]:
    """Everything that `typed` may mean and the viewer may see, the most exact first."""
    typed = " ".join(typed.replace("\x00", "")[:MAX_CHARS].split())
    found = (
        Group("Named by this", list(_named(typed, viewer)) if typed else []),
        Group("Recent cases", _matching(typed, map(_case, recent_cases_for(viewer)))),
        Group("Saved views", _matching(typed, _views(viewer))),
        Group("Queues", _matching(typed, _queues(viewer))),
        Group("Pages", _matching(typed, _pages(viewer))),
        Group("Search", list(_searches(typed)) if typed and viewer.role in STAFF else []),
    )
    return [group for group in found if group.jumps]


def _named(typed: str, viewer: User) -> Iterator[Jump]:
    yield from map(_case, cases_by_text(typed, viewer))
    for entity in entities_by_text(typed, viewer):
        href = reverse("detectors:entity-detail", args=[entity.type, entity.pk])
        yield Jump(href, defang(entity.value), entity.type)


def _case(case: Case) -> Jump:
    href = reverse("cases:case-detail", args=[case.ref])
    return Jump(href, f"{case.ref} {case.title}", case.queue.title)


def _views(viewer: User) -> Iterator[Jump]:
    for view in saved.views_for(viewer):
        whose = "team" if view.shared else "yours"
        yield Jump(
            reverse("view-open", args=[view.pk]), view.name, f"{view.at or view.page}, {whose}"
        )


def _queues(viewer: User) -> Iterator[Jump]:
    for queue in policy.queues_of(viewer):
        yield Jump(reverse("cases:queue", args=[queue.slug]), queue.title)


def _pages(viewer: User) -> Iterator[Jump]:
    return (Jump(reverse(one.name), one.title) for one in PAGES if viewer.role in one.roles)


def _searches(typed: str) -> Iterator[Jump]:
    quoted = '"' + typed.replace('"', " ") + '"'
    for name, label in SEARCHES:
        yield Jump(f"{reverse(name)}?{urlencode({'q': quoted})}", label)


def _matching(typed: str, jumps: Iterable[Jump]) -> list[Jump]:
    words = typed.casefold().split()
    return [one for one in jumps if all(word in one.label.casefold() for word in words)]
