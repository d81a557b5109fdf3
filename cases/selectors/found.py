"""Looks for words in everything that people and the desk wrote about cases, and in signals."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import product
from typing import Any, Final

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse

from abusedesk.core.models import User
from abusedesk.core.patience import within
from abusedesk.core.query import Query, Term
from cases import policy
from cases.blind import unveiled, veiled_of
from cases.choices import State
from cases.lineage import survivor_id
from cases.models import Case, Decision, EvidenceFile, Note, Task
from cases.models.words import CaseText
from cases.search.words import Piece, forms_of, place_of
from cases.selectors.appeal import appeals_for
from cases.selectors.case import cases_for
from cases.selectors.lineage import family_of
from detectors.search import Goal
from detectors.selectors.search import hits_for, signals_of

SHOWN: Final = 20  # of each kind
PATIENCE_MS: Final = 400  # of each kind
SIGNALS: Final = Goal(most=SHOWN + 1, enough=SHOWN + 1, soft_s=0.4, hard_s=0.4)


@dataclass(frozen=True, slots=True)
class Hit:
    """One place. about: the case or signal by name; who: user name of who wrote it."""

    about: str
    href: str
    at: datetime
    who: str
    place: list[Piece]


@dataclass(frozen=True, slots=True)
class Hits:
    """Places of one kind, newest first. more: there are others; gave_up: it took too long."""

    kind: str
    title: str
    hits: list[Hit]
    more: bool = False
    gave_up: bool = False


def hits_by_words(words: Sequence[str], viewer: User) -> list[Hits]:
    """Each kind in which all words stand in one place, as far as the viewer may see it."""
    if not words or not policy.allowed(viewer, "case.view"):
        return []
    kinds = [_kind(*kind, words, viewer) for kind in _KINDS]
    return [kind for kind in kinds if kind.hits or kind.gave_up]


def _kind(
    kind: str,
    title: str,
    look: Callable[[Sequence[str], User], Iterator[Hit]],
    words: Sequence[str],
    viewer: User,
) -> Hits:
    found = within(PATIENCE_MS, lambda: list(look(words, viewer)))
    if found is None:
        return Hits(kind, title, [], gave_up=True)
    return Hits(kind, title, found[:SHOWN], more=len(found) > SHOWN)


def _newest(rows: QuerySet[Any, Any], words: Sequence[str], *columns: str) -> QuerySet[Any, Any]:
    """Rows in which each word stands in one of the columns, along their indexes."""
    for word in words:
        anywhere = Q()
        for column, form in product(columns, forms_of(word)):
            anywhere |= Q(**{f"{column}__icontains": form})
        rows = rows.filter(anywhere)
    return rows.order_by("-pk")[: SHOWN + 1]


def _of_cases(rows: QuerySet[Any, Any], viewer: User, *also: str) -> QuerySet[Any, Any]:
    seen = cases_for(viewer).order_by().values("pk")
    return rows.filter(case__in=seen).select_related("case", *also)


def _cases(words: Sequence[str], viewer: User) -> Iterator[Hit]:
    rows = cases_for(viewer).exclude(state=State.MERGED).alias(told=CaseText())
    for row in _newest(rows, words, "told"):
        said = [row.title, *(one["text"] for one in row.summary), *row.reasons]
        first = [form.lower() for form in forms_of(words[0])]
        told = next((one for one in said if any(f in one.lower() for f in first)), row.title)
        yield _hit(row, "", row.opened_at, "", told, words)


def _notes(words: Sequence[str], viewer: User) -> Iterator[Hit]:
    """Without those that would tell a verdict that the viewer must not know yet."""
    veiled = Decision.objects.filter(~unveiled(viewer), case=OuterRef("case"))
    kept = Exists(veiled.filter(actor=OuterRef("author")))
    rows = _of_cases(Note.objects.filter(~kept), viewer, "author")
    found = list(_newest(rows, words, "body"))
    authors = {row.author_id for row in found}
    waiting = Decision.objects.filter(~unveiled(viewer), actor__in=authors).order_by()
    judged = set(waiting.values_list("actor", flat=True).distinct())
    for row in found:
        if row.author_id not in judged or not _is_kept(row, viewer):
            yield _hit(row.case, f"#note-{row.pk}", row.created_at, row.author, row.body, words)


def _is_kept(note: Note, viewer: User) -> bool:
    """Whether it is kept with a verdict on a case that went into the note's, or took it in."""
    family = family_of(Case.objects.get(pk=survivor_id(note.case_id))).refs
    return veiled_of(family, viewer).filter(actor=note.author).exists()


def _decisions(words: Sequence[str], viewer: User) -> Iterator[Hit]:
    rows = _of_cases(Decision.objects.filter(unveiled(viewer)), viewer, "actor")
    for row in _newest(rows, words, "reason"):
        yield _hit(row.case, "?tab=timeline", row.created_at, row.actor, row.reason, words)


def _appeals(words: Sequence[str], viewer: User) -> Iterator[Hit]:
    for row in _newest(appeals_for(viewer), words, "statement", "ruling"):
        told = f"{row.statement} {row.ruling}"
        href = reverse("cases:appeal", args=[row.pk])
        place = place_of(told, words)
        yield Hit(row.decision.case.ref, href, row.opened_at, row.appellant, place)


def _tasks(words: Sequence[str], viewer: User) -> Iterator[Hit]:
    for row in _newest(_of_cases(Task.objects.all(), viewer, "added_by"), words, "text"):
        yield _hit(row.case, "", row.added_at, row.added_by or "", row.text, words)


def _files(words: Sequence[str], viewer: User) -> Iterator[Hit]:
    rows = _of_cases(EvidenceFile.objects.all(), viewer, "added_by")
    for row in _newest(rows, words, "name", "note"):
        told = f"{row.name}: {row.note}" if row.note else row.name
        yield _hit(row.case, "?tab=files", row.added_at, row.added_by, told, words)


def _signals(words: Sequence[str], viewer: User) -> Iterator[Hit]:
    """By the index and the walk of the explorer."""
    query = Query(tuple(Term("", (word,)) for word in words))
    found = hits_for(viewer, query, SIGNALS)
    for row in signals_of(found.hits, viewer):
        href = reverse("detectors:signal-detail", args=[row.pk])
        who = f"{row.platform}:{row.actor}"
        place = place_of(row.text, words)
        yield Hit(f"{row.kind} {row.pk}", href, row.occurred_at, who, place)


def _hit(case: Case, part: str, at: datetime, who: object, text: str, words: Sequence[str]) -> Hit:
    href = f"{reverse('cases:case-detail', args=[case.ref])}{part}"
    return Hit(case.ref, href, at, str(who), place_of(text, words))


_KINDS: Final = (
    ("cases", "Cases", _cases),
    ("notes", "Notes", _notes),
    ("decisions", "Decisions", _decisions),
    ("appeals", "Appeals", _appeals),
    ("tasks", "Tasks", _tasks),
    ("files", "Evidence files", _files),
    ("signals", "Signals", _signals),
)
