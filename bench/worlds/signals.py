"""Millions of signals for the page bench, made inside Postgres: a skewed world, always the same."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import accumulate
from random import Random
from typing import Any, Final

import psycopg

from detectors.entities import digest_of

FRAGMENTS: Final = 20_000
VOCABULARY: Final = 30_000
DOMAINS: Final = 5_000
DAYS: Final = 90
CHUNK: Final = 250_000
SYLLABLES: Final = [
    "ba",
    "do",
    "fe",
    "gi",
    "ho",
    "ju",
    "ka",
    "le",
    "mi",
    "no",
    "pa",
    "qui",
    "ro",
    "sa",
    "tu",
    "ve",
    "wi",
    "xo",
    "yu",
    "za",
]
RARE: Final = "zugzwang"
"""Stands in about one signal of 100,000."""

_SIGNALS: Final = """
INSERT INTO detectors_signal
    (stream_id, source_id, external_id, platform, kind, occurred_at, received_at, actor, text,
     payload, epoch)
SELECT
    %(stream)s, %(source)s + (h2 %% %(sources)s), 'bench-' || i, p.name, p.kind,
    moment, moment + interval '3 seconds', 'actor-' || h1 %% 200000,
    one.text || ' ' || two.text || ' ' || three.text
        || CASE WHEN h2 %% 100000 = 7 THEN ' ' || %(rare)s ELSE '' END,
    jsonb_build_object(
        'urls', jsonb_build_array('https://site-' || h3 %% %(domains)s || '.example/' || i),
        'identifiers', jsonb_build_object('ip', '203.0.113.' || h2 %% 256))
    || CASE WHEN p.name <> 'openai-api' THEN '{}'::jsonb ELSE jsonb_build_object('ai',
        jsonb_build_object('provider', (ARRAY['openai', 'openai', 'openai', 'mistral'])
            [1 + h1 %% 4], 'model', 'model-' || h2 %% 5)) END,
    0
FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS i
CROSS JOIN LATERAL (SELECT
    abs(hashint8(i)) AS h1, abs(hashint8(i + 1000000007)) AS h2, abs(hashint8(i * 31 + 7)) AS h3,
    %(start)s::timestamptz + i * %(step)s * interval '1 second' AS moment) AS drawn
JOIN fragment AS one ON one.n = h1 %% %(fragments)s
JOIN fragment AS two ON two.n = h2 %% %(fragments)s
JOIN fragment AS three ON three.n = h3 %% %(fragments)s
JOIN platform AS p ON p.n = h3 %% 100
ORDER BY i
"""
_ENTITIES: Final = """
INSERT INTO detectors_entity (type, value, digest, first_seen_at, last_seen_at, created_at)
SELECT 'domain', name, decode(digest, 'hex'), now(), now(), now()
FROM unnest(%(names)s::text[], %(digests)s::text[]) AS given (name, digest)
"""
_MENTIONS: Final = """
INSERT INTO detectors_signalentity (signal_id, occurred_at, entity_id, role, raw)
SELECT s.id, s.occurred_at, e.id, 'link', e.value
FROM detectors_signal AS s
JOIN detectors_entity AS e
    ON e.type = 'domain' AND e.value = split_part(s.payload -> 'urls' ->> 0, '/', 3)
WHERE s.id % 2 = 0
"""
# name, kind, share of one hundred
PLATFORMS: Final = (
    ("x", "post", 45),
    ("telegram", "message", 20),
    ("youtube", "reply", 12),
    ("openai-api", "ai.request", 10),
    ("email", "mail", 8),
    ("medium", "post", 4),
    ("mastodon", "post", 1),
)


def fill_signals(dsn: str, count: int, now: datetime) -> list[str]:
    """Store `count` signals of the last 90 days. Returns the vocabulary, the commonest word first.

    Words follow Zipf's law; one of a hundred signals is from mastodon.
    """
    draw = Random(7)
    words = _words(draw)
    with psycopg.connect(dsn, autocommit=True) as link:
        link.execute("SET synchronous_commit = off")
        link.execute("CREATE TEMP TABLE fragment (n int PRIMARY KEY, text text)")
        with link.cursor().copy("COPY fragment FROM STDIN") as copy:
            for number, text in enumerate(_fragments(draw, words)):
                copy.write_row((number, text))
        link.execute("CREATE TEMP TABLE platform (n int PRIMARY KEY, name text, kind text)")
        with link.cursor().copy("COPY platform FROM STDIN") as copy:
            for number, (name, kind) in enumerate(_platforms()):
                copy.write_row((number, name, kind))
        link.execute("ANALYZE fragment, platform")
        index = link.execute("SELECT pg_get_indexdef('detectors_signal_search'::regclass)")
        (definition,) = index.fetchone() or ("",)
        link.execute("DROP INDEX detectors_signal_search")
        _insert(link, count, now)
        _mention(link)
        link.execute("SET maintenance_work_mem = '256MB'")
        link.execute(definition.replace(" ON ONLY ", " ON "))
        link.execute("VACUUM (ANALYZE) detectors_signal, detectors_signalentity")
    return words


def _insert(link: psycopg.Connection[Any], count: int, now: datetime) -> None:
    known = link.execute(
        "SELECT (SELECT min(id) FROM detectors_stream), min(id), count(*) FROM detectors_source"
    ).fetchone()
    assert known is not None
    stream, source, sources = known
    for first in range(0, count, CHUNK):
        link.execute(
            _SIGNALS,
            {
                "stream": stream, "source": source, "sources": sources, "rare": RARE,
                "domains": DOMAINS, "fragments": FRAGMENTS, "first": first,
                "last": min(first + CHUNK, count) - 1,
                "start": now - timedelta(days=DAYS), "step": DAYS * 86_400 / count,
            },
        )  # fmt: skip


def _mention(link: psycopg.Connection[Any]) -> None:
    """Link every second signal to the domain of its address, as the workers do."""
    names = [f"site-{number}.example" for number in range(DOMAINS)]
    digests = [digest_of("domain", name).hex() for name in names]
    link.execute(_ENTITIES, {"names": names, "digests": digests})
    link.execute("ANALYZE detectors_entity")
    link.execute("SET work_mem = '64MB'")
    link.execute(_MENTIONS)


def _platforms() -> list[tuple[str, str]]:
    return [(name, kind) for name, kind, share in PLATFORMS for _ in range(share)]


def _words(draw: Random) -> list[str]:
    found: dict[str, None] = {}
    while len(found) < VOCABULARY:
        found.setdefault("".join(draw.choices(SYLLABLES, k=draw.choice((2, 3, 4)))))
    return list(found)


def _fragments(draw: Random, words: list[str]) -> list[str]:
    weights = list(accumulate(1 / (rank + 3) for rank in range(len(words))))
    return [
        " ".join(draw.choices(words, cum_weights=weights, k=draw.choice((5, 7, 9))))
        for _ in range(FRAGMENTS)
    ]
