"""Forms of the case page."""

from __future__ import annotations

from django import forms

from cases.ui.terms import TermsFields
from detectors.choices import Outcome

STAY, NEXT = "stay", "next"


class DraftForm(TermsFields):
    """What somebody began to write; it travels through a claim."""

    outcome = forms.ChoiceField(choices=Outcome.choices, required=False)
    reason = forms.CharField(max_length=5_000, required=False)


class DecisionForm(TermsFields):
    """Verdict, reason and terms. key: one for each page shown: a double click is one decision."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    claim_id = forms.UUIDField(required=False, widget=forms.HiddenInput)
    outcome = forms.ChoiceField(
        choices=Outcome.choices, error_messages={"required": "Choose a verdict: 1 to 4."}
    )
    reason = forms.CharField(
        max_length=5_000, error_messages={"required": "Say in a sentence what settles it."}
    )
    then = forms.ChoiceField(choices=[(STAY, STAY), (NEXT, NEXT)], required=False)


class ClaimForm(forms.Form):
    """Which claim a page was opened under."""

    claim_id = forms.UUIDField()


class ReasonForm(forms.Form):
    """A reason alone."""

    reason = forms.CharField(max_length=500)


class SnoozeForm(forms.Form):
    """How long a case stays away."""

    how = forms.ChoiceField(choices=[(one, one) for one in ("day", "week", "date", "escalates")])
    date = forms.DateField(required=False)


class MergeForm(forms.Form):
    """Which other case, and why. turned: the other one goes on."""

    other = forms.CharField(max_length=20)
    turned = forms.BooleanField(required=False)
    reason = forms.CharField(max_length=500)
