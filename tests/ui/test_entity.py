"""From a signal to what it mentions, and from an account to the same actor elsewhere."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from detectors import stream
from detectors.models import Signal, Stream
from detectors.schema import ActorProfile
from detectors.services import link
from detectors.services.ingest import ingest_batch
from detectors.services.reference import load_reference_lists
from tests import desk as whole
from tests import make
from tests.ui import world
from tests.ui.conftest import Visitor

pytestmark = [pytest.mark.ui]


@pytest.fixture
def pair(desk: world.Desk) -> Signal:
    """Two accounts on two platforms that pay with one card; the first one's signal."""
    stream.forget_pages()
    load_reference_lists(actor=None, slugs=["url-shortener", "vpn-ipv4"])
    card = {"payment": "card-7", "ip": "45.8.25.3"}
    posts = [
        make.signal(1, platform="x", actor="rosa", text="hxxps://bit[.]ly/abc", identifiers=card),
        make.signal(
            2,
            platform="telegram",
            actor="rosa_pays",
            identifiers=card,
            actor_profile=ActorProfile(handle="@rosa"),
        ),
    ]
    ingest_batch(source=world.source_of(), signals=posts)
    whole.await_horizon()
    for one in Stream.objects.all():
        link.link_stream(stream_id=one.pk)
    return Signal.objects.get(actor="rosa")


@pytest.mark.row(11)
@pytest.mark.parametrize("script", [True, False])
def test_a_reviewer_goes_from_a_signal_to_the_same_actor_on_another_platform(
    enter: Callable[..., Visitor],
    pair: Signal,
    script: bool,
) -> None:
    rita = enter(script=script)
    page = rita.page
    page.goto(f"{rita.base}/signals/{pair.pk}/")
    expect(page.get_by_role("row", name="bit[.]ly").first).to_contain_text("URL shortener")
    page.get_by_role("link", name="x:rosa").click()
    page.wait_for_url(re.compile("/entities/account/"))
    others = page.get_by_role("table", name="Accounts on other platforms")
    expect(others).to_contain_text("payment card-7 in 1 signal")
    others.get_by_role("link", name="telegram:rosa_pays").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("telegram:rosa_pays")
    expect(others.get_by_role("link", name="x:rosa")).to_be_visible()
    page.get_by_role("link", name="45[.]8[.]25[.]3").first.click()
    expect(page.get_by_role("table", name="Reference lists")).to_contain_text("of 2025-12-23")
    assert rita.watch.off_origin == []
    assert rita.watch.errors == []


@pytest.mark.parametrize("script", [True, False])
def test_the_page_of_a_signal_tells_what_almost_fired_with_it(
    enter: Callable[..., Visitor],
    pair: Signal,
    script: bool,
) -> None:
    rita = enter(script=script)
    page = rita.page
    page.goto(f"{rita.base}/signals/{pair.pk}/")
    page.get_by_role("link", name="Run the detectors around this signal").click()
    table = page.get_by_role("table", name="Detectors that almost fired")
    expect(table).to_contain_text("Nothing that holds half of what it needs.")
    assert page.url == f"{rita.base}/signals/{pair.pk}/{'' if script else 'near/'}"
    assert rita.watch.errors == []
