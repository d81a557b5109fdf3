"""Mailboxes and machines that the header fields of a mail name."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from itertools import islice
from typing import Final, NamedTuple

from detectors.adapters.kit.bounds import one_line
from detectors.adapters.kit.encodings import words
from detectors.adapters.kit.mime import Part

MAX_ADDRESSES: Final = 100

_IP = re.compile(r"\[(?:IPv6:)?([0-9A-Fa-f:.]{3,45})\]")
_ADDRESS = re.compile(r"[^\s<>\"(),:;@]{1,128}+@[^\s<>\"(),:;@]{1,253}")


class Address(NamedTuple):
    """One mailbox: how it is called, and where it is, in lower case."""

    name: str
    mailbox: str


def addresses(value: str) -> list[Address]:
    """Mailboxes of a field such as From or To."""
    found = []
    for piece in islice(_separated(value), MAX_ADDRESSES):
        name, bracket, inside = piece.rpartition("<")
        if mailbox := _ADDRESS.search(inside):
            called = one_line(words(name.strip(' "'))) if bracket else ""
            found.append(Address(called, mailbox[0].lower()))
    return found


def route(message: Part) -> Iterator[str]:
    """Addresses that the mail says it came by; anybody can write such a field."""
    lines = (*message.all("received"), *message.all("x-originating-ip"))
    for found in islice((one for line in lines for one in _IP.findall(line)), MAX_ADDRESSES):
        try:
            address = ipaddress.ip_address(found)
        except ValueError:
            continue
        if not (address.is_loopback or address.is_unspecified):
            yield str(address)


def _separated(value: str) -> Iterator[str]:
    """Pieces between commas that stand in no quotes."""
    start, is_quoted = 0, False
    for place, char in enumerate(value):
        if char == '"':
            is_quoted = not is_quoted
        elif char == "," and not is_quoted:
            yield value[start:place]
            start = place + 1
    yield value[start:]
