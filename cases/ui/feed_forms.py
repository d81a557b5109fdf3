"""The forms by which people say what is read of others, and what becomes of it."""

from __future__ import annotations

from typing import Any, Final

from django import forms

from abusedesk.core import outbound
from abusedesk.core.text import visible
from cases.choices import FeedAuth, FeedKind, FeedMode, InboxMode, OpinionWord, Tlp
from cases.models import Partner
from cases.services.bundle import MAX_BYTES
from cases.services.feed import EVERY_MIN, MAX_SECRET, FeedText
from cases.services.override import MOST_DAYS
from detectors.choices import Opinion
from detectors.intel import terms as rules
from detectors.intel.terms import BatchTerms
from detectors.watching.lines import MAX_SOURCE

LEVELS: Final = [(one.value, one.label) for one in Tlp if one != Tlp.RED]


class Terms(forms.Form):
    """How far a source is believed where an object does not say otherwise."""

    trust = forms.FloatField(
        label="Trust in the source", min_value=0, max_value=1, initial=rules.TRUST,
        help_text="0 to 1.",
    )  # fmt: skip
    confidence = forms.IntegerField(
        min_value=0,
        max_value=100,
        initial=rules.CONFIDENCE,
        help_text="0 to 100, where an object does not say it.",
    )
    tlp = forms.ChoiceField(
        label="At least as narrow as",
        choices=LEVELS,
        initial=Tlp.CLEAR.value,
        help_text="An object without a mark counts as TLP:AMBER whatever is chosen here.",
    )
    licence = forms.CharField(
        max_length=rules.MAX_LICENCE, required=False, help_text="SPDX, such as CC0-1.0."
    )
    days = forms.IntegerField(
        label="Ends after days",
        min_value=rules.MIN_DAYS,
        max_value=rules.MAX_DAYS,
        initial=rules.DAYS,
    )
    partner = forms.ChoiceField(
        required=False, help_text="Whose it is. What it says of your shares goes to their cases."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["partner"]
        if isinstance(field, forms.ChoiceField):
            named = [(one.slug, visible(one.title)) for one in Partner.objects.all()]
            field.choices = [("", "nobody the desk knows"), *named]


class FeedForm(Terms):
    """A collection of another server, or its MISP feed."""

    title = forms.CharField(label="Name", max_length=120)
    kind = forms.ChoiceField(label="What it is", choices=FeedKind.choices)
    url = forms.CharField(
        label="Address of the collection",
        max_length=outbound.MAX_URL,
        widget=forms.URLInput(attrs={"class": "mono"}),
        help_text="Such as https://desk.example/taxii2/ring/collections/<id>/. Of a MISP feed the"
        " folder, or the manifest.json in it.",
    )
    auth = forms.ChoiceField(
        label="Sign in with", choices=FeedAuth.choices, initial=FeedAuth.BEARER.value
    )
    username = forms.CharField(label="User name", max_length=120, required=False)
    secret = forms.CharField(
        label="Token or password",
        max_length=MAX_SECRET,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text="Kept encrypted. Empty: it stays as it is.",
    )
    mode = forms.ChoiceField(
        label="What becomes of values",
        choices=FeedMode.choices,
        help_text="Whatever is chosen, nothing is blocked, closed or decided by it.",
    )
    every_min = forms.IntegerField(
        label="Read every minutes", min_value=EVERY_MIN[0], max_value=EVERY_MIN[1], initial=60
    )
    desk_url = forms.CharField(
        label="Address of the desk",
        max_length=300,
        required=False,
        widget=forms.URLInput(attrs={"class": "mono"}),
        help_text="Where the other side is a desk like this one: keys, look-ups and receipts.",
    )
    circle = forms.CharField(
        label="Circle there", max_length=60, required=False, help_text="Its short name."
    )
    answers = forms.BooleanField(
        label="Tell it every week how often its indicators were seen",
        required=False,
        help_text="Only from five accounts on, and only in steps: 5, 20, 100, 1,000.",
    )
    active = forms.BooleanField(required=False, initial=True)
    field_order: tuple[str, ...] = (
        *(
            "title",
            "kind",
            "url",
            "auth",
            "username",
            "secret",
            "partner",
            "mode",
            "trust",
            "confidence",
        ),
        *("tlp", "licence", "days", "every_min", "desk_url", "circle", "answers", "active"),
    )

    def said(self) -> FeedText:
        """What a valid form says."""
        return FeedText(**{name: self.cleaned_data[name] for name in FeedForm.base_fields})


class NewFeedForm(FeedForm):
    """A feed with its short name."""

    slug = forms.SlugField(
        label="Short name", max_length=60, help_text="Its values bear it on the watch list."
    )
    field_order = ("slug", *FeedForm.field_order)


class BundleForm(Terms):
    """A STIX file that somebody was handed."""

    file = forms.FileField(
        label="STIX file",
        help_text=f"A bundle or a signed file, at most {MAX_BYTES // 1024 // 1024} MiB.",
    )
    source = forms.CharField(max_length=MAX_SOURCE, help_text="Who says this?")
    field_order = ("file", "source", "partner")

    def raw(self) -> bytes:
        """What is to be read."""
        content: bytes = self.cleaned_data["file"].read(MAX_BYTES + 1)
        return content

    def terms(self) -> BatchTerms:
        """What counts where an object does not say otherwise."""
        said = self.cleaned_data
        return BatchTerms(
            source=said["source"],
            trust=said["trust"],
            confidence=said["confidence"],
            opinion=Opinion.POSITIVE.value,
            tlp=said["tlp"],
            licence=said["licence"],
            days=said["days"],
        )


class InboxForm(forms.Form):
    """Who may post to a circle."""

    mode = forms.ChoiceField(label="Members", choices=InboxMode.choices)
    takes = forms.ChoiceField(label="What becomes of values", choices=FeedMode.choices)
    trust = forms.FloatField(min_value=0, max_value=1, initial=rules.TRUST, help_text="0 to 1.")
    lookups = forms.BooleanField(
        label="Members may ask by hash",
        required=False,
        help_text="They learn that a value they have is in a case here, and how that was decided.",
    )
    contact = forms.CharField(
        max_length=120, required=False, help_text="Whom they write to then. Empty: your name."
    )


class OpinionForm(forms.Form):
    """What the desk thinks of an object."""

    opinion = forms.ChoiceField(
        label="What we think of it",
        required=False,
        choices=[("", "nothing, or take it back"), *OpinionWord.choices],
        help_text="The other desk learns this word and that it comes from your organisation.",
    )


class OverrideForm(forms.Form):
    """Why one conflict may be left out of account, and for how long."""

    rule = forms.CharField(max_length=40, widget=forms.HiddenInput)
    what = forms.CharField(max_length=5_000, required=False, strip=False, widget=forms.HiddenInput)
    reason = forms.CharField(max_length=500)
    days = forms.IntegerField(label="For days", min_value=1, max_value=MOST_DAYS, initial=30)
