"""How findings are folded into campaigns over time: what counts as new, how far a change reaches.

Pure. The live fusion keeps findings and campaigns in tables, the bench in memory.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from itertools import chain
from operator import itemgetter
from types import MappingProxyType
from typing import NamedTuple

import msgspec
import numpy as np
from scipy.sparse import csr_array

from detectors import fusion, scoring
from detectors.base import FindingDraft, Meta
from detectors.declared import Declared, judged_groups
from detectors.fusion import Group
from detectors.pairs import Evidence, Floats, score_pairs, things_of, with_several
from detectors.ties import MAX_REACH

EvidenceAbout = Callable[[set[str]], Iterable[Evidence]]
Members = Callable[[set[str]], set[str]]

OPENS_ALONE_OBJECTS = 5
MAX_ROUNDS = 8
DENSE = 1_000
"""Accounts up to which a table of all their pairs is worth its memory, 8 MB."""


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
    accounts: Iterable[str], evidence_about: EvidenceAbout, grouped: Members = set
) -> tuple[list[Evidence], set[str]]:
    """Evidence around accounts, and all accounts that near pairs reach from them.

    A pair is never kept on weak evidence alone, so only accounts at the end of a pair that a group
    could lift are followed, and those that hang on a group: a shared address does not pull half the
    desk in. grouped: which of some accounts may be in a group; nobody hangs on the others.
    """
    known = set(accounts)
    frontier = set(known)
    evidence: dict[int, Evidence] = {}
    for _ in range(MAX_ROUNDS):
        evidence |= {one.id: one for one in evidence_about(frontier)}
        told = list(evidence.values())
        if len(known) == 1 and not _may_belong(known, told):
            break
        frontier = _near(known, told) or _hanging(known, told, grouped)
        if not frontier or len(known) >= fusion.MAX_ACCOUNTS:
            break
        known |= frontier
    return [evidence[key] for key in sorted(evidence)], known


def parts_around(
    accounts: Iterable[str], evidence_about: EvidenceAbout, members: Members = set
) -> list[Part]:
    """The neighbourhoods of accounts, those that meet as one.

    What has nothing to do with each other is looked at apart: scores take the square of accounts.
    members: which of some accounts are in a campaign. Who is near nobody can only hang on one, so
    without one around there is nothing to look at.
    """
    around = set(accounts)
    evidence = list(evidence_about(around))
    few = [one.subjects for one in evidence if len(one.subjects) <= MAX_REACH]
    hopes = hopeful(around, evidence)
    waiting = hopes | members(around.union(*few))
    parts: list[Part] = []
    while waiting:
        told, known = neighbourhood(
            {min(waiting)}, evidence_about, lambda names: members(names) | names & hopes
        )
        waiting -= known
        meeting = [part for part in parts if not part.accounts.isdisjoint(known)]
        found = {one.id: one for part in meeting for one in part.evidence}
        found |= {one.id: one for one in told}
        parts = [part for part in parts if part not in meeting]
        known = known.union(*(part.accounts for part in meeting))
        parts.append(Part([found[key] for key in sorted(found)], known))
    return [part for part in parts if len(part.accounts) >= scoring.MIN_ACCOUNTS]


def groups_around(
    accounts: Iterable[str],
    evidence_about: EvidenceAbout,
    members: Members = set,
    declared: Declared = MappingProxyType({}),
) -> list[Group]:
    """The campaigns around accounts as all evidence has them now."""
    found: list[Group] = []
    for part in parts_around(accounts, evidence_about, members):
        found += judged_groups(part.evidence, sorted(part.accounts), declared)
    return found


def hopeful(accounts: set[str], evidence: Sequence[Evidence]) -> set[str]:
    """Those of the accounts that may be near another one, were all evidence as fresh as new.

    Thousands of accounts are looked at in few multiplications; of crowds only those for whom it
    could matter.
    """
    least = scoring.S_NEAR - scoring.PRIOR
    said = _most_of(evidence, tuple)
    index: dict[str, int] = {}
    for name, families in said.items():
        if sum(families.values()) >= least:
            index[name] = len(index)
    if not index:
        return set()
    # what names one of them says of no pair
    telling = [one for one in evidence if sum(map(index.__contains__, one.subjects)) > 1]
    told = sorted({one.family for one in telling})
    each = ([one for one in telling if one.family == family] for family in told)
    best = _best_sums(each, index)
    return {name for name, place in index.items() if best[place] >= least} & accounts


def _best_sums(each: Iterable[Sequence[Evidence]], index: Mapping[str, int]) -> Floats:
    """Of each account the most that all families together say of it and another one, not less.

    each: the evidence of each family. Most of the time there are few accounts, and a plain table is
    many times faster than one that leaves out what is empty.
    """
    size = len(index)
    if size <= DENSE:
        table = np.zeros((size, size))
        for same in each:
            table += _strongest(same, index)
        np.fill_diagonal(table, 0.0)
        best: Floats = table.max(axis=1)
        return best
    sparse = csr_array((size, size))
    for same in each:
        sparse = sparse + _strongest_of_many(same, index)
    sparse.setdiag(0.0)
    return np.asarray(sparse.max(axis=1).toarray().ravel())


def _steps(evidence: Sequence[Evidence]) -> Iterator[tuple[list[Evidence], int, float]]:
    """Evidence of one family -> what says the same, how many of it must name a pair, the LLR."""
    levels: dict[float, list[Evidence]] = {}
    for one in evidence:
        levels.setdefault(math.ceil(2 * _most(one)) / 2, []).append(one)
    for level in sorted(levels):
        yield levels[level], 1, level
    for detector, (least, llr) in scoring.SEVERAL.items():
        same = things_of(evidence, detector)
        if len(same) >= least:
            yield same, least, llr


def _strongest(evidence: Sequence[Evidence], index: Mapping[str, int]) -> Floats:
    """Accounts x accounts: the most that evidence of one family says of each pair, not less."""
    best = np.zeros((len(index), len(index)))
    for same, least, llr in _steps(evidence):
        named = _named(same, index)
        if least > 1:
            touches = np.zeros((len(index), len(same)), dtype=np.bool_)
            for column, places in enumerate(named):
                touches[places, column] = True
            block, enough = with_several(touches, least)
            best[block] = np.where(enough, np.maximum(best[block], llr), best[block])
        elif llr > 0:
            for places in named:
                best[np.ix_(places, places)] = llr  # none was higher so far
    return best


def _strongest_of_many(evidence: Sequence[Evidence], index: Mapping[str, int]) -> csr_array:
    """The same where most pairs have nothing in common."""
    best = csr_array((len(index), len(index)))
    for same, least, llr in _steps(evidence):
        enough = _together(same, index) >= least
        best = best.maximum(enough.astype(np.float64) * llr)
    return best


def _together(evidence: Sequence[Evidence], index: Mapping[str, int]) -> csr_array:
    """Accounts x accounts: how many of these findings name both."""
    named = _named(evidence, index)
    rows = [row for row, places in enumerate(named) for _ in places]
    columns = [*chain.from_iterable(named)]
    shape = len(evidence), len(index)
    touched = csr_array((np.ones(len(rows)), (rows, columns)), shape=shape)
    return csr_array(touched.T @ touched)


def _named(evidence: Sequence[Evidence], index: Mapping[str, int]) -> list[list[int]]:
    """Places of the accounts that each finding names."""
    return [[index[name] for name in one.subjects if name in index] for one in evidence]


def _most(one: Evidence) -> float:
    """The most that it says of two accounts."""
    return max(one.llr, *map(itemgetter(2), one.links)) if one.links else max(one.llr, 0.0)


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

    A campaign lives on in the group that holds most of its members, if that is at least half of
    them, or if they are at least half of the group: what is left of a campaign is no new one. Of
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
        if count and 2 * count >= min(len(campaign.members), len(groups[-place].members)):
            found.setdefault(-place, []).append(campaign)
    return {place: sorted(several, key=_seniority) for place, several in found.items()}


def dissolved(before: Iterable[Standing], goes_on: Collection[int]) -> list[Standing]:
    """Campaigns on the watch list that evidence has taken apart: no group goes on in them.

    What has opened keeps its members instead. goes_on: keys of those that a group continues.
    """
    return [one for one in before if not one.is_open and one.key not in goes_on]


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


def _may_belong(known: set[str], evidence: Iterable[Evidence]) -> bool:
    """Whether all that is said of one account could ever tie it to others, an operation even."""
    most = _most_of(evidence, known.intersection)
    least = scoring.S_OPEN - scoring.PRIOR - scoring.ESTABLISHED
    return any(sum(families.values()) >= least for families in most.values())


def _near(known: set[str], evidence: Sequence[Evidence]) -> set[str]:
    """Others at the end of a pair that a group could lift."""
    others = _weighty(known, evidence)
    if not others:
        return set()
    pairs = score_pairs(evidence, sorted(known | others)[: fusion.MAX_ACCOUNTS])
    inside = [place for place, name in enumerate(pairs.accounts) if name in known]
    ends = (pairs.total()[inside] >= scoring.S_NEAR).any(axis=0)
    return {pairs.accounts[place] for place in np.flatnonzero(ends).tolist()} - known


def _hanging(known: set[str], evidence: Sequence[Evidence], grouped: Members) -> set[str]:
    """Others that hang on a group of these accounts, or have one on which these may hang.

    Evidence of few is followed however little it weighs, as several may hang on one group by it.
    """
    few = [one.subjects for one in evidence if len(one.subjects) <= MAX_REACH]
    crowds = [one for one in evidence if len(one.subjects) > MAX_REACH]
    others = set[str]().union(*few, _weighty(known, crowds)) - known
    if not others:
        return set()
    pairs = score_pairs(evidence, sorted(known | others)[: fusion.MAX_ACCOUNTS])
    tied, likely = fusion.drawn_in(pairs, known)
    return tied.union(grouped(likely - known)) - known


def _weighty(known: set[str], evidence: Sequence[Evidence]) -> set[str]:
    """Others that could be near one of these accounts: by all that evidence could say of a pair."""
    most = _most_of(evidence, lambda names: [name for name in names if name not in known])
    least = scoring.S_NEAR - scoring.PRIOR
    return {name for name, said in most.items() if sum(said.values()) >= least}


def _most_of(
    evidence: Iterable[Evidence], counting: Callable[[Sequence[str]], Iterable[str]]
) -> dict[str, dict[str, float]]:
    """Account -> family -> the most that evidence may say of it and another one.

    counting: which of some accounts are asked about.
    """
    most: defaultdict[str, dict[str, float]] = defaultdict(dict)
    things: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for one in evidence:
        llr, family, detector = _most(one), one.family, one.detector
        names = counting(one.subjects)
        for name in names:
            families = most[name]
            if families.setdefault(family, 0.0) < llr:
                families[family] = llr
        if scoring.is_one_of_several(detector, len(one.subjects)):
            least, raised = scoring.SEVERAL[detector]
            thing = one.anchor.partition("/")[0]
            for name in names:
                told = things[name, detector]
                told.add(thing)
                if len(told) >= least:
                    most[name][family] = max(most[name][family], raised)
    return most
