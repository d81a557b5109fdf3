"""Stories as the tick groups them, made by hand."""

from __future__ import annotations

from collections.abc import Iterable

from detectors.reworded.stories import Story
from detectors.reworded.texts import Text


def text(thing: int, account: str, at: float, words: str | None = None) -> Text:
    told = words or f"{thing} by {account} at {at}"
    return Text(account, at, thing, told.encode(), is_draft=False)


def story(thing: int, texts: Iterable[Text]) -> Story:
    ordered = tuple(sorted(texts, key=lambda one: one.at))
    return Story(f"thing-{thing}", ordered, (0.5, 0.9), sampled=False)
