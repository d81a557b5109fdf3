"""One worker process of `bench/detect.py`: steps its shards until the stream is read.

Arguments: stream, then the numbers of its shards. Prints one JSON object: when the work began and
ended, the peak of memory, and how much time of its processor each part took.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from collections import defaultdict

import django

READ, SHARED = "(read and decode)", "(links and folded text)"


def main() -> None:
    """Run to the end of the stream, whatever the other workers do."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "abusedesk.settings"
    django.setup()
    from detectors.models import Shard  # noqa: PLC0415 -- after setup
    from detectors.services.run import shards_of  # noqa: PLC0415 -- after setup

    stream_id, *numbers = map(int, sys.argv[1:])
    shards = [shard for number in numbers for shard in shards_of(stream_id, number)]
    named = dict(Shard.objects.filter(pk__in=shards).values_list("pk", "config__slug"))
    began = time.time()
    spent = _work(shards, named)
    print(
        json.dumps(
            {
                "began": began,
                "ended": time.time(),
                "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
                "seconds": spent,
            }
        )
    )


def _work(shards: list[int], named: dict[int, str]) -> dict[str, float]:
    """Seconds of this process by detector; what they share is done before them, and apart."""
    from detectors.services.run import collected_later, step_shard  # noqa: PLC0415 -- after setup

    spent: dict[str, float] = defaultdict(float)
    taken = 1
    while taken:
        taken = 0
        with collected_later():
            for shard in shards:
                _share(shard, spent)
                start = time.process_time()
                taken += step_shard(shard_id=shard)
                spent[named[shard]] += time.process_time() - start
    return spent


def _share(shard_id: int, spent: dict[str, float]) -> None:
    """Have the next page of a shard at hand, and on its signals what all detectors ask for."""
    from detectors import stream  # noqa: PLC0415 -- after setup
    from detectors.models import Shard  # noqa: PLC0415 -- after setup
    from detectors.services.run import BATCH, position_of  # noqa: PLC0415 -- after setup

    shard = Shard.objects.get(pk=shard_id)
    start = time.process_time()
    page = stream.read(shard.stream_id, position_of(shard), BATCH)
    read = time.process_time()
    for signal in page.signals:
        _ = signal.urls, signal.match_text
    spent[READ] += read - start
    spent[SHARED] += time.process_time() - read


if __name__ == "__main__":
    main()
