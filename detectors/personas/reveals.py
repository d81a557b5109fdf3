"""Text in which a language model speaks of itself, in thirteen languages; own list."""

from __future__ import annotations

import re
from functools import lru_cache

from detectors.base import Signal

MAX_TEXT = 2_000
OWN_WORDS = frozenset({"post", "reply", "message"})

# Every phrase below holds one of these: most texts are done after a dozen searches.
_STEMS = (
    "model", "modèl", "język", "модел", "模型", "人工智能", "モデル", "نموذج", "an ai", "qu'ia",
    "que ia", "fulfill",
)  # fmt: skip
_ASCII_STEMS = tuple(stem for stem in _STEMS if stem.isascii())
_PHRASES = (
    r"as an? (?:ai|artificial intelligence)(?: language)?(?: model)?,? (?:i|my)\b",
    r"as a(?: large)? language model,? (?:i|my)\b",
    r"i(?: am|'m) (?:just |only )?an? (?:ai|large|artificial)[ -]?(?:language )?model\b",
    r"(?:i(?: am|'m) sorry,? (?:but )?)?i (?:cannot|can't) fulfill (?:this|that|your) request",
    r"als (?:ein )?(?:ki|ai)[- ]?(?:sprach)?modell\b",
    r"als (?:ein )?sprachmodell\b",
    r"en tant qu(?:e |')(?:modèle (?:de langage|linguistique|d'ia)|ia\b)",
    r"como (?:un )?modelo de (?:lenguaje|ia)\b",
    r"como (?:um )?modelo de (?:linguagem|ia)\b",
    r"(?:come|in quanto) modello (?:linguistico|di linguaggio|di ia)\b",
    r"als (?:een )?(?:ai-)?taalmodel\b",
    r"jako (?:duży )?model języko\w+",
    r"(?:bir )?yapay zeka(?: dil)? modeli olarak\b",
    r"(?:я,? )?(?:как|—|-) (?:большая )?языковая модель\b",
    r"作为(?:一个|一名|一款)?(?:大型?|ai|人工智能)?(?:大?语言)模型",
    r"作为(?:一个|一名)人工智能",
    r"(?:私は)?(?:ai|大規模)?の?言語モデルとして",
    r"(?:بصفتي|كوني|بوصفي) نموذج\S{0,2} (?:لغوي|ذكاء)",
)
# A sentence that begins with it is somebody speaking; inside one it is talked about.
_SPEAKS = re.compile(rf"(?:^|[.!?\u2026\u3002\uff01\uff1f\n])\W{{0,4}}(?:{'|'.join(_PHRASES)})")
_QUOTED = re.compile(
    r"\"[^\"]*\"?|\u201c[^\u201d]*\u201d?|\u201e[^\u201c\u201d]*[\u201c\u201d]?|«[^»]*»?|»[^»«]*«"
    r"|「[^」]*」?|『[^』]*』?|\u2018[^\u2018\u2019]*\u2019|`[^`]*`?|(?:^|\n)[ \t]{0,8}>[^\n]*"
)
_JOKES = re.compile(
    r"\b(?:lol|lmao|rofl|ha(?:ha)+|jaja\w*|kek|jk|xd)\b|[😂🤣😆😹]|(?:^|\s)/s(?:\s|$)"
)


def reveals_itself(signal: Signal) -> bool:
    """Whether the author of an own text speaks as a language model.

    Not where it is quoted, shared, talked about inside a sentence, or laughed at.
    """
    return signal.kind in OWN_WORDS and bool(signal.text) and _reveals(signal.text[:MAX_TEXT])


@lru_cache(maxsize=4_096)
def _reveals(text: str) -> bool:
    plain = text.lower()
    if not plain.isascii():
        plain = plain.replace("\u2019s", "'s").replace("\u2019m", "'m").replace("\u2019t", "'t")
    stems = _ASCII_STEMS if plain.isascii() else _STEMS
    if not any(stem in plain for stem in stems):
        return False
    if plain.startswith("rt @") or _JOKES.search(plain):
        return False
    own = _QUOTED.sub(" quoted ", plain)
    return _SPEAKS.search(own) is not None
