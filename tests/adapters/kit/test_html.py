"""Markup is read as people see it, and its links as they stand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.adapters.kit.html import text_of, unescaped


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("plain", "plain"),
        ("<p>a</p><p>b</p>", "a\nb"),
        ("a<br>b<BR/>c", "a\nb\nc"),
        ("a <b>bold</b> word", "a bold word"),
        ("x &lt; y &amp;&amp; z", "x < y && z"),
        ("a < b and b > c", "a < b and b > c"),
        ("1 <2", "1 <2"),
        ("<script>var x = '<p>'</script>shown", "shown"),
        ("<STYLE>a{}</STYLE>shown", "shown"),
        ("<title>t</title>shown", "shown"),
        ("<!-- hidden > -->shown", "shown"),
        ("shown<!-- never closed", "shown"),
        ("shown<a href='x", "shown"),
        ("<script>never closed", ""),
        ("a\n\n \n b", "a\nb"),
        ("&#65;&#x42;&#99999999999;", "AB\ufffd;"),
        ("", ""),
    ],
)
def test_text_is_what_a_reader_sees(markup: str, text: str) -> None:
    assert text_of(markup)[0] == text


@pytest.mark.parametrize(
    ("markup", "links"),
    [
        ('<a href="https://a.example/?x=1&amp;y=2">a</a>', ["https://a.example/?x=1&y=2"]),
        ("<a href='https://a.example/'>", ["https://a.example/"]),
        ("<a href=https://a.example/>", ["https://a.example/"]),
        ('<A CLASS="x" HREF = "https://a.example/">', ["https://a.example/"]),
        ('<img src="https://a.example/p.png"><form action="/send">',
         ["https://a.example/p.png", "/send"]),
        ('<a href="https://a.example/"></a><a href="https://a.example/">', ["https://a.example/"]),
        ('<a data-href="x" title="href=y">', ["x"]),
        ('<a href="">', []),
        ("<a href>", []),
        ('<script src="https://a.example/x.js"></script>', ["https://a.example/x.js"]),
    ],
)  # fmt: skip
def test_links_are_those_of_the_tags(markup: str, links: list[str]) -> None:
    assert text_of(markup)[1] == links


@given(st.text(alphabet="<>/!-\"'= ahrefscriptbp&#;x0\n", max_size=200))
def test_no_markup_breaks_the_reading(markup: str) -> None:
    text, links = text_of(markup)
    assert text == text.strip()
    assert all(links)


@given(st.text(alphabet="&#xX0123456789abcdef;lt", max_size=60))
def test_no_reference_breaks_the_reading(text: str) -> None:
    unescaped(text).encode("utf-8", "surrogatepass")
