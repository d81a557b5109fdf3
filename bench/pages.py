"""How long pages take on a large desk, as people meet them: over HTTP, signed in, one by one."""

from __future__ import annotations

import argparse
import http.client
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from urllib.parse import quote

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))


from bench.worlds.scratch import Desk, scratch_desk
from bench.worlds.signals import RARE, fill_signals

SIGNALS = 10_000_000
QUICK_SIGNALS = 1_000_000
ROUNDS = 40
QUICK_ROUNDS = 12
SESSION = """
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from abusedesk.core.models import User
user = User.objects.get(username="admin")
session = SessionStore()
session[SESSION_KEY] = str(user.pk)
session[BACKEND_SESSION_KEY] = "abusedesk.core.backends.PeopleBackend"
session[HASH_SESSION_KEY] = user.get_session_auth_hash()
session.save()
print(session.session_key)
"""
PREPARE = """
from datetime import datetime, timedelta
from detectors.partitions import ensure_partitions
from detectors.services.source import ensure_source, live_stream
now = datetime.fromisoformat("{now}")
live_stream()
for slug in ("acme", "shop", "desk"):
    ensure_source(slug=slug, title=slug.title())
ensure_partitions(now - timedelta(days=days) for days in range(95))
"""


@dataclass(frozen=True, slots=True)
class Measured:
    """One kind of page: milliseconds of each request."""

    name: str
    times_ms: list[float]

    def at(self, share: float) -> float:
        """The time that this share of the requests did not exceed."""
        ordered = sorted(self.times_ms)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def main() -> None:
    """Print the table, and with --json one object on the last line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="1 M signals, fewer rounds, <= 60 s")
    parser.add_argument("--json", action="store_true", help="one JSON object on the last line")
    parser.add_argument("--signals", type=int, help="how many instead")
    options = parser.parse_args()
    count = options.signals or (QUICK_SIGNALS if options.quick else SIGNALS)
    rounds = QUICK_ROUNDS if options.quick else ROUNDS
    with scratch_desk() as desk:
        words = _world(desk, count)
        metrics = _explorer(desk, words, count, rounds)
    if options.json:
        print(json.dumps({"bench": "pages", "metrics": metrics}))


def _world(desk: Desk, count: int) -> list[str]:
    """Fill the store. Returns the words of its texts, the commonest first."""
    now = datetime.now(UTC).replace(microsecond=0)
    desk.manage("shell", "-v", "0", "-c", PREPARE.format(now=now.isoformat()))
    return fill_signals(desk.dsn, count, now)


def _explorer(desk: Desk, words: Sequence[str], count: int, rounds: int) -> dict[str, float]:
    """First pages of searches, each with other words every time."""
    port = desk.serve(workers=2)
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    cookie = f"sessionid={desk.manage('shell', '-v', '0', '-c', SESSION)}"
    for query in ("", words[0], RARE):
        _timed(link, cookie, query)
    kinds = _queries(words, rounds)
    measured = [
        Measured(name, [_timed(link, cookie, query) for query in queries])
        for name, queries in kinds.items()
    ]
    print(f"| explorer, {count:,} signals | p50 ms | p95 ms | max ms |")
    print("|---|---|---|---|")
    for one in measured:
        numbers = " | ".join(f"{one.at(share):,.0f}" for share in (0.5, 0.95, 1.0))
        print(f"| {one.name} | {numbers} |")
    whole = Measured("all", [took for one in measured for took in one.times_ms])
    print(f"| all of these | {whole.at(0.5):,.0f} | {whole.at(0.95):,.0f} | {whole.at(1.0):,.0f} |")
    return {"explorer_p95_ms": round(whole.at(0.95), 1)} | {
        f"explorer_{one.name.replace(' ', '_')}_p95_ms": round(one.at(0.95), 1) for one in measured
    }


def _queries(words: Sequence[str], rounds: int) -> dict[str, list[str]]:
    draw = Random(3)
    places = ("x", "telegram", "youtube", "email", "medium", "mastodon")

    def word(low: int, high: int) -> str:
        return words[draw.randrange(low, high)]

    return {
        "text and platform": [
            f"{word(20, 3_000)} platform:{draw.choice(places)}" for _ in range(rounds)
        ],
        "rare word": [*[word(15_000, len(words)) for _ in range(rounds - 1)], RARE],
        "common word": [word(0, 30) for _ in range(rounds)],
        "domain": [f"domain:site-{draw.randrange(5_000)}[.]example" for _ in range(rounds)],
        "provider": [f"provider:mistral {word(20, 300)}" for _ in range(rounds)],
        "no query": [""] * rounds,
    }


def _timed(link: http.client.HTTPConnection, cookie: str, query: str) -> float:
    """Milliseconds from the request to the last byte of the page."""
    began = time.perf_counter()
    link.request("GET", f"/signals/?q={quote(query)}", headers={"Cookie": cookie})
    answer = link.getresponse()
    answer.read()
    took = (time.perf_counter() - began) * 1_000
    assert answer.status == http.HTTPStatus.OK, (answer.status, query)
    return took


if __name__ == "__main__":
    main()
