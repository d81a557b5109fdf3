"""`manage.py demo`: feeds the demo world through the same door as every other source."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Sequence
from typing import Any

from django.core.management.base import BaseCommand

from abusedesk.core import clock
from detectors.demo import SCENARIOS, SOURCE, WORLD, world
from detectors.models import Signal
from detectors.schema import SignalIn
from detectors.services.replay import store_history
from detectors.services.source import ensure_source, history_stream

SLUG = "demo"
TITLE = "Demo world (reconstruction)"
TICK_S = 3_600
MAX_DAYS = 60


class Command(BaseCommand):
    """Loads, or lists, the operations and their benign background."""

    help = f"Load the demo world: {SOURCE}."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Every option has a default that suits the first run."""
        slugs = [scenario.slug for scenario in SCENARIOS]
        parser.add_argument(
            "--if-empty", action="store_true", help="do nothing when the desk already has signals"
        )
        parser.add_argument("--seed", type=int, default=7, help="another seed, another world")
        parser.add_argument("--days", type=_days, default=5, help="how many days before now")
        parser.add_argument(
            "--scenario", nargs="+", choices=slugs, metavar="NAME", help="only these operations"
        )
        parser.add_argument("--list", action="store_true", help="show the operations and stop")

    def handle(self, **options: Any) -> None:
        """Load what was asked for and say what was done."""
        if options["list"]:
            self._list()
        elif options["if_empty"] and Signal.objects.exists():
            self.stdout.write("The desk already has signals; the demo world was not loaded.")
        else:
            self._load(options["seed"], options["days"], options["scenario"])

    def _list(self) -> None:
        for scenario in SCENARIOS:
            platforms = ", ".join(scenario.platforms)
            self.stdout.write(f"{scenario.slug}: {scenario.title} ({platforms})")
            self.stdout.write(f"    {scenario.story}")
            self.stdout.write(f"    Source: {scenario.source}.")

    def _load(self, seed: int, days: int, chosen: Sequence[str] | None) -> None:
        end = clock.now().replace(second=0, microsecond=0)
        signals = world(seed=seed, end=end, days=days, scenarios=chosen)
        # a time-line of its own: five days of history need no five-minute ticks
        line = history_stream(
            slug=f"demo-{seed}-{end:%Y%m%d%H%M}", title=TITLE, tick_floor_s=TICK_S
        )
        source = ensure_source(slug=SLUG, title=TITLE)
        stored = store_history(source=source, line=line, signals=signals)
        self.stdout.write(_summary(signals, days, chosen))
        known = f"; {stored.duplicates:,} were known already" if stored.duplicates else ""
        self.stdout.write(self.style.SUCCESS(f"{stored.accepted:,} signals stored{known}."))


def _summary(signals: Sequence[SignalIn], days: int, chosen: Sequence[str] | None) -> str:
    """The loaded world in one sentence."""
    accounts = {(signal.platform, signal.actor) for signal in signals}
    platforms = sorted({signal.platform for signal in signals})
    titles = [one.title for one in SCENARIOS if one.slug in (WORLD if chosen is None else chosen)]
    return (
        f"Demo world of the last {days} days: {len(accounts):,} accounts sent {len(signals):,}"
        f" signals on {len(platforms)} platforms ({', '.join(platforms)}). Operations hidden"
        f" in it: {', '.join(titles)}."
    )


def _days(text: str) -> int:
    """A number of days, 1 to MAX_DAYS."""
    if not text.isdecimal() or not 1 <= int(text) <= MAX_DAYS:
        message = f"choose 1 to {MAX_DAYS} days"
        raise ArgumentTypeError(message)
    return int(text)
