"""The form of a source."""

from __future__ import annotations

from typing import Any, Final

from django import forms

from detectors.choices import Alarm, ReportCases
from detectors.forms import ListField
from detectors.models import Source

MINUTE_S: Final = 60


class SourceForm(forms.Form):
    """What people say of a source; the service checks the values."""

    title = forms.CharField(label="Name", max_length=120)
    description = forms.CharField(
        required=False,
        max_length=2_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="What it is, who runs it, whom to call when it stops.",
    )
    platforms = ListField(
        str, required=False, help_text="Those that it is meant to report, separated by commas."
    )
    alarm = forms.ChoiceField(label="Alarm when it is silent", choices=Alarm.choices)
    silent_after_min = forms.IntegerField(
        label="Minutes of silence",
        required=False,
        min_value=1,
        max_value=90 * 1_440,
        help_text="For a fixed time only.",
    )
    report_cases = forms.ChoiceField(
        label="Reports open cases",
        required=False,
        choices=ReportCases.choices,
        help_text="Complaints by mail or from moderators are read one by one."
        " In ordinary traffic of a platform the detectors judge reports.",
    )

    def values(self) -> dict[str, Any]:
        """Cleaned values as the service takes them."""
        said = dict(self.cleaned_data)
        minutes = said.pop("silent_after_min")
        said.pop("slug", None)
        if not said["report_cases"]:
            said.pop("report_cases")
        return {**said, "silent_after_s": minutes * MINUTE_S if minutes else None}

    def refuse(self, field: str, message: str) -> None:
        """Put the refusal of the service at its field."""
        name = {"silent_after_s": "silent_after_min"}.get(field, field)
        self.add_error(name if name in self.fields else None, message)


class NewSourceForm(SourceForm):
    """A source that is not there yet."""

    slug = forms.CharField(
        label="Short name",
        max_length=60,
        help_text="a-z, 0-9 and hyphens; it stays. A token of this name will post to it.",
    )
    field_order = ("title", "slug")


def first_values(source: Source) -> dict[str, Any]:
    """What the form shows of a source."""
    return {
        "title": source.title,
        "description": source.description,
        "platforms": source.platforms,
        "alarm": source.alarm,
        "silent_after_min": source.silent_after_s // MINUTE_S if source.silent_after_s else None,
        "report_cases": source.report_cases,
    }
