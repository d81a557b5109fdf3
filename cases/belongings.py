"""What people put to a case, which goes along when the case is merged, and comes back."""

from __future__ import annotations

from typing import Any, Final

from django.db.models import QuerySet

from cases.models import Case, CaseAddition, CaseWatch, EvidenceFile, Task

Moved = dict[str, list[int]]
# Name -> rows, and the column in which a case has no two rows alike; None where it may.
KINDS: Final[dict[str, tuple[Any, str | None]]] = {
    "tasks": (Task, None),
    "files": (EvidenceFile, "sha256"),
    "watches": (CaseWatch, "user"),
    "additions": (CaseAddition, "digest"),
}


def move(source: Case, into: Case) -> Moved:
    """Tasks, files and watchers of `source` are those of `into`. Returns which went along.

    What `into` has already, the same bytes or the same person, stays where it is.
    """
    return {name: _move(_rows(name, source), name, into) for name in KINDS}


def bring_back(moved: Moved, source: Case, into: Case) -> None:
    """Those of `moved` that are still with `source` go to `into`, as they are by now."""
    for name, ids in moved.items():
        _move(_rows(name, source).filter(pk__in=ids), name, into)


def labels_of_both(one: Case, other: Case) -> list[str]:
    """Each label once, sorted."""
    return sorted({*one.labels, *other.labels})


def _rows(name: str, case: Case) -> QuerySet[Any]:
    model, _ = KINDS[name]
    rows: QuerySet[Any] = model.objects.filter(case=case)
    return rows


def _move(rows: QuerySet[Any], name: str, into: Case) -> list[int]:
    _, alike = KINDS[name]
    if alike is not None:
        rows = rows.exclude(**{f"{alike}__in": _rows(name, into).values(alike)})
    ids = list(rows.values_list("pk", flat=True))
    if ids:
        KINDS[name][0].objects.filter(pk__in=ids).update(case=into)
    return ids
