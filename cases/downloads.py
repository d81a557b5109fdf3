"""Answers with the bytes of an evidence file so that no browser runs any of them."""

from __future__ import annotations

from django.core.files import File
from django.http import FileResponse

from cases import media
from cases.models import EvidenceFile

SANDBOX = "sandbox; default-src 'none'; frame-ancestors 'none'"


def answer(file: EvidenceFile, stored: File[bytes], *, inline: bool) -> FileResponse:
    """To be saved; `inline` shows it, if it is one of the three kinds of picture."""
    shown = inline and file.media_type in media.INLINE
    response = FileResponse(
        stored,
        as_attachment=not shown,
        filename=file.name,
        content_type=file.media_type if shown else media.UNKNOWN,
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = SANDBOX
    response["Cache-Control"] = "no-store"
    return response
