"""What the columns of a table are for, by their names or by what stands in them; phases."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.intel.columns import PREAMBLE, Column, Layout, Role, layout_of, named, type_of
from detectors.intel.forms import Form
from detectors.intel.incoming import read_incoming
from detectors.intel.phases import MOST_EDITS, PHASES, How, phase_of
from detectors.intel.report import Row
from detectors.watching.things import TYPES


def _row(text: str, number: int = 1) -> Row:
    return read_incoming(text.encode()).rows[number - 1]


@pytest.mark.parametrize(
    ("name", "role", "kind"),
    [
        ("Indicator", Role.VALUE, ""),
        ("indcatr", Role.VALUE, ""),
        ("  IOC_value* ", Role.VALUE, ""),
        ("Wert", Role.VALUE, ""),
        ("Adresse IP", Role.VALUE, "ip"),
        ("IP-Address", Role.VALUE, "ip"),
        ("SHA-256", Role.VALUE, "hash"),
        ("domian", Role.VALUE, "domain"),
        ("e-mail", Role.VALUE, "email"),
        ("kill-chain phase", Role.PHASE, ""),
        ("Frist seen", Role.SEEN, ""),
        ("Last observed", Role.LAST, ""),
        ("nots", Role.NOTE, ""),
        ("Plattform", Role.PLATFORM, ""),
        ("certainity", Role.CONFIDENCE, ""),
        # short words allow no misspelling: `ib` is no `ip`
        ("ib", Role.OTHER, ""),
        ("urk", Role.OTHER, ""),
        ("xyz", Role.OTHER, ""),
        ("", Role.OTHER, ""),
        ("n" * 61, Role.OTHER, ""),
    ],
)
def test_a_column_is_known_by_its_name(name: str, role: Role, kind: str) -> None:
    assert named(name) == (role, kind)


@given(st.sampled_from(["indicator", "description", "first seen", "platform"]), st.data())
def test_two_swapped_letters_do_not_hide_a_column(name: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(name) - 2))
    swapped = name[:place] + name[place + 1] + name[place] + name[place + 2 :]
    assert named(swapped) == named(name)


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("android_package_name", "app"),
        ("malicious ip addresses", "ip"),
        ("CIB URLs", "url"),
        ("Package names", "app"),
        ("ip-dst", "ip"),
        ("Telegram channel", ""),
        ("Something else", ""),
        ("Seen", ""),
        ("", ""),
        *((kind, kind) for kind in TYPES),
    ],
)
def test_a_heading_may_end_with_a_type(said: str, kind: str) -> None:
    assert type_of(said) == kind


@given(st.text(max_size=80))
def test_any_name_of_a_column_has_a_role_and_any_heading_a_type_or_none(said: str) -> None:
    role, kind = named(said)
    assert role is Role.VALUE or kind == ""
    assert type_of(said) in {"", *TYPES}


def _roles(layout: Layout) -> list[Role]:
    return [one.role for one in layout.columns]


@pytest.mark.parametrize(
    ("rows", "roles", "first"),
    [
        ([["IOC", "Comment"], ["a.com", "x"]], [Role.VALUE, Role.NOTE], 1),
        ([["Report 14", ""], ["IOC", "Comment"], ["a.com", "x"]], [Role.VALUE, Role.NOTE], 2),
        # a value stands in it, so the first row is content
        ([["a.com", "Comment"], ["b.com", "x"]], [Role.VALUE, Role.NOTE], 0),
        # one known name among four is an accident
        ([["indicator", "q", "r", "s"], ["x", "a.com", "y", "z"]],
         [Role.NOTE, Role.VALUE, Role.NOTE, Role.NOTE], 0),
        # the name of a column that is not for values says too little alone
        ([["Date", "q"], ["2026-01-01", "a.com"]], [Role.NOTE, Role.VALUE], 0),
        ([["Date", "Comment"], ["2026-01-01", "x"]], [Role.SEEN, Role.NOTE], 1),
        ([["domain", "b.com"], ["ip", "198.51.100.1"]], [Role.TYPE, Role.VALUE], 0),
        ([["x", "5. evading detection", "b.com"], ["y", "3", "c.com"]],
         [Role.NOTE, Role.PHASE, Role.VALUE], 0),
        ([["only words"], ["and more"]], [Role.VALUE], 0),
        ([], [], 0),
    ],
)  # fmt: skip
def test_a_header_is_found_or_done_without(
    rows: list[list[str]], roles: list[Role], first: int
) -> None:
    layout = layout_of(rows)
    assert (_roles(layout), layout.first) == (roles, first)
    for role, places in layout.places.items():
        assert [layout.columns[place].role for place in places] == [role] * len(places)


@pytest.mark.parametrize(("titles", "first"), [(PREAMBLE - 1, PREAMBLE), (PREAMBLE, 0)])
def test_a_header_stands_among_the_first_lines(titles: int, first: int) -> None:
    rows = [["title", ""]] * titles + [["IOC", "Comment"], ["a.com", "x"]]
    assert layout_of(rows).first == first


def test_where_a_format_says_that_the_first_row_names_columns_it_does() -> None:
    layout = layout_of([["Odd", "Name"], ["x", "a.com"]], is_headed=True)
    assert layout.first == 1
    assert layout.columns == (Column("Odd", Role.OTHER), Column("Name", Role.VALUE))


def test_beside_a_column_of_indicators_one_of_a_type_is_a_detail() -> None:
    row = _row("Indicator,Domain,Note\nhttps://a.com/x,b.com,y\n")
    assert row.things == (("url", "https://a.com/x"),)
    assert row.extra == {"Domain": "b.com"}


def test_two_columns_of_values_are_both_read() -> None:
    row = _row("indicator,indicator\na.com,b.com\n")
    assert (row.raw, len(row.things)) == ("a.com | b.com", 2)


def test_the_surest_cell_of_a_row_decides_and_the_others_are_not_mixed_in() -> None:
    row = _row("domain,ip\na.com,not an address but b.com is\n")
    assert (row.form, row.things) == (Form.DOMAIN, (("domain", "a.com"),))


@pytest.mark.parametrize(
    ("platform", "thing"),
    [
        ("Telegram", ("account", "telegram:crew")),
        ("Mastodon Social", ("account", "mastodon-social:crew")),
        ("T/<script>", ("account", "t-script:crew")),
        ("", ("handle", "crew")),
        ("\u041f\u041b", ("handle", "crew")),
        ("x" * 90, ("account", "x" * 40 + ":crew")),
    ],
)
def test_a_name_and_its_platform_are_an_account(platform: str, thing: tuple[str, str]) -> None:
    assert _row(f"username,platform\n@crew,{platform}\n").things == (thing,)


@pytest.mark.parametrize(
    ("said", "phase", "how"),
    [
        ("0. Acquiring assets", PHASES[0], "exact"),
        ("tactic 7: targeted engagement", PHASES[7], "exact"),
        ("Phase 2", PHASES[2], "number"),
        ("9", PHASES[9], "number"),
        ("10", "", ""),
        ("10. enabling longevity", PHASES[9], "name"),
        ("3 evading  detection", PHASES[5], "name"),
        ("TESTING DEFENCES", PHASES[4], "name"),
        ("acquirng asets", PHASES[0], "spelling"),
        ("2 something else", "", ""),
        ("xx", "", ""),
        ("", "", ""),
        ("x" * 5_000, "", ""),
    ],
)
def test_a_phase_is_found_by_name_then_by_number(said: str, phase: str, how: str) -> None:
    assert phase_of(said) == How(phase, how)


@given(st.integers(0, 9), st.integers(0, 9), st.data())
def test_a_few_lost_letters_never_lead_to_another_phase(
    number: int, other: int, data: st.DataObject
) -> None:
    name = PHASES[number]
    lost = data.draw(st.lists(st.integers(0, len(name) - 1), max_size=MOST_EDITS, unique=True))
    said = "".join(letter for place, letter in enumerate(name) if place not in lost)
    found = phase_of(f"{other}. {said}")
    assert found.phase in {name, ""}
    if not lost:
        assert found == How(name, "exact" if number == other else "name")


def test_an_unmatched_phase_is_kept_as_it_was_written() -> None:
    row = _row("Indicator,Tactic\na.com,Sowing doubt\n")
    assert (row.phase, row.said) == (How("", ""), "Sowing doubt")
