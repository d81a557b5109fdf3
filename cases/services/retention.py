"""Verifies and purges what nobody needs: the detectors' store, less what open cases cite."""

from __future__ import annotations

from django.db.models import Q

from abusedesk.core.models import User
from abusedesk.core.queueing import wake
from cases import policy, states
from cases.models import CaseCampaign, CaseReport
from detectors.choices import PurgeState
from detectors.models import PurgeRun
from detectors.purging.plan import InUse
from detectors.services.drain import SHORT_S, drain
from detectors.services.purge import begin_verify, start_purge, step_run, stop_purge, working_runs

TASK_S = 30.0  # the worker that purges also runs detectors


def verify_purge(*, actor: User | None, budget_s: float = SHORT_S) -> PurgeRun:
    """Count what a purge would take; what takes longer than `budget_s` a worker goes on with."""
    if actor is not None:
        policy.require(actor, "retention.verify")
    run = begin_verify(actor=actor, in_use=_in_use())
    drain(lambda: _step(run.pk), budget_s)
    run.refresh_from_db()
    if run.state == PurgeState.COUNTING:
        wake("cases.purge", run.pk)
    return run


def begin_purge(*, actor: User | None, run: PurgeRun, signals: int) -> PurgeRun:
    """Delete what was verified, `signals` signals; a worker does it."""
    if actor is not None:
        policy.require(actor, "retention.purge")
    started = start_purge(actor=actor, run=run, signals=signals)
    wake("cases.purge", started.pk)
    return started


def end_purge(*, actor: User, run: PurgeRun) -> PurgeRun:
    """Stop a purge that runs; its counts say what is gone."""
    policy.require(actor, "retention.purge")
    return stop_purge(actor=actor, run=run)


def continue_purge(*, run_id: int, budget_s: float = TASK_S) -> bool:
    """Count or delete until there is nothing to do now. Returns False when time ran out."""
    done = drain(lambda: _step(run_id), budget_s)
    if not done:
        wake("cases.purge", run_id)
    return done


def wake_purges() -> None:
    """A lost message, or somebody who held the store, costs one sweep interval."""
    for run_id in working_runs():
        wake("cases.purge", run_id)


def _step(run_id: int) -> int:
    return step_run(run_id=run_id, in_use=_in_use())


def _in_use() -> InUse:
    """Campaigns and reports that a case rests on that is not closed; reports also while they wait
    for a case, or for the end of a gate.
    """
    links = CaseCampaign.objects.filter(case__state__in=states.ACTIVE)
    reports = CaseReport.objects.filter(Q(case=None) | Q(case__state__in=states.ACTIVE)).order_by()
    return InUse(
        campaigns=list(links.values_list("campaign_id", flat=True)),
        signals=list(reports.values_list("signal_id", flat=True).distinct()),
    )
