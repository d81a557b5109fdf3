"""One process of `bench/backtest.py`: a backtest over a stored stream, from start to result.

Arguments: slug of the time-line, slug of the detector, its changed parameters as JSON. Prints one
JSON object: wall seconds, those of its processor, the peak of memory, and what came out.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from datetime import timedelta

import django


def main() -> None:
    """Run it alone, as the worker of a desk does it."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "abusedesk.settings"
    django.setup()
    from django.db.models import Max, Min  # noqa: PLC0415 -- after setup

    from abusedesk.core.models import User  # noqa: PLC0415 -- after setup
    from detectors.choices import BacktestState  # noqa: PLC0415 -- after setup
    from detectors.models import Signal  # noqa: PLC0415 -- after setup
    from detectors.selectors.config import params_of  # noqa: PLC0415 -- after setup
    from detectors.services.backtest import (  # noqa: PLC0415 -- after setup
        run_backtest,
        start_backtest,
    )

    line, slug, changed = sys.argv[1:]
    span = Signal.objects.filter(stream__slug=line).aggregate(
        first=Min("occurred_at"), last=Max("received_at")
    )
    began, used = time.monotonic(), time.process_time()
    run = start_backtest(
        actor=User.objects.get(username="admin"),
        slug=slug,
        params={**params_of(slug), **json.loads(changed)},
        since=span["first"],
        until=span["last"] + timedelta(seconds=1),
        line=line,
    )
    while run.state == BacktestState.RUNNING:
        run_backtest(run_id=run.pk)
        run.refresh_from_db()
    told = {
        "seconds": time.monotonic() - began,
        "processor": time.process_time() - used,
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "state": run.state,
        "error": run.error[-500:],
        "signals": run.signals,
        **{name: run.result.get(name, 0) for name in ("gained", "lost", "kept")},
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main()
