"""The forms by which people say with whom, and what, they share."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import Any, Final

from django import forms
from django.db.models import QuerySet

from abusedesk.core.text import visible
from cases.choices import Pap, RecallAnswer, Tlp
from cases.models import Circle, Partner
from cases.services.circle import CircleText
from cases.services.partner import PartnerText
from cases.services.share import ShareText
from cases.sharing.minimise import TYPES

EVENING: Final = time(23, 59, 59, tzinfo=UTC)
LEVELS: Final = [(one.value, one.label) for one in Tlp if one != Tlp.RED]
DAY: Final = forms.DateInput(attrs={"type": "date"})


def _named(partners: QuerySet[Partner]) -> list[tuple[str, str]]:
    return [(one.slug, visible(one.title)) for one in partners]


class OrganisationForm(forms.Form):
    """Whose desk this is."""

    name = forms.CharField(
        max_length=120, help_text="Partners see it as the maker of all that you share."
    )


class PartnerForm(forms.Form):
    """A partner and the agreement with it."""

    title = forms.CharField(label="Name", max_length=120)
    contact = forms.CharField(max_length=200, required=False, help_text="Whom to write to.")
    tlp_cap = forms.ChoiceField(label="May have up to", choices=LEVELS, initial=Tlp.AMBER.value)
    types = forms.MultipleChoiceField(
        label="The agreement names",
        choices=[(one, one) for one in TYPES],
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="What is not ticked never reaches this partner.",
    )
    purpose = forms.CharField(
        max_length=300, required=False, help_text="Without purpose and legal basis nothing leaves."
    )
    legal_basis = forms.CharField(label="Legal basis", max_length=300, required=False)
    agreement = forms.CharField(
        label="Agreement", max_length=120, required=False, help_text="Its number or date."
    )
    ends_on = forms.DateField(
        label="Last day of the agreement", required=False, widget=DAY, help_text="Empty: no end."
    )
    retention_days = forms.IntegerField(
        label="It keeps what it got for days", min_value=1, max_value=3_650, initial=365
    )
    hide_accounts = forms.BooleanField(label="Accounts reach it hashed only", required=False)
    knows_tlp_2 = forms.BooleanField(
        label="It knows TLP 2.0",
        required=False,
        initial=True,
        help_text="Else it gets nothing that is TLP:AMBER+STRICT.",
    )
    active = forms.BooleanField(required=False, initial=True)

    def said(self) -> PartnerText:
        """What a valid form says."""
        values = {name: self.cleaned_data[name] for name in PartnerForm.base_fields}
        return PartnerText(**values)


class NewPartnerForm(PartnerForm):
    """A partner with its short name."""

    slug = forms.SlugField(label="Short name", max_length=60, help_text="It stays.")
    field_order = ("slug",)


class PartnerTokenForm(forms.Form):
    """A token with which a partner reads."""

    name = forms.CharField(max_length=80, initial="TAXII")
    days = forms.IntegerField(label="Valid for days", min_value=1, max_value=365, initial=90)


class CircleForm(forms.Form):
    """A circle and who is in it."""

    title = forms.CharField(label="Name", max_length=120)
    tlp_cap = forms.ChoiceField(label="May have up to", choices=LEVELS, initial=Tlp.AMBER.value)
    members = forms.MultipleChoiceField(
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Who joins later gets nothing old, unless somebody names them in a share.",
    )
    community = forms.BooleanField(
        required=False,
        help_text="Its members may pass TLP:GREEN on among themselves; only then it gets any.",
    )
    misp_group = forms.CharField(
        label="MISP sharing group",
        max_length=36,
        required=False,
        widget=forms.TextInput(attrs={"class": "mono", "spellcheck": "false"}),
        help_text="Its uuid, where these members have one: TLP:AMBER goes to it. Without one,"
        " each member's MISP keeps TLP:AMBER to its own organisation.",
    )
    active = forms.BooleanField(required=False, initial=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["members"]
        if isinstance(field, forms.MultipleChoiceField):
            field.choices = _named(Partner.objects.all())

    def said(self) -> CircleText:
        """What a valid form says."""
        return CircleText(**{name: self.cleaned_data[name] for name in CircleForm.base_fields})


class NewCircleForm(CircleForm):
    """A circle with its short name."""

    slug = forms.SlugField(label="Short name", max_length=60, help_text="It stays.")
    field_order = ("slug",)


class ShareForm(forms.Form):
    """What is shared with one circle."""

    title = forms.CharField(
        max_length=120, help_text="Written for partners: no names, addresses or numbers of people."
    )
    summary = forms.CharField(
        max_length=5_000, required=False, widget=forms.Textarea(attrs={"rows": 4})
    )
    tlp = forms.ChoiceField(label="TLP", choices=LEVELS)
    pap = forms.ChoiceField(label="PAP", choices=Pap.choices, initial=Pap.AMBER.value)
    purpose = forms.CharField(max_length=300)
    valid_until = forms.DateField(
        label="Valid until", widget=DAY, help_text="Within 400 days; after it nothing leaves."
    )
    partners = forms.MultipleChoiceField(
        label="For", widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one partner."},
    )  # fmt: skip

    def __init__(self, *args: Any, circle: Circle, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["partners"]
        if isinstance(field, forms.MultipleChoiceField):
            members = Partner.objects.filter(memberships__circle=circle)
            field.choices = _named(members)

    def said(self) -> ShareText:
        """What a valid form says."""
        said = dict(self.cleaned_data)
        until = datetime.combine(said.pop("valid_until"), EVENING)
        return ShareText(**said, valid_until=until)


class SharedNoteForm(forms.Form):
    """A note for partners."""

    body = forms.CharField(max_length=5_000)
    tlp = forms.ChoiceField(choices=Tlp.choices)


class AnswerForm(forms.Form):
    """What a partner said of a recall."""

    answer = forms.ChoiceField(choices=RecallAnswer.choices)
    disabled = forms.IntegerField(
        label="Copies out of use", min_value=0, max_value=2**31 - 1, required=False
    )
    note = forms.CharField(label="How it was said", max_length=300, required=False)


class SubjectForm(forms.Form):
    """Of whom or what the ledger is asked."""

    type = forms.ChoiceField(choices=[(one, one) for one in TYPES], initial="email")
    value = forms.CharField(max_length=4_200, required=False)
