"""What an admin may tune of D12."""

from __future__ import annotations

from detectors.base import BaseParams, param
from detectors.reappearance.matching import Limits
from detectors.sketches import SHINGLE_WORDS


class ReappearanceParams(BaseParams):
    """When a text counts as taken from an output, and how many such texts make a chain."""

    containment: float = param(
        0.6,
        help="Share of a post's runs of 4 words that stand in the output",
        unit="share of the post",
        ge=0.3,
        le=1.0,
        step=0.05,
    )
    min_tokens: int = param(
        20,
        help="Shorter texts are not compared; two Chinese characters count as one word",
        unit="words",
        ge=12,
        le=200,
        step=1,
        rebuild=True,
    )
    min_shared: int = param(
        10,
        help="Runs of 4 words that a post and the output must have in common",
        unit="runs",
        ge=5,
        le=200,
        step=1,
        rebuild=True,
    )
    window_h: int = param(
        72,
        help="Time after the output within which a post counts",
        unit="hours",
        ge=1,
        le=720,
        step=1,
    )
    min_accounts: int = param(
        3,
        help="People that must post one output; one name on several platforms is one person",
        unit="people",
        ge=2,
        le=100,
        step=1,
    )
    min_texts: int = param(
        3,
        help="Different texts of one AI account, posted by two people or more, that also count",
        unit="texts",
        ge=2,
        le=50,
        step=1,
    )
    service_people: int = param(
        25,
        help="An AI account that feeds more people is a service: only single outputs count then",
        unit="people",
        ge=5,
        le=2_000,
        step=5,
    )
    common_outputs: int = param(
        20,
        help="A run of words from more AI accounts than this is boilerplate",
        unit="AI accounts",
        ge=3,
        le=200,
        step=1,
        rebuild=True,
    )
    known_d: int = param(
        7,
        help="How long it is remembered that a text was public before an output",
        unit="days",
        ge=1,
        le=30,
        step=1,
    )

    @property
    def least(self) -> int:
        """Runs of the shortest text that is compared."""
        return max(self.min_shared, self.min_tokens - SHINGLE_WORDS + 1)

    @property
    def limits(self) -> Limits:
        """The limits of chains."""
        return Limits(
            self.containment,
            self.min_shared,
            self.min_accounts,
            self.min_texts,
            self.service_people,
        )
