"""Writes YAML as Sigma rules are usually written."""

from __future__ import annotations

from typing import Any

import yaml


class _Dumper(yaml.SafeDumper):
    """Lists below their name are moved in, as Sigma rules are usually written."""

    def increase_indent(self, *told: Any, **named: Any) -> None:
        """Never without indent."""
        super().increase_indent(*told[:1], **named | {"indentless": False})

    def ignore_aliases(self, data: Any) -> bool:
        del data
        return True


def dumped(documents: list[dict[str, Any]]) -> str:
    """Documents as the YAML of a Sigma rule."""
    return str(
        yaml.dump_all(
            documents, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=1_000,
        )
    )  # fmt: skip
