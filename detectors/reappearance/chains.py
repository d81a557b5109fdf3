"""From pairs of texts to chains: which post came from which output, by way of which AI accounts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import networkx as nx

from detectors.base import HOUR_S
from detectors.reappearance.matching import Limits, Match

ANSWER_S = HOUR_S
"""An AI service answers within this time; nothing says which answer belongs to which input."""
MIN_PEOPLE = 2
"""One person who has many texts written and posts them is nobody's swarm."""


@dataclass(slots=True)
class Chain:
    """Matches that belong together. root: the AI account at their beginning.

    posts: in order of time. prompts: by which one AI account gave its output to another. groups:
    accounts that are linked with each other. largest: most people that posted one output.
    """

    root: str
    ai_accounts: list[str]
    posts: list[Match]
    prompts: list[Match]
    groups: list[list[str]] = field(default_factory=list)
    largest: int = 0

    @property
    def texts(self) -> int:
        """Different texts that were posted."""
        return len({match.name for match in self.posts})

    @property
    def accounts(self) -> list[str]:
        """Accounts that posted."""
        return sorted({match.text[0] for match in self.posts})


def chains(found: Sequence[Match], prompts: frozenset[int], limits: Limits) -> list[Chain]:
    """The chains that are long enough, by root.

    Texts on one person's own accounts say nothing. An AI account that feeds very many accounts is
    a service: what different customers of it post does not belong together.
    """
    posts = [match for match in found if match.text[2] not in prompts]
    passed = _passed_on([match for match in found if match.text[2] in prompts], posts)
    graph: nx.Graph[str] = nx.Graph()
    graph.add_nodes_from(match.output[0] for match in [*posts, *passed])
    graph.add_edges_from((match.output[0], match.text[0]) for match in passed)
    chosen = []
    for members in nx.connected_components(graph):
        mine = [match for match in posts if match.output[0] in members]
        links = [match for match in passed if match.output[0] in members]
        chain = _chain(mine, links, limits)
        if chain is not None:
            chosen.append(chain)
    return sorted(chosen, key=lambda chain: chain.root)


def _passed_on(asked: Sequence[Match], posts: Sequence[Match]) -> list[Match]:
    """The prompts after which the asking account gave out what was taken on."""
    answers: dict[str, list[float]] = defaultdict(list)
    for match in [*posts, *asked]:
        answers[match.output[0]].append(match.output[1])
    return [
        match
        for match in asked
        if any(0 <= at - match.text[1] <= ANSWER_S for at in answers[match.text[0]])
    ]


def _chain(posts: list[Match], prompts: list[Match], limits: Limits) -> Chain | None:
    ai_accounts = {match.output[0] for match in [*posts, *prompts]}
    ai_accounts |= {match.text[0] for match in prompts}
    own = {account.partition(":")[2].casefold() for account in ai_accounts}
    by_output: dict[int, list[Match]] = defaultdict(list)
    for match in posts:
        if match.person not in own:
            by_output[match.output[2]].append(match)
    others = [match for several in by_output.values() for match in several]
    shared = {
        output: several
        for output, several in by_output.items()
        if _people(several) >= limits.accounts
    }
    texts, people = len({match.name for match in others}), _people(others)
    if texts >= limits.texts and MIN_PEOPLE <= people <= limits.service:
        chosen, groups = others, [others]
    else:
        chosen, groups = [one for several in shared.values() for one in several], [*shared.values()]
    if not chosen:
        return None
    first = min([*chosen, *prompts], key=lambda match: (match.output[1:], match.output[0]))
    return Chain(
        root=first.output[0],
        ai_accounts=sorted({match.output[0] for match in chosen} | _ends(prompts)),
        posts=sorted(chosen, key=lambda match: match.text[1:]),
        prompts=sorted(prompts, key=lambda match: match.text[1:]),
        groups=[sorted({match.text[0] for match in group}) for group in groups],
        largest=max(_people(several) for several in by_output.values()),
    )


def _ends(prompts: Sequence[Match]) -> set[str]:
    return {match.output[0] for match in prompts} | {match.text[0] for match in prompts}


def _people(found: Sequence[Match]) -> int:
    return len({match.person for match in found})
