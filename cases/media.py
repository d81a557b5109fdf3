"""What kind of file bytes are, as far as the desk cares, and names that are safe to show."""

from __future__ import annotations

from typing import Final

HEAD: Final = 16
UNKNOWN: Final = "application/octet-stream"
PNG: Final = b"\x89PNG\r\n\x1a\n"
JPEG: Final = b"\xff\xd8\xff"
# All that a browser is ever asked to show; everything else is only given to be saved.
INLINE: Final = frozenset({"image/png", "image/jpeg", "image/webp"})


def type_of(head: bytes) -> str:
    """Media type by the first 16 bytes; what a sender calls it counts for nothing."""
    if head.startswith(PNG):
        return "image/png"
    if head.startswith(JPEG):
        return "image/jpeg"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    return UNKNOWN


def plain_name(name: str) -> str:
    """The last part of a path, without what cannot be printed; never empty."""
    last = name.replace("\\", "/").rpartition("/")[2]
    shown = "".join(letter for letter in last if letter.isprintable())
    return shown.strip(" .") or "file"
