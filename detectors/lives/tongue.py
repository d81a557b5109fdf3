"""Which script and language a text is in, and its topic: small tables, no model."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import KeysView
from functools import lru_cache
from itertools import islice
from typing import Any, NamedTuple
from zlib import crc32

from detectors.base import Signal

MAX_TEXT = 200
MAX_LETTERS = 80
MAX_WORDS = 12
MIN_HITS = 2
TOPIC_WORDS = 5
MIN_WORD = 5
LATIN = "latin"
_JAPANESE = frozenset({"hiragana", "katakana"})
_WORD = re.compile(r"[^\W\d_]+")
_NO_LETTERS = {code: " " for code in range(128) if not chr(code).isalpha()}
_ADDRESS = re.compile(r"\S*(?://|@)\S*")
_CODE = re.compile(r"[a-z]{2,3}")
# Words that are frequent in one language and rare in the others written in Latin script.
_FREQUENT = {
    "de": "der und nicht ist das mit ein auch sich auf für wir eine dem",
    "en": "the and of is that for with this are was you they have not",
    "es": "el los las por una con del es pero como más muy está",
    "fr": "les des est dans pour une qui sur pas avec vous nous cette",
    "id": "yang dan untuk dengan ini itu tidak dari akan pada",
    "it": "il che di non per sono della gli anche questo è più",
    "nl": "het een van niet zijn voor dat wij deze ook maar naar",
    "pl": "nie się jest że jak ale czy dla tego już przez",
    "pt": "não uma para com os mais você são isso também dos",
    "ro": "și este nu în pentru că din mai sunt cu",
    "sv": "och det att som är på för inte med jag",
    "tr": "bir ve bu için ile çok değil daha gibi ama",
}
_LANGUAGES = {
    word: tuple(name for name, others in _FREQUENT.items() if word in others.split())
    for words in _FREQUENT.values()
    for word in words.split()
}


class _Reading(NamedTuple):
    script: str
    language: str
    topic: tuple[int, ...]


def tongue_of(signal: Signal) -> str:
    """`script:language` of a post, either part empty where nothing says it.

    The sender's attribute `language` or `lang` goes before the table of frequent words.
    """
    reading = _read(signal.text[:MAX_TEXT])
    told = ""
    if signal.attributes:
        told = _told(signal.attributes.get("language")) or _told(signal.attributes.get("lang"))
    return f"{reading.script}:{told or reading.language}"


def is_other(one: str, two: str) -> bool:
    """Whether two tongues certainly differ: in script, or in language where both are known."""
    script, _, language = one.partition(":")
    other_script, _, other = two.partition(":")
    if script and other_script and script != other_script:
        return True
    return bool(language and other and language != other)


def worded(tongue: str) -> str:
    """A tongue for people: `cyrillic (ru)`, `latin script`."""
    script, _, language = tongue.partition(":")
    return f"{script} ({language})" if language else f"{script} script"


def topic_of(text: str) -> tuple[int, ...]:
    """At most 5 of the longer words of a text, as hashes: texts that share many share some."""
    return _read(text[:MAX_TEXT]).topic


@lru_cache(maxsize=4_096)
def _read(text: str) -> _Reading:
    plain = text.lower()
    if "//" in plain or "@" in plain:
        plain = _ADDRESS.sub(" ", plain)
    is_ascii = plain.isascii()  # then this is the same in a third of the time
    found = plain.translate(_NO_LETTERS).split() if is_ascii else _WORD.findall(plain)
    words = dict.fromkeys(found)
    script = LATIN if is_ascii else _script(plain)
    longer = [word for word in words if len(word) >= MIN_WORD][:MAX_WORDS]
    if not longer and script != LATIN:  # scripts without spaces, or with short words
        longer = [plain[place : place + 2] for place in range(min(len(plain), MAX_WORDS))]
    hashes = {crc32(word.encode("utf-8", "surrogatepass")) for word in longer}
    topic = tuple(sorted(hashes)[:TOPIC_WORDS])
    if script != LATIN or not words:
        return _Reading(script if words else "", "", topic)
    return _Reading(script, _language(words.keys()), topic)


def _language(words: KeysView[str]) -> str:
    """The one language whose frequent words are most of all there, at least two of them."""
    hits: dict[str, int] = {}
    for word in words & _LANGUAGES.keys():
        for language in _LANGUAGES[word]:
            hits[language] = hits.get(language, 0) + 1
    most = max(hits.values(), default=0)
    best = [language for language, number in hits.items() if number == most]
    return best[0] if most >= MIN_HITS and len(best) == 1 else ""


def _script(text: str) -> str:
    """The script of most letters; kana makes a text Japanese, whatever else is in it."""
    letters = islice((char for char in text if char.isalpha()), MAX_LETTERS)
    found = Counter(unicodedata.name(char, "?").split()[0].lower() for char in letters)
    if any(found[kana] for kana in _JAPANESE):
        return "japanese"
    return min(found, key=lambda script: (-found[script], script), default="")


def _told(value: Any) -> str:
    """The language of a tag such as `pt-BR`."""
    if not isinstance(value, str):
        return ""
    code = value[:10].lower().replace("_", "-").partition("-")[0]
    return code if _CODE.fullmatch(code) else ""
