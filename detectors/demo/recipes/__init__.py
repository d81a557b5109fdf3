"""The operations: how each of them acts on its stage."""

from __future__ import annotations

from collections.abc import Callable

from detectors.demo.recipes import (
    api_hydra,
    cyber_special_operations,
    date_bait,
    false_witness,
    fish_food,
    mass_false_reporting,
    persona_farm,
    phishing_kit,
    trolling_stone,
)
from detectors.demo.stage import Stage

# The position decides which networks an operation may use: append only.
RECIPES: dict[str, Callable[[Stage], None]] = {
    "fish-food": fish_food.play,
    "date-bait": date_bait.play,
    "false-witness": false_witness.play,
    "trolling-stone": trolling_stone.play,
    "cyber-special-operations": cyber_special_operations.play,
    "mass-false-reporting": mass_false_reporting.play,
    "persona-farm": persona_farm.play,
    "api-hydra": api_hydra.play,
    "phishing-kit": phishing_kit.play,
}
