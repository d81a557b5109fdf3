"""D10: customers that seem to teach another model from the answers of an AI service."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from detectors.base import (
    DAY_S,
    HOUR_S,
    BaseParams,
    Detector,
    Family,
    FindingDraft,
    Key,
    Meta,
    Signal,
    param,
)
from detectors.prompts.askers import customer
from detectors.prompts.distilling import Limits, Part, collect, findings
from detectors.prompts.habits import KEPT_DAYS, Habits
from detectors.prompts.trials import model_of

MODEL_KEPT_D = 60


class DistillationParams(BaseParams):
    """How much is a lot, how far is far, and how many of the six must be."""

    min_calls: int = param(
        1_000,
        help="Calls of a customer on one UTC day",
        unit="calls",
        ge=100,
        le=1_000_000,
        step=100,
    )
    min_z: float = param(
        4.0,
        help="Robust standard deviations from the median of all customers on that day",
        unit="z",
        ge=2,
        le=20,
        step=0.5,
    )
    min_habits: int = param(
        3, help="Habits of the six that are so far away", unit="habits", ge=1, le=6, step=1
    )
    min_customers: int = param(
        20,
        help="Customers with 20 calls a day or more that make a population to compare with",
        unit="customers",
        ge=5,
        le=10_000,
        step=5,
    )
    j: float = param(
        0.7,
        help="Share of common 5-character pieces from which two prompts are one template",
        unit="Jaccard",
        ge=0.3,
        le=0.99,
        step=0.01,
    )


class Distillation(Detector[Habits, DistillationParams]):
    """Keys are customers and models; the tick compares the customers with each other."""

    meta = Meta(
        slug="distillation",
        title="Distillation",
        version=2,
        family=Family.AI,
        kinds=("ai.request", "ai.response"),
        lookback_s=MODEL_KEPT_D * DAY_S,
        tick_s=HOUR_S,
        doc=(
            "Finds customers of AI services (an organisation, else an account) whose many calls "
            "differ from those of all others in several ways that teaching another model brings: "
            "prompts that ask for the reasoning, topics from everywhere, deep follow-ups "
            "(attribute `turn`), long answers to short prompts (`tokens_in`, `tokens_out`), a move "
            "to models within a week after they appear, an odd `temperature` (attribute). Each is "
            "compared with the median of the same UTC day; what too few customers tell is not "
            "judged. Whoever declares a use (`ai.declared_use`: evaluation, batch job) is left "
            "out. New models are known once the desk has watched for two weeks. Three or more "
            "customers that share a prompt template, with five calls a day each, are judged as one "
            "besides, so that work which is spread over many accounts is seen too."
        ),
        falsifiers=(
            "An evaluation, a benchmark or a batch job that nobody has declared.",
            "A teaching product that shows its users how a model reasons.",
            "A customer of another kind than all others on this desk.",
        ),
        source=(
            "Threat reports of AI services 2026 (not verified); median and MAD as in Iglewicz and "
            "Hoaglin 1993. The choice of measures is the project's own."
        ),
    )
    Params = DistillationParams
    State = Habits

    def keys(self, signal: Signal, p: DistillationParams) -> Iterable[Key]:
        ai = signal.ai
        if ai is None or not signal.actor or ai.declared_use.strip():
            return ()
        named = Key("customer", customer(signal))
        return (named, Key("model", model_of(signal))) if ai.model else (named,)

    def keep_s(self, key: Key, p: DistillationParams) -> float:
        """Seconds for which an untouched key matters; a model is remembered for longer."""
        return float((MODEL_KEPT_D if key.type == "model" else KEPT_DAYS) * DAY_S)

    def apply(
        self, key: Key, signal: Signal, state: Habits, p: DistillationParams
    ) -> list[FindingDraft]:
        """Only counts; what is unusual is a question over all customers."""
        if key.type == "model":
            state.first_at = min(state.first_at, signal.at)
        else:
            state.add(signal)
        return []

    def part(self, clock: float, states: Mapping[Key, Habits], p: DistillationParams) -> Part:
        return collect(states.items(), int(clock // DAY_S))

    def tick(self, clock: float, parts: Sequence[Any], p: DistillationParams) -> list[FindingDraft]:
        read = [msgspec.convert(part, Part) for part in parts]
        customers = [one for part in read for one in part.customers]
        born = {name: at for part in read for name, at in part.born.items()}
        limits = Limits(p.min_calls, p.min_z, p.min_habits, p.min_customers, p.j)
        truncated = any(part.truncated for part in read)
        return list(findings(customers, born, limits, truncated=truncated))
