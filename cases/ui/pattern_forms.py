"""The forms by which people offer patterns and take partners' patterns in."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from django import forms
from django.db.models import QuerySet

from abusedesk.core.text import visible
from cases.choices import KeyUse, Pap, ReceivedState, Tlp
from cases.models import Circle, Partner, Pattern, ReceivedPattern
from cases.services.pattern import PatternText
from cases.sharing.patterns.offering import LICENCE
from cases.sharing.patterns.wire import Parameter
from cases.ui.sharing_forms import DAY, EVENING, LEVELS

MOST_BYTES = 4 * 1024 * 1024


class JsonField(forms.CharField):
    """Text that is JSON."""

    def to_python(self, value: Any) -> Any:
        """What it says; None where it is empty."""
        text = super().to_python(value)
        if not text:
            return None
        try:
            return json.loads(text)
        except (ValueError, RecursionError) as error:
            message = f"This is no JSON: {error}"
            raise forms.ValidationError(message) from error


class PatternForm(forms.Form):
    """What is said of a pattern to one circle."""

    title = forms.CharField(max_length=120)
    summary = forms.CharField(
        max_length=2_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="What it finds and what it takes for it by mistake.",
    )
    tlp = forms.ChoiceField(label="TLP", choices=LEVELS, initial=Tlp.GREEN.value)
    pap = forms.ChoiceField(label="PAP", choices=Pap.choices, initial=Pap.AMBER.value)
    licence = forms.CharField(max_length=60, initial=LICENCE, help_text="SPDX identifier.")
    purpose = forms.CharField(max_length=300)
    lifetime_days = forms.IntegerField(
        label="Fades in days", min_value=1, max_value=3_650, initial=180,
        help_text="Without a finding; then partners' copies pause.",
    )  # fmt: skip
    valid_until = forms.DateField(label="Valid until", widget=DAY, help_text="Within 400 days.")
    parameters = JsonField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 6, "class": "mono"}),
        help_text="What partners may tune, and how far. Empty: the number that the rule reaches.",
    )
    derived_from = forms.TypedMultipleChoiceField(
        label="Made of", coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )
    partners = forms.MultipleChoiceField(
        label="For", widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one partner."},
    )  # fmt: skip

    def __init__(
        self, *args: Any, circle: Circle, received: QuerySet[ReceivedPattern], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        members = Partner.objects.filter(memberships__circle=circle)
        self._offer("partners", [(one.slug, visible(one.title)) for one in members])
        known = received.exclude(state=ReceivedState.REFUSED)
        told = [(one.pk, f"{visible(one.key)} revision {one.revision}") for one in known[:50]]
        self._offer("derived_from", told)
        if not told:
            del self.fields["derived_from"]

    def said(self, tests: Any = ()) -> PatternText:
        """What a valid form says."""
        said = dict(self.cleaned_data)
        until = datetime.combine(said.pop("valid_until"), EVENING)
        return PatternText(**said, valid_until=until, tests=tests)

    def _offer(self, name: str, choices: list[Any]) -> None:
        field = self.fields[name]
        if isinstance(field, forms.ChoiceField):
            field.choices = choices


class NewPatternForm(PatternForm):
    """A pattern with its name, which stays."""

    name = forms.SlugField(
        max_length=60, help_text="After the name of your organisation. It stays."
    )
    field_order = ("name",)


class TestForm(forms.Form):
    """A set of made-up signals, and what has to be found in them."""

    name = forms.CharField(label="Name of the test", max_length=120)
    kind = forms.ChoiceField(
        choices=[
            ("positive", "Positive: these groups have to be found"),
            ("negative", "Negative: nothing may be found"),
        ]
    )
    signals = JsonField(
        widget=forms.Textarea(attrs={"rows": 8, "class": "mono"}),
        help_text="Made up, as JSON, at most 200. No real accounts; names under .example.",
    )
    expected = forms.CharField(
        label="Groups that have to be found",
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "class": "mono"}),
        help_text="One group a line, its accounts as platform:actor with spaces between.",
    )

    def said(self) -> dict[str, Any]:
        """The test of a valid form."""
        told = self.cleaned_data
        groups = [line.split() for line in told["expected"].splitlines() if line.strip()]
        signals = told["signals"] if isinstance(told["signals"], list) else [told["signals"]]
        return {
            "name": told["name"], "kind": told["kind"], "signals": signals,
            **({"expected": groups} if groups else {}),
        }  # fmt: skip


class UploadForm(forms.Form):
    """A file of a partner."""

    partner = forms.ChoiceField(label="From")
    file = forms.FileField(
        label="Signed file or bundle", help_text="JSON, at most 4 MiB. It goes into quarantine."
    )

    def __init__(self, *args: Any, partners: QuerySet[Partner], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["partner"]
        if isinstance(field, forms.ChoiceField):
            field.choices = [(one.slug, visible(one.title)) for one in partners]

    def clean_file(self) -> bytes:
        """Its bytes."""
        file = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            message = "The file is larger than 4 MiB."
            raise forms.ValidationError(message)
        body: bytes = file.read()
        return body


class DaysForm(forms.Form):
    """Over how many days something is tried."""

    days = forms.IntegerField(min_value=1, max_value=366)


class KeyForm(forms.Form):
    """A key of a partner, and the fingerprint that a person got on another way."""

    use = forms.ChoiceField(label="What it is for", choices=KeyUse.choices)
    public = forms.CharField(
        label="Key, or the file abusedesk-keys.json",
        widget=forms.Textarea(attrs={"rows": 3, "class": "mono"}),
    )
    fingerprint = forms.CharField(
        max_length=200,
        help_text="All 64 digits, as the partner tells them by telephone or on paper.",
    )


def parameter_fields(form: forms.Form, parameters: dict[str, Parameter]) -> forms.Form:
    """Put the parameters that this desk may set into a form."""
    for name, one in parameters.items():
        label = name.replace("_", " ").capitalize()
        said = f"{one.min} to {one.max}; the author has {one.default}."
        form.fields[name] = (
            forms.IntegerField(
                label=label, help_text=said, initial=one.default,
                min_value=int(one.min), max_value=int(one.max),
            )
            if one.type == "integer"
            else forms.FloatField(
                label=label, help_text=said, initial=one.default,
                min_value=one.min, max_value=one.max,
            )
        )  # fmt: skip
    return form


def first_of(row: Pattern) -> dict[str, Any]:
    """A form of what was said."""
    names = ("title", "summary", "tlp", "pap", "licence", "purpose", "lifetime_days")
    return {
        **{name: getattr(row, name) for name in names},
        "valid_until": row.valid_until.date(),
        "parameters": json.dumps(row.parameters, indent=2) if row.parameters else "",
        "partners": [one.slug for one in row.partners.all()],
        "derived_from": [
            one.pk
            for one in ReceivedPattern.objects.filter(
                stix_id__in=[parent["id"] for parent in row.lineage]
            )
        ],
    }
