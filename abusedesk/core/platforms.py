"""Names of platforms as people write them."""

from __future__ import annotations

import re
from typing import Final

NAMES: Final = {
    "x": "X",
    "openai-api": "OpenAI API",
    "anthropic-api": "Anthropic API",
    "youtube": "YouTube",
    "tiktok": "TikTok",
    "email": "E-mail",
    "ai": "AI",
}
_SHORT: Final = re.compile(r"\b(api|ai)\b")


def platform_name(slug: str) -> str:
    """`x` is X, `openai-api` OpenAI API, `some-shop` Some shop."""
    words = slug.replace("-", " ").capitalize()
    return NAMES.get(slug) or _SHORT.sub(lambda word: word[0].upper(), words)
