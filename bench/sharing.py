"""How long a TAXII page of 1,000 takes out of many objects, and taking in many indicators."""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import django

from bench.worlds.scratch import scratch_desk

if TYPE_CHECKING:
    from django.test import Client

OBJECTS: Final = 100_000
QUICK: Final = 10_000
PAGE: Final = 1_000
PAGE_MS: Final = 200.0
IMPORT_S: Final = 60.0
DEPTHS: Final = (0.0, 0.5, 0.9)
ROUNDS: Final = 9
# Copies of one indicator that was really shared, under ids and places of their own.
FILL: Final = """
INSERT INTO cases_sharedobject (
    circle_id, rendition_id, seq, added_at, stix_id, type, version, tlp, body, sha256, revoked,
    withdrawn
)
SELECT circle_id, rendition_id, %(last)s + n, %(at)s::timestamptz + n * interval '1 microsecond',
    'indicator--' || fresh, type, version, tlp, replace(body, stix_id, 'indicator--' || fresh),
    sha256, FALSE, FALSE
FROM (SELECT * FROM cases_sharedobject WHERE type = 'indicator' ORDER BY seq LIMIT 1) AS one,
    (SELECT n, gen_random_uuid() AS fresh FROM generate_series(1, %(count)s) AS n) AS numbered
"""


def main() -> None:
    """Print what was measured; with --json one JSON object on the last line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help=f"{QUICK:,} objects")
    parser.add_argument("--json", action="store_true", help="one JSON object on the last line")
    options = parser.parse_args()
    count = QUICK if options.quick else OBJECTS
    with scratch_desk() as desk:
        os.environ |= desk.env | {"DJANGO_SETTINGS_MODULE": "abusedesk.settings"}
        django.setup()
        pages = _pages(count)
        seconds, mib = _import(count)
    worst = max(pages.values())
    print(f"{count:,} objects in a collection, pages of {PAGE:,}, in the server:")
    for depth, took in pages.items():
        print(f"  {depth:.0%} deep: {took:.0f} ms (median of {ROUNDS})")
    print(f"{count:,} indicators taken in and on the watch list: {seconds:.1f} s, {mib:.0f} MiB")
    print(f"goal: {PAGE_MS:.0f} ms a page, {IMPORT_S:.0f} s for {OBJECTS:,} indicators")
    if options.json:
        told = {"page_1000_ms": round(worst, 1), "import_seconds": round(seconds, 1)}
        print(json.dumps(told | {"objects": count, "import_mib": round(mib)}))


def _pages(count: int) -> dict[float, float]:
    """Depth -> milliseconds of a page there."""
    from django.db import connection  # noqa: PLC0415 -- the settings name the scratch desk only now
    from django.test import Client  # noqa: PLC0415 -- as above

    from abusedesk.core import clock  # noqa: PLC0415 -- as above
    from cases.models import Circle  # noqa: PLC0415 -- as above
    from cases.services.partner import issue_partner_token  # noqa: PLC0415 -- as above
    from tests.sharing import desk  # noqa: PLC0415 -- as above

    on = desk.desk()
    desk.shared(on)
    circle = Circle.objects.get()
    with connection.cursor() as cursor:
        told: dict[str, Any] = {"last": circle.last_seq, "at": clock.now(), "count": count}
        cursor.execute(FILL, told)
        cursor.execute("ANALYZE cases_sharedobject")
    _, plain = issue_partner_token(actor=on.admin, partner=on.partners[0], name="b", days=9)
    door = Client(headers={"Authorization": f"Bearer {plain}"}, SERVER_NAME="localhost")
    path = "/taxii2/ring/collections/objects/objects/"
    return {depth: _page(door, path, int(count * depth)) for depth in DEPTHS}


def _page(door: Client, path: str, skip: int) -> float:
    """Median milliseconds of the page behind so many objects."""
    from cases.models import SharedObject  # noqa: PLC0415 -- as above

    query: dict[str, Any] = {"limit": PAGE}
    if skip:
        behind = SharedObject.objects.order_by("seq")[skip]
        query["added_after"] = behind.added_at.isoformat()
    took = sorted(_timed(lambda: door.get(path, query)) for _ in range(ROUNDS))
    return took[ROUNDS // 2] * 1_000


def _timed(do: Callable[[], Any]) -> float:
    began = time.perf_counter()
    answer = do()
    took = time.perf_counter() - began
    assert answer.status_code == 200, answer.content[:300]
    assert len(answer.json()["objects"]) == PAGE
    return took


def _import(count: int) -> tuple[float, float]:
    """Seconds and the most memory of taking in pages of indicators by a rule."""
    from abusedesk.core.models import User  # noqa: PLC0415 -- as above
    from cases.choices import FeedMode  # noqa: PLC0415 -- as above
    from cases.services.taking import Origin, take_objects  # noqa: PLC0415 -- as above
    from detectors.intel.terms import BatchTerms  # noqa: PLC0415 -- as above
    from detectors.models import WatchItem  # noqa: PLC0415 -- as above

    admin = User.objects.filter(role="admin").earliest("pk")
    origin = Origin(BatchTerms(source="bench"), FeedMode.OPINION, name="bench")
    began = time.perf_counter()
    for first in range(0, count, PAGE):
        some = [_indicator(n) for n in range(first, first + PAGE)]
        take_objects(actor=admin, origin=origin, objects=some)
    took = time.perf_counter() - began
    assert WatchItem.objects.filter(source="bench", ended_at=None).count() == count
    return took, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _indicator(number: int) -> dict[str, Any]:
    return {
        "type": "indicator",
        "spec_version": "2.1",
        "id": f"indicator--{UUID(int=(4 << 76) | (8 << 60) | number)}",
        "created_by_ref": "identity--9a0f7c1e-3a4b-4c5d-8e6f-102030405060",
        "created": "2026-11-01T00:00:00.000Z",
        "modified": "2026-11-01T00:00:00.000Z",
        "object_marking_refs": ["marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421"],
        "name": f"Domain {number}",
        "confidence": 80,
        "pattern": f"[domain-name:value = 'd{number}.scam-{number % 997}.example']",
        "pattern_type": "stix",
        "valid_from": "2026-11-01T00:00:00.000Z",
    }


if __name__ == "__main__":
    main()
