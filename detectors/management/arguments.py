"""What the verbs of `manage.py detectors` take."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from django.core.management.base import CommandParser

from detectors.choices import Mode


def _add_set(verb: CommandParser) -> None:
    verb.add_argument("slug")
    verb.add_argument("values", nargs="*", metavar="name=value")
    verb.add_argument("--mode", choices=Mode.values)
    verb.add_argument("--reason", required=True)
    verb.add_argument("--lost-because", default="", help="why cases kept as tests may be lost")
    verb.add_argument("--beside", action="store_true", help="in shadow beside the version in force")
    verb.add_argument("--shadow-days", type=int, help="days of shadow after which it goes live")


def _add_test(verb: CommandParser) -> None:
    verb.add_argument(
        "files", nargs="+", metavar="FILE", help="scenarios, as the desk exports them"
    )
    verb.add_argument(
        "--config",
        metavar="DIR",
        help="run with the settings of an exported configuration in place of those in the files",
    )
    verb.add_argument(
        "--set",
        dest="values",
        action="append",
        default=[],
        metavar="detector.name=value",
        help="a parameter in place of the one that the file holds",
    )


def _add_export(verb: CommandParser) -> None:
    verb.add_argument("folder", metavar="DIR")


def _add_import(verb: CommandParser) -> None:
    verb.add_argument("folder", metavar="DIR")
    verb.add_argument("--reason", required=True)
    verb.add_argument("--lost-because", default="", help="why cases kept as tests may be lost")
    verb.add_argument("--dry-run", action="store_true", help="say what would change; write nothing")


def _add_promote(verb: CommandParser) -> None:
    verb.add_argument("slug")
    verb.add_argument("--reason", default="out of shadow")


def _add_end_shadow(verb: CommandParser) -> None:
    verb.add_argument("slug")
    verb.add_argument("--reason", required=True)


def _add_rollback(verb: CommandParser) -> None:
    verb.add_argument("slug")
    verb.add_argument("number", type=int)
    verb.add_argument("--reason", default="")


def _add_backtest(verb: CommandParser) -> None:
    verb.add_argument("slug")
    verb.add_argument("values", nargs="*", metavar="name=value")
    verb.add_argument("--days", type=int, default=30)
    verb.add_argument("--stream", default="", help="the time-line; else the live one")
    verb.add_argument("--source", action="append", default=[], help="only these, by short name")
    verb.add_argument("--sweep", default="", metavar="name=3,4,5", help="several values at once")


NOBODY: Final = frozenset({"test"})
"""Verbs that ask nothing of the desk, so that nobody has to be named."""
ARGUMENTS: dict[str, Callable[[CommandParser], Any]] = {
    "list": lambda verb: None,
    "show": lambda verb: verb.add_argument("slug"),
    "set": _add_set,
    "approve": lambda verb: verb.add_argument("draft", type=int),
    "promote": _add_promote,
    "end-shadow": _add_end_shadow,
    "rollback": _add_rollback,
    "backtest": _add_backtest,
    "test": _add_test,
    "export": _add_export,
    "import": _add_import,
}
