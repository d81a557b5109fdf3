"""What each operation tells, for lists, docs and tests."""

from __future__ import annotations

from dataclasses import dataclass

SOURCE = "reconstruction after public reporting of February 2026; all names and texts invented"
OWN_SOURCE = "a pattern that many public reports describe; all names and texts invented"


@dataclass(frozen=True, slots=True)
class Scenario:
    """One operation. alone: it is replayed by its name and is no part of the demo world."""

    slug: str
    title: str
    story: str
    platforms: tuple[str, ...]
    source: str = SOURCE
    alone: bool = False


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
    Scenario(
        "mass-false-reporting",
        "Mass false reporting",
        "Twenty accounts that share no trace report innocent people on three platforms within"
        " minutes, and moderators uphold almost none of it.",
        ("facebook", "x", "youtube"),
        OWN_SOURCE,
        alone=True,
    ),
    Scenario(
        "persona-farm",
        "Persona farm",
        "Invented people with one kind of biography wake up on a farm of phones and praise one"
        " product after a script, and some of them forget to hide the machine behind it.",
        ("facebook", "mastodon", "x"),
        OWN_SOURCE,
        alone=True,
    ),
    Scenario(
        "api-hydra",
        "Hydra of API accounts",
        "One operator signs up two dozen accounts of two AI services after one pattern and spreads"
        " one prompt over them, each far below its limit.",
        ("mistral-api", "openai-api"),
        OWN_SOURCE,
        alone=True,
    ),
    Scenario(
        "phishing-kit",
        "Phishing kit",
        "One kit stands on six hosts that look like a parcel service, and a dozen senders carry"
        " its links by mail, message and post.",
        ("email", "facebook", "telegram", "web"),
        OWN_SOURCE,
        alone=True,
    ),
)
WORLD = tuple(scenario.slug for scenario in SCENARIOS if not scenario.alone)
"""Operations that the demo world plays unless others are asked for."""
