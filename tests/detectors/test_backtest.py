"""A backtest finds what live detection finds, writes nothing else, and goes on after a kill."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from abusedesk.core import clock
from abusedesk.core.errors import ConflictError, ForbiddenError, InvalidError
from detectors import registry, stream
from detectors.choices import BacktestState, FindingStatus, Outcome
from detectors.demo import world
from detectors.models import (
    Backtest,
    BacktestFinding,
    Campaign,
    CampaignMember,
    Finding,
    FindingRevision,
    FusedFinding,
    Shard,
    Source,
    Verdict,
)
from detectors.schema import Kind
from detectors.services import backtest
from detectors.services.config import save_config
from detectors.services.ingest import ingest_batch
from detectors.services.source import history_stream, live_stream
from tests import cast, desk, make
from tests.sample_detector import Counting, Sharing

pytestmark = pytest.mark.django_db(transaction=True)

END = datetime(2026, 9, 20, 12, tzinfo=UTC)
EPOCH = datetime(2026, 9, 1, tzinfo=UTC)
COMPARED = ("near-duplicate-text", "shared-infrastructure", "lookalike-site", "reworded-text")


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    desk.forget()
    yield
    desk.forget()


@pytest.fixture
def only_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    samples = {"sharing": Sharing, "counting": Counting}
    monkeypatch.setattr(registry, "all_detectors", lambda: samples)


def store(signals: Any) -> None:
    ingest_batch(source=make.source(), signals=signals, stream=live_stream())
    desk.work()


def sharing(*crowds: tuple[str, int], apart_s: int = 10) -> None:
    """Each object is posted by so many accounts."""
    posts = [
        make.signal(1_000 * crowd + apart_s * n, actor=f"{what}{n}", objects=(f"url:{what}",))
        for crowd, (what, size) in enumerate(crowds)
        for n in range(size)
    ]
    store(posts)


def run(slug: str, *, since: datetime | None = None, until: datetime | None = None,
        work: bool = True, **params: Any) -> Backtest:  # fmt: skip
    one = backtest.start_backtest(
        actor=cast.admin(),
        slug=slug,
        params=params,
        since=since or make.MOMENT - timedelta(days=1),
        until=until or make.MOMENT + timedelta(days=2),
    )
    if work:
        backtest.run_backtest(run_id=one.pk)
        one.refresh_from_db()
    return one


def anchors(one: Backtest, change: str) -> set[str]:
    return set(one.findings.filter(change=change).values_list("anchor_value", flat=True))


# --- the same code -------------------------------------------------------------------------


def test_the_settings_in_force_find_what_they_found_live() -> None:
    store(world(seed=3, end=END, scenarios=["phishing-kit"], background=700))
    found = 0
    for slug in COMPARED:
        one = run(slug, since=END - timedelta(days=60), until=END + timedelta(days=1))
        assert one.state == BacktestState.DONE, one.error
        assert (one.result["gained"], one.result["lost"]) == (0, 0)
        live = Finding.objects.filter(detector=slug)
        assert {_seen(row) for row in one.findings.all()} == {_seen(row) for row in live}
        found += live.count()
    assert found > 20


def _seen(row: Finding | BacktestFinding) -> tuple[Any, ...]:
    lapsed = row.lapsed if isinstance(row, BacktestFinding) else row.status == FindingStatus.LAPSED
    return (
        row.anchor_type, row.anchor_value, tuple(row.subjects), tuple(row.signal_ids[:50]),
        row.llr, row.tier, row.family, row.sentence, lapsed,
    )  # fmt: skip


@pytest.mark.usefixtures("only_samples")
def test_other_settings_find_what_they_would_have_found_live() -> None:
    save_config(actor=None, slug="sharing", mode="live", params={"least": 3}, reason="before")
    sharing(("a", 2), ("b", 3), ("c", 5))
    live = {_seen(row) for row in Finding.objects.filter(detector="sharing")}
    assert len(live) == 2
    save_config(actor=None, slug="sharing", mode="live", params={"least": 5}, reason="after")
    one = run("sharing", least=3)
    assert {_seen(row) for row in one.findings.exclude(change="lost")} == live
    assert anchors(one, "gained") == {"url:b"}


@pytest.mark.usefixtures("only_samples")
def test_a_higher_threshold_loses_and_a_lower_one_gains() -> None:
    sharing(("a", 2), ("b", 3), ("c", 5))
    stricter = run("sharing", least=4)
    assert (anchors(stricter, "lost"), anchors(stricter, "kept")) == ({"url:a", "url:b"}, {"url:c"})
    save_config(actor=None, slug="sharing", mode="live", params={"least": 4}, reason="try")
    looser = run("sharing", least=2)
    assert (anchors(looser, "gained"), anchors(looser, "kept")) == ({"url:a", "url:b"}, {"url:c"})
    assert looser.result["current"]["findings"] == 1
    assert looser.result["proposed"]["findings"] == 3


@pytest.mark.usefixtures("only_samples")
def test_findings_of_ticks_come_and_lapse_as_they_do_live() -> None:
    sharing(("a", 2), ("b", 5), ("c", 9), apart_s=200)
    live = {_seen(row) for row in Finding.objects.filter(detector="counting")}
    assert {row[-1] for row in live} == {False, True}
    assert {_seen(row) for row in run("counting").findings.all()} == live


# --- the window ----------------------------------------------------------------------------


@pytest.mark.usefixtures("only_samples")
def test_what_was_said_before_or_after_the_window_does_not_count() -> None:
    day = 86_400
    posts = [
        make.signal(day * when + n, actor=f"w{when}{n}", objects=(f"url:{when}",))
        for when in range(3)
        for n in range(3)
    ]
    store(posts)
    begin = make.MOMENT + timedelta(hours=12)
    one = run("sharing", since=begin, until=begin + timedelta(days=1), least=2)
    assert anchors(one, "kept") == {"url:1"}


@pytest.mark.usefixtures("only_samples")
def test_what_happened_within_the_lookback_before_the_window_is_remembered() -> None:
    sharing(("a", 4), apart_s=100)
    begin = make.MOMENT + timedelta(seconds=250)
    assert anchors(run("sharing", since=begin, least=4), "kept") == {"url:a"}


@pytest.mark.usefixtures("only_samples")
def test_only_signals_of_chosen_sources_count() -> None:
    other = make.source("other", "Other")
    ingest_batch(
        source=other,
        signals=[make.signal(n, actor=f"o{n}", objects=("url:o",)) for n in range(3)],
        stream=live_stream(),
    )
    sharing(("a", 3))
    one = backtest.start_backtest(
        actor=cast.admin(), slug="sharing", params={}, sources=[other.pk],
        since=make.MOMENT - timedelta(days=1), until=make.MOMENT + timedelta(days=1),
    )  # fmt: skip
    backtest.run_backtest(run_id=one.pk)
    assert anchors(one, "kept") == {"url:o"}


@pytest.mark.usefixtures("only_samples")
def test_a_desk_with_nothing_but_an_import_tries_settings_on_that() -> None:
    past = history_stream(slug="past", title="Past", tick_floor_s=60)
    posts = [make.signal(n, actor=f"a{n}", objects=("url:a",)) for n in range(3)]
    ingest_batch(source=make.source(), signals=posts, stream=past)
    desk.await_horizon()
    one = run("sharing")
    assert (one.stream, anchors(one, "kept")) == (past, {"url:a"})


@pytest.mark.usefixtures("only_samples")
def test_a_time_line_is_chosen_by_name() -> None:
    sharing(("a", 3))
    past = history_stream(slug="past", title="Past", tick_floor_s=60)
    start = partial(
        backtest.start_backtest,
        actor=cast.lead(), slug="sharing", params={}, since=EPOCH, until=END,
    )  # fmt: skip
    assert start().stream == live_stream()
    assert start(line="past").stream == past
    with pytest.raises(InvalidError) as caught:
        start(line="nowhere")
    assert caught.value.field == "stream"


# --- it only reads -------------------------------------------------------------------------


@pytest.mark.usefixtures("only_samples")
def test_nothing_but_the_run_itself_is_written() -> None:
    sharing(("a", 3), ("b", 5))
    before = _tables()
    one = run("sharing", least=4)
    assert one.result["lost"] == 1
    assert _tables() == before


def _tables() -> list[Any]:
    tables = (Finding, FindingRevision, FusedFinding, Campaign, CampaignMember)
    return [list(table.objects.order_by("pk").values()) for table in tables]


@pytest.mark.usefixtures("only_samples")
@pytest.mark.parametrize("slug", ["sharing", "counting"])
def test_the_findings_are_those_of_live_detection_while_that_goes_on(
    slug: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sharing(("a", 2), ("b", 9), ("c", 5), apart_s=90)
    until = make.MOMENT + timedelta(days=1)
    live = {_seen(row) for row in Finding.objects.filter(detector=slug)}
    before = _read_by(slug)
    monkeypatch.setattr(backtest, "BATCH", 3)
    monkeypatch.setattr(backtest, "BUDGET_S", 0.0)
    one = run(slug, work=False, until=until)
    turns = 0
    while one.state == BacktestState.RUNNING:
        backtest.run_backtest(run_id=one.pk)
        later = make.signal(
            9_000 + turns, actor=f"later{turns}", objects=("url:later",), occurred_at=clock.now()
        )
        ingest_batch(source=Source.objects.get(), signals=[later], stream=live_stream())
        desk.work()
        one.refresh_from_db()
        turns += 1
    assert turns > 4
    assert (one.result["gained"], one.result["lost"]) == (0, 0)
    assert {_seen(row) for row in one.findings.all()} == live
    assert _read_by(slug) >= before + turns


def _read_by(slug: str) -> int:
    """Signals that the live detector has read."""
    rows = Shard.objects.filter(config__slug=slug, config__current=True)
    return sum(rows.values_list("signals", flat=True))


# --- in pieces -----------------------------------------------------------------------------


@pytest.mark.usefixtures("only_samples")
@pytest.mark.parametrize("slug", ["sharing", "counting"])
def test_a_run_in_pieces_by_several_workers_is_the_same(
    slug: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sharing(("a", 2), ("b", 9), ("c", 5), apart_s=90)
    whole = run(slug, least=3)
    monkeypatch.setattr(backtest, "BATCH", 3)
    monkeypatch.setattr(backtest, "BUDGET_S", 0.0)
    monkeypatch.setattr(backtest, "CHECKPOINT_S", 0.0)
    pieces = run(slug, work=False, least=3)
    turns = 0
    while pieces.state == BacktestState.RUNNING:
        backtest.run_backtest(run_id=pieces.pk)
        backtest.forget_trials()  # the next turn is another worker's
        pieces.refresh_from_db()
        turns += 1
    assert turns > 4
    assert pieces.result == whole.result
    assert [_seen(row) for row in pieces.findings.all()] == [
        _seen(row) for row in whole.findings.all()
    ]


@pytest.mark.usefixtures("only_samples")
@pytest.mark.parametrize("keys", [0, 1_000])
def test_turns_of_one_worker_need_no_stored_state_and_a_kill_loses_what_was_not_stored(
    keys: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    sharing(("a", 2), ("b", 9), ("c", 5), apart_s=90)
    whole = run("sharing", least=3)
    monkeypatch.setattr(backtest, "BATCH", 3)
    monkeypatch.setattr(backtest, "BUDGET_S", 0.0)
    monkeypatch.setattr(backtest, "CHECKPOINT_S", 0.0 if not keys else 3_600.0)
    monkeypatch.setattr(backtest, "CHECKPOINT_KEYS", keys)  # 0: too large for a row
    pieces = run("sharing", work=False, least=3)
    for turn in range(40):
        if turn == 2:
            backtest.forget_trials()
        backtest.run_backtest(run_id=pieces.pk)
        pieces.refresh_from_db()
        assert pieces.payload is None
        if pieces.state == BacktestState.DONE:
            break
    assert pieces.result == whole.result
    assert pieces.signals == whole.signals


@pytest.mark.usefixtures("only_samples")
def test_signals_that_only_move_the_clock_come_without_their_content() -> None:
    posts = [
        make.signal(n, actor=f"a{n}", kind=Kind.LOGIN if n % 2 else Kind.POST, text=f"t{n}",
                    objects=("url:a",))
        for n in range(6)
    ]  # fmt: skip
    store(posts)
    live, own = live_stream().pk, Source.objects.get().pk
    far = make.MOMENT + timedelta(days=9)
    all_of_it = stream.read(live, stream.Position(), 50)
    for kinds, sources, until, whole in (
        ((), (), far, {0, 1, 2, 3, 4, 5}),
        (("post",), (own,), far, {0, 2, 4}),
        (("post",), (own + 1,), far, set()),
        (("post",), (), make.MOMENT + timedelta(seconds=2), {0, 2}),
    ):
        page = stream.read_for(live, stream.Position(), 50, stream.Wanted(kinds, sources, until))
        assert page.positions == all_of_it.positions
        for one, full in zip(page.signals, all_of_it.signals, strict=True):
            assert one.moment == full.moment
            if full.kind in {"post", "login"}:
                is_whole = int(full.text[1:]) in whole
                assert (one == full) == is_whole
                assert (one.text == "") == (not is_whole)


@pytest.mark.usefixtures("only_samples")
def test_a_signal_that_the_detector_cannot_digest_is_left_out() -> None:
    posts = [make.signal(n, actor=f"a{n}", objects=("url:a",)) for n in range(4)]
    store(posts)
    poisoned = posts[2]
    monkey = pytest.MonkeyPatch()
    real = Sharing.keys

    def keys(self: Sharing, signal: Any, p: Any) -> Any:
        if signal.actor == poisoned.actor:
            message = "bad signal"
            raise RuntimeError(message)
        return real(self, signal, p)

    monkey.setattr(Sharing, "keys", keys)
    one = run("sharing", work=False, least=2)
    for _ in range(3):
        backtest.run_backtest(run_id=one.pk)
    monkey.undo()
    one.refresh_from_db()
    assert one.state == BacktestState.DONE
    assert len(one.skipped) == 1
    assert list(one.findings.values_list("subjects", flat=True)) == [["x:a0", "x:a1", "x:a3"]]


@pytest.mark.usefixtures("only_samples")
def test_a_cancelled_run_stops_and_keeps_nothing() -> None:
    sharing(("a", 3))
    one = run("sharing", work=False, least=2)
    backtest.cancel_backtest(actor=cast.admin(), run=one)
    backtest.run_backtest(run_id=one.pk)
    one.refresh_from_db()
    assert (one.state, one.findings.count()) == (BacktestState.CANCELLED, 0)
    with pytest.raises(ConflictError):
        backtest.cancel_backtest(actor=cast.admin(), run=one)


@pytest.mark.usefixtures("only_samples")
def test_a_fault_is_told_and_does_not_wake_again(monkeypatch: pytest.MonkeyPatch) -> None:
    sharing(("a", 3))
    one = run("sharing", work=False, least=2)

    def broken(**_: Any) -> None:
        message = "no room left"
        raise OSError(message)

    monkeypatch.setattr(backtest, "keep_result", broken)
    backtest.run_backtest(run_id=one.pk)
    one.refresh_from_db()
    assert one.state == BacktestState.FAILED
    assert "no room left" in one.error


# --- who and what --------------------------------------------------------------------------


@pytest.mark.usefixtures("only_samples")
@pytest.mark.parametrize("who", [cast.reviewer, cast.integration, cast.partner])
def test_only_leads_and_admins_start_one(who: Callable[[], Any]) -> None:
    with pytest.raises(ForbiddenError):
        backtest.start_backtest(actor=who(), slug="sharing", params={}, since=EPOCH, until=END)


@pytest.mark.usefixtures("only_samples")
@pytest.mark.parametrize(
    ("field", "about"),
    [
        ("least", {"params": {"least": 99}}),
        ("until", {"until": EPOCH - timedelta(days=1)}),
        ("until", {"until": datetime(2999, 1, 1, tzinfo=UTC)}),
        ("since", {"since": EPOCH - timedelta(days=400)}),
    ],
)
def test_what_cannot_be_run_is_named(field: str, about: dict[str, Any]) -> None:
    asked: dict[str, Any] = {
        "params": {},
        "since": EPOCH,
        "until": clock.now() - timedelta(days=1),
    } | about
    if asked["until"] < asked["since"] and field != "until":
        asked["until"] = asked["since"] + timedelta(days=1)
    with pytest.raises(InvalidError) as caught:
        backtest.start_backtest(actor=cast.lead(), slug="sharing", **asked)
    assert caught.value.field == field


@pytest.mark.usefixtures("only_samples")
def test_a_few_run_at_a_time() -> None:
    for _ in range(backtest.MAX_RUNNING):
        run("sharing", work=False)
    with pytest.raises(ConflictError):
        run("sharing", work=False)


# --- what it means -------------------------------------------------------------------------


def test_cases_that_would_be_lost_are_known_with_what_people_said_of_them() -> None:
    save_config(actor=None, slug="reworded-text", mode="off", params={}, reason="one of content")
    store(world(seed=3, end=END, scenarios=["phishing-kit"], background=300))
    campaign = Campaign.objects.filter(state="open").get()
    Verdict.objects.create(
        campaign=campaign, decision_ref="d-1", outcome=Outcome.ABUSE, families=[], size=3
    )
    window: dict[str, Any] = {"since": END - timedelta(days=60), "until": END + timedelta(days=1)}
    told = run("near-duplicate-text", **window, min_accounts=100).result
    assert told["lost"] > 0
    (gone,) = told["campaigns"]["lost"]
    assert (gone["campaign"], gone["outcome"]) == (campaign.pk, "abuse")
    assert (told["campaigns"]["current"], told["campaigns"]["proposed"]) == (1, 0)
    assert told["current"]["recall"]["value"] == 1.0
    assert told["proposed"]["recall"]["value"] == 0.0
    back = run("near-duplicate-text", **window).result
    assert (back["lost"], back["campaigns"]["lost"]) == (0, [])
