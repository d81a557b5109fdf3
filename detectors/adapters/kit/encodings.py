"""How mail writes bytes and text: base64, encoded words, parameters, character sets."""

from __future__ import annotations

import binascii
import re
import string
from collections.abc import Mapping
from typing import Final

from detectors.adapters.kit.bounds import clean

MAX_PARAMETERS: Final = 4_000
QUARTET: Final = 4  # characters of base64 that make three bytes
QUOTES: Final = 2  # around the language of an RFC 2231 value
_SAME = (
    *("utf-8", "utf8", "utf-7", "utf-16", "utf-16le", "utf-16be", "us-ascii", "ascii"),
    *("koi8-r", "koi8-u", "tis-620", "gb2312", "gbk", "gb18030", "big5"),
    *("shift_jis", "euc-jp", "iso-2022-jp", "euc-kr"),
    *(f"iso-8859-{n}" for n in range(1, 17) if n not in {11, 12}),
)
CHARSETS: Final[Mapping[str, str]] = {
    **{name: name for name in _SAME},
    **{f"{maker}125{n}": f"cp125{n}" for maker in ("windows-", "cp") for n in range(9)},
    "ks_c_5601-1987": "euc-kr",
    "macintosh": "mac-roman",
    "latin1": "iso-8859-1",
}
"""Character sets by their names in mail. Python knows more codecs, some of them traps."""

_WORD = re.compile(r"=\?([^?\s*]{1,40})(?:\*[^?\s]{0,40})?\?([bBqQ])\?([^?]*)\?=")
_BETWEEN = re.compile(r"\?=\s++=\?")
_BASE64 = string.ascii_letters.encode() + b"0123456789+/"
_NOT_BASE64 = bytes(sorted(set(range(256)) - set(_BASE64)))


def words(value: str) -> str:
    """A header value with its encoded words (RFC 2047) resolved."""
    if "=?" not in value:
        return value
    return _WORD.sub(_decoded_word, _BETWEEN.sub("?==?", value))


def parameters(value: str) -> dict[str, str]:
    """Parameters of a structured field, by lower-case name. RFC 2231's `name*` counts as `name`."""
    found: dict[str, str] = {}
    _, _, rest = value[:MAX_PARAMETERS].partition(";")
    while rest.strip(" \t;"):
        name, sign, rest = rest.lstrip(" \t;").partition("=")
        rest = rest.lstrip()
        if not sign:
            break
        if rest.startswith('"'):
            said, _, rest = rest[1:].partition('"')
        else:
            said, _, rest = rest.partition(";")
        key = name.strip().lower()
        found.setdefault(key.removesuffix("*"), _extended(said.strip(), key))
    return found


def from_base64(raw: bytes) -> bytes:
    """What base64 stands for; foreign characters are skipped, a broken end is left out."""
    letters = raw.translate(None, _NOT_BASE64)
    letters = letters[: len(letters) - (len(letters) % QUARTET == 1)]
    return binascii.a2b_base64(letters + b"=" * (-len(letters) % QUARTET))


def decoded(raw: bytes, charset: str) -> str:
    """Text in a character set of mail; an unknown one is read as UTF-8, else as Latin-1."""
    codec = CHARSETS.get(charset.strip().lower())
    try:
        return clean(raw.decode(codec, "replace") if codec else raw.decode())
    except UnicodeError:
        return clean(raw.decode("latin-1"))


def _decoded_word(match: re.Match[str]) -> str:
    raw = match[3].encode()
    content = from_base64(raw) if match[2] in "bB" else binascii.a2b_qp(raw, header=True)
    return decoded(content, match[1])


def _extended(value: str, key: str) -> str:
    """RFC 2231: charset'language'percent-escapes."""
    if not key.endswith("*") or value.count("'") < QUOTES:
        return value
    charset, _, text = value.split("'", QUOTES)
    return decoded(_unquoted(text), charset)


def _unquoted(text: str) -> bytes:
    return binascii.a2b_qp(text.replace("=", "=3D").replace("%", "=").encode())
