"""How much a request with files may bring, before any of it is written to a disk."""

from __future__ import annotations

from typing import Any, Final

from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import FileUploadHandler

MAX_BODY: Final = 26 * 1024 * 1024  # the largest evidence file, with its form around it


class CappedUploads(FileUploadHandler):
    """First of the handlers: refuses a body by its length and leaves the rest to the others."""

    def handle_raw_input(self, *args: Any, **kwargs: Any) -> None:
        """Called before a byte is read, with (input, headers, length, boundary, encoding)."""
        if args[2] > MAX_BODY:
            message = f"A request with files has at most {MAX_BODY // 1024 // 1024} MiB."
            raise RequestDataTooBig(message)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        """For the next handler."""
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """The next handler has it."""
