"""One worker process of `bench/detect.py`: steps its shards until the stream is read.

Arguments: stream, then the numbers of its shards. Prints one JSON object: when the work began and
ended, and the peak of memory.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time

import django


def main() -> None:
    """Run to the end of the stream, whatever the other workers do."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "abusedesk.settings"
    django.setup()
    from detectors.services.run import shards_of, step_shards  # noqa: PLC0415 -- after setup

    stream_id, *numbers = map(int, sys.argv[1:])
    began = time.time()
    shards = [shard for number in numbers for shard in shards_of(stream_id, number)]
    while step_shards(shards=shards):
        pass
    ended = time.time()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"began": began, "ended": ended, "peak_mb": round(peak)}))


if __name__ == "__main__":
    main()
