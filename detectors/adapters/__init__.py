"""Adapters: one file reads one foreign format and writes signals of our public contract."""

from __future__ import annotations
