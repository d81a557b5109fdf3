"""Anything that says something of values: a MISP event, a STIX bundle, else a report."""

from __future__ import annotations

from detectors.intel.decoding import decoded
from detectors.intel.misp.reading import read_events
from detectors.intel.report import Report, read_report
from detectors.intel.stix.reading import read_stix


def read_incoming(raw: bytes) -> Report:
    """Read a file or what was pasted. Raises TooManyRowsError; anything else is told row by row."""
    said = decoded(raw)
    return read_stix(said.text) or read_events(said.text) or read_report(said)
