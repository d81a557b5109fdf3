"""What a real Celery worker does for sharing: posts that were too many, feeds, hashes."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from abusedesk.core import clock
from cases import forgotten
from cases.models import Case, Feed, LookupEntry, PostStatus
from cases.services.feed import FeedText, save_feed
from cases.services.inbox import set_inbox
from cases.services.lookup import SETTLES
from cases.services.partner import issue_partner_token
from cases.taxii.answers import MEDIA
from detectors.models import IndicatorBatch
from tests.sharing import desk, objects

pytestmark = pytest.mark.django_db(transaction=True)


def _await(done: Callable[[], Any], seconds: float = 90) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def test_a_worker_takes_posts_reads_feeds_and_makes_hashes(
    start_worker: Callable[..., subprocess.Popen[bytes]],
) -> None:
    on = desk.desk()
    said: dict[str, Any] = {"mode": "inbox", "takes": "hold", "trust": 0.8}
    set_inbox(actor=on.admin, circle=on.circle, **said, lookups=True)
    start_worker()
    _, plain = issue_partner_token(actor=on.admin, partner=on.partners[0], name="T", days=9)
    door = Client(headers={"Authorization": f"Bearer {plain}", "Accept": MEDIA})
    some = [objects.of_domain(n, f"d{n}.example") for n in range(600)]
    body = json.dumps({"objects": some})
    path = "/taxii2/ring/collections/inbox/objects/"
    told = door.generic("POST", path, body, content_type=MEDIA).json()
    assert told["status"] == "pending"
    _await(lambda: PostStatus.objects.get().state == "complete")
    done = door.get(f"/taxii2/ring/status/{told['id']}/").json()
    assert (done["success_count"], done["failure_count"], done["pending_count"]) == (600, 0, 0)
    assert sum(IndicatorBatch.objects.values_list("rows", flat=True)) == 600

    # Nothing answers there: the worker says so in the feed's own row.
    url = "http://localhost:9/taxii2/x/"
    save_feed(actor=on.admin, slug="f", said=FeedText(title="F", url=url))
    _await(lambda: Feed.objects.get().failures == 1)
    assert "is not a public address" in Feed.objects.get().fault

    Case.objects.update(updated_at=clock.now() - 2 * SETTLES)
    forgotten.wake()
    _await(LookupEntry.objects.exists)
