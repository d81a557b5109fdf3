"""The configuration of detectors as files: the round trip is no change, the way in is a draft."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from abusedesk.core import audit, clock
from abusedesk.core.errors import ForbiddenError, InvalidError
from abusedesk.core.models import AuditEntry, Scope, User
from detectors.choices import Mode
from detectors.configuration.document import (
    BrokenError,
    Configuration,
    Quiet,
    Setting,
    files_of,
    read_files,
    read_json,
)
from detectors.models import DetectorConfig, DetectorDraft, Suppression
from detectors.selectors.configuration import configuration_for
from detectors.services.config import ensure_configs
from detectors.services.configuration import (
    DRAFT,
    IN_FORCE,
    ONLY_HERE,
    REFUSED,
    SAME,
    WAITS,
    Change,
    import_configuration,
)
from detectors.services.draft import approve_draft
from detectors.services.rule import create_rule
from detectors.services.suppression import suppress_detector
from detectors.sigma.params import EXAMPLE
from tests import cast, make

SLUG = "velocity"
RULE = "rule-two-words"
HOSTILE = "<img src=x>\u202e"
URL = "/api/v1/detector-configuration/"

words = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
moments = st.datetimes().map(lambda at: at.replace(tzinfo=clock.now().tzinfo))
settings_ = st.builds(
    Setting,
    detector=st.from_regex(r"[a-z0-9-]{1,20}", fullmatch=True),
    mode=st.sampled_from(Mode.values),
    params=st.dictionaries(words.filter(lambda name: name != "sigma"),
                           st.integers() | words | st.lists(words, max_size=2), max_size=4),
)  # fmt: skip
quiets = st.builds(
    Quiet, detector=st.just(SLUG), type=words, value=words, reason=words, expires_at=moments
)


# --- files ---------------------------------------------------------------------------------


@given(
    st.lists(settings_, max_size=5, unique_by=lambda one: one.detector),
    st.lists(quiets, max_size=4),
    words,
)
def test_what_was_written_reads_the_same_and_the_same_is_the_same_bytes(
    settings: list[Setting], quiet: list[Quiet], sigma: str
) -> None:
    rules = [Setting("rule-a", "live", {"sigma": sigma, "threshold": 2})]
    told = Configuration((*settings, *rules), tuple(quiet))
    files = files_of(told)
    found = read_files(files)
    assert {one.detector: one for one in found.detectors} == {
        one.detector: one for one in told.detectors
    }
    assert sorted(found.suppressions) == sorted(told.suppressions)
    again = Configuration(tuple(reversed(told.detectors)), tuple(reversed(told.suppressions)))
    assert files_of(again) == files == files_of(found)


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({}, "There is no detectors/"),
        ({"detectors/a.json": "{"}, "detectors/a.json: "),
        ({"detectors/a.json": '{"detector": "b", "mode": "live"}'}, "is about b"),
        ({"detectors/a.json": '{"detector": "../a", "mode": "live"}'}, "matching regex"),
        ({"detectors/a.json": '{"detector": "a", "mode": "live", "more": 1}'}, "more"),
        ({"detectors/a.yml": "title: x", "suppressions.json": "[]"}, "has no a.json beside it"),
        ({"suppressions.json": '[{"detector": "a"}]'}, "suppressions.json: "),
    ],
    ids=["none", "no JSON", "other name", "path", "unknown field", "lone rule", "half"],
)
def test_a_broken_file_is_named(files: dict[str, str], said: str) -> None:
    with pytest.raises(BrokenError, match=said):
        read_files(files)


# --- the way in ----------------------------------------------------------------------------


@pytest.fixture
def here(db: None) -> Configuration:
    """A desk with everything as shipped, a rule and a suppression."""
    ensure_configs()
    cast.lead()
    create_rule(actor=cast.admin(), name="two words", mode=Mode.SHADOW, params={"sigma": EXAMPLE},
                reason="try")  # fmt: skip
    suppress_detector(actor=cast.lead(), slug=SLUG, type="account", value=f"x:{HOSTILE}",
                      reason="own test", expires_at=clock.now() + timedelta(days=7))  # fmt: skip
    return configuration_for(cast.admin())


def taken(told: Configuration, **said: Any) -> list[Change]:
    return import_configuration(
        actor=said.pop("actor", None) or cast.admin(), configuration=told,
        reason=said.pop("reason", "from the repository"), **said,
    )  # fmt: skip


def one_of(found: list[Change], slug: str, about: str = "") -> Change:
    return next(one for one in found if one.detector == slug and bool(one.about) == bool(about))


def changed(told: Configuration, slug: str = SLUG, mode: str = "live", **params: Any) -> Any:
    rows = [
        Setting(one.detector, mode, {**one.params, **params}) if one.detector == slug else one
        for one in told.detectors
    ]
    return Configuration(tuple(rows), told.suppressions)


def test_the_round_trip_is_no_change(here: Configuration) -> None:
    before = (DetectorConfig.objects.count(), DetectorDraft.objects.count())
    found = taken(read_files(files_of(here)))
    assert {one.what for one in found} == {SAME}
    assert (DetectorConfig.objects.count(), DetectorDraft.objects.count()) == before
    assert Suppression.objects.count() == 1


def test_a_difference_becomes_a_draft_that_a_second_person_approves(here: Configuration) -> None:
    told = changed(here, signups=9)
    one = one_of(taken(told), SLUG)
    assert (one.what, one.said) == (DRAFT, "Signups 3 -> 9")
    assert DetectorConfig.objects.get(slug=SLUG, current=True).params["signups"] == 3
    again = one_of(taken(told), SLUG)
    assert (again.what, again.draft) == (WAITS, one.draft)
    approve_draft(actor=cast.lead(), draft=DetectorDraft.objects.get(pk=one.draft))
    assert one_of(taken(told), SLUG).what == SAME
    row = AuditEntry.objects.filter(verb="detector.configuration_imported").latest("pk")
    assert audit.sentence(row).startswith("imported a configuration: 0 changes, 0 refused.")


def test_a_dry_run_says_the_same_and_writes_nothing(here: Configuration) -> None:
    told = changed(here, signups=9)
    entries = AuditEntry.objects.count()
    dry = taken(told, dry_run=True)
    assert (DetectorDraft.objects.filter(slug=SLUG).count(), AuditEntry.objects.count()) == (
        0, entries,
    )  # fmt: skip
    assert [(one.detector, one.what, one.said) for one in dry] == [
        (one.detector, one.what, one.said) for one in taken(told)
    ]
    assert one_of(dry, SLUG).draft == 0


def test_one_line_that_is_refused_costs_no_other(here: Configuration) -> None:
    rows = [
        Setting(SLUG, "live", {"signups": 9}),
        Setting("creation-burst", "live", {"per_hour": -1}),
        Setting("nosuch", "live", {}),
        Setting("persona", "loud", {}),
        Setting("rule-broken", "live", {"sigma": "title: [", "threshold": 0}),
    ]
    found = taken(Configuration(tuple(rows)))
    told = {one.detector: one for one in found if one.what != ONLY_HERE}
    assert told[SLUG].what == DRAFT
    assert "per_hour" in told["creation-burst"].said
    assert "no detector called nosuch" in told["nosuch"].said
    assert "Choose off, shadow or live" in told["persona"].said
    assert {one.what for slug, one in told.items() if slug != SLUG} == {REFUSED}
    assert one_of(found, RULE).what == ONLY_HERE


def test_a_rule_and_a_suppression_that_are_new_here_are_made(here: Configuration) -> None:
    until = clock.now() + timedelta(days=5)
    told = Configuration(
        (Setting("rule-fresh", "live", {"sigma": EXAMPLE}),),
        (Quiet(SLUG, "account", "x:new", "own test", until),
         Quiet(SLUG, "account", "x:over", "own test", clock.now() - timedelta(days=1))),
    )  # fmt: skip
    found = taken(told)
    rule = one_of(found, "rule-fresh")
    assert rule.what == DRAFT
    assert DetectorConfig.objects.get(slug="rule-fresh", current=True).mode == Mode.SHADOW
    quiet = [(one.about, one.what) for one in found if one.about and one.what != ONLY_HERE]
    assert quiet == [("account x:new", IN_FORCE), ("account x:over", REFUSED)]


def test_a_lead_who_may_change_rules_alone_is_refused_line_by_line(here: Configuration) -> None:
    rows = (Setting(SLUG, "live", {"signups": 9}), Setting("rule-fresh", "shadow", {}))
    found = taken(Configuration(rows), actor=cast.lead())
    assert one_of(found, SLUG).what == REFUSED
    assert one_of(found, "rule-fresh").what == IN_FORCE
    assert not DetectorDraft.objects.filter(slug=SLUG).exists()


@pytest.mark.parametrize("who", [cast.reviewer, cast.integration, cast.partner])
def test_others_import_nothing(who: Callable[[], User], here: Configuration) -> None:
    with pytest.raises(ForbiddenError):
        taken(here, actor=who())


def test_partners_see_no_configuration_and_a_reason_is_needed(here: Configuration) -> None:
    assert configuration_for(cast.partner()) == Configuration()
    with pytest.raises(InvalidError, match="Say why"):
        taken(here, reason=" ")


# --- shell and REST ------------------------------------------------------------------------


def test_the_shell_writes_files_and_takes_them_back(
    here: Configuration, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    named = ("--as", cast.admin().username)
    call_command("detectors", "export", str(tmp_path), *named)
    first = {path: path.read_bytes() for path in tmp_path.rglob("*.*")}
    assert (tmp_path / f"detectors/{RULE}.yml").read_text(encoding="utf-8") == EXAMPLE
    (tmp_path / "detectors/gone.json").write_text("{}")
    call_command("detectors", "export", str(tmp_path), *named)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*.*")} == first

    path = tmp_path / f"detectors/{SLUG}.json"
    path.write_text(path.read_text().replace('"signups": 3', '"signups": 9'))
    again = ("detectors", "import", str(tmp_path), *named, "--reason", "merged")
    capsys.readouterr()
    call_command(*again, "--dry-run")
    said = capsys.readouterr().out
    assert "draft  velocity: Signups 3 -> 9" in said
    assert "Nothing was written: 1 draft" in said
    assert not DetectorDraft.objects.filter(slug=SLUG).exists()
    call_command(*again)
    assert DetectorDraft.objects.get(slug=SLUG).reason == "merged"
    path.write_text("{")
    with pytest.raises(CommandError, match=r"velocity\.json"):
        call_command(*again)


def test_over_rest_it_goes_out_and_in(here: Configuration) -> None:
    admin = Client(headers=make.bearer(Scope.READ, Scope.ADMIN, user=cast.admin()))
    told = admin.get(URL).json()
    assert read_json(told) == here
    body: dict[str, Any] = {"configuration": told, "reason": "merged", "dry_run": True}
    rows = admin.post(URL, body, content_type="application/json").json()
    assert {one["what"] for one in rows} == {SAME}
    next(one for one in told["detectors"] if one["detector"] == SLUG)["params"]["signups"] = 9
    rows = admin.post(URL, body | {"dry_run": False}, content_type="application/json").json()
    assert [one["said"] for one in rows if one["what"] == DRAFT] == ["Signups 3 -> 9"]
    told["detectors"][0]["more"] = 1
    refused = admin.post(URL, body, content_type="application/json")
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["attr"] == "configuration"
