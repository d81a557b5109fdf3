"""Bytes to rows: encodings, separators, Markdown, HTML, plain lines, and hostile ones."""

from __future__ import annotations

import csv
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.intel.decoding import decoded
from detectors.intel.delimited import delimited
from detectors.intel.forms import Form
from detectors.intel.grid import MAX_CELLS, MAX_HEADING, MAX_ROWS, TooManyRowsError
from detectors.intel.incoming import read_incoming
from detectors.intel.pipes import plain
from detectors.intel.report import Row, day_of, percent

TABLE = "indicator\tnote\nevil.com\tcaf\xe9\n"


def _rows(text: str) -> tuple[Row, ...]:
    return read_incoming(text.encode()).rows


def _values(text: str) -> list[list[str]]:
    return [[value for _, value in row.things] for row in _rows(text)]


@pytest.mark.parametrize(
    ("raw", "encoding"),
    [
        (TABLE.encode(), "utf-8"),
        (TABLE.encode("utf-8-sig"), "utf-8"),
        (TABLE.encode("utf-16"), "utf-16-le"),
        (("\ufeff" + TABLE).encode("utf-16-be"), "utf-16-be"),
        (TABLE.encode("utf-16-le"), "utf-16-le"),
        (TABLE.encode("utf-16-be"), "utf-16-be"),
        (TABLE.encode("cp1252"), "cp1252"),
    ],
)
def test_a_table_reads_the_same_in_every_encoding(raw: bytes, encoding: str) -> None:
    report = read_incoming(raw)
    assert (report.encoding, report.form, report.titles) == (encoding, "tsv", 1)
    assert [(row.raw, row.note) for row in report.rows] == [("evil.com", "caf\xe9")]


@given(st.binary(max_size=400))
def test_any_bytes_become_text_that_can_be_stored(raw: bytes) -> None:
    text = decoded(raw).text
    text.encode()
    assert "\0" not in text
    assert "\r" not in text
    report = read_incoming(raw)
    assert [row.number for row in report.rows] == list(range(1, len(report.rows) + 1))
    assert sum(report.counts().values()) == len(report.rows)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(("mark", "form"), [(",", "csv"), (";", "semicolon"), ("\t", "tsv")])
def test_separators_and_line_ends_make_no_difference(mark: str, form: str, end: str) -> None:
    rows = [["indicator", "note"], ["evil.com", f'"a ""b""{mark} c"'], ["b.com", "x"]]
    report = read_incoming(end.join(mark.join(row) for row in rows).encode())
    told = [(row.raw, row.note) for row in report.rows]
    note = 'a "b"' + mark + " c"
    assert (report.form, told) == (form, [("evil.com", note), ("b.com", "x")])


@pytest.mark.parametrize(
    "text",
    [
        "We saw a, b and c.\nThen d.\nevil.com\n",
        "evil.com, b.com\n",
        "one; two\nthree\n",
    ],
)
def test_sentences_with_commas_are_no_table(text: str) -> None:
    assert delimited(text) is None
    assert read_incoming(text.encode()).form == "text"


HOSTS = st.from_regex(r"[a-z]{3,9}\.com", fullmatch=True)
NOTES = st.text(
    st.characters(codec="utf-8", categories=["L", "N", "P", "Zs"], exclude_characters='"'),
    max_size=30,
)


@given(st.lists(st.tuples(HOSTS, NOTES), min_size=2, max_size=8))
def test_a_quoted_cell_of_a_table_comes_back_whole(cells: list[tuple[str, str]]) -> None:
    text = "indicator,note\n" + "".join(f'{host},"{note}"\n' for host, note in cells)
    rows = _rows(text)
    assert [(row.raw, row.note) for row in rows] == [(host, note.strip()) for host, note in cells]


@pytest.fixture
def usual_limit() -> Iterator[None]:
    """Imports of signals in the same process take longer fields."""
    before = csv.field_size_limit(131_072)
    yield
    csv.field_size_limit(before)


@pytest.mark.usefixtures("usual_limit")
def test_a_cell_that_no_table_has_is_told_and_the_others_are_read() -> None:
    good = "".join(f"h{number}.com,x\n" for number in range(30))
    rows = _rows(f"indicator,note\n{good}{'a' * 140_000},y\nlast.com,z\n")
    assert sum(bool(row.things) for row in rows) == 31
    assert rows[-1].things == (("domain", "last.com"),)
    (told,) = [row for row in rows if not row.things]
    assert told.raw.startswith("(cannot be read: field larger than field limit")


def test_cells_beyond_the_header_are_kept_and_missing_ones_are_empty() -> None:
    rows = _rows("indicator,note\na.com,x\nb.com,y\nc.com,z\nd.com,w\n,v\ne.com\nf.com,u,T-7\n"
                 "g.com,t\nh.com,s\ni.com,r\nj.com,q\n")  # fmt: skip
    assert rows[4].form is Form.EMPTY
    assert (rows[5].raw, rows[5].note) == ("e.com", "")
    assert rows[6].extra == {"column 3": "T-7"}


def test_a_row_has_no_more_cells_than_a_table_may_have() -> None:
    wide = ",".join(f"c{number}" for number in range(MAX_CELLS + 20))
    table = delimited(f"{wide}\n{wide}\n")
    assert table is not None
    assert {len(row) for row in table.rows} == {MAX_CELLS}


@pytest.mark.parametrize(
    ("text", "raws"),
    [
        ("evil[.]com - phishing page\n", ["evil[.]com - phishing page"]),
        ("198.51.100.7 - host\n", ["198.51.100.7 - host"]),
        ("see a > b\n", ["see a > b"]),
        ("- a.com\n* b.com\n\u2022 c.com\n> d.com\n", ["a.com", "b.com", "c.com", "d.com"]),
        ("1. a.com\n(2) b.com\n33) c.com\n", ["a.com", "b.com", "c.com"]),
        ("2024. a.com\n12345. b.com\n", ["a.com", "12345. b.com"]),
    ],
)
def test_only_what_begins_a_line_is_its_bullet(text: str, raws: list[str]) -> None:
    assert [row.raw for row in _rows(text)] == raws


@pytest.mark.parametrize(
    ("line", "heading"),
    [
        ("Domains:", "Domains"),
        ("  Domains :  ", "Domains"),
        ("## Mail addresses", "Mail addresses"),
        ("Some words", ""),
        ("These are many more words:", ""),
        ("Seen on 3.5:", ""),
        ("#" + "x" * 81, ""),
    ],
)
def test_a_few_marked_words_head_the_lines_below(line: str, heading: str) -> None:
    rows = _rows(f"first\n{line}\nevil.com\n")
    assert rows[-1].heading == heading
    assert len(rows) == (2 if heading else 3)


@pytest.mark.parametrize(
    ("text", "heading"),
    [
        ("# Domains\n|Name|\n|--|\n|evil.com|\n", "Domains"),
        ("### Domains ##\n|Name|\n|:-:|\n|evil.com|\n", "Domains"),
        ("# a ##b #\n|Name|\n|--|\n|evil.com|\n", "a ##b"),
        ("Domains\n=======\n|Name|\n|--|\n|evil.com|\n", "Domains"),
        ("Domains\n---\n\n|Name|\n|--|\n|evil.com|\n", "Domains"),
        ("#Domains\n\n|Name|\n|--|\n|evil.com|\n", ""),
        (f"# {'x' * 300}\n|Name|\n|--|\n|evil.com|\n", "x" * MAX_HEADING),
        ("<h2>Domains</h2><table><tr><th>Name<tr><td>evil.com</table>", "Domains"),
        ("<table><caption>Domains</caption><tr><th>Name<tr><td>evil.com</table>", "Domains"),
    ],
)
def test_the_heading_above_a_table_stays_with_its_rows(text: str, heading: str) -> None:
    row = _rows(text)[-1]
    assert (row.raw, row.heading) == ("evil.com", heading)


@pytest.mark.parametrize(
    ("rule", "is_rule"),
    [
        *(("|--|--|", True), ("--|--", True), (" | :-: | -: | ", True), ("|--|--", True)),
        *(("|--|  |", False), ("||", False), ("|--|x|", False), ("- -|--", False)),
    ],
)
def test_a_rule_is_dashes_between_pipes(rule: str, *, is_rule: bool) -> None:
    rows = _rows(f"Name | Note\n{rule}\nevil.com | x\n")
    assert (rows[0].raw == "evil.com") is is_rule


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("a \\| b", "a | b"),
        ("`evil[.]com`", "evil[.]com"),
        ("**evil.com**", "evil.com"),
        ("<https://evil.com/x>", "https://evil.com/x"),
        ("[evil.com](https://archive.example/1)", "evil.com"),
        ("[here](https://evil.com/x)", "here https://evil.com/x"),
        ('[here](https://evil.com/x "a title")', "here https://evil.com/x"),
        ("![evil.com](javascript:alert)", "evil.com"),
        ("a<br>b<BR />c", "a\nb\nc"),
    ],
)
def test_markdown_leaves_what_it_says(cell: str, said: str) -> None:
    assert plain(cell) == said


@pytest.mark.parametrize(
    ("markup", "values"),
    [
        ("<td>a.com<td>b.com", [["a.com"]]),
        ("<table><tr><td>a.com<table><tr><td>b.com</table></table>c.com",
         [["a.com"], ["b.com"], ["c.com"]]),
        ("<table><tr><td>a.com</table><script>b.com</script><style>c.com</style><!-- d.com -->",
         [["a.com"]]),
        ("<table><tr><th>IP<th>Note<tr><td>&#49;98.51.100.7<td>x</table>", [["198.51.100.7"]]),
        ("<p>a.com</p><table><tr><td>b.com</td></tr></table><p>c.com</p>",
         [["a.com"], ["b.com"], ["c.com"]]),
        ("<TABLE><TR><TD>a.com<BR>b.com</TABLE>", [["a.com", "b.com"]]),
    ],
)  # fmt: skip
def test_html_gives_its_tables_and_the_text_around_them(
    markup: str, values: list[list[str]]
) -> None:
    assert _values(markup) == values


def test_a_cell_that_reaches_down_stands_in_every_row() -> None:
    rows = _rows(
        "<table><tr><th>Indicator<th>Note<tr><td rowspan=3>a.com<td>n1<tr><td>n2<tr><td>n3"
        "<tr><td>b.com<td>n4</table>"
    )
    told = [(row.raw, row.note) for row in rows]
    assert told == [("a.com", "n1"), ("a.com", "n2"), ("a.com", "n3"), ("b.com", "n4")]


@pytest.mark.parametrize(
    "text",
    [
        "a|b\n" + " " * 60_000 + "x",
        "a|b\n-" + " " * 60_000 + "x",
        "|a|\n|b|\n# a" + " " * 60_000 + "b",
        "ab" + " " * 60_000 + ".:\n\nz",
        " " * 60_000 + "x:\n\nz",
        "#" + " " * 60_000 + "x.\n\nz",
        "<table><tr><td colspan=9999 rowspan=9999>a.com" + "<tr>" * 5_000,
        "|a|\n|b|\n" + "[a](b " * 10_000,
        "<" * 60_000 + "<table>",
    ],
    ids=lambda one: one[:12],
)
def test_long_lines_of_attackers_are_read_in_no_time(text: str) -> None:
    began = time.process_time()
    read_incoming(text.encode())
    assert time.process_time() - began < 5


@pytest.mark.parametrize("head", ["indicator,note\n", "# List\n"])
def test_the_last_row_that_fits_is_read_and_the_next_is_refused(head: str) -> None:
    line = "a.com,x\n" if "," in head else "a.com\n"
    assert len(_rows(head + line * MAX_ROWS)) == MAX_ROWS
    with pytest.raises(TooManyRowsError, match="at most 20,000 rows"):
        read_incoming((head + line * (MAX_ROWS + 2)).encode())


@pytest.mark.parametrize(
    ("said", "day"),
    [
        ("2026-01-02", datetime(2026, 1, 2, tzinfo=UTC)),
        ("2026-01-02T03:04:05Z", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("2026-01-02T03:04:05+02:00", datetime(2026, 1, 2, 1, 4, 5, tzinfo=UTC)),
        ("2026/01/02", datetime(2026, 1, 2, tzinfo=UTC)),
        ("2.1.2026", datetime(2026, 1, 2, tzinfo=UTC)),
        ("2 Jan 2026", datetime(2026, 1, 2, tzinfo=UTC)),
        ("2 January 2026", datetime(2026, 1, 2, tzinfo=UTC)),
        (" 20260102 ", datetime(2026, 1, 2, tzinfo=UTC)),
        ("01/02/2026", None),
        ("2026-02-30", None),
        ("10:00", None),
        ("soon", None),
        ("", None),
        ("9999-12-31T23:59:59-14:00", None),
        ("0001-01-01T00:00:00+14:00", None),
    ],
)
def test_a_day_is_read_and_never_guessed(said: str, day: datetime | None) -> None:
    assert day_of(said) == day


@given(st.datetimes(), st.integers(-14 * 60, 14 * 60))
def test_every_day_that_is_read_can_be_stored(moment: datetime, offset: int) -> None:
    hours, minutes = divmod(abs(offset), 60)
    sign = "-" if offset < 0 else "+"
    day = day_of(f"{moment.isoformat()}{sign}{hours:02}:{minutes:02}")
    assert day is None or (day.utcoffset() == UTC.utcoffset(None) and 1 <= day.year <= 9999)


@pytest.mark.parametrize(
    ("said", "number"),
    [
        *(("0", 0), ("100", 100), ("50%", 50), (" 50 % ", 50), ("007", 7), ("101", None)),
        *(("0050000", None), ("1" * 400, None), ("-1", None), ("1.5", None), ("\u0665", None)),
        *(("High", 85), ("moderate", 50), ("none", 0), ("very", None), ("", None)),
    ],
)
def test_confidence_is_a_number_to_100_or_a_word(said: str, number: int | None) -> None:
    assert percent(said) == number


@given(st.from_regex(r"[0-9]{1,12}%?", fullmatch=True))
def test_no_number_leads_out_of_the_scale(said: str) -> None:
    number = percent(said)
    assert number is None or 0 <= number <= 100
