"""Texts that stay with their senders: sketches go in over REST, match, and nothing else is kept."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from abusedesk.core import clock
from abusedesk.core.models import Scope
from detectors import sketches
from detectors.models import Finding, Signal
from tests import cast, desk, make

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.row(88)]
TOOL = Path(sketches.__file__)
OURS = b"0123456789abcdef0123456789abcdef"
THEIRS = b"fedcba9876543210fedcba9876543210"
ONE = (
    "Neighbours, the old harbour clinic will shut its doors on the first of next month although the"
    " council promised last spring that every ward would stay open, so meet us at the north gate on"
    " Thursday at six, bring a lamp and a friend, and sign the paper before the board votes behind"
    " closed windows because silence means long rides"
)
OTHER = ONE.replace("harbour", "market").replace("spring", "autumn").replace("friend", "chair")


@pytest.fixture(autouse=True)
def fresh_worker() -> Iterator[None]:
    desk.forget()
    yield
    desk.forget()


@pytest.fixture
def door() -> dict[str, str]:
    return make.bearer(Scope.INGEST, Scope.READ, Scope.ADMIN, user=cast.admin())


def sketched(tmp_path: Path, key: bytes, key_id: str, *texts: str) -> list[str]:
    """What the published tool writes."""
    (tmp_path / "key").write_bytes(key)
    command = [sys.executable, str(TOOL), "--key-file", str(tmp_path / "key"), "--key-id", key_id]
    done = subprocess.run(
        command, input="\n".join(texts), capture_output=True, check=True, text=True
    )
    return done.stdout.split()


def send(door: dict[str, str], fingerprints: Sequence[str], who: str = "a") -> None:
    """One post for each sketch, by an account of its own, a minute apart."""
    start = clock.now() - timedelta(hours=1)
    body = json.dumps([_hidden(f"{who}{n}", one, start, n) for n, one in enumerate(fingerprints)])
    path = "/api/v1/signals/"
    response = Client().post(path, body, content_type="application/json", headers=door)
    assert response.status_code == 201, response.content
    desk.work()


def want_pairs(door: dict[str, str]) -> None:
    body = json.dumps({"mode": "live", "params": {"min_accounts": 2}, "reason": "pairs matter"})
    path = "/api/v1/detectors/near-duplicate-text/"
    saved = Client().put(path, body, content_type="application/json", headers=door)
    assert saved.status_code == 200, saved.content


def test_two_hidden_texts_that_differ_in_three_words_match(
    door: dict[str, str], tmp_path: Path
) -> None:
    want_pairs(door)
    send(door, sketched(tmp_path, OURS, "acme-2026", ONE, OTHER))
    row = Client().get("/api/v1/findings/", headers=door).json()["results"][0]
    left, right = sketches.shingles(ONE), sketches.shingles(OTHER)
    true = len(left & right) / len(left | right)
    assert (len(ONE.split()), row["detector"]) == (60, "near-duplicate-text")
    assert row["subjects"] == ["x:a0", "x:a1"]
    assert abs(Finding.objects.get().values["j_min"] - true) <= 0.15
    assert "sketches only (the desk has not seen the text)" in row["sentence"]


def test_a_sketch_under_the_key_of_another_circle_does_not_match(
    door: dict[str, str], tmp_path: Path
) -> None:
    want_pairs(door)
    send(door, sketched(tmp_path, OURS, "acme-2026", ONE))
    send(door, sketched(tmp_path, THEIRS, "acme-2026", ONE), who="b")
    send(door, sketched(tmp_path, THEIRS, "other-2026", OTHER), who="c")
    assert Signal.objects.filter(platform="x").count() == 3
    assert not Finding.objects.exists()


def test_nothing_of_the_text_is_stored_or_logged(
    door: dict[str, str], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    fingerprints = sketched(tmp_path, OURS, "acme-2026", ONE, ONE, OTHER)
    with caplog.at_level("DEBUG"):
        send(door, fingerprints)
    assert Finding.objects.exists()
    kept = _dump()
    assert all(one in kept for one in fingerprints)
    kept += caplog.text.casefold()
    for text in (ONE, OTHER):
        words = text.casefold().split()
        runs = [" ".join(words[at : at + 5]) for at in range(len(words) - 4)]
        assert [run for run in runs if run in kept or run.encode().hex() in kept] == []


def _hidden(actor: str, fingerprint: str, start: datetime, minute: int) -> dict[str, Any]:
    return {
        "external_id": f"post-{actor}",
        "platform": "x",
        "kind": "post",
        "occurred_at": (start + timedelta(minutes=minute)).isoformat(),
        "actor": actor,
        "fingerprints": [fingerprint],
    }


def _dump() -> str:
    """Every row of every table as text; bytes as hexadecimal."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public'")
        tables = [name for (name,) in cursor.fetchall()]
        rows: list[str] = []
        for table in tables:
            cursor.execute(f"SELECT one::text FROM {table} AS one")
            rows += [row for (row,) in cursor.fetchall()]
    return "\n".join(rows)
