"""How findings are folded into campaigns over time: what counts as new, how far a change reaches.

Pure. The live fusion keeps findings and campaigns in tables, the bench in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import blake2b
from typing import NamedTuple

import msgspec

from detectors import fusion
from detectors.base import FindingDraft, Meta
from detectors.fusion import Group
from detectors.pairs import Evidence, kept_graph, score_pairs

OPENS_ALONE_OBJECTS = 5
MAX_ROUNDS = 8


class Standing(NamedTuple):
    """A campaign before a change: its key, which grows with age, and who was in it."""

    key: int
    is_open: bool
    members: frozenset[str]


def revision_digest(draft: FindingDraft) -> str:
    """What makes a revision: other accounts, other evidence, another weight.

    Population numbers move at every tick; a finding that only they moved stays as it was told,
    with the constants from which its score was computed.
    """
    pairs = [(first, second) for first, second, _ in draft.links]
    told = (draft.subjects, draft.signal_ids, draft.tier, draft.llr, draft.lapsed, pairs)
    return blake2b(msgspec.msgpack.encode(told), digest_size=16).hexdigest()


def evidence_of(draft: FindingDraft, meta: Meta, number: int = 0) -> Evidence:
    """What the fusion needs of a finding. number: its id, 0 while it has none."""
    synchronous = draft.values.get("synchronous_objects", 0)
    return Evidence(
        id=number,
        detector=meta.slug,
        family=str(draft.family or meta.family),
        anchor=f"{draft.anchor.type}:{draft.anchor.value}",
        subjects=draft.subjects,
        links=draft.links,
        llr=draft.llr,
        first_at=draft.first_at,
        last_at=draft.last_at,
        signals=max(draft.signal_total, len(draft.signal_ids)),
        opens_alone=synchronous >= OPENS_ALONE_OBJECTS,
    )


def neighbourhood(
    accounts: Iterable[str], evidence_about: Callable[[set[str]], Iterable[Evidence]]
) -> tuple[list[Evidence], set[str]]:
    """Evidence around accounts, and all accounts that kept edges reach from them.

    A pair is never kept on weak evidence alone, so only accounts at the end of a kept edge are
    followed, and those that hang on a group: a shared address does not pull half the desk in.
    """
    known = set(accounts)
    frontier = set(known)
    evidence: dict[int, Evidence] = {}
    for _ in range(MAX_ROUNDS):
        for one in evidence_about(frontier):
            evidence[one.id] = one
        named = {name for one in evidence.values() for name in one.subjects}
        scored = sorted(known | named)[: fusion.MAX_ACCOUNTS]
        pairs = score_pairs(list(evidence.values()), scored)
        graph = kept_graph(pairs)
        reached = {
            other for name in known if name in graph for other in graph.neighbors(name)
        } - known
        reached = reached or fusion.drawn_in(pairs, known) - known
        if not reached or len(known) >= fusion.MAX_ACCOUNTS:
            break
        known |= reached
        frontier = reached
    return [evidence[key] for key in sorted(evidence)], known


def groups_around(
    accounts: Iterable[str], evidence_about: Callable[[set[str]], Iterable[Evidence]]
) -> list[Group]:
    """The campaigns around accounts as all evidence has them now."""
    evidence, closed = neighbourhood(accounts, evidence_about)
    return fusion.groups_of(score_pairs(evidence, sorted(closed)), evidence)


def heirs(before: Sequence[Standing], groups: Sequence[Group]) -> Mapping[int, list[Standing]]:
    """Group number -> the campaigns it continues, the one that lives on first.

    A campaign lives on in the group that holds most of its members, if that is at least half. Of
    several the oldest one that has opened does: what has opened never goes back to the watch list,
    so whether the intake came before or after a merger makes no difference.
    """
    found: dict[int, list[Standing]] = {}
    for campaign in before:
        shared = [
            (len(campaign.members.intersection(group.members)), -place)
            for place, group in enumerate(groups)
        ]
        count, place = max(shared, default=(0, 0))
        if count and 2 * count >= len(campaign.members):
            found.setdefault(-place, []).append(campaign)
    return {place: sorted(several, key=_seniority) for place, several in found.items()}


def _seniority(campaign: Standing) -> tuple[bool, int]:
    return not campaign.is_open, campaign.key
