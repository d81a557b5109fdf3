"""What an admin may tune of translated copies."""

from __future__ import annotations

from detectors.base import BaseParams, param


class ParaphraseParams(BaseParams):
    """From when two texts say the same, and how many accounts make a story."""

    cosine: float = param(
        0.7,
        help=(
            "How near the meaning of a text must be to that of the first one. The default lets no "
            "pair of unlike texts of the bench pass; higher misses freer translations"
        ),
        unit="cosine",
        ge=0.5,
        le=0.99,
        step=0.01,
    )
    min_accounts: int = param(
        3,
        help="Accounts that must tell one story; one name on several platforms is one account",
        unit="accounts",
        ge=2,
        le=100,
        step=1,
    )
    min_words: int = param(
        8,
        help="Shorter texts are not compared; two Chinese characters count as one word",
        unit="words",
        ge=5,
        le=50,
        step=1,
        rebuild=True,
    )
    window_h: int = param(
        24,
        help="Time after the first text within which another one counts",
        unit="hours",
        ge=1,
        le=168,
        step=1,
        rebuild=True,
    )
    common: int = param(
        50,
        help="What more accounts than this share on one day brings nobody together",
        unit="accounts",
        ge=5,
        le=500,
        step=5,
        rebuild=True,
    )
