"""What the demo world tells: one entry per operation, for lists, docs and tests."""

from __future__ import annotations

from dataclasses import dataclass

SOURCE = "reconstruction after public reporting of February 2026; all names and texts invented"


@dataclass(frozen=True, slots=True)
class Scenario:
    """One operation of the demo world."""

    slug: str
    title: str
    story: str
    platforms: tuple[str, ...]
    source: str = SOURCE


SCENARIOS: tuple[Scenario, ...] = (
    Scenario(
        "fish-food",
        "Fish Food",
        "Two AI accounts turn one French prompt into seven drafts in three languages, and twenty"
        " accounts spread the scare about an invented feed plant from two sites.",
        ("openai-api", "telegram", "web", "x"),
    ),
    Scenario(
        "date-bait",
        "Date Bait",
        "Pages advertise an invented dating service, human and bot chat with the same people"
        " within a minute, and two look-alike sites collect rising fees.",
        ("facebook", "mistral-api", "telegram", "web"),
    ),
    Scenario(
        "false-witness",
        "False Witness",
        "Invented law firms on four look-alike sites write to people who were cheated before and"
        " promise their money back for an advance fee.",
        ("email", "facebook", "openai-api", "web"),
    ),
    Scenario(
        "trolling-stone",
        "Trolling Stone",
        "Three authors publish articles about an invented monument, and commenters carry the story"
        " in four machine-translated languages below every video about it.",
        ("facebook", "medium", "mistral-api", "youtube"),
    ),
    Scenario(
        "cyber-special-operations",
        "Cyber special operations",
        "Accounts registered in shifts report innocent people in bulk, spread forged documents and"
        " follow each other's showcases, without any AI service.",
        ("facebook", "telegram", "x"),
    ),
)
