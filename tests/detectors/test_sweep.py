"""Several values of one setting in one run: the same as one backtest for each."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from abusedesk.core import clock
from abusedesk.core.errors import InvalidError
from abusedesk.core.models import Scope, User
from detectors import registry
from detectors.choices import BacktestState, StreamKind
from detectors.models import Backtest
from detectors.services import backtest
from detectors.services.config import save_config
from detectors.services.ingest import ingest_batch
from detectors.services.source import history_stream, live_stream
from detectors.sweeping import Sweep
from detectors.timeline import last_days
from detectors.ui.sweep import proposed_values, read_values
from tests import cast, desk, make
from tests.sample_detector import Counting, Sharing

pytestmark = pytest.mark.django_db(transaction=True)

SINCE = make.MOMENT - timedelta(days=1)
UNTIL = make.MOMENT + timedelta(days=2)


@pytest.fixture(autouse=True)
def samples(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    desk.forget()
    known = {"sharing": Sharing, "counting": Counting}
    monkeypatch.setattr(registry, "all_detectors", lambda: known)
    posts = [
        make.signal(1_000 * crowd + 10 * n, actor=f"{what}{n}", objects=(f"url:{what}",))
        for crowd, (what, size) in enumerate((("a", 2), ("b", 9), ("c", 5)))
        for n in range(size)
    ]
    ingest_batch(source=make.source(), signals=posts, stream=live_stream())
    desk.await_horizon()
    save_config(actor=None, slug="sharing", mode="live", params={"least": 3}, reason="as shipped")
    yield
    desk.forget()


def swept(*values: float, name: str = "least", work: bool = True) -> Backtest:
    run = backtest.start_backtest(
        actor=cast.admin(), slug="sharing", params={}, since=SINCE, until=UNTIL,
        sweep=Sweep(name, values),
    )  # fmt: skip
    while work and run.state == BacktestState.RUNNING:
        backtest.run_backtest(run_id=run.pk)
        run.refresh_from_db()
    return run


def single(least: int) -> Backtest:
    run = backtest.start_backtest(
        actor=cast.admin(), slug="sharing", params={"least": least}, since=SINCE, until=UNTIL
    )
    backtest.run_backtest(run_id=run.pk)
    run.refresh_from_db()
    return run


def browser(user: User) -> Client:
    one = Client()
    one.force_login(user)
    return one


def test_each_value_says_what_a_backtest_of_it_says() -> None:
    run = swept(2, 6, 9, 3, 6)
    assert run.sweep == {"name": "least", "values": [2, 3, 6, 9]}
    assert [one["value"] for one in run.result["points"]] == [2, 3, 6, 9]
    for point in run.result["points"]:
        alone = single(point["value"]).result
        assert (point["gained"], point["lost"]) == (alone["gained"], alone["lost"])
        for name in ("findings", "accounts", "lapsed", "precision"):
            assert point[name] == alone["proposed"][name]
    assert run.result["in_force"]["findings"] == 2
    assert not run.findings.exists()


def test_a_sweep_in_pieces_by_several_workers_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = swept(2, 4)
    for name, value in (("BATCH", 3), ("BUDGET_S", 0.0), ("CHECKPOINT_S", 0.0)):
        monkeypatch.setattr(backtest, name, value)
    pieces = swept(2, 4, work=False)
    while pieces.state == BacktestState.RUNNING:
        backtest.run_backtest(run_id=pieces.pk)
        backtest.forget_trials()
        pieces.refresh_from_db()
    assert pieces.result == whole.result


@pytest.mark.parametrize(
    ("name", "values", "field"),
    [
        ("nosuch", (2, 3), "parameter"),
        ("least", (2,), "values"),
        ("least", (2, 2), "values"),
        ("least", range(1, 10), "values"),
        ("least", (2, 99), "least"),
    ],
)
def test_what_cannot_be_swept_is_named(name: str, values: Any, field: str) -> None:
    with pytest.raises(InvalidError) as refused:
        swept(*values, name=name, work=False)
    assert refused.value.field == field


def test_values_are_read_leniently_and_proposed_within_the_bounds() -> None:
    assert read_values(" 2, 3.5 ;4,") == [2, 3.5, 4]
    for bad in ("a, 2", "2, <b>"):
        with pytest.raises(InvalidError):
            read_values(bad)
    assert read_values("nan, inf, 2") == [2]
    assert proposed_values(Sharing.Params, "least", {"least": 3}) == "2, 3, 4, 6, 9"
    assert proposed_values(Sharing.Params, "nosuch", {}) == ""


def test_on_the_page_it_is_started_and_drawn_and_a_refusal_keeps_what_was_typed() -> None:
    lead = browser(cast.lead())
    address = reverse("detectors:sweep-new", args=["sharing"])
    refused = lead.post(address, {"parameter": "least", "values": "2, <b>x", "days": "90"})
    page = refused.content.decode()
    assert refused.status_code == 422
    assert 'value="2, &lt;b&gt;x"' in page
    assert '<option value="90" selected>' in page
    said = lead.post(address, {"parameter": "least", "values": "2, 6", "days": "365"})
    run = Backtest.objects.get()
    Backtest.objects.filter(pk=run.pk).update(since=SINCE, until=UNTIL)
    backtest.run_backtest(run_id=run.pk)
    page = browser(cast.reviewer()).get(said.headers["Location"]).content.decode()
    assert "Sweep of" in page
    assert "in force" in page
    assert browser(cast.reviewer()).get(address).status_code == 403


def test_over_rest_it_is_the_same() -> None:
    program = Client(headers=make.bearer(Scope.READ, Scope.ADMIN, user=cast.lead()))
    body: dict[str, Any] = {
        "since": SINCE.isoformat(), "until": UNTIL.isoformat(),
        "sweep": {"parameter": "least", "values": [2, 6]},
    }  # fmt: skip
    made = program.post("/api/v1/detectors/sharing/backtests/", body,
                        content_type="application/json")  # fmt: skip
    assert made.status_code == 202, made.content
    backtest.run_backtest(run_id=made.json()["id"])
    told = program.get(f"/api/v1/detectors/sharing/backtests/{made.json()['id']}/").json()
    assert [one["findings"] for one in told["result"]["points"]] == [3, 1]
    body["sweep"]["values"] = [2]
    refused = program.post("/api/v1/detectors/sharing/backtests/", body,
                           content_type="application/json")  # fmt: skip
    assert refused.status_code == 400
    assert "values" in refused.json()["errors"][0]["attr"]


# --- which time-line -----------------------------------------------------------------------


def test_the_last_days_of_an_import_end_with_its_last_signal() -> None:
    line = history_stream(slug="old", title="<i>Old</i>", tick_floor_s=0)
    assert line.kind == StreamKind.IMPORT
    old = make.MOMENT - timedelta(days=700)
    ingest_batch(
        source=make.source("archive"), stream=line,
        signals=[make.signal(n, actor=f"o{n}", objects=("url:o",),
                             occurred_at=old + timedelta(minutes=n)) for n in range(4)],
    )  # fmt: skip
    desk.await_horizon()
    since, until = last_days(line, 7)
    assert until == old + timedelta(minutes=3, seconds=1)
    assert until - since == timedelta(days=7)
    assert clock.now() - last_days(live_stream(), 7)[1] < timedelta(minutes=1)


def test_the_form_offers_past_imports_and_a_backtest_of_one_finds_what_is_there() -> None:
    line = history_stream(slug="old", title="<i>Old</i>", tick_floor_s=0)
    old = make.MOMENT - timedelta(days=700)
    ingest_batch(
        source=make.source("archive"), stream=line,
        signals=[make.signal(n, actor=f"o{n}", objects=("url:o",),
                             occurred_at=old + timedelta(minutes=n)) for n in range(4)],
    )  # fmt: skip
    desk.await_horizon()
    lead = browser(cast.lead())
    detector = reverse("detectors:detector-detail", args=["sharing"])
    page = lead.get(detector).content.decode()
    assert '<option value="old">&lt;i&gt;Old&lt;/i&gt;</option>' in page
    start = reverse("detectors:backtest-start", args=["sharing"])
    form = {"p_least": "2", "days": "7", "line": "old"}
    lead.post(start, form)
    run = Backtest.objects.get()
    assert run.stream == line
    backtest.run_backtest(run_id=run.pk)
    run.refresh_from_db()
    assert (run.result["kept"], run.result["current"]["findings"]) == (1, 1)
    unknown = lead.post(start, form | {"line": "nosuch"})
    assert unknown.status_code == 422
    assert "There is no time-line called nosuch" in unknown.content.decode()
