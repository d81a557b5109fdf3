"""Celery tasks of cases: work taken from rows, safe to run twice or never."""

from __future__ import annotations

from celery import shared_task

from cases import (
    actions,
    assigning,
    automating,
    forgotten,
    gates,
    mailing,
    news,
    placing,
    posting,
    reporters,
    reporting,
    sla,
    snoozing,
    upkeep,
)
from cases import intake as pulling
from cases.services import (
    bulk_work,
    calibration,
    case,
    hold,
    inbox,
    leftover,
    lookup,
    polling,
    retention,
    version_undo,
)


@shared_task(name="cases.intake", acks_late=True, soft_time_limit=60, time_limit=90)
def intake() -> None:
    """Take campaigns into cases."""
    pulling.intake()


@shared_task(name="cases.take_reports", acks_late=True, soft_time_limit=60, time_limit=90)
def take_reports(stream_id: int) -> None:
    """Take the reports of one stream into cases."""
    reporting.take_reports(stream_id)


@shared_task(name="cases.place_reports", acks_late=True, soft_time_limit=60, time_limit=90)
def place_reports() -> None:
    """Give reports that wait their cases."""
    placing.place()


@shared_task(name="cases.weigh_reporters", acks_late=True, soft_time_limit=60, time_limit=90)
def weigh_reporters() -> None:
    """Count the reports of those of whom one was judged, and weigh their open cases."""
    reporters.weigh_all()


@shared_task(name="cases.deliver_actions", acks_late=True, soft_time_limit=120, time_limit=150)
def deliver_actions() -> None:
    """Send what receivers are owed."""
    actions.deliver_due(limit=10)


@shared_task(name="cases.mail_notices", acks_late=True, soft_time_limit=240, time_limit=270)
def mail_notices() -> None:
    """Mail what people here and outside are to be told."""
    mailing.mail_due()
    posting.post_due()


@shared_task(name="cases.purge", acks_late=True, soft_time_limit=1500, time_limit=1530)
def purge(run_id: int) -> None:
    """Count or delete the next pieces of one purge."""
    retention.continue_purge(run_id=run_id)


@shared_task(name="cases.run_bulk", acks_late=True, soft_time_limit=60, time_limit=90)
def run_bulk(job_id: int) -> None:
    """Change the next cases of one job."""
    bulk_work.run_bulk(job_id=job_id)


@shared_task(name="cases.automate", acks_late=True, soft_time_limit=60, time_limit=90)
def automate() -> None:
    """Act on what automated detectors found, hold it, or leave it alone."""
    automating.automate()


@shared_task(name="cases.undo_version", acks_late=True, soft_time_limit=60, time_limit=90)
def undo_version(undo_id: int) -> None:
    """Take back the next automated actions of one version."""
    version_undo.run_undo(undo_id=undo_id)


@shared_task(name="cases.share_posted", acks_late=True, soft_time_limit=300, time_limit=330)
def share_posted(status_id: int) -> None:
    """Take the rest of what a partner posted."""
    inbox.work_posted(status_id=status_id)


@shared_task(name="cases.share_poll", acks_late=True, soft_time_limit=400, time_limit=430)
def share_poll(feed_id: int) -> None:
    """Read what is new of one feed."""
    polling.poll_feed(feed_id=feed_id)


@shared_task(name="cases.share_index", acks_late=True, soft_time_limit=400, time_limit=430)
def share_index() -> None:
    """Make the hashes from which look-ups are answered."""
    lookup.index_lookups()


@shared_task(name="cases.sweep", acks_late=True, soft_time_limit=120, time_limit=150)
def sweep() -> None:
    """What a lost message forgot, and what comes by the clock alone."""
    case.return_snoozed()
    snoozing.return_escalating()
    sla.watch()
    assigning.spread()
    gates.release_expired()
    pulling.intake()
    reporting.sweep()
    news.sweep()
    forgotten.wake()
    upkeep.sweep()
    hold.extend_holds()
    calibration.apply_calibration()
    leftover.drop_leftovers()
