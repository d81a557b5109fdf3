"""Searching signals: what each token finds, in every way that the walk can go, within its time."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.db import connection
from django.db.utils import ProgrammingError

from abusedesk.core.query import Query, QueryError, parse
from detectors.models import Signal, Source
from detectors.partitions import ensure_partitions
from detectors.search import FIELDS, Found, Goal, Position, plan_of, walk
from detectors.search.slices import slices
from detectors.search.walker import _in_time
from detectors.selectors.search import BARS, batches_for, hits_for, overview_of, signals_of
from tests import cast
from tests.ui import world

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
ALL = Goal(most=1_000, enough=1_000, soft_s=60, hard_s=60)
TEXTS = (
    "Vote early at https://evil.example/vote before the ferry leaves",
    "the ferry budget is a scandal, says nobody",
    "Budget ferry tickets! free lunch",
    "Пароль и Ферри 🔥",
    "100% sure_thing",
    "",
)
PLATFORMS = ("x", "x", "telegram", "openai-api")


@pytest.fixture
def stored() -> list[Signal]:
    """Sixty signals over five months, the oldest first; the last two share one moment."""
    moments = [NOW - timedelta(hours=62 * (60 - number)) for number in range(60)]
    moments[-1] = moments[-2]
    ensure_partitions(moments)
    acme, _ = Source.objects.get_or_create(slug="acme", defaults={"title": "Acme"})
    sources = (world.source_of(), acme)
    rows = [
        Signal(
            stream=world.live_stream(),
            source=sources[number % 2],
            external_id=f"s-{number}",
            platform=PLATFORMS[number % 4],
            kind="ai.request" if number % 4 == 3 else ("post", "login")[number % 3 == 0],
            occurred_at=moment,
            received_at=moment,
            actor=f"a{number % 7}",
            text=TEXTS[number % len(TEXTS)],
            payload=_payload(number),
            epoch=0,
        )
        for number, moment in enumerate(moments)
    ]
    done = Signal.objects.bulk_create(rows)
    for signal in done:
        if "evil.example" in signal.text:
            world.mention(signal, "domain", "evil.example")
            world.mention(signal, "url", "https://evil.example/vote")
    return done


def _payload(number: int) -> dict[str, Any]:
    ai = {"provider": ("OpenAI", "mistral")[number % 8 == 3], "model": f"m-{number % 3}"}
    return {"attributes": {"lang": ("de", "en")[number % 5 == 0]}} | (
        {"ai": ai} if number % 4 == 3 else {}
    )


# Query -> what a person would say that it finds.
Says = Callable[[Signal], Any]
WANTED: dict[str, Says] = {
    "": lambda s: True,
    "platform:x": lambda s: s.platform == "x",
    "platform:telegram,OPENAI-API": lambda s: s.platform in {"telegram", "openai-api"},
    "-platform:x": lambda s: s.platform != "x",
    "kind:login": lambda s: s.kind == "login",
    "-kind:login platform:x": lambda s: s.kind != "login" and s.platform == "x",
    "source:acme": lambda s: s.source.slug == "acme",
    "-source:acme": lambda s: s.source.slug != "acme",
    "source:nobody": lambda s: False,
    "actor:a3": lambda s: s.actor == "a3",
    "actor:a3,a4 platform:x": lambda s: s.actor in {"a3", "a4"} and s.platform == "x",
    "-actor:a3": lambda s: s.actor != "a3",
    "provider:openai": lambda s: _ai(s, "provider") == "openai",
    "provider:openai,mistral": lambda s: _ai(s, "provider") in {"openai", "mistral"},
    "-provider:openai": lambda s: _ai(s, "provider") != "openai",
    "model:M-1": lambda s: _ai(s, "model") == "m-1",
    "ferry": lambda s: _has(s, "ferry"),
    "FERRY budget": lambda s: _has(s, "ferry") and _has(s, "budget"),
    '"ferry budget"': lambda s: "ferry budget" in s.text.lower(),
    'text:"budget ferry"': lambda s: "budget ferry" in s.text.lower(),
    "text:lunch,scandal": lambda s: _has(s, "lunch") or _has(s, "scandal"),
    "-ferry": lambda s: not _has(s, "ferry"),
    "fer*": lambda s: re.search(r"\bfer", s.text.lower()),
    "ferr": lambda s: False,
    "ферри": lambda s: "Ферри" in s.text,
    "🔥": lambda s: "🔥" in s.text,
    "%": lambda s: "%" in s.text,
    "sure_thing": lambda s: "sure_thing" in s.text,
    "evil.example": lambda s: "evil.example" in s.text,
    "domain:evil.example": lambda s: "evil.example" in s.text,
    "domain:login.evil[.]example ferry": lambda s: "evil.example" in s.text,
    "-domain:evil.example": lambda s: "evil.example" not in s.text,
    "domain:evil.example,other.example": lambda s: "evil.example" in s.text,
    "domain:unknown.example": lambda s: False,
    "url:hxxps://evil[.]example/vote": lambda s: "evil.example" in s.text,
    "domain:evil.example url:https://evil.example/vote": lambda s: "evil.example" in s.text,
    "attr.lang:en": lambda s: s.payload["attributes"]["lang"] == "en",
    "-attr.lang:en": lambda s: s.payload["attributes"]["lang"] != "en",
    "attr.none:x": lambda s: False,
    "since:30d": lambda s: s.occurred_at >= NOW - timedelta(days=30),
    "until:2026-10-01": lambda s: s.occurred_at < datetime(2026, 10, 1, tzinfo=UTC),
    "since:60d until:30d": lambda s: 30 <= (NOW - s.occurred_at).days < 60
    or NOW - s.occurred_at == timedelta(days=60),
    "-since:30d": lambda s: s.occurred_at < NOW - timedelta(days=30),
    "at:>=2026-10-01 platform:x": lambda s: s.occurred_at >= datetime(2026, 10, 1, tzinfo=UTC)
    and s.platform == "x",
    "at:2026-11-18": lambda s: s.occurred_at.date().isoformat() == "2026-11-18",
    "-at:2026-11-18": lambda s: s.occurred_at.date().isoformat() != "2026-11-18",
}  # fmt: skip


def _ai(signal: Signal, name: str) -> str:
    return str(signal.payload.get("ai", {}).get(name, "")).lower()


def _has(signal: Signal, word: str) -> bool:
    return word in re.findall(r"\w+", signal.text.lower())


def plan(text: str) -> Any:
    return plan_of(parse(text, FIELDS), NOW)


def ids(found: Found) -> list[int]:
    return [hit.id for hit in found.hits]


def expected(stored: list[Signal], says: Says) -> list[int]:
    hits = [signal for signal in stored if says(signal)]
    return [one.pk for one in sorted(hits, key=lambda one: (one.occurred_at, one.pk), reverse=True)]


@pytest.fixture(params=["all at once", "small windows", "by the index", "month by month"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Every way that the walk can take through the same signals."""
    if request.param != "all at once":
        monkeypatch.setattr("detectors.search.walker.WINDOW", 4)
    if request.param == "by the index":
        monkeypatch.setattr("detectors.search.walker.FEW", 10**9)
    else:
        monkeypatch.setattr("detectors.search.walker.FEW", 0)
    if request.param in {"month by month", "by the index"}:
        monkeypatch.setattr("detectors.search.slices.SMALL_ROWS", -1)
    return str(request.param)


def test_every_token_finds_what_it_says_on_every_way(stored: list[Signal], way: str) -> None:
    wrong = {
        text: (got, want)
        for text, says in WANTED.items()
        if (got := ids(walk(plan(text), ALL))) != (want := expected(stored, says))
    }
    assert wrong == {}, way


def test_the_examples_find_something_and_not_everything(stored: list[Signal]) -> None:
    """An oracle that is always empty would prove nothing."""
    sizes = {text: len(expected(stored, says)) for text, says in WANTED.items()}
    assert sum(0 < size < len(stored) for size in sizes.values()) > 35


@pytest.mark.parametrize("size", [1, 7])
@pytest.mark.parametrize(
    "text", ["", "platform:x", "ferry", "provider:openai", "actor:a3", "domain:evil.example"]
)
def test_pages_join_without_gap_or_overlap(
    stored: list[Signal], way: str, text: str, size: int
) -> None:
    goal = Goal(most=size, enough=size, soft_s=60, hard_s=60)
    seen: list[int] = []
    start: Position | None = None
    for _ in range(100):
        found = walk(plan(text), goal, start)
        seen += ids(found)
        if found.end is None:
            break
        assert Position.read(str(found.end)) == found.end
        start = found.end
    assert seen == expected(stored, WANTED[text])


def test_a_walk_that_runs_out_of_time_goes_on_where_it_stopped(
    stored: list[Signal], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each step is allowed one look; together they see everything."""
    monkeypatch.setattr("detectors.search.walker.WINDOW", 5)
    monkeypatch.setattr("detectors.search.walker.MAX_WINDOW", 5)
    ticks = iter(range(10_000))
    monkeypatch.setattr("detectors.search.walker.time.monotonic", lambda: next(ticks))
    goal = Goal(most=50, enough=50, soft_s=1.5, hard_s=1.5)
    seen: list[int] = []
    start: Position | None = None
    steps = 0
    while steps < 200:
        found = walk(plan("attr.lang:en"), goal, start)
        seen += ids(found)
        steps += 1
        if found.end is None:
            break
        assert start is None or found.end < start, "every step gets further"
        start = found.end
    assert seen == expected(stored, WANTED["attr.lang:en"])
    assert steps > 5


def test_enough_hits_end_a_walk_whose_time_is_up(
    stored: list[Signal], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("detectors.search.walker.WINDOW", 4)
    found = walk(plan("platform:x"), Goal(most=50, enough=1, soft_s=0, hard_s=60))
    assert 0 < len(found.hits) < 30
    assert found.end is not None


def test_the_index_is_left_when_it_finds_too_many(
    stored: list[Signal], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("detectors.search.walker.WINDOW", 2)
    monkeypatch.setattr("detectors.search.walker.FEW", 3)
    monkeypatch.setattr("detectors.search.walker._Walker._are_few", lambda self, piece: True)
    assert ids(walk(plan("platform:x"), ALL)) == expected(stored, WANTED["platform:x"])


def test_the_index_is_left_when_it_takes_too_long(
    stored: list[Signal], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("detectors.search.walker.WINDOW", 2)
    monkeypatch.setattr("detectors.search.walker._Walker._are_few", lambda self, piece: True)
    slow = "SELECT 1, 2, '', '', 3, '', count(*) FROM (SELECT pg_sleep(5)) AS slept"
    monkeypatch.setattr("detectors.search.statements.by_index", lambda plan: slow)
    monkeypatch.setattr("detectors.search.walker.INDEX_TIME_S", 0.02)
    assert ids(walk(plan("ferry"), ALL)) == expected(stored, WANTED["ferry"])


def test_a_search_leaves_no_limit_behind(
    transactional_db: None, stored: list[Signal], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No transaction is around the walk here, as around no request."""
    monkeypatch.setattr("detectors.search.walker._Walker._are_few", lambda self, piece: True)
    assert ids(walk(plan("ferry"), ALL)) == expected(stored, WANTED["ferry"])
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('statement_timeout'), current_setting('enable_seqscan')"
        )
        assert cursor.fetchone() == ("0", "on")


def test_other_database_errors_are_not_taken_for_slowness() -> None:
    with pytest.raises(ProgrammingError):
        _in_time("SELECT FROM FROM", {})


@pytest.mark.parametrize("hostile", ["'; DROP TABLE detectors_signal; --", "%s %(v0)s", "$1", "\\"])
@pytest.mark.parametrize("field", ["", "actor:", "platform:", "attr.x:", "source:", "text:"])
def test_hostile_values_stay_values(stored: list[Signal], field: str, hostile: str) -> None:
    quoted = hostile.replace("\\", "\\\\")
    assert ids(walk(plan(f'{field}"{quoted}"'), ALL)) == []
    assert Signal.objects.count() == 60


@pytest.mark.parametrize(
    "text", ["domain:nothing", "ip:300.1.1.1", "phone:abc", "kind:dance", "since:ever", "email:me"]
)
def test_values_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(QueryError):
        parse(text, FIELDS)


@pytest.mark.parametrize("name", FIELDS)
def test_the_example_of_every_token_is_one(name: str) -> None:
    """`bc1q…` and `9f86d0…` stand for what is too long to show."""
    example = FIELDS[name].example
    if "…" not in example:
        (term,) = parse(example, FIELDS).terms
        assert term.field == name


def test_defanged_and_live_values_are_the_same_condition() -> None:
    forms = ("domain:evil[.]example", "domain:EVIL.example", "domain:login.evil.example")
    assert {str(parse(form, FIELDS)) for form in forms} == {"domain:evil.example"}


def test_slices_cover_each_month_once(
    stored: list[Signal], monkeypatch: pytest.MonkeyPatch
) -> None:
    (whole,) = slices(None, None)
    assert whole.start <= stored[0].occurred_at
    assert stored[-1].occurred_at < whole.end
    monkeypatch.setattr("detectors.search.slices.SMALL_ROWS", -1)
    months = list(slices(None, None))
    assert len(months) > 4
    assert all(older.end <= newer.start for newer, older in pairwise(months))
    since, until = datetime(2026, 9, 5, tzinfo=UTC), datetime(2026, 10, 5, tzinfo=UTC)
    assert [one.start.month for one in slices(since, until)] == [10, 9]


def test_an_overview_counts_every_hit(stored: list[Signal]) -> None:
    found = hits_for(cast.reviewer(), Query(), ALL)
    overview = overview_of(found.hits)
    assert overview.facets["platform"][0] == ("x", 30)
    assert dict(overview.facets["platform"]) == {"x": 30, "telegram": 15, "openai-api": 15}
    assert dict(overview.facets["source"]) == {"world": 30, "acme": 30}
    assert dict(overview.facets["provider"]) == {"openai": 7, "mistral": 8}
    assert sum(bar.count for bar in overview.bars) == 60
    assert len(overview.bars) <= BARS
    assert overview.bars[0].start <= stored[0].occurred_at < overview.bars[0].end
    assert overview.bars[-1].start <= stored[-1].occurred_at < overview.bars[-1].end


def test_bars_of_one_moment_and_of_none() -> None:
    assert overview_of([]).bars == []


def test_signals_come_in_the_order_of_their_hits(stored: list[Signal]) -> None:
    who = cast.reviewer()
    found = hits_for(who, parse("platform:telegram", FIELDS), ALL)
    assert [one.pk for one in signals_of(found.hits, who)] == ids(found)


def test_batches_end_at_the_limit(stored: list[Signal]) -> None:
    sizes = [len(batch) for batch in batches_for(cast.lead(), Query(), limit=25, size=10)]
    assert sizes == [10, 10, 5]
    everything = [one for batch in batches_for(cast.lead(), Query(), 99, 7) for one in batch]
    assert [one.pk for one in everything] == expected(stored, WANTED[""])


def test_partners_find_nothing(stored: list[Signal]) -> None:
    assert hits_for(cast.partner(), Query(), ALL).hits == []
    assert list(batches_for(cast.partner(), Query(), 10, 10)) == []


def test_the_walk_uses_the_indexes_that_it_relies_on() -> None:
    """A changed expression would still find everything, only slowly."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexdef FROM pg_indexes WHERE tablename = 'detectors_signal'"
            " AND indexname IN ('detectors_signal_search', 'detectors_signal_provider')"
        )
        found = " ".join(row[0] for row in cursor.fetchall())
    assert "gin (to_tsvector('simple'::regconfig, text), platform, kind, source_id)" in found
    assert "lower(((payload -> 'ai'::text) ->> 'provider'::text)), occurred_at DESC" in found
