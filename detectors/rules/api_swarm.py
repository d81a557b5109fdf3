"""D9: many customers of an AI service that share one prompt template, each below its limits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from detectors.base import (
    HOUR_S,
    MINUTE_S,
    BaseParams,
    Detector,
    Family,
    FindingDraft,
    Key,
    Meta,
    Signal,
    Tell,
    nobody,
    param,
)
from detectors.prompts.askers import KEPT_H, Usage
from detectors.prompts.births import made_together
from detectors.prompts.kept import KeptTemplates
from detectors.prompts.kin import Memory
from detectors.prompts.rows import Part, Rows, collect
from detectors.prompts.swarm import Question, Swarm, swarms
from detectors.prompts.swarm_findings import births_draft, draft
from detectors.prompts.templates import prepare_templates, template_of


class ApiSwarmParams(BaseParams):
    """How many customers, how far above the usual, how alike, how far below their limits."""

    min_accounts: int = param(
        10,
        help="Customers that use the template in the window; an organisation's keys are one",
        unit="accounts",
        ge=3,
        le=10_000,
        step=1,
    )
    rate_factor: float = param(
        5.0,
        help="Requests with the template, as a multiple of its 14-day mean",
        unit="x usual",
        ge=2,
        le=100,
        step=0.5,
    )
    j: float = param(
        0.28,
        help="Share of common 5-character pieces from which two wordings are one template",
        unit="Jaccard",
        ge=0.2,
        le=0.99,
        step=0.01,
    )
    limit_share: float = param(
        0.5,
        help="Customers that use at least this share of their own limit do not count",
        unit="share of limit",
        ge=0.01,
        le=1.0,
        step=0.01,
    )
    births_p: float = param(
        1e-4,
        help="Largest chance that so many of the customers were made in one stretch of time",
        unit="p",
        ge=1e-8,
        le=1e-2,
        step=1e-8,
    )
    window_h: int = param(
        24,
        help="Time within which the customers use the template; a finding holds for 7 days",
        unit="hours",
        ge=1,
        le=72,
        step=1,
    )


class ApiSwarm(Detector[Usage, ApiSwarmParams]):
    """Keys are exact wordings; the tick joins those that are alike into templates."""

    meta = Meta(
        slug="api-swarm",
        title="Swarm on one prompt",
        version=3,
        family=Family.AI,
        kinds=("ai.request",),
        lookback_s=KEPT_H * HOUR_S,
        tick_s=15 * MINUTE_S,
        doc=(
            "Finds customers of AI services that send one prompt template in many small portions: "
            "more requests than its 14-day mean, while each stays below its own limit. Numbers, "
            "quotations, names and links are masked; what is left is compared by pieces of 5 "
            "characters. Two groups of wordings become one template where a third of the pairs "
            "between them are alike, so that a chain of small changes does not bring strangers "
            "together; short wordings need more than J. Without a text the first `fingerprints` "
            "sketch stands for it. The keys of one organisation (`ai.org`) are one customer, and "
            "nobody counts for more than three times the median. Optional attributes: "
            "`rate_limit_per_min` and `quota_per_day`, the customer's own limits; `asn_class`, "
            "where `education` folds accounts by network and `hosting`, `vpn` or `proxy` says that "
            "nobody sits there together: otherwise half of the accounts on one network are one "
            "institution. Where two thirds of the customers or more, five at least, were made "
            "within a stretch in which few of all other customers were, that is a second finding, "
            "about who they are. Customers with `ai.declared_use` are left out. Nothing is said "
            "before the desk has seen as much time as the window is long. Raise the factor when "
            "new releases of a library are found; raise J when different prompts of one form are "
            "brought together (0.7 takes small changes only)."
        ),
        falsifiers=(
            "A library, plug-in or tutorial that was just released brings the prompt along.",
            "The accounts belong to one firm, class or course that the service does not know of.",
            "The accounts are a declared evaluation or load test.",
            "A course or an event made many people sign up on one day, and told them what to ask.",
        ),
        source=(
            "Threat reports of AI services 2025-26 on pools of accounts behind proxies; Broder "
            "1997 for MinHash. Masked wordings, single links and limits as shares are the "
            "project's own."
        ),
    )
    Params = ApiSwarmParams
    State = Usage

    def __init__(self, secret: bytes = b"", *, every: bool = False, tell: Tell = nobody) -> None:
        super().__init__(secret, every=every, tell=tell)
        self._memory = Memory()

    def prepare(self, signals: Sequence[Signal], p: ApiSwarmParams) -> None:
        """Wordings are measured together."""
        prepare_templates(signals)

    def keys(self, signal: Signal, p: ApiSwarmParams) -> Iterable[Key]:
        if not signal.actor or not (signal.text or signal.fingerprints):
            return ()
        template = template_of(signal)
        return (Key("prompt", template.name),) if template is not None else ()

    def apply(
        self, key: Key, signal: Signal, state: Usage, p: ApiSwarmParams
    ) -> list[FindingDraft]:
        """Only counts; what it means is a question over many wordings."""
        if not state.signature and (template := template_of(signal)) is not None:
            state.space, state.signature = template.space, template.signature
        state.add(signal)
        state.trim(self.secret, slack=2)
        return []

    def part(self, clock: float, states: Mapping[Key, Usage], p: ApiSwarmParams) -> Part:
        return collect(states.items(), int(clock // HOUR_S), p.window_h, self.secret)

    def standing(self, p: ApiSwarmParams) -> KeptTemplates:
        """The same, kept from one tick to the next."""
        return KeptTemplates(p.window_h, self.secret)

    def tick(self, clock: float, parts: Sequence[Any], p: ApiSwarmParams) -> list[FindingDraft]:
        read = [msgspec.convert(part, Part) for part in parts]
        if not read:
            return []
        rows = Rows(read)
        ask = Question(p.min_accounts, p.rate_factor, p.j, p.limit_share, p.window_h)
        since = min(part.since for part in read)
        truncated = any(part.truncated for part in read)
        found = list(swarms(rows, since, int(clock // HOUR_S), ask, self._memory))
        told = [draft(swarm, ask, self.secret, truncated=truncated) for swarm in found]
        return told + list(_births(found, rows, ask, p.births_p)) if found else []


def _births(
    found: Sequence[Swarm], rows: Rows, ask: Question, p_max: float
) -> Iterator[FindingDraft]:
    """Of the swarms those whose customers were made together, when all others were not."""
    born = {name: one.born for row in rows for name, one in row.askers.items() if one.born}
    for swarm in found:
        own = {one.account: one.born for one in swarm.askers.values() if one.born}
        others = sorted(at for name, at in born.items() if name not in swarm.askers)
        together = made_together(own, others)
        if together is not None and together.p <= p_max:
            yield births_draft(swarm, together, ask, p_max)
