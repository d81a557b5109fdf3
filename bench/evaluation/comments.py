"""Rings of spam comments: how many rules for texts find as they are set, and D2 set for them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from typing import Any, Final

import networkx as nx

from bench.evaluation.desk import SECRET
from bench.evaluation.measures import share
from detectors.base import BaseParams, Detector, FindingDraft, Signal
from detectors.comparables import folded, similarity
from detectors.engine import run_all
from detectors.rules.near_duplicate_text import NearDuplicateParams, NearDuplicateText
from detectors.rules.repeated_comment import RepeatedComment, RepeatedCommentParams
from detectors.scoring import MIN_ACCOUNTS

HAM_LIMIT: Final = 0.01
RING_J: Final = NearDuplicateParams().j_alert
CHOICES: Final = tuple(product((40, 30, 20, 10), (6, 3), (24, 168, 720)))
"""Fewest characters, fewest words, hours: what somebody might set for comments; as it is first."""

Part = Sequence[Signal]


@dataclass(frozen=True, slots=True)
class Rings:
    """Rings of which at least half of the accounts are named, of all; spam and ham cited."""

    found: int
    rings: int
    spam: int
    ham: int


def rings_of(signals: Iterable[Signal]) -> list[frozenset[str]]:
    """Accounts that wrote one text, three or more, however far apart and however short it is."""
    writers: dict[str, set[str]] = {}
    for signal in signals:
        if text := folded(signal.text):
            writers.setdefault(text, set()).add(signal.account)
    alike: nx.Graph[str] = nx.Graph()
    alike.add_nodes_from(writers)
    alike.add_edges_from(
        (one, two) for one, two in combinations(writers, 2) if similarity(one, two) >= RING_J
    )
    found = [
        frozenset[str]().union(*(writers[text] for text in texts))
        for texts in nx.connected_components(alike)
    ]
    return [ring for ring in found if len(ring) >= MIN_ACCOUNTS]


def judge(part: Part, spam: frozenset[int], p: NearDuplicateParams) -> Rings:
    """What D2 finds among the comments of one part."""
    return _counted(part, spam, _standing(NearDuplicateText(SECRET), p, part))


def judge_as_set(part: Part, spam: frozenset[int]) -> Rings:
    """What D2 and the rule for short comments find as they ship."""
    drafts = _standing(NearDuplicateText(SECRET), NearDuplicateParams(), part)
    drafts += _standing(RepeatedComment(SECRET), RepeatedCommentParams(), part)
    return _counted(part, spam, drafts)


def held_out(parts: Mapping[str, Part], spam: frozenset[int]) -> Rings:
    """Each part judged by the choice that finds most spam in the others at no more than 1 % ham."""
    table = {
        (name, choice): judge(part, spam, _params(choice))
        for name, part in parts.items()
        for choice in CHOICES
    }
    ham = {name: sum(one.id not in spam for one in part) for name, part in parts.items()}
    told = []
    for name in parts:
        others = [other for other in parts if other != name]
        bearable = [
            choice
            for choice in CHOICES
            if share(sum(table[other, choice].ham for other in others),
                     sum(ham[other] for other in others)) <= HAM_LIMIT
        ]  # fmt: skip
        best = max(
            bearable or CHOICES[:1], key=lambda one: sum(table[other, one].spam for other in others)
        )
        told.append(table[name, best])
    return added(told)


def added(several: Iterable[Rings]) -> Rings:
    """The sums."""
    columns = zip(*((one.found, one.rings, one.spam, one.ham) for one in several), strict=True)
    return Rings(*(sum(column) for column in columns))


def by_target(signals: Iterable[Signal]) -> dict[str, list[Signal]]:
    """The comments below each video."""
    parts: dict[str, list[Signal]] = {}
    for signal in signals:
        parts.setdefault(signal.objects[0] if signal.objects else "", []).append(signal)
    return parts


def _standing(rule: Detector[Any, Any], params: BaseParams, part: Part) -> list[FindingDraft]:
    last = {one.draft.anchor: one.draft for one in run_all(rule, params, part)}
    return [one for one in last.values() if not one.lapsed]


def _counted(part: Part, spam: frozenset[int], drafts: Sequence[FindingDraft]) -> Rings:
    named = {name for draft in drafts for name in draft.subjects}
    cited = {id_ for draft in drafts for id_ in draft.signal_ids}
    rings = rings_of(one for one in part if one.id in spam)
    found = sum(2 * len(ring & named) >= len(ring) for ring in rings)
    return Rings(found, len(rings), len(cited & spam), len(cited - spam))


def _params(choice: tuple[int, int, int]) -> NearDuplicateParams:
    chars, tokens, hours = choice
    return NearDuplicateParams(min_chars=chars, min_tokens=tokens, window_h=hours)
