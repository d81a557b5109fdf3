"""The form that takes in a report: what it says, who says it, how far it may travel."""

from __future__ import annotations

from typing import Any, Final

from django import forms

from detectors.choices import Opinion, Tlp
from detectors.intel.grid import MAX_ROWS
from detectors.intel.terms import (
    CONFIDENCE,
    DAYS,
    MAX_DAYS,
    MAX_LICENCE,
    MAX_REFERENCE,
    MIN_DAYS,
    TRUST,
    BatchTerms,
)
from detectors.services.indicator_batch import MAX_BYTES
from detectors.watching.lines import MAX_NOTE, MAX_SOURCE

TLPS: Final = [(value, label) for value, label in Tlp.choices if value != Tlp.RED]


class ImportForm(forms.Form):
    """A file or pasted text, and what all of it has in common."""

    text = forms.CharField(
        label="Pasted report",
        required=False,
        max_length=MAX_BYTES,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 8, "class": "mono", "spellcheck": "false"}),
        help_text="Tables (CSV, tabs, Markdown, HTML), lists or plain text; defanged or not. MISP"
        f" events as JSON too. At most {MAX_ROWS:,} rows.",
    )
    file = forms.FileField(
        label="Or a file",
        required=False,
        help_text=f"At most {MAX_BYTES // 1024 // 1024} MiB. It has to be chosen again after an"
        " error.",
    )
    source = forms.CharField(label="Source", max_length=MAX_SOURCE, help_text="Who says this?")
    trust = forms.FloatField(
        label="Trust in the source", min_value=0, max_value=1, initial=TRUST, help_text="0 to 1."
    )
    confidence = forms.IntegerField(
        label="Confidence",
        min_value=0,
        max_value=100,
        initial=CONFIDENCE,
        help_text="0 to 100: how sure the source is. A column of that name counts before it.",
    )
    opinion = forms.ChoiceField(
        label="What it says of the values",
        choices=Opinion.choices,
        initial=Opinion.POSITIVE,
        help_text="A seed only says where to look: at most 29 confidence, and it never matches.",
    )
    tlp = forms.ChoiceField(label="Marking", choices=TLPS, initial=Tlp.AMBER)
    licence = forms.CharField(
        label="Licence", max_length=MAX_LICENCE, required=False, help_text="SPDX, such as CC0-1.0."
    )
    reference = forms.CharField(label="Reference", max_length=MAX_REFERENCE, required=False)
    days = forms.IntegerField(
        label="Ends after days", min_value=MIN_DAYS, max_value=MAX_DAYS, initial=DAYS
    )
    note = forms.CharField(label="Note", max_length=MAX_NOTE, required=False)

    def clean(self) -> dict[str, Any]:
        """One of both, not none and not both."""
        said = super().clean() or {}
        if bool(said.get("text", "").strip()) == bool(said.get("file")) and not self.errors:
            self.add_error("text", "Paste a report or choose a file: one of both.")
        return said

    def raw(self) -> bytes:
        """What is to be read."""
        upload = self.cleaned_data["file"]
        if upload is None:
            return str(self.cleaned_data["text"]).encode("utf-8", "replace")
        content: bytes = upload.read(MAX_BYTES + 1)
        return content

    def terms(self) -> BatchTerms:
        """What all of it has in common."""
        said = self.cleaned_data
        names = BatchTerms.__dataclass_fields__
        return BatchTerms(**{name: said[name] for name in names})

    def name(self) -> str:
        """Of the file."""
        upload = self.cleaned_data["file"]
        return str(upload.name) if upload is not None else ""
