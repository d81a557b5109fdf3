"""The forms of the tray."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from django import forms

from abusedesk.core.text import visible
from cases.services.addition import REASON_LIMIT
from cases.tray import MAX_CHARS, Line

FILE: Final = 1_000_000
"""Bytes of an uploaded table."""
SHOWN: Final = 3


class LinesForm(forms.Form):
    """What is to be put into a tray: a list, or the table that a tray was saved as."""

    lines = forms.CharField(
        label="Lines", max_length=MAX_CHARS, required=False,
        widget=forms.Textarea(attrs={"rows": 5, "spellcheck": "false"}),
        help_text="A case, address, link or account a line, defanged or not; or a saved tray.",
    )  # fmt: skip
    table = forms.FileField(
        label="or a file", required=False, widget=forms.FileInput(attrs={"accept": ".csv,.txt"})
    )

    @classmethod
    def of_unknown(cls, unknown: Iterable[Line]) -> LinesForm:
        """The form again, with the lines that name nothing and what is wrong with them."""
        left = list(unknown)
        form = cls({"lines": "\n".join(one.value for one in left)})
        form.is_valid()
        named = ", ".join(visible(one.value)[:60] for one in left[:SHOWN])
        more = f" and {len(left) - SHOWN} more" if len(left) > SHOWN else ""
        form.add_error("lines", f"Nothing that you may see has this name: {named}{more}.")
        return form

    def clean(self) -> dict[str, Any]:
        """The text of the box, then that of the file."""
        said: dict[str, Any] = super().clean() or self.cleaned_data
        file = said.get("table")
        if file is not None and file.size > FILE:
            self.add_error("table", f"A table has at most {FILE:,} bytes.")
        elif file is not None:
            try:
                said["lines"] = f"{file.read().decode('utf-8-sig')}\n{said.get('lines', '')}"
            except UnicodeDecodeError:
                self.add_error("table", "The file is no text in UTF-8.")
        if not self.errors and not said["lines"].strip():
            self.add_error("lines", "Paste a line, or choose a file.")
        return said


class AddForm(forms.Form):
    """A case that takes ticked entities, and why."""

    case = forms.CharField(
        label="Add what is ticked to case", max_length=21,
        widget=forms.TextInput(attrs={"placeholder": "AD-1234", "size": 10}),
        error_messages={"required": "Name the case, such as AD-1234."},
    )  # fmt: skip
    reason = forms.CharField(
        label="because", max_length=REASON_LIMIT,
        error_messages={"required": "Say in a sentence why they belong to it."},
    )  # fmt: skip
