"""All entities of a free text, with their place in it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice

from detectors.normalise.finders import FINDERS, Hit
from detectors.normalise.spans import Edited, fold_text, refang_text

# A text of 64 KiB can name ten thousand hosts; the first ones tell what it is, and the bound
# keeps one signal from holding up a batch.
MAX_MENTIONS = 2000
_WORTH_A_LOOK = re.compile(r"[.@#+:]|[A-Za-z0-9]{25}")


@dataclass(frozen=True, slots=True)
class Mention:
    """One entity in a text: `raw` is `text[start:end]` as written, `value` is canonical."""

    type: str
    value: str
    raw: str
    start: int
    end: int


def extract(text: str) -> list[Mention]:
    """The entities of `text` in reading order; none overlaps another.

    Types: url, domain, ip, email, phone, wallet, handle, hashtag, hash. Defanged forms and
    Unicode disguises are seen through. The host of a URL is not a mention of its own. At most
    2,000 mentions; linear time.
    """
    folded = fold_text(text)
    plain = refang_text(folded.text)
    if not _WORTH_A_LOOK.search(plain.text):
        return []
    hits = sorted(_hits(plain), key=lambda hit: hit.start)
    return [_mention(text, hit, plain, folded) for hit in hits]


def _hits(plain: Edited) -> list[Hit]:
    hits: list[Hit] = []
    rest = plain.text
    for hint, find in FINDERS:
        if hint not in rest:
            continue
        sure = (hit for hit in find(rest) if hit.sure or plain.touches(hit.start, hit.end))
        found = list(islice(sure, MAX_MENTIONS - len(hits)))
        if found:
            hits += found
            rest = _blanked(rest, found)
    return hits


def _blanked(text: str, hits: list[Hit]) -> str:
    pieces: list[str] = []
    done = 0
    for hit in hits:
        pieces += (text[done : hit.start], " " * (hit.end - hit.start))
        done = hit.end
    pieces.append(text[done:])
    return "".join(pieces)


def _mention(text: str, hit: Hit, plain: Edited, folded: Edited) -> Mention:
    start, end = folded.source_span(*plain.source_span(hit.start, hit.end))
    return Mention(hit.type, hit.value, text[start:end], start, end)
