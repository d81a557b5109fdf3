"""Chooses what a test holds: the signals of a case, and what each detector finds in them alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.db import connection

from abusedesk.core import clock
from detectors import registry, stream
from detectors.base import BaseParams, Detector
from detectors.base import Signal as Act
from detectors.engine import OWN_KINDS
from detectors.models import Expectation, Finding
from detectors.needs import missing
from detectors.scenario.document import packed
from detectors.scenario.replaying import LEAST, accounts_found, replayed
from detectors.selectors.config import params_of
from detectors.selectors.source import slugs_of

MAX_SIGNALS: Final = 2_000
MAX_BYTES: Final = 8 * 1024 * 1024
MAX_ACCOUNTS: Final = 500
EACH: Final = 50
"""Signals of one account beside those that findings cite, the newest."""
AFTER: Final = timedelta(minutes=10)  # how far ahead a sender's clock may run

GONE: Final = "there is no such detector any more"
ELSEWHERE: Final = "it was found on another time-line"
NEEDS: Final = "{packages} is not installed here"
MORE: Final = (
    "it names {found} of {of} accounts when it sees these signals alone; it compares with others,"
    " or some are gone"
)

_OF_ACCOUNTS: Final = """
SELECT own.id
FROM unnest(%(platforms)s::text[], %(actors)s::text[]) AS who (platform, actor)
CROSS JOIN LATERAL (
    SELECT s.id FROM detectors_signal AS s
    WHERE s.platform = who.platform AND s.actor = who.actor AND s.stream_id = %(line)s
      AND (s.kind = ANY(%(kinds)s) OR %(every)s AND NOT s.kind = ANY(%(own)s))
      AND s.occurred_at >= %(since)s AND s.occurred_at <= %(until)s
    ORDER BY s.occurred_at DESC LIMIT %(each)s
) AS own
ORDER BY own.id DESC LIMIT %(rows)s
"""

Kind = type[Detector[Any, Any]]


@dataclass(slots=True)
class Content:
    """What would be kept. expected: not saved yet. left_out: detector -> why nothing is expected
    of it."""

    signals: list[Act] = field(default_factory=list)
    expected: list[Expectation] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)


def content_of(*, accounts: Collection[str], findings: Sequence[Finding]) -> Content:
    """What a test of these findings would hold."""
    content = Content()
    if not findings:
        return content
    ((line, _),) = Counter(one.stream_id for one in findings).most_common(1)
    mine: dict[str, list[Finding]] = {}
    for one in findings:
        mine.setdefault(one.detector, []).append(one)
    here = {slug: [one for one in rows if one.stream_id == line] for slug, rows in mine.items()}
    content.left_out = {
        slug: said for slug, rows in here.items() if (said := _obstacle(slug, rows))
    }
    usable = {slug: rows for slug, rows in here.items() if slug not in content.left_out}
    if usable:
        content.signals = _signals(line, sorted(accounts)[:MAX_ACCOUNTS], usable)
        for slug, rows in usable.items():
            _expect(content, slug, rows, frozenset(accounts))
    return content


def _obstacle(slug: str, rows: Sequence[Finding]) -> str:
    if not rows:
        return ELSEWHERE
    if not registry.exists(slug):
        return GONE
    packages = missing(registry.get(slug).meta)
    return NEEDS.format(packages=" and ".join(packages)) if packages else ""


def _signals(line: int, accounts: Sequence[str], findings: dict[str, list[Finding]]) -> list[Act]:
    """Those that findings cite first, then what else the accounts did that these detectors read."""
    rows = [one for group in findings.values() for one in group]
    rows.sort(key=lambda one: one.last_at, reverse=True)
    cited = list(dict.fromkeys(id_ for one in rows for id_ in one.signal_ids))[:MAX_SIGNALS]
    metas = [registry.get(slug).meta for slug in findings]
    since = min(one.first_at for one in rows) - timedelta(
        seconds=max(meta.lookback_s for meta in metas)
    )
    until = max(one.last_at for one in rows) + AFTER
    others = _of_accounts(line, accounts, _kinds(findings), (since, until))
    wanted = list(dict.fromkeys([*cited, *others]))[:MAX_SIGNALS]
    known = {one.id: one for one in stream.signals_by_id(sorted(wanted))}
    kept: list[Act] = []
    size = 0
    for id_ in wanted:
        if (signal := known.get(id_)) is None:
            continue
        size += len(packed(signal)) + 1
        if size > MAX_BYTES:
            break
        kept.append(signal)
    return sorted(kept, key=lambda one: one.id)


def _kinds(findings: Collection[str]) -> list[str] | None:
    """Kinds that any of these detectors reads; None: every one."""
    each = [registry.get(slug).meta.kinds for slug in findings]
    return sorted({kind for kinds in each for kind in kinds}) if all(each) else None


def _of_accounts(
    line: int,
    accounts: Sequence[str],
    kinds: list[str] | None,
    span: tuple[datetime, datetime],
) -> list[int]:
    named = [one.partition(":") for one in accounts]
    values: dict[str, Any] = {
        "platforms": [platform for platform, _, _ in named],
        "actors": [actor for _, _, actor in named],
        "line": line,
        "kinds": kinds or [],
        "every": kinds is None,
        "own": sorted(OWN_KINDS),
        "since": span[0],
        "until": span[1],
        "each": EACH,
        "rows": MAX_SIGNALS,
    }
    with connection.cursor() as cursor:
        cursor.execute(_OF_ACCOUNTS, values)
        return [id_ for (id_,) in cursor.fetchall()]


def _expect(content: Content, slug: str, rows: list[Finding], accounts: frozenset[str]) -> None:
    """Expect what comes out again with the settings that found it, if that is enough."""
    kind, secret = registry.get(slug), settings.SECRET_KEY.encode()
    newest = max(rows, key=lambda one: one.updated_at)
    made_with: BaseParams = kind.Params.model_validate(newest.config.params)
    wanted = {name for one in rows for name in one.subjects} & accounts
    names = slugs_of(content.signals)
    found = accounts_found(kind, made_with, content.signals, wanted, secret, names)
    if len(found) < max(1.0, LEAST * len(wanted)):
        content.left_out[slug] = MORE.format(found=len(found), of=len(wanted))
        return
    now: BaseParams = kind.Params.model_validate(params_of(slug))
    outcome = replayed(kind, now, content.signals, found, secret, names)
    content.expected.append(
        Expectation(
            detector=slug,
            version=kind.meta.version,
            params=made_with.model_dump(mode="json"),
            accounts=sorted(found),
            found=outcome.found,
            holds=outcome.holds,
            sentence=outcome.sentence,
            error=outcome.error,
            ran_hash=now.digest(),
            ran_version=kind.meta.version,
            ran_at=clock.now(),
        )
    )
