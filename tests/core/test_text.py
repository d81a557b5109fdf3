"""What attackers write stays text."""

from __future__ import annotations

import re
import time

import pytest

from abusedesk.core import text
from detectors.schema import Ai, Kind

RLO = "\u202e"
ZWJ = "\u200d"


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("see https://evil.example/a?b=c.d", "see hxxps://evil[.]example/a?b=c.d"),
        ("HTTP://EVIL.EXAMPLE", "HXXP://EVIL[.]EXAMPLE"),
        ("ftp://files.evil.example/x", "fxp://files[.]evil[.]example/x"),
        ("mail bob@evil.example now", "mail bob[@]evil[.]example now"),
        ("host evil.example, then", "host evil[.]example, then"),
        ("ip 203.0.113.7.", "ip 203[.]0[.]113[.]7."),
        ("ip 2001:db8::1 here", "ip 2001[:]db8[:][:]1 here"),
        ("at 10:15:30 sharp", "at 10:15:30 sharp"),
        ("пример.рф", "пример[.]рф"),
        ("javascript://evil.example/%0aalert(1)", "javascript://evil[.]example/%0aalert(1)"),
        ("plain words. Next sentence", "plain words. Next sentence"),
        ("version 1.2.3", "version 1.2.3"),
    ],
)
def test_addresses_are_defanged(raw: str, shown: str) -> None:
    assert text.defang(raw) == shown


@pytest.mark.parametrize(
    "raw",
    ["https://evil.example/a", "bob@evil.example", "evil.example", "203.0.113.7", "2001:db8::1"],
)
def test_defanging_twice_is_defanging_once(raw: str) -> None:
    once = text.defang(raw)
    assert text.defang(once) == once


@pytest.mark.parametrize(
    "raw",
    [
        "<script>alert(1)</script>",
        '<img src=x onerror="alert(1)">',
        '"><svg/onload=alert(1)>',
        '<a href="https://evil.example">x</a>',
        '<div hx-get="/logout/" hx-trigger="load">',
        "</bdi></article><h1>owned",
    ],
)
def test_markup_is_text(raw: str) -> None:
    for shown in (text.safe_view(raw), text.name_view(raw)):
        bare = re.sub(r"</?span[^<>]*>", "", shown)
        assert "<" not in bare
        assert ">" not in bare


@pytest.mark.parametrize(
    ("char", "chip"),
    [
        (RLO, "RLO"),
        ("\u2066", "LRI"),
        ("\u200f", "RLM"),
        ("\u061c", "ALM"),
        ("\u200b", "ZWSP"),
        ("\u2060", "WJ"),
        ("\ufeff", "BOM"),
        ("\u00ad", "SHY"),
        ("\u3164", "HF"),
        ("\u115f", "HCF"),
        ("\u2800", "BLANK"),
        ("\U000e0041", "TAG A"),
        ("\x00", "U+0000"),
        ("\x1b", "U+001B"),
        ("\x9f", "U+009F"),
    ],
)
def test_hidden_characters_become_labelled_chips(char: str, chip: str) -> None:
    shown = text.safe_view(f"a{char}b")
    assert char not in shown
    assert f">{chip}</span>" in shown
    assert text.visible(f"a{char}b") == f"a[{chip}]b"


def test_a_run_of_hidden_characters_is_counted() -> None:
    assert "ZWSP \u00d75000" in text.safe_view("\u200b" * 5_000, limit=10_000)


def test_joined_emoji_and_scripts_that_need_joiners_stay_whole() -> None:
    family = f"\U0001f468{ZWJ}\U0001f469{ZWJ}\U0001f467"
    persian = "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"
    assert family in text.safe_view(family)
    assert "\u200c" in text.safe_view(persian)
    assert "chip-dot" in text.safe_view(family)
    assert "ZWNJ" in text.safe_view("pay\u200cpal")


def test_stacked_marks_are_folded() -> None:
    shown = text.safe_view("Z" + "\u0336" * 300)
    assert "+296 marks" in shown
    assert shown.count("\u0336") == text.MARKS


def test_long_texts_are_cut_at_graphemes() -> None:
    raw = "e\u0301" * 3_000
    shown = text.safe_view(raw)
    assert shown.count("e\u0301") == 2_000
    assert "2,000 more characters" in shown
    assert text.is_long(raw)
    assert not text.is_long("e\u0301" * 2_000)


def test_flags_and_line_ends_are_one_grapheme() -> None:
    assert list(text.clusters("\U0001f1e9\U0001f1ea\U0001f1eb\U0001f1f7a\r\nb")) == [
        "\U0001f1e9\U0001f1ea",
        "\U0001f1eb\U0001f1f7",
        "a",
        "\r\n",
        "b",
    ]


def test_mixed_scripts_in_a_name_are_underlined() -> None:
    shown = text.name_view("p\u0430ypal")
    assert '<span class="confusable" title="Cyrillic letters">\u0430</span>' in shown
    assert "confusable" not in text.name_view("пример")
    assert "confusable" not in text.name_view("paypal")


def test_a_host_in_other_letters_shows_its_punycode() -> None:
    assert "xn--" in text.safe_view("https://p\u0430ypal.example/login")


@pytest.mark.parametrize(
    "body",
    [
        "[x](javascript:alert(1))",
        "![x](https://evil.example/pixel.png)",
        "<https://evil.example>",
        "<script>alert(1)</script>",
        "<b onclick=alert(1)>x</b>",
        "[a]: https://evil.example\n\n[a]",
    ],
)
def test_notes_have_no_html_links_or_images(body: str) -> None:
    html = text.note_html(body)
    assert "href" not in html
    assert "src=" not in html
    assert "<script" not in html
    assert "<b " not in html


def test_notes_keep_their_markdown() -> None:
    html = text.note_html("**bold** and `code`\n\n- one\n- two")
    assert "<strong>bold</strong>" in html
    assert "<code>code</code>" in html
    assert html.count("<li>") == 2


def test_chart_labels_hold_no_markup_and_no_address() -> None:
    label = text.chart_text('<a href="https://evil.example">x</a>')
    assert "<" not in label
    assert "evil.example" not in label


@pytest.mark.parametrize(
    "unit", ["a.", "a@", "1:", "://", "h", "\u0336", "-", "a.b@", "٣.", "\u200b"]
)
def test_64_kib_of_anything_takes_no_time(unit: str) -> None:
    raw = unit * (65_536 // len(unit.encode()))
    start = time.perf_counter()
    text.safe_view(raw)
    text.visible(raw)
    assert time.perf_counter() - start < 2.0


def test_marks_stand_around_safe_text() -> None:
    raw = "see <b>https://evil.example/a</b> now\u202e"
    start, end = raw.index("https"), raw.index("</b>")
    shown = text.marked_view(raw, [(start, end, 'a "url"')])
    assert (
        '<mark title="a &quot;url&quot;"><span class="defanged">hxxps://evil[.]example/a' in shown
    )
    assert "&lt;b&gt;<mark" in shown
    assert ">RLO<" in shown
    assert text.marked_view(raw, []) == text.safe_view(raw)


def test_marks_behind_the_cut_are_left_out() -> None:
    shown = text.marked_view("abcdef", [(0, 2, "x"), (3, 5, "y")], limit=4)
    assert shown.startswith('<mark title="x">ab</mark>cd')
    assert shown.count("<mark") == 1
    assert "2 more characters" in shown


def test_kinds_and_fields_of_signals_are_words_and_no_addresses() -> None:
    dotted = {kind.value for kind in Kind if "." in kind}
    fields = {f"ai.{name}" for name in Ai.__struct_fields__} - {"ai.org"}  # that one is a host
    assert dotted | fields == text.OWN_WORDS
    said = "Invalid enum value 'ai.requests', not ai.request"
    assert text.defang(said) == "Invalid enum value 'ai[.]requests', not ai.request"
    assert text.safe_view("ai.request") == "ai.request"
    assert text.defang("http://ai.request/a x@ai.request www.ai.request ai.org") == (
        "hxxp://ai[.]request/a x[@]ai[.]request www[.]ai[.]request ai[.]org"
    )
