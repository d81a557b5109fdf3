"""Filters of the API's lists."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, ClassVar, Final

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django_filters import rest_framework as filters
from rest_framework.exceptions import ValidationError as QueryError

from detectors.choices import DeadLetterState
from detectors.models import DeadLetter, Entity, Finding, Signal
from detectors.selectors.dead_letter import LetterFilter
from detectors.selectors.entity import entities_by_value

MAX_OFFSET: Final = timedelta(hours=16)


def known_offset(moment: datetime) -> None:
    """Postgres knows offsets from UTC of less than 16 hours. Raises ValidationError."""
    if abs(moment.utcoffset() or timedelta()) >= MAX_OFFSET:
        message = "The offset from UTC is less than 16 hours."
        raise ValidationError(message, code="range")


class Filters(filters.FilterSet):  # type: ignore[misc]  # untyped package
    """Base of all."""


class SignalFilter(Filters):
    source = filters.CharFilter("source__slug")
    since = filters.IsoDateTimeFilter("occurred_at", "gte", validators=[known_offset])
    until = filters.IsoDateTimeFilter("occurred_at", "lt", validators=[known_offset])

    class Meta:
        model = Signal
        fields: ClassVar = ["platform", "kind", "actor", "external_id"]


class DeadLetterFilter(Filters):
    """code, field: of one reason. adapter: a slug, or `none` for what was posted as a signal."""

    source = filters.CharFilter()
    code = filters.CharFilter()
    field = filters.CharFilter()
    adapter = filters.CharFilter()
    state = filters.ChoiceFilter(choices=DeadLetterState.choices)
    since = filters.IsoDateTimeFilter(validators=[known_offset])
    until = filters.IsoDateTimeFilter(validators=[known_offset])

    def filter_queryset(self, queryset: Any) -> Any:
        """The same as the page and the work on many."""
        said = {name: value for name, value in self.form.cleaned_data.items() if value}
        return LetterFilter(**said).of(queryset)

    class Meta:
        model = DeadLetter
        fields: ClassVar[list[str]] = []


class FindingFilter(Filters):
    account = filters.CharFilter("subjects", "contains", method="filter_account")

    class Meta:
        model = Finding
        fields: ClassVar = ["detector", "family", "tier", "status"]

    def filter_account(self, rows: object, name: str, value: str) -> object:
        return rows.filter(subjects__contains=[value])  # type: ignore[attr-defined]  # django-filter passes the queryset untyped


class EntityFilter(Filters):
    type = filters.CharFilter(help_text="with `value`")
    value = filters.CharFilter(help_text="in any spelling, defanged too; with `type`")

    class Meta:
        model = Entity
        fields: ClassVar = ["type", "value"]

    def filter_queryset(self, rows: QuerySet[Entity]) -> QuerySet[Entity]:
        """Only both together have an index."""
        given = {name: self.form.cleaned_data[name] for name in ("type", "value")}
        if not any(given.values()):
            return rows
        for name, value in given.items():
            if not value:
                raise QueryError({name: ["type and value are asked for together."]})
        return entities_by_value(rows, given["type"], given["value"])
