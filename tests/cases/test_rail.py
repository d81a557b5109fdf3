"""The left rail: short, with everything that belongs to where one is."""

from __future__ import annotations

import pytest

from abusedesk.core.models import Role
from cases.ui.pages import RAIL, rail_for

LONGEST = 15


@pytest.mark.parametrize("role", Role)
def test_whoever_is_on_a_page_sees_it_in_the_rail(role: Role) -> None:
    for page in RAIL:
        shown = [entry.page for entry in rail_for(role, page.section)]
        assert (page in shown) == (role in page.roles)


@pytest.mark.parametrize("role", Role)
def test_elsewhere_only_the_first_page_of_a_group_stands_there(role: Role) -> None:
    entries = rail_for(role, "elsewhere")
    assert len(entries) <= LONGEST
    groups = [entry.page.group for entry in entries if entry.page.group and not entry.page.key]
    assert len(groups) == len(set(groups))
    assert {page.group for page in RAIL if role in page.roles} == {
        entry.page.group for entry in entries
    }


def test_an_open_group_shows_its_pages_below_the_first() -> None:
    entries = rail_for(Role.ADMIN, "ledger")
    sharing = [entry for entry in entries if entry.page.group == "sharing"]
    assert [entry.below for entry in sharing] == [False] + [True] * (len(sharing) - 1)
    assert not any(entry.page.section == "webhooks" for entry in entries)


def test_who_may_not_open_the_first_page_of_a_group_gets_the_next() -> None:
    settings = [entry for entry in rail_for(Role.LEAD, "work") if entry.page.group == "settings"]
    assert [(entry.page.section, entry.below) for entry in settings] == [("shifts", False)]


def test_keys_of_the_rail_work_wherever_one_is() -> None:
    keyed = {page.key for page in RAIL if page.key}
    assert {entry.page.key for entry in rail_for(Role.ADMIN, "me") if entry.page.key} == keyed
