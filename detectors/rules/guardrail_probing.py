"""D11: accounts that try out, prompt by prompt, what an AI service refuses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from detectors.base import (
    MINUTE_S,
    BaseParams,
    Detector,
    Family,
    FindingDraft,
    Key,
    Meta,
    Signal,
    param,
)
from detectors.prompts.probing import Part, Prober, Rises, climbs, collect, rate_of
from detectors.prompts.probing_findings import of_account, of_climb, of_rise
from detectors.prompts.rates import Limits
from detectors.prompts.regression import rises
from detectors.prompts.templates import prepare_templates, template_of
from detectors.prompts.trials import KEPT_S, PLAIN_S, Trials, model_of


class GuardrailProbingParams(BaseParams):
    """How many refusals are no bad luck, what a ladder is, and when the filter is to blame."""

    min_rate: float = param(
        0.2,
        help="Refusal rate that must be exceeded with 95 % certainty, after a prior of 1 in 21",
        unit="rate",
        ge=0.05,
        le=0.9,
        step=0.01,
    )
    min_refusals: int = param(
        5, help="Refusals within the burst", unit="refusals", ge=2, le=100, step=1
    )
    burst_min: int = param(60, help="Length of a burst", unit="minutes", ge=5, le=1_440, step=5)
    j_low: float = param(
        0.4,
        help="Prompts at least so alike are tries of one thing",
        unit="Jaccard",
        ge=0.2,
        le=0.8,
        step=0.01,
    )
    j_high: float = param(
        0.9,
        help="Prompts more alike than this are one prompt again, no new step",
        unit="Jaccard",
        ge=0.5,
        le=0.99,
        step=0.01,
    )
    min_rungs: int = param(
        2, help="Prompts of a ladder that links accounts", unit="prompts", ge=2, le=20, step=1
    )
    min_accounts: int = param(
        2,
        help="Customers on one ladder; an organisation is one",
        unit="accounts",
        ge=2,
        le=100,
        step=1,
    )
    regression_factor: float = param(
        3.0,
        help="Share of refused accounts, as a multiple of the usual, that blames the filter",
        unit="x usual",
        ge=1.5,
        le=20,
        step=0.5,
    )

    def limits(self) -> Limits:
        """The same as the judging functions take it."""
        return Limits(
            bound=self.min_rate,
            burst=self.min_refusals,
            burst_s=float(self.burst_min * MINUTE_S),
            rungs=self.min_rungs,
            accounts=self.min_accounts,
            low=self.j_low,
            high=self.j_high,
        )


class GuardrailProbing(Detector[Trials, GuardrailProbingParams]):
    """Keys are accounts, templates and models; the tick compares them."""

    meta = Meta(
        slug="guardrail-probing",
        title="Guardrail probing",
        version=1,
        family=Family.AI,
        kinds=("ai.request", "ai.response"),
        lookback_s=KEPT_S,
        tick_s=5 * MINUTE_S,
        doc=(
            "Finds accounts whose requests an AI service refuses (`ai.refused`) far more often "
            "than chance explains, and the ladders they climb: after a refusal the same thing in "
            "other words, until it is let through. Accounts of several customers on one ladder are "
            "linked. A refusal may be told with the request or with the response after it; the "
            "attribute `conversation` says which belong together. Whoever declares a use "
            "(`ai.declared_use`: red team, clinic) is left out. Where a model suddenly refuses "
            "many more accounts than usual (in hours with 20 or more accounts), its filter "
            "changed: refusals of those hours do not count, and one notice says who was spared. "
            "It only supports other evidence."
        ),
        falsifiers=(
            "The accounts test the service with its owner's consent and have not declared it.",
            "Medicine, law, history or fiction made honest questions look forbidden.",
            "The filter of the service refused what it should not.",
        ),
        source=(
            "Beta-binomial bounds; ladders of rewordings as threat reports of AI services "
            "describe them 2025-26. The comparison with the population is the project's own."
        ),
    )
    Params = GuardrailProbingParams
    State = Trials

    def prepare(self, signals: Sequence[Signal], p: GuardrailProbingParams) -> None:
        """Wordings are measured together."""
        prepare_templates(one for one in signals if one.kind == "ai.request")

    def keys(self, signal: Signal, p: GuardrailProbingParams) -> Iterable[Key]:
        ai = signal.ai
        if ai is None or not signal.actor or ai.declared_use.strip():
            return ()
        return _keys(signal)

    def keep_s(self, key: Key, p: GuardrailProbingParams) -> float:
        """Seconds for which an untouched key matters: an account that was never refused, a day."""
        return float(PLAIN_S if key.type == "asker" else KEPT_S)

    def retire(self, key: Key, state: Trials, idle_s: float, p: GuardrailProbingParams) -> bool:
        """An account that was refused stays as long as its finding may hold."""
        return idle_s > KEPT_S or not any(one.refused for one in state.steps)

    def apply(
        self, key: Key, signal: Signal, state: Trials, p: GuardrailProbingParams
    ) -> list[FindingDraft]:
        """Only remembers; whom the filter refuses is a question over everybody."""
        state.count(signal)
        if key.type == "asker":
            state.keep_step(signal)
        elif key.type == "model":
            state.keep_account(signal, self.secret)
        return []

    def matters(self, state: Trials) -> bool:
        """Few accounts are refused, and most prompts are somebody's own words."""
        return state.may_tell

    def part(self, clock: float, states: Mapping[Key, Trials], p: GuardrailProbingParams) -> Part:
        return collect(states.items(), clock, p.limits())

    def tick(
        self, clock: float, parts: Sequence[Any], p: GuardrailProbingParams
    ) -> list[FindingDraft]:
        read = [msgspec.convert(part, Part) for part in parts]
        probers = sorted((one for part in read for one in part.probers), key=_name)
        tallies = {name: told for part in read for name, told in part.tallies.items()}
        risen = rises((one for part in read for one in part.populations), p.regression_factor)
        limits, truncated = p.limits(), any(part.truncated for part in read)
        found = [
            of_account(prober, rate, limits)
            for prober in probers
            if (rate := rate_of(prober, risen, limits)).meets(limits)
        ]
        found += [
            of_climb(climb, limits, truncated=truncated)
            for climb in climbs(probers, tallies, risen, limits)
        ]
        return [*found, *_notices(probers, risen, p)]


def _keys(signal: Signal) -> Iterator[Key]:
    is_request = signal.kind == "ai.request"
    is_judged = signal.ai is not None and signal.ai.refused is not None
    if is_request or is_judged:
        yield Key("asker", signal.account)
    if is_judged:
        yield Key("model", model_of(signal))
    template = template_of(signal) if is_request else None
    if template is not None:
        yield Key("prompt", template.name)


def _name(prober: Prober) -> str:
    return prober.account


def _notices(
    probers: Sequence[Prober], risen: Rises, p: GuardrailProbingParams
) -> Iterator[FindingDraft]:
    """One for each model that refused everybody and thereby spared somebody."""
    limits = p.limits()
    for model, rise in risen.items():
        spared = [
            one
            for one in probers
            if any(refusal.model == model for refusal in one.refusals)
            and rate_of(one, {}, limits).meets(limits)
            and not rate_of(one, {model: rise}, limits).meets(limits)
        ]
        if spared:
            yield of_rise(model, rise, spared, p.regression_factor)
