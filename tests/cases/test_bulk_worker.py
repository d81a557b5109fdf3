"""A real worker on many cases, killed in the middle: each case is changed once."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from subprocess import Popen

import pytest

from cases.choices import BulkState
from cases.models import BulkItem, BulkJob, Decision
from cases.services import bulk_work
from tests.cases import build
from tests.cases.bulk import outcomes, picked, start, states

pytestmark = pytest.mark.django_db(transaction=True)
CASES = 120
PATIENCE_S = 60


@pytest.mark.worker
@pytest.mark.faults
@pytest.mark.row(34)
def test_a_killed_worker_leaves_no_case_half_done_and_the_next_one_goes_on(
    start_worker: Callable[..., Popen[bytes]],
) -> None:
    chosen = [build.case() for _ in range(CASES)]
    worker = start_worker()
    job = start(build.user(), picked(chosen))
    _wait(lambda: _done(job) >= 5)
    os.killpg(worker.pid, signal.SIGKILL)
    worker.wait()
    done = _done(job)
    assert 5 <= done < CASES
    assert Decision.objects.count() == states(chosen).count("closed") == done
    start_worker()
    _wait(lambda: _ended(job))
    assert outcomes(job) == ["done"] * CASES
    assert Decision.objects.values("case").distinct().count() == CASES
    assert Decision.objects.count() == CASES


def _done(job: BulkJob) -> int:
    return BulkItem.objects.filter(job=job, state="done").count()


def _ended(job: BulkJob) -> bool:
    bulk_work.wake_bulk()  # what the tick of a desk does every few seconds
    return BulkJob.objects.get(pk=job.pk).state == BulkState.DONE


def _wait(until: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not until():
        assert time.monotonic() < deadline, "the worker does not come on"
        time.sleep(0.05)
