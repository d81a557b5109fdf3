"""What is set of a rule that people write: its Sigma text, its sentence, its number, its right."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cached_property, lru_cache
from typing import Final

from pydantic import field_validator

from detectors.base import BaseParams, param
from detectors.sigma.checking_counts import MAX_THRESHOLD
from detectors.sigma.compiling import compile_rule
from detectors.sigma.model import Rule
from detectors.sigma.reading import SigmaFaultError

MAX_SENTENCE: Final = 300
GAPS: Final = {
    "accounts": "how many accounts, such as 3 accounts",
    "number": "the number that was reached",
    "needed": "the number that is needed",
    "group": "the values that the signals have in common",
    "window": "the length of the window, such as 10 min",
    "title": "the title of the rule",
}
EXAMPLE: Final = """title: One address, many new accounts
name: created
level: medium
logsource:
  product: abusedesk
detection:
  selection:
    kind: account.created
  condition: selection
---
title: One address, many new accounts
level: medium
correlation:
  type: value_count
  rules:
    - created
  group-by:
    - identifiers.ip
  timespan: 1h
  condition:
    field: account
    gte: 5
"""


class RuleParams(BaseParams):
    """A rule's text and what goes with it."""

    sigma: str = param(EXAMPLE, help="The rule in Sigma", unit="Sigma", rebuild=True)
    sentence: str = param(
        "",
        help=(
            "What a finding says; {accounts}, {number}, {needed}, {group}, {window} and {title} "
            "are filled in; empty: a sentence of its own"
        ),
        unit="text",
    )
    threshold: int = param(
        0,
        help="The number to reach, instead of the one in the text; 0: that of the text",
        unit="of what it counts",
        ge=0,
        le=MAX_THRESHOLD,
        step=1,
    )

    @field_validator("sigma")
    @classmethod
    def _is_rule(cls, value: str) -> str:
        try:
            compiled_rule(value)
        except SigmaFaultError as error:
            raise ValueError(str(error)) from error
        return value

    @field_validator("sentence")
    @classmethod
    def _has_known_gaps(cls, value: str) -> str:
        if len(value) > MAX_SENTENCE:
            message = f"A sentence has at most {MAX_SENTENCE} characters."
            raise ValueError(message)
        for gap in re.findall(r"\{([^{}]*)\}", value):
            if gap not in GAPS:
                message = (
                    f"{{{gap}}} is not filled in; use {', '.join(f'{{{one}}}' for one in GAPS)}."
                )
                raise ValueError(message)
        return value

    @cached_property
    def rule(self) -> Rule:
        """The rule with the number that counts."""
        found = compiled_rule(self.sigma)
        return replace(found, threshold=self.threshold) if self.threshold else found


@lru_cache(maxsize=256)
def compiled_rule(text: str) -> Rule:
    """The rule of a text, read once. Raises SigmaFaultError."""
    return compile_rule(text)
