"""`manage.py replay` on a real desk: one operation in, one case out, with the time it took."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from io import StringIO

import pytest
import time_machine
from django.core.management import CommandError, call_command

from abusedesk.core import clock
from cases.management.commands import replay
from cases.models import Case
from detectors.choices import Mode
from detectors.demo import world
from detectors.engine import HEARTBEAT
from detectors.models import DetectorConfig, Signal, Stream
from detectors.services.config import ensure_configs
from detectors.services.replay import opened_at
from tests import desk

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def worked(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """While the command waits, the workers work."""
    desk.forget()
    monkeypatch.setattr(replay, "sleep", lambda _: desk.work())
    yield
    desk.forget()


def played(*arguments: str) -> str:
    out = StringIO()
    call_command("replay", *arguments, stdout=out)
    return out.getvalue()


@pytest.mark.row(103)
def test_one_command_replays_an_operation_and_tells_what_came_of_it(worked: None) -> None:
    told = played("phishing-kit", "--seed", "3", "--background", "600")
    case = Case.objects.get(title__contains="accounts", platforms__contains=["web"])
    assert "600 harmless ones" in told
    assert re.search(r"found +1, [1-9][\d,]* minutes and [1-9][\d,]* signals after its first", told)
    assert f"/cases/{case.ref}/" in told
    assert re.search(r"named +18 of the operation, 0 others", told)
    assert "platforms email, facebook, telegram, web (4 of 4)" in told
    # the same operation once more, of another seed, is another case
    again = played("phishing-kit", "--seed", "4", "--background", "0")
    assert "found     1," in again
    assert f"/cases/{case.ref}/" not in again


def test_two_operations_replayed_at_once_with_one_seed_have_their_own_backgrounds(
    worked: None,
) -> None:
    with time_machine.travel(datetime(2026, 11, 26, 14, 0, tzinfo=UTC)):
        played("phishing-kit", "--seed", "3", "--background", "200")
        played("persona-farm", "--seed", "3", "--background", "200")
    for line in Stream.objects.all():
        name = line.slug.rpartition("-3-")[0]
        own = world(seed=3, end=clock.now(), scenarios=[name], background=0)
        stored = Signal.objects.filter(stream=line).exclude(kind=HEARTBEAT).count()
        assert stored == 200 + len(own)
    assert Stream.objects.count() == 2


def test_where_detectors_only_watch_there_is_no_case_and_no_time(worked: None) -> None:
    ensure_configs()
    DetectorConfig.objects.update(mode=Mode.SHADOW)
    told = played("phishing-kit", "--seed", "3", "--background", "0")
    assert "found     0, never" in told
    assert opened_at(line=Stream.objects.get(slug__startswith="phishing-kit-"), accounts=[]) is None


def test_a_desk_that_stands_still_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay, "sleep", lambda _: None)
    with pytest.raises(CommandError, match=r"Does the desk run \(make run\)\?"):
        played("phishing-kit", "--background", "0", "--wait", "0")
