"""Marks words in what somebody else wrote."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from abusedesk.core import text


def marked_words(pieces: Iterable[tuple[bool, str]]) -> SafeString:
    """Pieces of one text in the safe view, those marked that are not the same as elsewhere."""
    return format_html_join("", "{}", ((_piece(same, words),) for same, words in pieces))


def _piece(same: bool, words: str) -> SafeString:  # noqa: FBT001 -- read once, two lines above
    shown = text.safe_view(words)
    return (
        shown if same or not words.strip() else format_html('<mark class="diff">{}</mark>', shown)
    )
