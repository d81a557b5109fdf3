"""The demo world as a new person meets it: cases in the queue, each with its reasons."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from playwright.sync_api import expect

from cases.models import Case
from detectors import demo
from detectors.models import CampaignMember, Stream
from tests import desk
from tests.ui.conftest import Visitor

pytestmark = [pytest.mark.ui, pytest.mark.django_db(transaction=True)]
SHOTS = os.environ.get("SCREENSHOTS", "")


@pytest.fixture
def loaded(enter: Callable[..., Visitor]) -> Iterator[None]:
    """`manage.py demo` beside the people of `enter`, and everything the workers would do."""
    desk.forget()
    call_command("demo", stdout=StringIO())
    desk.work()
    yield
    desk.forget()


def _members(case: Case) -> set[str]:
    rows = CampaignMember.objects.filter(campaign__case_link__case=case)
    return set(rows.values_list("account", flat=True))


@pytest.mark.row(75)
def test_the_five_operations_wait_in_the_queue(loaded: None, enter: Callable[..., Visitor]) -> None:
    truth = demo.truth(seed=7, end=_end(), days=5)
    cases = [_members(case) for case in Case.objects.filter(queue__slug="inbox")]
    for name, accounts in truth.items():
        touched = [members for members in cases if members & accounts]
        assert len(touched) == 1, name
        assert len(touched[0] & accounts) >= 0.9 * len(accounts), name
        assert _platforms(touched[0]) == _platforms(accounts), name
    guilty = set().union(*truth.values())
    opened = [members for members in cases if members & guilty]
    assert all(members <= guilty for members in opened)

    ada = enter("ada")
    ada.go("/queues/inbox/")
    expect(ada.page.locator("tbody tr").first).to_be_visible()
    _shoot(ada, "demo-queue")
    worst = Case.objects.filter(queue__slug="inbox").order_by("-priority").first()
    assert worst is not None
    ada.go(f"/cases/{worst.ref}/?tab=why")
    expect(ada.page.get_by_text("Coordination is not proof")).to_be_visible()
    _shoot(ada, "demo-case")


def _platforms(accounts: set[str]) -> set[str]:
    return {account.partition(":")[0] for account in accounts}


def _end() -> datetime:
    """The moment at which the loaded world ends stands in the name of its stream."""
    slug = Stream.objects.get(slug__startswith="demo-").slug
    return datetime.strptime(slug.rpartition("-")[2], "%Y%m%d%H%M").replace(tzinfo=UTC)


def _shoot(visitor: Visitor, name: str) -> None:
    if SHOTS:
        Path(SHOTS).mkdir(parents=True, exist_ok=True)
        visitor.page.screenshot(path=str(Path(SHOTS) / f"{name}.png"))
