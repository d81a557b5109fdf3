"""What findings about probing say: sentences, the steps of ladders, conditions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from detectors.base import HOUR_S, MAX_SIGNAL_IDS, MINUTE_S, Condition, FindingDraft, Key, Tier
from detectors.emission import counted, lasting
from detectors.prompts.ladders import Rung
from detectors.prompts.probing import Climb, Prober
from detectors.prompts.rates import PRIOR_ANSWERED, PRIOR_REFUSED, Limits, Rate
from detectors.prompts.regression import Rise

LLR = 1.0
MAX_SUBJECTS = 1_000
LADDERS_SHOWN = 5
RUNGS_SHOWN = 12


def of_account(prober: Prober, rate: Rate, limits: Limits) -> FindingDraft:
    """One account that is refused far too often."""
    longest = max(prober.ladders, key=len, default=[])
    climbed = f", a ladder of {len(longest)} prompts" if longest else ""
    times = [one.at for one in prober.refusals]
    return FindingDraft(
        anchor=Key("asker", prober.account),
        subjects=(prober.account,),
        signal_ids=_ids(one.signal_id for one in prober.refusals),
        llr=LLR,
        score=round(rate.bound, 4),
        sentence=(
            f"{_refused(rate, limits)}, {rate.burst} refusals within {lasting(limits.burst_s)}"
            f"{climbed}"
        ),
        first_at=min(times),
        last_at=max(times),
        values={**_values(rate), "ladders": _shown({prober.account: prober.ladders})},
        constants=_constants(rate),
        conditions=_conditions(rate, limits),
        signal_total=len(times),
        flags=("truncated",) if prober.truncated else (),
    )


def of_climb(climb: Climb, limits: Limits, *, truncated: bool) -> FindingDraft:
    """Several accounts on one ladder."""
    accounts = sorted(climb.ladders)
    rungs = [one for ladders in climb.ladders.values() for ladder in ladders for one in ladder]
    likes = [one.j for one in rungs if one.j]
    longest = max(len(ladder) for ladders in climb.ladders.values() for ladder in ladders)
    number = len(accounts)
    return FindingDraft(
        anchor=Key("prompt", climb.name),
        subjects=tuple(accounts[:MAX_SUBJECTS]),
        signal_ids=_ids(one.signal_id for one in rungs),
        llr=LLR,
        score=round(climb.rate.bound, 4),
        sentence=(
            f"{counted(number, 'account')} climbed one ladder of up to {longest} prompts, "
            f"J {min(likes):.2f}-{max(likes):.2f}: {_refused(climb.rate, limits)}"
        ),
        first_at=min(one.at for one in rungs),
        last_at=max(one.at for one in rungs),
        values={"accounts": number, **_values(climb.rate), "ladders": _shown(climb.ladders)},
        constants=_constants(climb.rate),
        conditions=(
            *_conditions(climb.rate, limits),
            Condition("accounts", number, ">=", limits.accounts, "accounts", met=True),
        ),
        signal_total=len(rungs),
        flags=("truncated",) if truncated or number > MAX_SUBJECTS else (),
    )


def of_rise(model: str, rise: Rise, spared: Sequence[Prober], factor: float) -> FindingDraft:
    """A filter that refused everybody, and who would have been found without knowing that."""
    names = sorted(one.account for one in spared)
    refusals = [one for prober in spared for one in prober.refusals if one.model == model]
    ratio = rise.share / rise.usual if rise.usual else float(rise.accounts)
    return FindingDraft(
        anchor=Key("model", model),
        subjects=tuple(names[:MAX_SUBJECTS]),
        signal_ids=_ids(one.signal_id for one in refusals),
        llr=0.0,
        tier=Tier.EVENT_EXPLAINED,
        score=round(rise.share, 4),
        sentence=(
            f"{model} refused {rise.share:.0%} of accounts in {counted(len(rise.hours), 'hour')}"
            f", usually {rise.usual:.1%}: its filter changed, so {counted(len(names), 'account')} "
            "with many refusals are not named for it"
        ),
        first_at=float(min(rise.hours) * HOUR_S),
        last_at=float((max(rise.hours) + 1) * HOUR_S),
        values={"share": round(rise.share, 4), "hours": len(rise.hours), "spared": len(names)},
        constants={"usual_share": round(rise.usual, 4), "accounts_sampled": rise.accounts},
        conditions=(
            Condition(
                "accounts refused", round(ratio, 2), ">=", factor, "x usual", met=ratio >= factor
            ),
        ),
        signal_total=len(refusals),
        flags=("filter_regression",),
    )


def _refused(rate: Rate, limits: Limits) -> str:
    return (
        f"{rate.refusals} of {counted(rate.trials, 'request')} refused "
        f"(a rate of at least {rate.bound:.2f}, limit {limits.bound:.2f})"
    )


def _values(rate: Rate) -> dict[str, Any]:
    return {
        "requests": rate.trials,
        "refusals": rate.refusals,
        "refusals_in_burst": rate.burst,
        "rate_lower_bound": round(rate.bound, 4),
    }


def _constants(rate: Rate) -> dict[str, float]:
    """The bound follows from these: a quantile of Beta(prior + counts)."""
    return {
        "prior_refused": PRIOR_REFUSED,
        "prior_answered": PRIOR_ANSWERED,
        "requests": rate.trials,
        "refusals": rate.refusals,
    }


def _conditions(rate: Rate, limits: Limits) -> tuple[Condition, ...]:
    minutes = round(limits.burst_s / MINUTE_S)
    bound = round(rate.bound, 4)
    return (
        Condition("lower bound of the rate", bound, ">", limits.bound, "refusals", met=True),
        Condition(f"within {minutes} min", rate.burst, ">=", limits.burst, "refusals", met=True),
    )


def _shown(ladders: Mapping[str, Sequence[list[Rung]]]) -> list[dict[str, Any]]:
    """The longest ladder of the first accounts, step by step."""
    told = []
    for account in sorted(name for name in ladders if ladders[name])[:LADDERS_SHOWN]:
        rungs = max(ladders[account], key=len)
        steps = [
            {
                "signal": one.signal_id,
                "minutes": round((one.at - rungs[0].at) / MINUTE_S, 1),
                "likeness": one.j,
                "refused": one.refused,
            }
            for one in rungs[:RUNGS_SHOWN]
        ]
        told.append({"account": account, "prompts": len(rungs), "steps": steps})
    return told


def _ids(ids: Iterable[int]) -> tuple[int, ...]:
    return tuple(sorted(set(ids))[:MAX_SIGNAL_IDS])
