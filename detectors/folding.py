"""How findings are folded into campaigns over time: what counts as new, how far a change reaches.

Pure. The live fusion keeps findings and campaigns in tables, the bench in memory.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from hashlib import blake2b
from typing import NamedTuple

import msgspec

from detectors import fusion, scoring
from detectors.base import FindingDraft, Meta
from detectors.fusion import Group
from detectors.pairs import Evidence, kept_graph, score_pairs
from detectors.ties import MAX_REACH

EvidenceAbout = Callable[[set[str]], Iterable[Evidence]]

OPENS_ALONE_OBJECTS = 5
MAX_ROUNDS = 8


class Standing(NamedTuple):
    """A campaign before a change: its key, which grows with age, and who was in it.

    faded: members that no evidence ties to it any more.
    """

    key: int
    is_open: bool
    members: frozenset[str]
    faded: frozenset[str] = frozenset()

    @property
    def everybody(self) -> frozenset[str]:
        """All accounts of the campaign."""
        return self.members | self.faded


class Part(NamedTuple):
    """Accounts that have to be looked at together, and the evidence about them."""

    evidence: list[Evidence]
    accounts: set[str]


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
    accounts: Iterable[str], evidence_about: EvidenceAbout
) -> tuple[list[Evidence], set[str]]:
    """Evidence around accounts, and all accounts that near pairs reach from them.

    A pair is never kept on weak evidence alone, so only accounts at the end of a pair that a group
    could lift are followed, and those that hang on a group: a shared address does not pull half the
    desk in.
    """
    known = set(accounts)
    frontier = set(known)
    evidence: dict[int, Evidence] = {}
    for _ in range(MAX_ROUNDS):
        for one in evidence_about(frontier):
            evidence[one.id] = one
        weighty = _weighty(known, list(evidence.values()))
        if not weighty:
            break
        scored = sorted(known | weighty)[: fusion.MAX_ACCOUNTS]
        pairs = score_pairs(list(evidence.values()), scored)
        graph = kept_graph(pairs, scoring.S_NEAR)
        reached = {
            other for name in known if name in graph for other in graph.neighbors(name)
        } - known
        reached = reached or fusion.drawn_in(pairs, known) - known
        if not reached or len(known) >= fusion.MAX_ACCOUNTS:
            break
        known |= reached
        frontier = reached
    return [evidence[key] for key in sorted(evidence)], known


def parts_around(accounts: Iterable[str], evidence_about: EvidenceAbout) -> list[Part]:
    """The neighbourhoods of accounts, those that meet as one.

    What has nothing to do with each other is looked at apart: scores take the square of accounts.
    """
    parts: list[Part] = []
    waiting = set(accounts)
    while waiting:
        evidence, known = neighbourhood({min(waiting)}, evidence_about)
        waiting -= known
        meeting = [part for part in parts if not part.accounts.isdisjoint(known)]
        told = {one.id: one for part in meeting for one in part.evidence}
        told |= {one.id: one for one in evidence}
        parts = [part for part in parts if part not in meeting]
        known = known.union(*(part.accounts for part in meeting))
        parts.append(Part([told[key] for key in sorted(told)], known))
    return [part for part in parts if len(part.accounts) >= scoring.MIN_ACCOUNTS]


def groups_around(accounts: Iterable[str], evidence_about: EvidenceAbout) -> list[Group]:
    """The campaigns around accounts as all evidence has them now."""
    found: list[Group] = []
    for part in parts_around(accounts, evidence_about):
        pairs = score_pairs(part.evidence, sorted(part.accounts))
        found += fusion.groups_of(pairs, part.evidence)
    return found


def settled(
    accounts: Iterable[str],
    standing_of: Callable[[set[str]], Sequence[Standing]],
    groups_of: Callable[[set[str]], Sequence[Group]],
) -> tuple[Sequence[Standing], Sequence[Group]]:
    """Campaigns around accounts as they stand, and the groups that evidence makes there now.

    A group may reach far, so every campaign is there that has an account in common with one.
    """
    around = set(accounts)
    while True:
        before = standing_of(around)
        around = around.union(*(one.everybody for one in before))
        groups = groups_of(around)
        around = around.union(*(group.members for group in groups))
        if len(standing_of(around)) == len(before):
            return before, groups


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


def with_faded(
    group: Group,
    continued: Sequence[Standing],
    groups: Sequence[Group],
    freed: Collection[int] = (),
) -> dict[str, float]:
    """Members of a campaign that goes on, with how sure each is: 0 for those who are kept only.

    What somebody was named for in an open case does not become untrue with time, so nobody leaves
    one by evidence that fades; who is in another group now has left. freed: keys of campaigns that
    a person's word changes, which keep nobody whom it unties.
    """
    if not continued or not (group.opens or continued[0].is_open):
        return dict(group.members)
    elsewhere = frozenset[str]().union(*(other.members for other in groups if other is not group))
    was = frozenset[str]().union(
        *(one.faded if one.key in freed else one.everybody for one in continued if one.is_open)
    )
    gone = sorted(was.difference(group.members, elsewhere))
    return dict.fromkeys(gone, 0.0) | group.members


def _seniority(campaign: Standing) -> tuple[bool, int]:
    return not campaign.is_open, campaign.key


def _weighty(known: set[str], evidence: Sequence[Evidence]) -> set[str]:
    """Others that could belong to these accounts: by all that the evidence could say of a pair.

    Evidence of few is followed however little it weighs, as several may hang on one group by it.
    """
    most: defaultdict[str, dict[str, float]] = defaultdict(dict)
    things: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    found: set[str] = set()
    for one in evidence:
        others = [name for name in one.subjects if name not in known]
        if len(one.subjects) <= MAX_REACH:
            found.update(others)
            continue
        llr = max(one.llr, *(llr for _, _, llr in one.links)) if one.links else one.llr
        several = one.detector in scoring.SEVERAL
        for name in others:
            families = most[name]
            families[one.family] = max(families.get(one.family, 0.0), llr)
            if several:
                things[name, one.detector].add(one.anchor.partition("/")[0])
    for (name, detector), different in things.items():
        least, llr = scoring.SEVERAL[detector]
        if len(different) >= least:
            most[name][detector] = llr
    found.update(
        name
        for name, families in most.items()
        if scoring.PRIOR + sum(families.values()) >= scoring.S_NEAR
    )
    return found
