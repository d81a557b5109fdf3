"""Filters of the API's lists."""

from __future__ import annotations

from typing import Any, ClassVar

from django_filters import rest_framework as filters

from detectors.choices import DeadLetterState
from detectors.models import DeadLetter, Finding, Signal
from detectors.selectors.dead_letter import LetterFilter


class SignalFilter(filters.FilterSet):  # type: ignore[misc]  # untyped package
    source = filters.CharFilter("source__slug")
    since = filters.IsoDateTimeFilter("occurred_at", "gte")
    until = filters.IsoDateTimeFilter("occurred_at", "lt")

    class Meta:
        model = Signal
        fields: ClassVar = ["platform", "kind", "actor", "external_id"]


class DeadLetterFilter(filters.FilterSet):  # type: ignore[misc]  # untyped package
    """code, field: of one reason. adapter: a slug, or `none` for what was posted as a signal."""

    source = filters.CharFilter()
    code = filters.CharFilter()
    field = filters.CharFilter()
    adapter = filters.CharFilter()
    state = filters.ChoiceFilter(choices=DeadLetterState.choices)
    since = filters.IsoDateTimeFilter()
    until = filters.IsoDateTimeFilter()

    def filter_queryset(self, queryset: Any) -> Any:
        """The same as the page and the work on many."""
        said = {name: value for name, value in self.form.cleaned_data.items() if value}
        return LetterFilter(**said).of(queryset)

    class Meta:
        model = DeadLetter
        fields: ClassVar[list[str]] = []


class FindingFilter(filters.FilterSet):  # type: ignore[misc]  # untyped package
    account = filters.CharFilter("subjects", "contains", method="filter_account")

    class Meta:
        model = Finding
        fields: ClassVar = ["detector", "family", "tier", "status"]

    def filter_account(self, rows: object, name: str, value: str) -> object:
        return rows.filter(subjects__contains=[value])  # type: ignore[attr-defined]  # django-filter passes the queryset untyped
