"""Settings of detectors from the shell go the way that they go in the browser."""

from __future__ import annotations

import re
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from detectors.models import Backtest, DetectorConfig, DetectorDraft
from detectors.services.config import ensure_configs
from detectors.services.source import ensure_source
from tests import cast

pytestmark = pytest.mark.django_db

SLUG = "velocity"


@pytest.fixture(autouse=True)
def shipped() -> None:
    ensure_configs()
    cast.admin()
    cast.lead()


def shell(*words: str, who: str = "admin") -> str:
    out = StringIO()
    call_command("detectors", words[0], "--as", who, *words[1:], stdout=out)
    return out.getvalue()


def in_force() -> DetectorConfig:
    return DetectorConfig.objects.get(slug=SLUG, current=True)


def test_list_and_show_tell_what_is_in_force() -> None:
    cast.reviewer()
    assert re.search(rf"{SLUG} +live +version 1", shell("list", who="reviewer"))
    told = shell("show", SLUG)
    assert "signups = 3 (0 to 1e+06): Accounts created" in told
    assert "* version 1 live, abusedesk: as shipped" in told


@pytest.mark.row(22)
def test_a_change_waits_for_a_second_person_at_the_shell_too() -> None:
    assert "waits for somebody" in shell("set", SLUG, "signups=9", "--reason", "too many")
    draft = DetectorDraft.objects.get()
    assert f"draft {draft.pk} live, admin: too many" in shell("show", SLUG)
    with pytest.raises(CommandError, match="You wrote this draft"):
        shell("approve", str(draft.pk))
    assert "Version 2 is in force" in shell("approve", str(draft.pk), who="lead")
    assert in_force().params["signups"] == 9


def test_other_values_stay_and_the_mode_too() -> None:
    cast.lead().delete()
    shell("set", SLUG, "signups=9", "--mode", "shadow", "--shadow-days", "7", "--reason", "try")
    shell("approve", str(DetectorDraft.objects.get().pk))
    assert (in_force().mode, in_force().promote_at is not None) == ("shadow", True)
    shell("promote", SLUG)
    shell("approve", str(DetectorDraft.objects.latest("pk").pk))
    assert (in_force().mode, in_force().params["signups"]) == ("live", 9)


@pytest.mark.row(21)
def test_rollback_is_one_line() -> None:
    shell("set", SLUG, "--mode", "off", "--reason", "runs wild")
    assert in_force().mode == "off"
    told = shell("rollback", SLUG, "1", "--reason", "fine again")
    assert "Version 3 equals version 1 and is in force." in told
    assert (in_force().mode, in_force().reason) == ("live", "fine again")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("set", SLUG, "signups", "--reason", "x"), "Write name=value instead of signups."),
        (("set", SLUG, "signups=-1", "--reason", "x"), "signups"),
        (("set", SLUG, "--reason", "x"), "Nothing differs from version 1"),
        (("rollback", SLUG, "7"), "There is no version 7."),
        (("show", "none"), "There is no such detector."),
    ],
)
def test_what_is_refused_is_told(words: tuple[str, ...], told: str) -> None:
    with pytest.raises(CommandError, match=re.escape(told)):
        shell(*words)
    assert in_force().number == 1


def test_nobody_acts_as_who_is_not_there_or_beyond_a_role() -> None:
    cast.outsider()
    for who in ("nobody", "outsider"):
        with pytest.raises(CommandError, match="no active user"):
            shell("list", who=who)
    with pytest.raises(CommandError, match=r"does not allow detector\.change"):
        shell("rollback", SLUG, "1", who="lead")


@pytest.mark.django_db(transaction=True)
def test_a_backtest_is_run_to_its_end() -> None:
    told = shell("backtest", SLUG, "signups=9", "--days", "7", who="lead")
    run = Backtest.objects.get()
    assert (run.state, run.proposed["signups"], (run.until - run.since).days) == ("done", 9, 7)
    assert "Findings: 0 gained, 0 lost, 0 kept." in told
    assert "Cases: 0 gained, 0 lost." in told


@pytest.mark.django_db(transaction=True)
def test_a_sweep_over_some_sources_is_told_value_by_value() -> None:
    shops = [ensure_source(slug=slug, title=slug) for slug in ("shop", "mail")]
    told = shell("backtest", SLUG, "--sweep", "signups=5,9", "--source", "shop", "--source", "mail")
    run = Backtest.objects.get()
    assert (run.sweep["values"], run.sources) == ([5, 9], sorted(one.pk for one in shops))
    head, first, second, in_force = [line.split() for line in told.splitlines()[-4:]]
    assert (head[0], first[0], second[0]) == ("value", "5", "9")
    assert in_force[:3] == ["signups", "in", "force:"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("signups=9", "--sweep", "signups=5,9"), "not both"),
        (("--sweep", "signups"), "write name=3,4,5"),
        (("--sweep", "signups=a,b"), "write name=3,4,5"),
        (("--sweep", "nothing=3,4"), "a setting that is a number"),
        (("--source", "nowhere"), "source"),
    ],
)
def test_a_sweep_or_source_that_cannot_be_is_refused(words: tuple[str, ...], told: str) -> None:
    with pytest.raises(CommandError, match=re.escape(told)):
        shell("backtest", SLUG, *words)
    assert not Backtest.objects.exists()
