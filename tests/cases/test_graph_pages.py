"""The graph of a case: what is drawn, what a link says of itself, and what it costs."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.html import escape

from abusedesk.core.errors import NotFoundError
from abusedesk.core.models import Role, User
from cases.models import Case
from cases.selectors.graph import graph_for, tie_by_id
from cases.ui.graph import graph_page
from cases.ui.graph_query import GraphQuery
from detectors.choices import CampaignState
from detectors.models import CampaignEdge, CampaignMember, Finding
from tests.cases import build, fused

pytestmark = pytest.mark.django_db(transaction=True)
HOSTILE = 'x:"><script>alert(1)</script>'


def _browser(who: User) -> Client:
    browser = Client()
    browser.force_login(who)
    return browser


def _page(case: Case, asked: str = "") -> str:
    answer = _browser(build.user()).get(f"/cases/{case.ref}/graph/{asked}")
    assert answer.status_code == 200
    return answer.content.decode()


def _crowd(case: Case, size: int) -> None:
    """Many more members, each tied to one of two."""
    campaign = case.campaign_links.get().campaign
    names = [f"x:crowd-{number:03}" for number in range(size)]
    CampaignMember.objects.bulk_create(
        CampaignMember(campaign=campaign, account=name, p=0.9, core=True) for name in names
    )
    CampaignEdge.objects.bulk_create(
        CampaignEdge(
            campaign=campaign,
            a=fused.BRIDGE[number % 2],
            b=name,
            score=3.0,
            parts={"timing": [6.0, 0]},
        )
        for number, name in enumerate(names)
    )


def test_every_account_and_every_link_is_drawn_and_listed() -> None:
    case = fused.bridged()
    page = _page(case)
    for name in (*fused.LEFT, *fused.RIGHT):
        assert f"<title>{name}</title>" in page
        assert page.count(f">{name}</bdi>") >= 2
    standing = CampaignEdge.objects.filter(campaign__state=CampaignState.OPEN)
    assert len(standing) == 13
    for one in standing:
        assert page.count(f'href="/cases/{case.ref}/graph/{one.pk}/"') == 2
    assert "style=" not in page


def test_a_link_of_a_campaign_that_was_merged_away_is_not_found() -> None:
    case = fused.bridged()
    row = CampaignEdge.objects.filter(campaign__state=CampaignState.MERGED).earliest("pk")
    with pytest.raises(NotFoundError):
        tie_by_id(case, row.pk, build.user())


def test_the_tab_and_the_window_draw_the_same() -> None:
    case = fused.bridged()
    tab = _browser(build.user()).get(f"/cases/{case.ref}/?tab=graph").content.decode()
    drawn = re.compile(r"<circle[^>]*>")
    assert drawn.findall(tab) == drawn.findall(_page(case))
    assert len(drawn.findall(tab)) == 8


def test_a_member_whose_evidence_faded_is_hollow_and_said_to_be() -> None:
    case = fused.bridged()
    assert "is-faded" not in _page(case)
    CampaignMember.objects.filter(account=fused.LEFT[2]).update(p=0.0)
    page = _page(case)
    assert page.count("is-faded") == 1
    assert f'aria-label="{fused.LEFT[2]}, evidence faded"' in page


def test_a_shared_device_is_a_connector_with_those_who_share_it() -> None:
    found = graph_for(fused.bridged(), build.user())
    shared = {one.value: list(one.accounts) for one in found.connectors}
    assert shared == {
        "d-left": fused.LEFT,
        "d-right": fused.RIGHT,
        "d-bridge": sorted(fused.BRIDGE),
    }


def test_a_link_says_family_weight_evidence_and_decay_and_leads_to_the_cut() -> None:
    case = fused.bridged()
    row = CampaignEdge.objects.get(
        a=min(fused.BRIDGE), b=max(fused.BRIDGE), campaign__state=CampaignState.OPEN
    )
    browser, path = _browser(build.user()), f"/cases/{case.ref}/graph/{row.pk}/"
    page = browser.get(path).content.decode()
    finding = escape(Finding.objects.get(pk=row.parts["infra-hard"][1]).sentence)
    for words in ("Infrastructure, hard", finding, "halves every 60 days", "Preview cut"):
        assert words in page
    part = browser.get(path, headers={"HX-Request": "true"}).content.decode()
    assert "Preview cut" in part
    assert "<html" not in part
    asked = {"left": row.a, "right": row.b}
    cut = browser.get(reverse("cases:lineage", args=[case.ref]), asked).content.decode()
    assert "Why do they not belong together?" in cut


def test_a_closed_case_offers_no_cut() -> None:
    case = fused.bridged()
    row = CampaignEdge.objects.filter(campaign__state=CampaignState.OPEN).earliest("pk")
    actor = build.user()
    build.decided(actor, case)
    page = _browser(actor).get(f"/cases/{case.ref}/graph/{row.pk}/").content.decode()
    assert "Preview cut" not in page


def test_a_link_of_another_case_is_not_found() -> None:
    first, second, *_ = fused.two_cases()
    row = CampaignEdge.objects.filter(campaign__case_link__case=second).earliest("pk")
    with pytest.raises(NotFoundError):
        tie_by_id(first, row.pk, build.user())
    assert tie_by_id(second, row.pk, build.user()) == row


def test_partners_see_nothing_of_it() -> None:
    found = graph_for(fused.bridged(), build.user(Role.PARTNER))
    assert (found.members, found.ties, found.connectors) == ({}, (), ())


def test_more_than_300_accounts_fold_and_a_community_opens() -> None:
    case = fused.bridged()
    _crowd(case, 400)
    found = graph_for(case, build.user())
    whole = graph_page(case, found)
    assert whole["folds"]
    assert len(whole["nodes"]) + len(whole["extra"]) <= 300
    assert sum(one["size"] for one in whole["nodes"]) == 408
    folded = max(whole["nodes"], key=lambda one: one["size"])
    opened = graph_page(case, found, GraphQuery(inside=folded["name"]))
    assert sum(one["size"] for one in opened["nodes"]) == folded["size"]
    assert opened["inside"] == folded["name"]


@pytest.mark.parametrize(
    "asked",
    [
        "?expand=x:nobody",
        "?expand=999999999",
        "?expand=9999999999999999999999",
        "?expand=%00",
        "?expand=-1",
        "?around=999999999",
        "?around=%D9%A3",
        "?inside=x:nobody",
        "?inside=%00",
        "?inside=",
        "?links=none",
    ],
)
def test_what_is_no_member_is_not_expanded(asked: str) -> None:
    page = _page(fused.bridged(), asked)
    assert "The whole graph" not in page


def test_names_that_attack_stay_text() -> None:
    case = fused.bridged()
    CampaignMember.objects.filter(account=fused.LEFT[2]).update(account=HOSTILE)
    page = _page(case)
    assert "<script>alert" not in page
    assert escape(HOSTILE) in page
