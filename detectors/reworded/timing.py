"""Whether stories are told at the same time: the synchrony test, their occasions as objects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from detectors.base import HOUR_S, Family, FindingDraft, Key
from detectors.reworded.params import RewordedParams
from detectors.reworded.stories import Story, occasions
from detectors.reworded.telling import STORY
from detectors.synchrony import find_synchrony
from detectors.synchrony.findings import Run, findings
from detectors.synchrony.model import Settings
from detectors.synchrony.tables import clock_steps, collect, merge

BURST_S = float(HOUR_S)
"""A story that rested so long and goes on is one more thing to be early or late with."""
Shares = tuple[Key, dict[str, tuple[float, int]], bool]


def together(
    stories: Sequence[Story], alone: Mapping[str, int], p: RewordedParams, secret: bytes
) -> list[FindingDraft]:
    """Groups and pairs that tell several stories closer in time than others do.

    alone: account -> its texts that are in no story.
    """
    tables = merge([collect(_shares(stories), {STORY: alone})])
    steps = clock_steps(tables.values())
    settings = Settings()
    return [
        replace(draft, family=Family.TIMING)
        for table in tables.values()
        for draft in findings(
            Run(
                table,
                find_synchrony(table.postings(steps), settings, secret=secret),
                settings,
                p.lookback_d,
                steps,
            )
        )
    ]


def _shares(stories: Sequence[Story]) -> Iterator[Shares]:
    for story in stories:
        told = [text for text in story.texts if not text.is_draft]
        for part in occasions(told, BURST_S):
            first = {text.account: (text.at, text.id) for text in reversed(part)}
            yield Key(STORY, part[0].mark), first, False
