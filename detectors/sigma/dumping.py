"""Writes YAML as Sigma rules are usually written."""

from __future__ import annotations

from typing import Any

import yaml

BREAKS = frozenset("\x85\u2028\u2029")
"""YAML takes them for ends of lines, except behind a backslash in double quotes."""


class _Dumper(yaml.SafeDumper):
    """Lists below their name are moved in, as Sigma rules are usually written."""

    def increase_indent(self, *told: Any, **named: Any) -> None:
        """Never without indent."""
        super().increase_indent(*told[:1], **named | {"indentless": False})

    def ignore_aliases(self, data: Any) -> bool:
        del data
        return True


def _text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    style = '"' if BREAKS.intersection(text) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


def dumped(documents: list[dict[str, Any]]) -> str:
    """Documents as the YAML of a Sigma rule."""
    return str(
        yaml.dump_all(
            documents, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=1_000,
        )
    )  # fmt: skip
