"""Text that attackers wrote, made safe to look at; the only place that marks HTML as safe."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import groupby, islice

import nh3
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

GRAPHEMES = 2_000
MARKS = 4
NAMED = {
    0x00AD: "SHY", 0x061C: "ALM", 0x115F: "HCF", 0x1160: "HJF", 0x200B: "ZWSP", 0x200C: "ZWNJ",
    0x200D: "ZWJ", 0x200E: "LRM", 0x200F: "RLM", 0x202A: "LRE", 0x202B: "RLE", 0x202C: "PDF",
    0x202D: "LRO", 0x202E: "RLO", 0x2060: "WJ", 0x2066: "LRI", 0x2067: "RLI", 0x2068: "FSI",
    0x2069: "PDI", 0x2800: "BLANK", 0x3164: "HF", 0xFEFF: "BOM",
}  # fmt: skip
JOINERS = "\u200c\u200d"
NOTE_TAGS = {
    "p", "br", "strong", "em", "code", "pre", "ul", "ol", "li", "blockquote", "hr",
    "h1", "h2", "h3", "h4", "h5", "h6",
}  # fmt: skip

_hidden = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u115f\u1160\u200b-\u200f\u202a-\u202e\u2060-\u2069"
    "\u2800\u3164\ufeff\ufff9-\ufffb\U000e0000-\U000e007f"
)
# What the desk itself writes with a dot: kinds of signals and fields of them; none of these ends
# in a top-level domain, so nothing that a reader could be sent to is left alive.
OWN_WORDS = frozenset({
    "account.created", "account.updated", "ai.request", "ai.response", "ai.provider", "ai.model",
    "ai.key", "ai.tokens_in", "ai.tokens_out", "ai.refused", "ai.declared_use",
})  # fmt: skip
_HIDDEN = re.compile(f"[{_hidden}]")
_UNSEEN = re.compile(f"[{_hidden}\ud800-\udfff]")
_FORMULA = re.compile(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n]")
_PLAIN = re.compile(r"[\n\t -~]*\Z")
_LABEL = r"[^\W_](?:[\w-]{0,61}[^\W_])?"
_LIVE = re.compile(
    r"(?P<url>\b[a-z][a-z0-9+.-]{1,20}://[^\s<>\"']+)"
    rf"|(?P<mail>[\w.+-]{{1,64}}@(?:{_LABEL}\.)+[^\W\d_]{{2,24}}\b)"
    r"|(?P<ip>(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?!\w|\.\w))"
    r"|(?P<ip6>(?<![\w:])(?:[0-9a-f]{1,4}:){2,7}(?::|[0-9a-f]{1,4})(?::?[0-9a-f]{1,4})*(?![\w:]))"
    rf"|(?P<host>(?<![\w.@-])(?:{_LABEL}\.)+(?:xn--[a-z0-9-]{{2,59}}|[^\W\d_]{{2,24}})\b)",
    re.IGNORECASE,
)
_AUTHORITY = re.compile(r"([a-z][a-z0-9+.-]*)://([^/?#]*)(.*)", re.IGNORECASE | re.DOTALL)
_CLOCK = re.compile(r"\d{1,2}:\d\d:\d\d")
_markdown = MarkdownIt("commonmark", {"html": False, "breaks": True}).disable(
    ["link", "image", "autolink", "html_block", "html_inline", "reference"]
)


def defang(text: str) -> str:
    """`text` with every address made unclickable: `hxxps://evil[.]example/a`. Idempotent."""
    return _LIVE.sub(_defanged, text)


def visible(text: str) -> str:
    """Defanged plain text in which hidden characters are written out as `[RLO]`."""
    return unhidden(defang(text))


def unhidden(text: str) -> str:
    """Hidden characters written out; for names of files, whose dots make no address."""
    return _HIDDEN.sub(lambda match: f"[{_code(match[0])}]", text)


def json_escaped(json_text: str) -> str:
    """JSON text for an editor: what cannot be seen stands there as `\\u202e`, the same to a reader.

    Half a surrogate pair, which no answer could carry, is written so as well.
    """
    return _UNSEEN.sub(lambda match: _json_escape(match[0]), json_text)


def safe_view(text: str, limit: int = GRAPHEMES) -> SafeString:
    """`text` as HTML: escaped, hidden characters as chips, addresses defanged, cut at `limit`."""
    shown, cut = _first(text, limit)
    parts = []
    position = 0
    for match in _LIVE.finditer(shown):
        parts += [_chips(shown[position : match.start()]), _address(match)]
        position = match.end()
    parts.append(_chips(shown[position:]))
    if cut:
        parts.append(f'<span class="chip-code">cut here, {cut:,} more characters</span>')
    return mark_safe("".join(parts))  # noqa: S308 -- every piece went through escape()


def marked_view(
    text: str, marks: Iterable[tuple[int, int, str]], limit: int = GRAPHEMES
) -> SafeString:
    """Like `safe_view`, and the places of `marks` are marked: start, end, what it is.

    Marks are in order and do not overlap; those behind the cut are left out.
    """
    shown, cut = _first(text, limit)
    parts, done = [], 0
    for start, end, label in marks:
        if end > len(shown):
            break
        between, inside = safe_view(shown[done:start], limit), safe_view(shown[start:end], limit)
        parts.append(format_html('{}<mark title="{}">{}</mark>', between, label, inside))
        done = end
    parts.append(safe_view(shown[done:], limit))
    if cut:
        words = f"cut here, {cut:,} more characters"
        parts.append(format_html('<span class="chip-code">{}</span>', words))
    return format_html_join("", "{}", ((part,) for part in parts))


def name_view(name: str) -> SafeString:
    """A name: like `safe_view`, and letters that imitate another script are underlined."""
    if name.isascii():
        return safe_view(name)
    scripts = [_script(char) for char in name if char.isalpha()]
    mixed = {"LATIN", "CYRILLIC", "GREEK", "ARMENIAN"} & set(scripts)
    if len(mixed) < 2:  # noqa: PLR2004 -- a mix takes two
        return safe_view(name)
    usual = max(sorted(mixed), key=scripts.count)
    runs = groupby(name, key=lambda char: _script(char) in mixed - {usual})
    parts = [_confusable("".join(run), odd=odd) for odd, run in runs]
    return mark_safe("".join(parts))  # noqa: S308 -- every piece went through escape()


def is_long(text: str, limit: int = GRAPHEMES) -> bool:
    """Whether `safe_view` would cut."""
    return len(text) > limit and _first(text, limit)[1] > 0


def code_points(text: str, limit: int = 400) -> str:
    """`U+0041 U+0042 …`, for the reviewer who wants to be sure."""
    return " ".join(f"U+{ord(char):04X}" for char in text[:limit])


def note_html(body: str) -> SafeString:
    """A note in Markdown: no HTML, no links, no images; what remains passes an allow-list."""
    html = _markdown.render(visible(body))
    return mark_safe(nh3.clean(html, tags=NOTE_TAGS, attributes={}))  # noqa: S308 -- nh3 cleaned it


def chart_text(text: str) -> str:
    """`text` for Plotly, whose labels are a kind of HTML: an `<a>` in data would be a live link."""
    return str(escape(visible(text)))


def csv_cell(text: str) -> str:
    """A cell that no spreadsheet takes for a formula, addresses defanged; NUL is written out."""
    shown = defang(text.replace("\x00", "[U+0000]"))
    return f"'{shown}" if _FORMULA.match(shown) else shown


def clusters(text: str) -> Iterator[str]:
    """What a reader counts as one character: base, marks, joined emoji, flags, CR LF."""
    start = 0
    for end in range(1, len(text) + 1):
        if end == len(text) or not _extends(text, end, start):
            yield text[start:end]
            start = end


def _first(text: str, limit: int) -> tuple[str, int]:
    """The first `limit` graphemes and how many characters were left out."""
    if len(text) <= limit:
        return text, 0
    head = "".join(islice(clusters(text), limit))
    return head, len(text) - len(head)


def _extends(text: str, at: int, start: int) -> bool:
    char, before = text[at], text[at - 1]
    if before.isascii() and char.isascii():
        return before == "\r" and char == "\n"
    if before == "\u200d" and at - 1 > start:
        return _is_emoji(char)
    if _is_flag(char) and _is_flag(before):
        return at - start == 1
    return _is_mark(char) or "\U0001f3fb" <= char <= "\U0001f3ff" or _joins(text, at)


def _joins(text: str, at: int) -> bool:
    """A joiner that belongs: between emoji, or after a letter of a script that needs it."""
    if text[at] not in JOINERS or at + 1 >= len(text):
        return False
    before, after = text[at - 1], text[at + 1]
    if _is_emoji(after) and (_is_emoji(before) or _is_mark(before)):
        return True
    return before > "\u0590" and _script(after) in _JOINING and _script(before) in _JOINING


_JOINING = frozenset({
    "ARABIC", "SYRIAC", "MONGOLIAN", "DEVANAGARI", "BENGALI", "GURMUKHI", "GUJARATI", "ORIYA",
    "TAMIL", "TELUGU", "KANNADA", "MALAYALAM", "SINHALA", "KHMER", "MYANMAR",
})  # fmt: skip


def _is_mark(char: str) -> bool:
    return char > "\u02ff" and unicodedata.category(char) in {"Mn", "Me", "Mc"}


def _is_emoji(char: str) -> bool:
    return "\U0001f000" <= char <= "\U0001faff" or "\u2190" <= char <= "\u2bff"


def _is_flag(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def _script(char: str) -> str:
    return unicodedata.name(char, "").partition(" ")[0]


def _code(char: str) -> str:
    point = ord(char)
    if 0xE0020 <= point <= 0xE007E:  # noqa: PLR2004 -- tag characters mirror ASCII
        return f"TAG {chr(point - 0xE0000)}"
    return NAMED.get(point, f"U+{point:04X}")


def _json_escape(char: str) -> str:
    units = char.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{int.from_bytes(units[at : at + 2]):04x}" for at in range(0, len(units), 2))


def _chips(text: str) -> str:
    if _PLAIN.match(text):
        return str(escape(text))
    return "".join(
        _cluster_html(cluster, len(list(run))) for cluster, run in groupby(clusters(text))
    )


def _cluster_html(cluster: str, times: int) -> str:
    """One grapheme `times` times; hidden characters are counted, never repeated."""
    if len(cluster) == 1 and _HIDDEN.match(cluster):
        title = unicodedata.name(cluster, "control character").lower()
        count = f" \u00d7{times}" if times > 1 else ""
        label = escape(_code(cluster))
        return f'<span class="chip-code" title="U+{ord(cluster):04X} {title}">{label}{count}</span>'
    if any(joiner in cluster for joiner in JOINERS):
        return f'<span class="chip-dot" title="joined">{escape(cluster)}</span>' * times
    if len(cluster) > MARKS + 1:
        more = len(cluster) - MARKS - 1
        kept = str(escape(cluster[: MARKS + 1]))
        return f'{kept}<span class="chip-code">+{more} marks</span>' * min(times, 3)
    return str(escape(cluster)) * times


def _address(match: re.Match[str]) -> str:
    text = _defanged(match)
    if text == match[0]:
        return _chips(text)
    punycode = _punycode(match[0])
    chip = f'<span class="chip-code">{escape(punycode)}</span>' if punycode else ""
    return f'<span class="defanged">{_chips(text)}</span>{chip}'


def _defanged(match: re.Match[str]) -> str:
    text = match[0]
    if match.lastgroup == "url":
        return _defanged_url(text)
    if match.lastgroup == "host" and text in OWN_WORDS:
        return text
    if match.lastgroup == "ip6":
        return text if _CLOCK.fullmatch(text) else text.replace(":", "[:]")
    return text.replace("@", "[@]").replace(".", "[.]")


def _defanged_url(url: str) -> str:
    parts = _AUTHORITY.match(url)
    if parts is None:
        return url
    scheme, authority, rest = parts.groups()
    dead = scheme.replace("tt", "xx").replace("TT", "XX").replace("ftp", "fxp")
    host = authority if "[" in authority else authority.replace(".", "[.]")
    return f"{dead}://{host}{rest}"


def _punycode(address: str) -> str:
    if address.isascii():
        return ""
    host = re.sub(r"^[a-z0-9+.-]*://|^[^@/]*@", "", address, flags=re.IGNORECASE)
    host = re.split(r"[/?#:]", host, maxsplit=1)[0]
    try:
        encoded = host.encode("idna").decode()
    except UnicodeError:
        return ""
    return defang(encoded) if encoded != host else ""


def _confusable(run: str, *, odd: bool) -> str:
    if not odd:
        return safe_view(run)
    script = _script(run[0]).title()
    return f'<span class="confusable" title="{escape(script)} letters">{safe_view(run)}</span>'
