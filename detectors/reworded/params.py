"""What an admin may tune of reworded texts."""

from __future__ import annotations

from detectors.base import BaseParams, param


class RewordedParams(BaseParams):
    """From when two texts tell the same, and how many accounts make a story."""

    alike: float = param(
        0.5,
        help=(
            "How much of all their words two texts must share, rare words counting more than "
            "common ones. Lower finds freer rewriting and more people who talk of one event"
        ),
        unit="share",
        ge=0.3,
        le=0.95,
        step=0.01,
    )
    min_accounts: int = param(
        3, help="Accounts that must tell one story", unit="accounts", ge=2, le=100, step=1
    )
    min_words: int = param(
        6,
        help="Texts of fewer different words are not compared",
        unit="words",
        ge=4,
        le=50,
        step=1,
        rebuild=True,
    )
    min_rarity: float = param(
        15.0,
        help=(
            "How rare the shared words must be together: the sum of the natural logarithms of "
            "how many accounts there are for each one that uses the word"
        ),
        unit="nats",
        ge=5,
        le=100,
        step=1,
    )
    lookback_d: int = param(
        30, help="How far back texts are compared", unit="days", ge=1, le=30, step=1, rebuild=True
    )
    pause_h: int = param(
        4,
        help="A story that rested so long and is told again counts as told twice",
        unit="hours",
        ge=1,
        le=168,
        step=1,
    )
    common: int = param(
        250,
        help="What more accounts than this tell is a slogan or a quotation",
        unit="accounts",
        ge=20,
        le=1_000,
        step=10,
    )
    things_together: int = param(
        2,
        help=(
            "Different things that two accounts must tell within an hour of each other, in "
            "different words, to be found for that as well"
        ),
        unit="things",
        ge=2,
        le=20,
        step=1,
    )
    output_h: int = param(
        72,
        help="Time after an AI service wrote a text within which accounts publish it",
        unit="hours",
        ge=1,
        le=720,
        step=1,
    )
