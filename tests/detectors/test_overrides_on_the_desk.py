"""Overrides on a desk: part of a version, and told by pages, REST, shell and files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from abusedesk.core.errors import InvalidError
from abusedesk.core.models import Scope, User
from detectors import registry
from detectors.choices import FindingStatus
from detectors.configuration.document import files_of, read_files
from detectors.demo import world as world_of
from detectors.models import (
    Backtest,
    BacktestFinding,
    DetectorConfig,
    DetectorDraft,
    Entity,
    Finding,
    Source,
)
from detectors.selectors.configuration import configuration_for
from detectors.selectors.near import near_misses_for
from detectors.selectors.recompute import rescored_by_id
from detectors.services import backtest
from detectors.services.config import ensure_configs, save_config
from detectors.services.configuration import DRAFT, REFUSED, SAME, import_configuration
from detectors.services.draft import approve_draft, propose_config
from detectors.services.ingest import ingest_batch
from detectors.services.rollback import roll_back
from detectors.services.source import live_stream
from tests import cast, desk, make
from tests.ui import world

SLUG = "shared-infrastructure"
API = f"/api/v1/detectors/{SLUG}/"
END = datetime(2026, 9, 20, 12, tzinfo=UTC)
DEVICE = "a1b2c3d4e5f6a7b8c9d0"
HOSTILE = "<img src=x>\u202e"


def override(scope: str, value: int, setting: str = "min_hard") -> dict[str, Any]:
    return {"scope": scope, "setting": setting, "value": value}


@pytest.fixture
def shipped(db: None) -> None:
    ensure_configs()
    cast.admin()
    cast.lead()


def proposed(*lines: dict[str, Any]) -> DetectorDraft:
    return propose_config(
        actor=cast.admin(), slug=SLUG, mode="live", params={"overrides": list(lines)}, reason="loud"
    )


def in_force() -> DetectorConfig:
    return DetectorConfig.objects.get(slug=SLUG, current=True)


def browser(user: User) -> Client:
    one = Client()
    one.force_login(user)
    return one


def text(response: Any) -> str:
    return str(response.content.decode())


# --- versions --------------------------------------------------------------------------------


@pytest.mark.usefixtures("shipped")
def test_overrides_are_approved_compared_and_rolled_back_as_all_settings_are() -> None:
    draft = proposed(override("platform:x", 4))
    assert "overrides" not in in_force().params
    page = text(browser(cast.lead()).get(reverse("detectors:draft", args=[SLUG, draft.pk])))
    assert "Min hard on x" in page
    assert "as everywhere: 2" in page
    approve_draft(actor=cast.lead(), draft=draft)
    assert in_force().params["overrides"] == [override("platform:x", 4)]
    with pytest.raises(InvalidError, match="Nothing differs"):
        proposed(override("platform:x", 4))
    roll_back(actor=cast.admin(), slug=SLUG, number=1)
    assert "overrides" not in in_force().params


@pytest.mark.usefixtures("shipped")
@pytest.mark.parametrize(
    ("line", "said"),
    [
        (override("source:nobody", 4), "overrides: there is no source called nobody."),
        (override("platform:x", 4, "population"), "population cannot be overridden; min_accounts"),
        (override("platform:x", 99), "min_hard on x must lie between 2 and 50"),
        (override(HOSTILE, 4), "overrides.0.scope: "),
    ],
)
def test_a_wrong_override_is_refused_by_name(line: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidError) as refused:
        proposed(line)
    assert said in refused.value.message
    assert refused.value.field.split(".")[0] == "overrides"
    assert not DetectorDraft.objects.exists()


@pytest.mark.usefixtures("shipped")
def test_files_hold_overrides_and_import_proposes_them() -> None:
    make.source("forum-export", "Forum")
    lines = [override("platform:x", 4), override("source:forum-export", 3)]
    approve_draft(actor=cast.lead(), draft=proposed(*lines))
    files = files_of(configuration_for(cast.admin()))
    assert '"scope": "source:forum-export"' in files[f"detectors/{SLUG}.json"]
    told = read_files(files)

    def taken() -> dict[str, tuple[str, str]]:
        found = import_configuration(actor=cast.admin(), configuration=told, reason="from files")
        return {one.detector: (one.what, one.said) for one in found}

    assert taken()[SLUG] == (SAME, "")
    roll_back(actor=cast.admin(), slug=SLUG, number=1)
    assert taken()[SLUG] == (
        DRAFT,
        "Min hard on x as everywhere: 2 -> 4; Min hard from forum-export as everywhere: 2 -> 3",
    )
    assert DetectorDraft.objects.latest("pk").params["overrides"] == lines
    elsewhere = files[f"detectors/{SLUG}.json"].replace("forum-export", "not-here")
    told = read_files({**files, f"detectors/{SLUG}.json": elsewhere})
    what, said = taken()[SLUG]
    assert (what, said) == (REFUSED, "overrides: there is no source called not-here.")


# --- live, backtest, recompute, near miss ----------------------------------------------------


@pytest.fixture
def fresh(transactional_db: None) -> Iterator[None]:
    desk.forget()
    yield
    desk.forget()


def sent_by(source: str, *accounts: str, first: int = 0, device: str = DEVICE) -> None:
    """Each account, as `platform:name`, signs in with one device."""
    acts = [
        make.signal(
            first + n, platform=account.partition(":")[0], actor=account.partition(":")[2],
            external_id=f"{source}-{account}", identifiers={"device": device},
        )
        for n, account in enumerate(accounts)
    ]  # fmt: skip
    known = Source.objects.filter(slug=source).first()
    ingest_batch(source=known or make.source(source, source), signals=acts, stream=live_stream())
    desk.work()


def seen(row: Finding | BacktestFinding) -> tuple[Any, ...]:
    lapsed = row.lapsed if isinstance(row, BacktestFinding) else row.status == FindingStatus.LAPSED
    return (
        row.anchor_type, row.anchor_value, tuple(row.subjects), tuple(row.signal_ids[:50]),
        row.llr, row.tier, row.family, row.sentence, str(row.conditions), lapsed,
    )  # fmt: skip


def tried(slug: str, **params: Any) -> Backtest:
    run = backtest.start_backtest(
        actor=cast.admin(), slug=slug, params=params, since=END - timedelta(days=60),
        until=END + timedelta(days=1),
    )  # fmt: skip
    backtest.run_backtest(run_id=run.pk)
    run.refresh_from_db()
    assert run.state == "done", run.error
    return run


@pytest.mark.usefixtures("fresh")
@pytest.mark.parametrize(
    ("slug", "setting"),
    [(SLUG, "min_hard"), ("near-duplicate-text", "min_accounts"), ("media-reuse", "min_accounts")],
)
def test_a_backtest_with_overrides_finds_what_they_find_live(
    slug: str, setting: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One detector at once and one at ticks, by platform and by source."""
    kinds = {slug: registry.get(slug)}
    monkeypatch.setattr(registry, "all_detectors", lambda: kinds)
    told = world_of(seed=3, end=END, background=300)
    platforms = Counter(one.platform for one in told)
    (platform, _) = platforms.most_common(1)[0]
    lines = [override(f"platform:{platform}", 5, setting), override("source:second", 6, setting)]
    sources = make.source("first", "First"), make.source("second", "Second")
    save_config(actor=None, slug=slug, mode="live", params={"overrides": lines}, reason="loud")
    for place, source in enumerate(sources):
        ingest_batch(source=source, signals=told[place::2], stream=live_stream())
    desk.work()
    live = {seen(row) for row in Finding.objects.filter(detector=slug)}
    again = tried(slug, overrides=lines)
    assert (again.result["gained"], again.result["lost"]) == (0, 0)
    assert {seen(row) for row in again.findings.all()} == live
    # and the overrides matter: without them more is found, and nothing is missing
    plain = tried(slug)
    assert plain.result["gained"] > 0
    assert plain.result["lost"] == 0


@pytest.mark.usefixtures("fresh")
def test_an_override_counts_by_the_source_that_told() -> None:
    make.source("shop", "Shop")
    lines = [override("source:shop", 4)]
    save_config(actor=None, slug=SLUG, mode="live", params={"overrides": lines}, reason="loud")
    sent_by("shop", "x:a", "x:b", "x:c")
    assert not Finding.objects.filter(detector=SLUG).exists()
    sent_by("forum", "x:d", first=10)
    found = Finding.objects.get(detector=SLUG)
    assert found.subjects == ["x:a", "x:b", "x:c", "x:d"]
    assert found.conditions[0]["name"] == "accounts"
    assert rescored_by_id(found.pk, cast.admin()).same


@pytest.mark.usefixtures("fresh")
def test_a_finding_that_an_override_made_is_recomputed_and_says_which_number_it_met() -> None:
    lines = [override("platform:x", 2)]
    params = {"min_hard": 5, "overrides": lines}
    save_config(actor=None, slug=SLUG, mode="live", params=params, reason="small platform")
    sent_by("shop", "y:a", "y:b", device="b" * 20)
    sent_by("shop", "x:a", "x:b", first=10)
    found = Finding.objects.get(detector=SLUG)
    assert found.subjects == ["x:a", "x:b"]
    (met, *_) = found.conditions
    assert (met["name"], met["value"], met["limit"]) == ("accounts on x", 2.0, 2.0)
    assert rescored_by_id(found.pk, cast.admin()).same


@pytest.mark.usefixtures("fresh")
def test_what_almost_fired_is_measured_by_the_number_that_holds_there() -> None:
    lines = [override("platform:x", 4)]
    save_config(actor=None, slug=SLUG, mode="live", params={"overrides": lines}, reason="loud")
    sent_by("shop", "x:a", "x:b", "x:c")
    entity = Entity.objects.get(type="device", value=DEVICE)
    (miss,) = near_misses_for(cast.reviewer(), entity).misses
    assert (miss.condition, miss.value, miss.needed) == ("accounts on x", 3, 4)


# --- pages, REST, shell ----------------------------------------------------------------------


def form(*lines: tuple[str, str, str], **more: str) -> dict[str, Any]:
    scopes, settings, values = (list(column) for column in zip(*lines, strict=True))
    return {
        **world.settings_form(SLUG, **more),
        "p_overrides_scope": scopes,
        "p_overrides_setting": settings,
        "p_overrides_value": values,
    }


@pytest.mark.usefixtures("shipped")
def test_lines_of_the_form_become_overrides_and_a_line_without_a_number_none() -> None:
    make.source("forum-export", "Forum")
    page = reverse("detectors:detector-detail", args=[SLUG])
    told = browser(cast.admin()).post(
        page, form(("platform:x", "min_hard", "4"), ("source:forum-export", "min_accounts", "6"),
                   ("", "min_accounts", ""), ("platform:y", "min_accounts", " ")),
    )  # fmt: skip
    draft = DetectorDraft.objects.get()
    assert told.status_code == 302
    assert draft.params["overrides"] == [
        override("source:forum-export", 6, "min_accounts"), override("platform:x", 4),
    ]  # fmt: skip
    approve_draft(actor=cast.lead(), draft=draft)
    shown = text(browser(cast.reviewer()).get(page))
    assert '<option value="platform:x" selected>on x</option>' in shown
    assert '<option value="source:forum-export" selected>from forum-export</option>' in shown


@pytest.mark.usefixtures("shipped")
@pytest.mark.parametrize(
    ("line", "said"),
    [
        (("", "min_hard", "4"), "Choose the platform or source for which 4 is meant."),
        (("platform:x", "min_hard", "many"), "on x: write a whole number, not many."),
        (("platform:x", "min_hard", "999"), "min_hard on x must lie between 2 and 50"),
        (("source:gone", "min_hard", "4"), "there is no source called gone."),
        (("platform:<img src=x>", "min_hard", "4"), "overrides.0.scope"),
        (("platform:x", "<img src=x>", "4"), "cannot be overridden"),
        (("platform:x", "min_hard", "<img src=x>"), "write a whole number"),
    ],
)
def test_what_is_wrong_stands_beside_the_lines_and_they_stay_as_typed(
    line: tuple[str, str, str], said: str
) -> None:
    page = reverse("detectors:detector-detail", args=[SLUG])
    answer = browser(cast.admin()).post(page, form(line, p_min_accounts="7"))
    shown = text(answer)
    assert answer.status_code == 422
    assert said in shown
    assert "<img" not in shown
    assert 'name="p_min_accounts" value="7"' in shown
    if line[2].isalnum():
        assert f'value="{line[2]}" aria-invalid="true"' in shown
    assert not DetectorDraft.objects.exists()


@pytest.mark.usefixtures("shipped")
def test_a_detector_that_takes_no_overrides_offers_none() -> None:
    page = reverse("detectors:detector-detail", args=["coaction-synchrony"])
    assert "p_overrides" not in text(browser(cast.admin()).get(page))


@pytest.mark.usefixtures("shipped")
def test_the_same_form_tries_overrides_in_a_backtest() -> None:
    page = reverse("detectors:backtest-start", args=[SLUG])
    browser(cast.lead()).post(page, form(("platform:x", "min_hard", "4"), days="30"))
    assert Backtest.objects.get().proposed["overrides"] == [override("platform:x", 4)]


@pytest.mark.usefixtures("shipped")
def test_overrides_go_over_rest_with_a_schema() -> None:
    client = Client(headers=make.bearer(Scope.READ, Scope.ADMIN, user=cast.admin()))
    schema = client.get(API).json()["parameters"]
    assert schema["overrides"]["items"]["required"] == ["scope", "setting", "value"]
    assert schema["min_hard"]["overridable"] is True
    said = {"mode": "live", "reason": "loud", "params": {"overrides": [override("platform:x", 4)]}}
    made = client.put(API, said, content_type="application/json")
    assert made.status_code == 202
    assert made.json()["params"]["overrides"] == [override("platform:x", 4)]
    said["params"] = {"overrides": [override("source:nobody", 4)]}
    refused = client.put(API, said, content_type="application/json")
    assert refused.status_code == 422
    assert "there is no source called nobody" in text(refused)
    said["params"] = {"overrides": "all"}
    assert client.put(API, said, content_type="application/json").status_code == 422
    other = Client(headers=make.bearer(Scope.READ, user=cast.reviewer()))
    assert other.put(API, said, content_type="application/json").status_code == 403


def shell(*words: str) -> str:
    out = StringIO()
    call_command("detectors", words[0], "--as", "admin", *words[1:], stdout=out)
    return out.getvalue()


@pytest.mark.usefixtures("shipped")
def test_the_shell_sets_shows_and_removes_overrides() -> None:
    User.objects.exclude(pk=cast.admin().pk).update(is_active=False)
    for words in (("platform:x.min_hard=4", "min_accounts=5"), ("platform:y.min_hard=3",)):
        shell("set", SLUG, *words, "--reason", "loud")
        approve_draft(actor=cast.admin(), draft=DetectorDraft.objects.latest("pk"))
    assert in_force().params["min_accounts"] == 5
    told = shell("show", SLUG)
    assert "platform:x.min_hard = 4\nplatform:y.min_hard = 3\n" in told
    shell("set", SLUG, "platform:x.min_hard=", "--reason", "quiet again")
    assert DetectorDraft.objects.latest("pk").params["overrides"] == [override("platform:y", 3)]
    with pytest.raises(CommandError, match="min_hard on z must lie"):
        shell("set", SLUG, "platform:z.min_hard=1", "--reason", "loud")
