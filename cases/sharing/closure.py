"""References that lead nowhere, or to what is marked narrower, are left out. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from cases.sharing import tlp
from cases.sharing.stix import Object


def closed(objects: Iterable[Object]) -> list[Object]:
    """Objects without those that refer to what is not there, or to what is marked narrower.

    A list of references loses the ones that lead nowhere; what loses all of them stays too.
    """
    kept = {one["id"]: one for one in objects}
    while True:
        left = {id: cut for id, one in kept.items() if (cut := _cut(one, kept)) is not None}
        if left == kept:
            return list(kept.values())
        kept = left


def _cut(one: Object, kept: dict[str, Object]) -> Object | None:
    """The object with the references that hold; None without one that it has to have."""
    cut = dict(one)
    level = tlp.level_of(one)
    for name, value in one.items():
        if name == "object_marking_refs":
            continue
        if name.endswith("_refs"):
            cut[name] = [ref for ref in value if _reaches(ref, level, kept)]
            if not cut[name]:
                return None
        elif name.endswith("_ref") and not _reaches(value, level, kept):
            return None
    return cut


def _reaches(ref: str, level: str | None, kept: dict[str, Object]) -> bool:
    there = kept.get(ref)
    if there is None:
        return False
    theirs = tlp.level_of(there)
    return level is None or theirs is None or tlp.rank(theirs) <= tlp.rank(level)
