"""Reads what integrations send: bytes of a request or a file become signals or reasons."""

from __future__ import annotations

from detectors.ingest.body import (
    Batch,
    BodyError,
    LengthError,
    MediaTypeError,
    TooLargeError,
    check_media_type,
    read_body,
    split,
)
from detectors.ingest.faults import Fault
from detectors.ingest.items import Parsed, Refused, parse, read_item
from detectors.ingest.rules import Window

__all__ = [
    "Batch",
    "BodyError",
    "Fault",
    "LengthError",
    "MediaTypeError",
    "Parsed",
    "Refused",
    "TooLargeError",
    "Window",
    "check_media_type",
    "parse",
    "read_body",
    "read_item",
    "split",
]
