"""Settings as they are typed in a shell."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.core.management.base import CommandError

from detectors.overrides import NAME as OVERRIDES

_Others = dict[tuple[str, str], dict[str, Any]]


def with_values(params: Mapping[str, Any], values: Sequence[str]) -> dict[str, Any]:
    """Parameters with `name=value` put in; a value is JSON, or else a word.

    `platform:forum.name=value` and `source:export.name=value` are overrides; without a value there
    is none any more. Raises CommandError.
    """
    told = dict(params)
    others: _Others = {(one["setting"], one["scope"]): one for one in told.pop(OVERRIDES, ())}
    for one in values:
        name, equals, text = one.partition("=")
        if not equals:
            message = f"Write name=value instead of {one}."
            raise CommandError(message)
        scope, dot, setting = name.rpartition(".")
        if not dot:
            told[name] = _read(text)
        elif text:
            others[setting, scope] = {"scope": scope, "setting": setting, "value": _read(text)}
        else:
            others.pop((setting, scope), None)
    return {**told, OVERRIDES: list(others.values())} if others else told


def _read(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text
