"""Evidence without what a detector is kept quiet about. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Final, NamedTuple

import msgspec

from detectors.grouping import JOINT
from detectors.pairs import Evidence

ACCOUNT: Final = "account"
MIN_SUBJECTS: Final = 2


class Quiet(NamedTuple):
    """A detector and the entity that it says nothing about."""

    detector: str
    type: str
    value: str


def without(evidence: Sequence[Evidence], quiet: Collection[Quiet]) -> Iterator[Evidence]:
    """The evidence that still counts: findings about the entity go; of others an account goes."""
    if not quiet:
        yield from evidence
        return
    for one in evidence:
        mine = [rule for rule in quiet if rule.detector == one.detector]
        if any(is_about(one.anchor.partition(":")[2], rule.value) for rule in mine):
            continue
        gone = {rule.value for rule in mine if rule.type == ACCOUNT}
        left = _left(one, gone) if gone.intersection(one.subjects) else one
        if left is not None:
            yield left


def is_about(anchor: str, value: str) -> bool:
    """Whether an anchor is this value, or a tuple that holds it."""
    wanted = value.lower()
    return any(part.lower() == wanted for part in (anchor, *anchor.split(JOINT)))


def _left(one: Evidence, gone: Collection[str]) -> Evidence | None:
    """Without these accounts; None where no pair is left."""
    kept = [name for name in one.subjects if name not in gone]
    if len(kept) < MIN_SUBJECTS:
        return None
    place = {name: n for n, name in enumerate(kept)}
    links = tuple(
        (place[one.subjects[first]], place[one.subjects[second]], llr)
        for first, second, llr in one.links
        if one.subjects[first] in place and one.subjects[second] in place
    )
    if one.links and not links:
        return None
    return msgspec.structs.replace(one, subjects=tuple(kept), links=links)
