"""The template of a bio: what is left when names, numbers, links and pictures are taken out."""

from __future__ import annotations

import re
from functools import lru_cache
from hashlib import blake2b

MAX_BIO = 500
MIN_WORDS = 5
_ADDRESS = re.compile(r"\S*(?://|@|#)\S*")
_TOKEN = re.compile(r"[^\W\d_]+|\d+")


@lru_cache(maxsize=8_192)
def bio_template(bio: str) -> int:
    """Hash of a template; 0 where too little is left to tell it from chance.

    `Proud mum of 2 from Ohio, loves her country` is one with `Proud mum of 3 from Texas, loves her
    country`: numbers and words with a capital letter inside are slots.
    """
    tokens = _TOKEN.findall(_ADDRESS.sub(" ", bio[:MAX_BIO]))
    told = [_slot(token, first=place == 0) for place, token in enumerate(tokens)]
    if sum(one != "*" for one in told) < MIN_WORDS:
        return 0
    template = " ".join(told)
    raw = template.encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(raw, digest_size=8).digest(), "big")


def _slot(token: str, *, first: bool) -> str:
    if token[0].isdecimal() or (token[0].isupper() and not first):
        return "*"
    return token.lower()
