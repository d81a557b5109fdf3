"""Celery tasks of detection: ids in, work taken from rows, safe to run twice or never."""

from __future__ import annotations

from celery import shared_task

from detectors.services import (
    alarm,
    answer,
    backtest,
    calibration,
    count,
    engine,
    fusion,
    letter_job,
    link,
    promotion,
    scenario,
    scenario_run,
    watch_change,
)


@shared_task(name="detectors.sweep", acks_late=True, soft_time_limit=60, time_limit=90)
def sweep() -> None:
    """Find streams with signals that some consumer has not seen, and wake the workers."""
    engine.sweep()
    calibration.wake_if_due()


@shared_task(name="detectors.advance", acks_late=True, soft_time_limit=300, time_limit=330)
def advance(stream_id: int, number: int = 0) -> None:
    """Run one shard of each detector of a stream until nothing is left or the time is up."""
    engine.advance(stream_id=stream_id, number=number)


@shared_task(name="detectors.link", acks_late=True, soft_time_limit=300, time_limit=330)
def link_entities(stream_id: int) -> None:
    """Link the signals of one stream to entities until all are linked or the time is up."""
    link.link_stream(stream_id=stream_id)


@shared_task(name="detectors.count_stream", acks_late=True, soft_time_limit=300, time_limit=330)
def count_stream(stream_id: int) -> None:
    """Count the signals of one stream by source and hour until all are counted."""
    count.count_stream(stream_id=stream_id)


@shared_task(name="detectors.fuse", acks_late=True, soft_time_limit=300, time_limit=330)
def fuse() -> None:
    """Fold new findings into campaigns until the log is read."""
    fusion.fuse_all()


@shared_task(name="detectors.forget_answers", acks_late=True, soft_time_limit=60, time_limit=90)
def forget_answers() -> None:
    """Delete kept answers that are older than a day."""
    answer.forget_answers()


@shared_task(name="detectors.run_letter_job", acks_late=True, soft_time_limit=300, time_limit=330)
def run_letter_job(job_id: int) -> None:
    """Replay or discard the refused items of one job until all are tried or the time is up."""
    letter_job.run_letter_job(job_id=job_id)


@shared_task(name="detectors.watch", acks_late=True, soft_time_limit=300, time_limit=330)
def settle_watch_items() -> None:
    """Tell the detector what changed on the watch list, and let items expire."""
    watch_change.settle_items()


@shared_task(name="detectors.refit", acks_late=True, soft_time_limit=300, time_limit=330)
def refit_all() -> None:
    """Fit curves and weights of evidence to verdicts when a week has passed."""
    calibration.refit_all()


@shared_task(name="detectors.backtest", acks_late=True, soft_time_limit=300, time_limit=330)
def run_backtest(run_id: int) -> None:
    """Go on with one backtest until it is done or the time is up."""
    backtest.run_backtest(run_id=run_id)


@shared_task(name="detectors.promote", acks_late=True, soft_time_limit=60, time_limit=90)
def promote_due() -> None:
    """Take detectors out of shadow whose approved time is over."""
    promotion.promote_due()


@shared_task(name="detectors.watch_rates", acks_late=True, soft_time_limit=60, time_limit=90)
def watch_rates() -> None:
    """Count what detectors find, and raise an alarm where one runs wild or fell silent."""
    alarm.watch_rates()


@shared_task(name="detectors.run_scenarios", acks_late=True, soft_time_limit=300, time_limit=330)
def run_scenarios(slug: str) -> None:
    """Run the cases that were saved as tests of one detector with its settings in force."""
    scenario_run.run_scenarios(slug=slug)


@shared_task(name="detectors.erase_scenarios", acks_late=True, soft_time_limit=60, time_limit=90)
def erase_due() -> None:
    """Erase copies of signals, kept as tests, whose time is over."""
    scenario.erase_due()
