"""Wake-ups travel through the real PGMQ to a real worker."""

from __future__ import annotations

import pytest

from abusedesk.core import pulse

pytestmark = [pytest.mark.worker, pytest.mark.django_db(transaction=True)]


def test_a_worker_answers(start_worker):
    start_worker()
    assert pulse.worker_answers(10)
