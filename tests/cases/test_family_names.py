"""Parts of a score in words: none is shown by the name that the code has for it."""

from __future__ import annotations

from cases.ui.families import FAMILY_NAMES
from detectors.pairs import DECLARED, ESTABLISHED, FAMILIES


def test_every_part_of_a_score_has_a_name_on_the_page_of_a_case() -> None:
    assert FAMILY_NAMES.keys() == {"prior", *FAMILIES, DECLARED, ESTABLISHED}
