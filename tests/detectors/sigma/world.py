"""Generated signals for rules, in Postgres and in the SQLite table that pySigma's backend reads."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from detectors import stream
from detectors.base import Signal
from detectors.models import DetectorConfig, Source
from detectors.models import Signal as Stored
from detectors.schema import ActorProfile, Ai, Kind, SignalIn
from detectors.services.draft import approve_draft
from detectors.services.ingest import ingest_batch
from detectors.services.rule import Saved
from detectors.services.source import live_stream
from detectors.sigma.fields import values_of
from detectors.sigma.matching import as_text, compiled
from tests import cast, make

COLUMNS = (
    "platform", "kind", "account", "actor", "text", "identifiers.ip", "identifiers.device",
    "actor_profile.handle", "actor_profile.followers", "actor_profile.verified", "actor_age_h",
    "ai.provider", "ai.model", "ai.key", "ai.tokens_in", "ai.refused", "attributes.lang",
    "attributes.score", "attributes.flag",
)  # fmt: skip
NUMBERS = frozenset({"actor_profile.followers", "actor_age_h", "ai.tokens_in", "attributes.score"})
WORDS = (
    "win", "Prize", "NOW", "free_money", "100%", "vote", "a*b", "back\\slash", "it's", "ferry",
    "crypto", "airdrop", "DM", "me", "Größe", "?", "<script>",
)  # fmt: skip


def generated(seed: int, count: int = 700) -> list[SignalIn]:
    """Signals with bursts, equal moments, absent fields and hostile texts."""
    rng = random.Random(seed)
    at, signals = make.MOMENT, []
    for number in range(count):
        at += timedelta(seconds=rng.choice((0, 0, 1, 7, 30, 60, 60, 299, 300, 0.125, 900)))
        signals.append(_signal(rng, number, at))
    return signals


def store(signals: Sequence[SignalIn]) -> list[Signal]:
    """Put them into the live time-line; as detectors read them."""
    ingest(signals)
    return stream.signals_by_id(list(Stored.objects.order_by("pk").values_list("pk", flat=True)))


def ingest(signals: Sequence[SignalIn]) -> None:
    """Put them into the live time-line."""
    source = Source.objects.filter(slug="acme").first() or make.source()
    ingest_batch(source=source, signals=list(signals), stream=live_stream())


def in_sqlite(signals: Sequence[Signal]) -> sqlite3.Connection:
    """The table `logs`, one row a signal, NULL where a field has no value."""
    db = sqlite3.connect(":memory:")
    db.create_function("REGEXP", 2, _regexp, deterministic=True)
    columns = ", ".join(
        f"`{name}` {'NUMERIC' if name in NUMBERS else 'TEXT COLLATE NOCASE'}" for name in COLUMNS
    )
    db.execute(f"CREATE TABLE logs (eid INTEGER PRIMARY KEY, ts REAL, {columns})")
    marks = ", ".join("?" * (len(COLUMNS) + 2))
    rows = [(one.id, one.at, *(_cell(one, name) for name in COLUMNS)) for one in signals]
    db.executemany(f"INSERT INTO logs VALUES ({marks})", rows)
    return db


def _cell(signal: Signal, name: str) -> Any:
    value = next(iter(values_of(signal, name)), None)
    if value is None or name in NUMBERS:
        return value
    return as_text(value)


def _regexp(pattern: str, value: str | None) -> bool:
    return value is not None and compiled(pattern).search(value) is not None


def _signal(rng: random.Random, number: int, at: Any) -> SignalIn:
    kind = rng.choice(("post", "post", "post", "reply", "login", "payment", "ai.request"))
    fields: dict[str, Any] = {
        "kind": Kind(kind),
        "occurred_at": at,
        "platform": rng.choice(("chirp", "chirp", "telegram")),
        "actor": rng.choice(("", *(f"a{n}" for n in range(12)))),
        "text": " ".join(rng.choices(WORDS, k=rng.randint(0, 5))),
        "identifiers": {"ip": f"10.{rng.randint(0, 1)}.0.{rng.randint(1, 4)}"},
        "attributes": {"lang": rng.choice(("de", "DE", "fr", ""))},
    }
    if rng.random() < 0.4:
        fields["identifiers"]["device"] = f"d{rng.randint(1, 5)}"
    if rng.random() < 0.5:
        fields["attributes"]["score"] = rng.choice((0, 1, 2.5, 70, -3))
        fields["attributes"]["flag"] = rng.random() < 0.5
    if rng.random() < 0.6:
        fields["actor_profile"] = ActorProfile(
            handle=rng.choice(("@morgan", "@Crypto_King", "@sam99")),
            created_at=at - timedelta(hours=rng.randint(0, 400)),
            followers=rng.choice((None, 0, 3, 5_000)),
            verified=rng.choice((None, True, False)),
        )
    if kind == "ai.request":
        fields["ai"] = Ai(
            provider=rng.choice(("OpenAI", "anthropic")),
            model="gpt-5",
            key=f"k{rng.randint(1, 4)}",
            tokens_in=rng.choice((10, 2_000, 9_000)),
            refused=rng.random() < 0.3,
        )
    return make.signal(number, **fields)


def in_force(saved: Saved) -> DetectorConfig:
    """The version that counts once a second person has agreed."""
    if saved.draft is None:
        return saved.config
    made = approve_draft(actor=cast.admin(), draft=saved.draft).made
    assert made is not None
    return made
