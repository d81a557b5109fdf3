"""Text forms for matching: the match text, the look-alike skeleton, refanging and cleaning."""

from __future__ import annotations

import re
import unicodedata

# Characters a reader does not see: soft hyphen, joiners, bidi controls, fillers, variation
# selectors, interlinear marks and tag characters. Attackers put them inside words and hosts.
INVISIBLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
# White space controls (tab to CR, FS to US, NEL) are left to str.split(); lone surrogates cannot
# be stored as UTF-8.
_CONTROL = "\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ud800-\udfff"
_UNWANTED = re.compile(f"[{_CONTROL}{INVISIBLE}]+")

_OPEN = r"[\[({<](?: ?\\*+[\[({<])*+ ?"
_CLOSE = r" ?\\*+[\])}>](?: ?\\*+[\])}>])*+"
_NOT_OPEN = r"(?<![\[({<\\])(?<![\[({<] )\\*+"
_DOT_WORD = r"dot|d0t|punkt|punto|point|ponto|\u0442\u043e\u0447\u043a\u0430"
_AT_WORD = r"at|arroba|\u0441\u043e\u0431\u0430\u043a\u0430"
# "the dot is" must not become "the.is": a spelled-out dot needs one of these behind it.
_SPOKEN_TLD = (
    "com|net|org|info|biz|ru|cn|xyz|top|site|online|shop|club|store|io|app|dev|gov|edu|uk|eu|de|fr"
    "|br|ua|pl|nl|tk|icu|vip|live|link|example|onion"
)
# Every run of brackets is taken whole and no result can start another match: one pass is final.
_MARKS = (
    rf"(?:(?<=\w) {{0,2}})?+{_NOT_OPEN}{_OPEN}"
    rf"(?:(?P<dot>\\*+\.|{_DOT_WORD})|(?P<at>@|{_AT_WORD})){_CLOSE}(?: (?=\w))?+"
    r"|(?<=\w)(?P<bare>\[++\.|\\++\.|\[,\]|\(,\))(?=\w)"
    r"|(?<=\w)(?P<slash>\[/\])(?=\w)"
    r"|(?<=\w)(?P<tail>\.\]++)(?=\w)"
    r"|(?<!\[:\])(?<!\[::\])(?P<colon>(?:\[::?\])++)(?=[0-9a-f]|//)"
    rf"|(?<=[^\W_])(?<!\bthe)(?<!\ba)(?<!\ban)(?P<spoken> {{1,3}}+dot {{1,3}}+)"
    rf"(?=(?:[a-z0-9-]{{1,63}}+ {{1,3}}+dot {{1,3}}+){{0,3}}(?:{_SPOKEN_TLD})\b)"
)
_SLASH = r"(?:\[/\]|\(/\)|\\/?|/)"
_SCHEME = (
    r"(?<![a-z0-9])(?:(?P<http>h(?:x{2,4}|\*\*|__|tt|xt|tx|zz)p)|(?P<ftp>f[xt\*]p))(?P<s>s?) ?"
    rf"(?:\[://\]|\(://\)|\{{://\}}|:\[//\]|(?:\[:\]|\(:\)|\{{:\}}|:|(?<=[xz]p)|(?<=[xz]ps)) ?"
    rf"{_SLASH}{_SLASH})(?: {{1,2}}+(?=\S))?+"
)
_REFANG_SCHEME = re.compile(_SCHEME, re.IGNORECASE)
_REFANG_MARKS = re.compile(_MARKS, re.IGNORECASE)
REFANG = re.compile(f"{_SCHEME}|{_MARKS}", re.IGNORECASE)
# Both cases are spelled out: ignoring case costs 30 % more.
_MAYBE_DEFANGED = re.compile(
    r"[\[({<\\]|\.\]|[hH](?![tT]{2})[xX*_tTzZ]{2,4}[pP][sS]?[ :/]|[fF][xX*][pP]|:// | [dD][oO][tT] "
)

# Look-alikes of the casefolded, decomposed text; escapes because the glyphs cannot be told apart.
_LOOKALIKES = {
    "a": "\u0430\u03b1\u0251\u2c65\u13aa\u15c5@4",
    "b": "\u0432\u044c\u03b2\u0253\u0184\u13cf8",
    "c": "\u0441\u03f2\u1d04\u2ca5\u0188\u00a2",
    "d": "\u0501\u0257\u0256\u13e7\u146f",
    "e": "\u0435\u0454\u03b5\u0451\u0247\u212e\u04bd3",
    "f": "\u0192\u017f\u03dd",
    "g": "\u0261\u0581\u0260\u01e5\u0260",
    "h": "\u043d\u04bb\u0570\u04a3\u0266\u13c2",
    "j": "\u0458\u03f3\u0249",
    "k": "\u043a\u03ba\u0199\u049b\u04c4",
    "l": "i1|\u0456\u03b9\u0131\u04cf\u0196\u0269\u0142\u2113\u01c0\u05c0\u0661\u06f1!",
    "m": "\u043c\u03fb\u0271",
    "n": "\u03b7\u0438\u043f\u0578\u057c\u014b\u0273",
    "o": "\u043e\u03bf\u03c3\u0585\u00f8\u06420\u0665\u06f5\u0e50\u0d20\u04e9\u0275",
    "p": "\u0440\u03c1\u03f1\u01bf\u01a5",
    "q": "\u051b\u0563\u0566\u02a0",
    "r": "\u0433\u1d26\u027c\u027d\u0280",
    "s": "\u0455\ua731\u01bd\u02825$",
    "t": "\u0442\u03c4\u01ad\u0163\u0288\u04677",
    "u": "\u03c5\u057d\u028b\u1d1c\u0446",
    "v": "\u03bd\u0475\u1d20\u0474",
    "w": "\u051d\u0461\u0448\u03c9\u0561\u026f\u1d21",
    "x": "\u0445\u03c7\u04b3\u157d",
    "y": "\u0443\u04af\u03b3\u028f\u04f1\u01b4\u04b1",
    "z": "\u0290\u01b6\u1d22\u0225",
}
_LOOKALIKE_TABLE = {ord(char): latin for latin, chars in _LOOKALIKES.items() for char in chars}


def match_text(text: str) -> str:
    """`text` as detectors compare it: NFKC, casefolded, nothing invisible, single spaces."""
    is_plain = text.isascii() and text.isprintable()  # nothing unwanted in it
    visible = text if is_plain else _UNWANTED.sub("", text)
    if visible.isascii():
        return " ".join(visible.lower().split())
    # The order of Unicode's NFKC_Casefold; any shorter one is not idempotent.
    folded = unicodedata.normalize("NFD", visible).casefold()
    folded = unicodedata.normalize("NFKC", folded).casefold()
    folded = _UNWANTED.sub("", unicodedata.normalize("NFKC", folded))
    return " ".join(folded.split())


def skeleton(text: str) -> str:
    """The look-alike form of `text`: two texts that read alike have the same skeleton.

    A subset of UTS #39: Latin, Cyrillic, Greek, Armenian, fullwidth and digit look-alikes from an
    own table, accents dropped, "rn" as "m" and "vv" as "w". Unlike UTS #39 case is folded and
    "i", "l", "1" and "|" are one class. For comparing only, never for showing.
    """
    return look_alike(match_text(text))


def look_alike(bare: str) -> str:
    """The skeleton of what is a match text already."""
    if not bare.isascii():
        parts = unicodedata.normalize("NFKD", bare)
        bare = "".join(char for char in parts if not unicodedata.combining(char))
    latin = bare.translate(_LOOKALIKE_TABLE)
    return " ".join(latin.replace("rn", "m").replace("vv", "w").split())


def refang(text: str) -> str:
    """`text` with defanged schemes, dots, at signs and colons made real again."""
    if not _MAYBE_DEFANGED.search(text):
        return text
    return REFANG.sub(refanged, text)


def refang_scheme(text: str) -> str:
    """`text` with a defanged scheme at its start made real."""
    found = _REFANG_SCHEME.match(text)
    return refanged(found) + text[found.end() :] if found else text


def refang_marks(text: str) -> str:
    """Like `refang` but without schemes: nothing it replaces spans a slash."""
    if not _MAYBE_DEFANGED.search(text):
        return text
    return _REFANG_MARKS.sub(refanged, text)


def refanged(match: re.Match[str]) -> str:
    """What one match of `REFANG` stands for."""
    kind = match.lastgroup
    if kind == "s":
        return ("http" if match["http"] else "ftp") + match["s"].lower() + "://"
    if kind == "at":
        return "@"
    if kind == "colon":
        return ":" * match["colon"].count(":")
    return "/" if kind == "slash" else "."


def needs_refang(text: str) -> bool:
    """Whether `refang` could change anything; a cheap test before the full pattern."""
    return _MAYBE_DEFANGED.search(text) is not None


def clean(raw: str) -> str:
    """`raw` without controls and invisible characters, and without outer white space."""
    return _UNWANTED.sub("", raw).strip()
