"""How the report reader understands a folder of published indicators: classes, phases, time."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import django

from bench.worlds.baselines import data_dir
from bench.worlds.scratch import scratch_desk
from detectors.intel.forms import Form
from detectors.intel.incoming import read_incoming

FOLDER = "indicators"
CHAIN = "Killchain"
TOLERANCE = 0.01
# What a classifier of regular expressions counts; texts with and without a value inside together,
# because where a sentence names a host is a matter of taste.
REFERENCE = {
    "domain": 7_535,
    "url": 1_979,
    "bare-url": 63,
    "app": 402,
    "hash": 137,
    "ip": 11,
    "email": 2,
    "count": 141,
    "text and inside": 837,
    "empty": 193,
}
GROUPED = {
    Form.TEXT: "text and inside",
    Form.INSIDE: "text and inside",
    Form.BROKEN: "text and inside",
}


@dataclass(frozen=True, slots=True)
class Reading:
    """Files and rows; rows of each class; how phases were found; distinct domains; seconds."""

    files: int = 0
    rows: int = 0
    forms: Counter[str] = field(default_factory=Counter)
    phases: Counter[str] = field(default_factory=Counter)
    domains: int = 0
    seconds: float = 0.0

    def off(self) -> dict[str, int]:
        """Classes that differ from the reference by more than 1 % and more than one row."""
        names = {*REFERENCE, *self.forms}
        gaps = {name: self.forms[name] - REFERENCE.get(name, 0) for name in sorted(names)}
        return {
            name: gap
            for name, gap in gaps.items()
            if abs(gap) > max(1.0, TOLERANCE * REFERENCE.get(name, 0))
        }


def main() -> None:
    """Print one table; with --json one JSON object on the last line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="the same: it takes two seconds")
    parser.add_argument(
        "--stored", action="store_true", help="import each file into a desk, twice; a minute or two"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object on the last line")
    options = parser.parse_args()
    folder = data_dir() / FOLDER
    if not folder.is_dir():
        print(f"{folder} is missing, so nothing was read; ABUSEDESK_DATA_DIR names its folder.")
        return
    found = measure(folder)
    print(f"{found.files} files, {found.rows:,} rows in {found.seconds:.1f} s, "
          f"{found.domains:,} distinct domains")  # fmt: skip
    print(f"{'class':<18}{'rows':>8}{'reference':>11}")
    for name in {**REFERENCE, **found.forms}:
        print(f"{name:<18}{found.forms[name]:>8,}{REFERENCE.get(name, 0):>11,}")
    print("phases: " + ", ".join(f"{count:,} {how}" for how, count in found.phases.most_common()))
    print(f"off by more than 1 % and one row: {found.off() or 'nothing'}")
    if options.stored:
        _print_stored(folder)
    if options.json:
        print(json.dumps({"rows": found.rows, "forms": found.forms, "off": found.off()}))


def files_of(folder: Path) -> list[Path]:
    """Every CSV file, the table of the kill chain aside."""
    return sorted(path for path in folder.glob("*.csv") if CHAIN not in path.name)


def _print_stored(folder: Path) -> None:
    """One row a file: rows in, what became of them, values on the watch list; then all again."""
    with scratch_desk() as desk:
        desk.manage("load_reference_lists")
        os.environ |= desk.env | {"DJANGO_SETTINGS_MODULE": "abusedesk.settings"}
        django.setup()
        first = {path.name: _imported(path) for path in files_of(folder)}
        again = Counter[str]()
        for path in files_of(folder):
            again += _imported(path)
    outcomes = sorted({name for one in first.values() for name in one} - {"rows", "added"})
    print(f"| file | rows | on the list | {' | '.join(outcomes)} |")
    print("|---" * (3 + len(outcomes)) + "|")
    total = sum(first.values(), Counter[str]())
    for name, one in {**first, "all": total, "all, imported again": again}.items():
        told = " | ".join(f"{one[outcome]:,}" for outcome in outcomes)
        print(f"| {name[:60]} | {one['rows']:,} | {one['added']:,} | {told} |")


def _imported(path: Path) -> Counter[str]:
    """Rows of one file by outcome, and how many values it put on the watch list."""
    from abusedesk.core.models import User  # noqa: PLC0415 -- the settings name the desk only now
    from detectors.intel.terms import BatchTerms  # noqa: PLC0415 -- as above
    from detectors.services.indicator_batch import accept_batch, read_batch  # noqa: PLC0415 -- same

    admin = User.objects.filter(role="admin").earliest("pk")
    terms = BatchTerms(source="published")
    batch = read_batch(actor=admin, raw=path.read_bytes(), terms=terms, name=path.name)
    told = Counter({"rows": batch.rows, **batch.outcomes})
    batch = accept_batch(actor=admin, batch=batch)
    return told + Counter(added=batch.added)


def measure(folder: Path) -> Reading:
    """Read every file of a folder."""
    paths = files_of(folder)
    forms: Counter[str] = Counter()
    phases: Counter[str] = Counter()
    domains: set[str] = set()
    began = time.perf_counter()
    for path in paths:
        for row in read_incoming(path.read_bytes()).rows:
            forms[GROUPED.get(row.form, row.form.value)] += 1
            phases[row.phase.how or "unmatched" if row.said else "blank"] += 1
            domains |= {value for kind, value in row.things if row.form is Form.DOMAIN}
    took = time.perf_counter() - began
    return Reading(len(paths), forms.total(), forms, phases, len(domains), took)


if __name__ == "__main__":
    main()
